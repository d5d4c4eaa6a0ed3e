"""Groups of companies: account trees up to five levels deep, and single companies."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from plugins.demo.sellers import Sellers
from plugins.demo.sizes import Size
from plugins.demo.tables import Table, World, filled
from plugins.demo.words import (
    BRANCHES,
    CHINESE_CITIES,
    CHINESE_STEMS,
    WESTERN_CITIES,
    WESTERN_STEMS,
    Branch,
    City,
)

GROUPED = 0.7
"""Share of accounts that belong to a group."""
CHINESE = 0.7
PLACEHOLDERS = 0.08
DEEPEST = 4
"""Levels below the head of a group."""
LOCAL = 2
"""The level of the companies of one place: what is below them is there too."""


@dataclass(frozen=True, slots=True)
class Company:
    """One account, as the other subjects need to know it."""

    key: str
    name: str
    short: str
    parent: str | None
    depth: int
    chinese: bool
    branch: Branch
    city: City
    owner: str
    scale: float  # how large it is, 1 for a usual one
    placeholder: bool


@dataclass(slots=True)
class _Shape:
    """What the companies of one group share."""

    stem: str
    chinese: bool
    branch: Branch
    scale: float


def companies(world: World, size: Size, sellers: Sellers) -> list[Company]:
    """As many companies as the size asks for, parents before children."""
    dice = world.dice("companies")
    found: list[Company] = []
    stems = _Stems(dice)
    while len(found) < size.accounts:
        room = size.accounts - len(found)
        shape = _shape(dice, stems)
        grouped = dice.random() < GROUPED and room >= 5
        wanted = min(room, _group_size(dice)) if grouped else 1
        found += _group(dice, shape, wanted, len(found), sellers)
    return found


def accounts(world: World, companies: list[Company], wins: Mapping[str, date]) -> Table:
    """The companies' rows; `wins` tells by company when it last bought."""
    return Table("account", _rows(world, companies, wins), frozenset({"parent", "owner"}))


class _Stems:
    """Names that companies are called by, each used once before a number is added."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._used: dict[str, int] = {}

    def next(self, *, chinese: bool) -> str:
        stem = (
            self._dice.choice(CHINESE_STEMS).text if chinese else self._dice.choice(WESTERN_STEMS)
        )
        count = self._used[stem] = self._used.get(stem, 0) + 1
        if count == 1:
            return stem
        if chinese:
            return stem + self._dice.choice(CHINESE_STEMS).text
        return f"{stem} {self._dice.choice(WESTERN_STEMS)}"


def _shape(dice: random.Random, stems: _Stems) -> _Shape:
    chinese = dice.random() < CHINESE
    scale = dice.lognormvariate(0, 0.8)
    return _Shape(stems.next(chinese=chinese), chinese, dice.choice(BRANCHES), scale)


def _group_size(dice: random.Random) -> int:
    return min(60, 5 + int(dice.expovariate(1 / 12)))


def _group(
    dice: random.Random, shape: _Shape, wanted: int, first: int, sellers: Sellers
) -> list[Company]:
    """A group's companies, parents first; or one company that stands alone."""
    made: list[Company] = []
    names: set[str] = set()
    while len(made) < wanted:
        site = _site(dice, shape, made, alone=wanted == 1)
        one = _company(dice, site, f"A-{first + len(made) + 1:05d}", sellers)
        if one.name not in names:
            names.add(one.name)
            made.append(one)
    return made


def _parent(dice: random.Random, made: list[Company]) -> Company | None:
    """Where the next company belongs: at the head of the group or near the last one."""
    if not made:
        return None
    near = [one for one in made[-6:] if one.depth < DEEPEST] or made[:1]
    return dice.choice([made[0], *near, near[-1]])


def _branch(dice: random.Random, shape: _Shape, parent: Company | None) -> Branch:
    if parent is None:
        return shape.branch
    return dice.choice(BRANCHES) if parent.depth == 0 else parent.branch


@dataclass(frozen=True, slots=True)
class _Site:
    """What one company is made of."""

    shape: _Shape
    parent: Company | None
    branch: Branch
    city: City
    alone: bool

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1


def _site(dice: random.Random, shape: _Shape, made: list[Company], *, alone: bool) -> _Site:
    parent = _parent(dice, made)
    city = dice.choice(CHINESE_CITIES if shape.chinese else WESTERN_CITIES)
    if parent is not None and parent.depth >= LOCAL:
        city = parent.city
    return _Site(shape, parent, _branch(dice, shape, parent), city, alone)


def _company(dice: random.Random, site: _Site, key: str, sellers: Sellers) -> Company:
    name, short = (_chinese if site.shape.chinese else _western)(dice, site)
    return Company(
        key=key,
        name=name,
        short=short,
        parent=site.parent.key if site.parent else None,
        depth=site.depth,
        chinese=site.shape.chinese,
        branch=site.branch,
        city=site.city,
        owner=dice.choice(sellers.areas[site.city.area]),
        scale=site.shape.scale / (1 + site.depth) * dice.uniform(0.6, 1.4),
        placeholder=site.depth > 0 and dice.random() < PLACEHOLDERS,
    )


def _chinese(dice: random.Random, site: _Site) -> tuple[str, str]:
    stem, branch, city = site.shape.stem, site.branch.chinese, site.city.name
    if site.alone:
        return f"{stem}{branch}股份有限公司", f"{stem}{branch}"
    if site.depth == 0:
        return f"{stem}集团有限公司", f"{stem}集团"
    if site.depth == 1:
        return f"{stem}{branch}有限公司", f"{stem}{branch}"
    if site.depth == 2:
        return f"{stem}{branch}（{city}）有限公司", f"{stem}{branch}{city}"
    if site.depth == 3:
        kind = dice.choice(("工厂", "分公司", "研究院", "采购中心", "服务中心"))
        return f"{stem}{branch}（{city}）有限公司{kind}", f"{stem}{city}{kind}"
    number = dice.randint(1, 9)
    return f"{stem}{branch}{city}第{number}事业部", f"{stem}{city}{number}部"


def _western(dice: random.Random, site: _Site) -> tuple[str, str]:
    stem, branch, city = site.shape.stem, site.branch.english, site.city
    if site.alone:
        return f"{stem} {branch} Ltd", stem
    if site.depth == 0:
        return f"{stem} Group plc", stem
    if site.depth == 1:
        return f"{stem} {branch}", f"{stem} {branch}"
    if site.depth == 2:
        return f"{stem} {branch} {city.country}", f"{stem} {city.country}"
    if site.depth == 3:
        kind = dice.choice(("Plant", "Branch", "Laboratories", "Purchasing", "Service Centre"))
        return f"{stem} {branch} {city.name} {kind}", f"{stem} {city.name}"
    return f"{stem} {branch} {city.name} Line {dice.randint(1, 9)}", f"{stem} {city.name}"


def _rows(
    world: World, found: list[Company], wins: Mapping[str, date]
) -> Iterator[dict[str, object]]:
    dice = world.dice("accounts")
    for one in found:
        revenue = round(one.scale * dice.uniform(40, 400), 1) * 1_000_000
        yield filled(
            external_id=one.key,
            name=one.name,
            short_name=one.short[:60],
            parent=one.parent,
            owner=one.owner,
            industry=one.branch.industry,
            tier=_tier(one),
            deal_status=_deal_status(world, wins.get(one.key)),
            registration_number=_registration(dice) if one.chinese and one.depth < 3 else None,
            founded_year=dice.randint(1955, world.as_of.year - 3),
            employees=max(8, int(one.scale * dice.uniform(80, 2_000))),
            annual_revenue=f"{revenue:.2f}",
            potential=f"{round(revenue * dice.uniform(0.001, 0.01), -3):.2f}",
            credit_rating=dice.choices("abcd", (4, 4, 2, 1))[0],
            country=one.city.country,
            region=one.city.region,
            city=one.city.name,
            placeholder=one.placeholder or None,
        )


def _deal_status(world: World, won: date | None) -> str | None:
    """Whoever has bought nothing for a year is gone."""
    if won is None:
        return None
    return "sold" if won > world.as_of - timedelta(days=365) else "churned"


def _tier(one: Company) -> str:
    if one.depth == 0 and one.scale > 2:
        return "strategic"
    return "key" if one.scale > 1 else "growth" if one.scale > 0.4 else "standard"


def _registration(dice: random.Random) -> str:
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    return "91" + "".join(dice.choice(letters) for _ in range(16))
