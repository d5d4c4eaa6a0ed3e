"""The sales organisation: teams in a tree, and the people in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugins.demo.people import person
from plugins.demo.sizes import Size
from plugins.demo.tables import Table, World, filled
from plugins.demo.words import AREAS


@dataclass(frozen=True, slots=True)
class Sellers:
    """Who sells in each area, by key; the first of an area leads it."""

    areas: Mapping[str, tuple[str, ...]]
    tables: tuple[Table, ...]


def sellers(world: World, size: Size) -> Sellers:
    """A head of sales, a team for each area, and as many sellers as the size asks for."""
    dice = world.dice("sellers")
    teams = [filled(external_id="T-sales", name="销售中心 Sales")]
    head = person(dice, 0, chinese=True)
    users = [_user("U-000", head.name, head.handle, title="销售副总裁", team="T-sales")]
    areas: dict[str, list[str]] = {}
    for area, titles in AREAS.items():
        teams.append(filled(external_id=f"T-{area}", name=" ".join(titles), parent="T-sales"))
        areas[area] = []
    for number in range(1, size.sellers + 1):
        area = list(AREAS)[number % len(AREAS)]
        chinese = area != "international"
        found = person(dice, number, chinese=chinese)
        key = f"U-{number:03d}"
        leads = not areas[area]
        users.append(
            _user(
                key,
                found.name,
                found.handle,
                title=_title(chinese=chinese, leads=leads),
                team=f"T-{area}",
                manager="U-000" if leads else areas[area][0],
            )
        )
        areas[area].append(key)
    people = frozenset({"team", "manager"})
    tables = (Table("team", teams, frozenset({"parent"})), Table("user", users, people))
    return Sellers({area: tuple(keys) for area, keys in areas.items()}, tables)


def _user(key: str, name: str, handle: str, **more: str) -> dict[str, object]:
    return filled(external_id=key, name=name, email=f"{handle}@seller.example", **more)


def _title(*, chinese: bool, leads: bool) -> str:
    if chinese:
        return "区域销售总监" if leads else "客户经理"
    return "Regional Sales Director" if leads else "Account Manager"
