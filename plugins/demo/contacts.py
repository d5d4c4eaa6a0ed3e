"""People at the companies, each with someone to report to."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plugins.demo.companies import Company
from plugins.demo.people import mobile, person
from plugins.demo.tables import Table, World, filled

_LEVELS = ("executive", "director", "manager", "staff")


@dataclass(frozen=True, slots=True)
class Post:
    """One place in a company: what it is called, where it is, how high it stands."""

    chinese: str
    english: str
    department: tuple[str, str]
    level: int  # 0 executive … 3 staff
    role: str  # the part that its holder usually plays in a decision


_MANAGEMENT = ("管理层", "Management")
_PURCHASING = ("采购部", "Purchasing")
_IT = ("信息部", "IT")
_PRODUCTION = ("生产部", "Production")
_FINANCE = ("财务部", "Finance")
POSTS = (
    Post("总经理", "Managing Director", _MANAGEMENT, 0, "approver"),
    Post("信息总监", "Chief Information Officer", _IT, 1, "decider"),
    Post("采购总监", "Head of Purchasing", _PURCHASING, 1, "procurement"),
    Post("生产总监", "Head of Production", _PRODUCTION, 1, "influencer"),
    Post("技术经理", "Technical Manager", _IT, 2, "technical_gatekeeper"),
    Post("采购经理", "Purchasing Manager", _PURCHASING, 2, "procurement"),
    Post("车间主任", "Plant Supervisor", _PRODUCTION, 2, "user"),
    Post("财务经理", "Finance Manager", _FINANCE, 2, "influencer"),
    Post("工程师", "Engineer", _IT, 3, "user"),
    Post("采购专员", "Buyer", _PURCHASING, 3, "user"),
)
_INTERESTS = (
    "数据安全",
    "交付周期",
    "预算",
    "uptime",
    "local support",
    "total cost",
    "个人晋升",
    "业务创新",
)


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact, as decision chains and activities need to know it."""

    key: str
    company: Company
    post: Post
    reports_to: str | None


def contacts(world: World, companies: list[Company]) -> tuple[Mapping[str, list[Contact]], Table]:
    """Contacts by company key, highest first, and their rows, managers before their reports."""
    dice = world.dice("contacts")
    found: dict[str, list[Contact]] = defaultdict(list)
    count = 0
    for company in companies:
        if company.placeholder:
            continue
        for post in _posts(dice, company):
            count += 1
            manager = _manager(dice, post, company, found)
            found[company.key].append(Contact(f"C-{count:06d}", company, post, manager))
    return found, Table("contact", _rows(world, found), frozenset({"account", "reports_to"}))


def _posts(dice: random.Random, company: Company) -> list[Post]:
    """Large companies have most posts filled; the highest one always is."""
    wanted = min(len(POSTS), max(2, round(2 + 3 * company.scale * dice.uniform(0.5, 1.5))))
    others = sorted(dice.sample(range(1, len(POSTS)), wanted - 1))
    return [POSTS[0], *(POSTS[index] for index in others)]


def _manager(
    dice: random.Random, post: Post, company: Company, found: Mapping[str, list[Contact]]
) -> str | None:
    """Someone of a higher level, of the same department if there is one; else at the parent."""
    here = [one for one in found.get(company.key, ()) if one.post.level < post.level]
    if here:
        same = [one for one in here if one.post.department == post.department]
        return (same or here)[-1].key if same or dice.random() < 0.5 else here[0].key
    above = found.get(company.parent or "")
    return above[0].key if above else None


def _rows(world: World, found: Mapping[str, list[Contact]]) -> Iterator[dict[str, object]]:
    dice = world.dice("people")
    everyone = (contact for group in found.values() for contact in group)
    for number, one in enumerate(everyone, 1):
        chinese = one.company.chinese
        someone = person(dice, number, chinese=chinese)
        yield filled(
            external_id=one.key,
            name=someone.name,
            account=one.company.key,
            reports_to=one.reports_to,
            department=one.post.department[0 if chinese else 1],
            job_title=one.post.chinese if chinese else one.post.english,
            seniority=_LEVELS[one.post.level],
            email=f"{someone.handle}@{one.company.key.lower()}.example",
            mobile=mobile(dice, chinese=chinese),
            wechat=someone.handle.replace(".", "_") if chinese and dice.random() < 0.6 else None,
            city=one.company.city.name,
            interests=dice.sample(_INTERESTS, dice.randint(1, 2)) if dice.random() < 0.3 else None,
            active=False if dice.random() < 0.02 else None,
        )
