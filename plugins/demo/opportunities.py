"""Opportunities with their stage histories, and the lines that their amounts come from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from plugins.demo.companies import Company
from plugins.demo.marketing import Origin
from plugins.demo.products import Product
from plugins.demo.pursuits import Course, course
from plugins.demo.sizes import Size
from plugins.demo.tables import Table, World, filled

_CENT = Decimal("0.01")
_SOON = timedelta(days=60)
_SOURCES = ("referral", "tender", "website", "event", "cold_call", "partner", "existing_customer")
"""The last one is for those who have bought before."""
_METHODS = (
    "open_tender",
    "invited_tender",
    "competitive_negotiation",
    "inquiry",
    "single_source",
    "direct",
)
_TENDERS = _METHODS[:2]
_BUDGETS = ("none", "requested", "approved", "funded")
_WORKSHOP = ("安排技术交流", "Arrange a technical workshop")
_PROPOSAL = ("提交方案", "Submit the proposal")
_APPROVER = ("拜访决策人", "Meet the approver")
_BUDGET = ("确认预算", "Confirm the budget")
_CONTRACT = ("合同评审", "Review the contract")
_STEPS = {
    "initial": (_WORKSHOP, _APPROVER),
    "qualified": (_WORKSHOP, _BUDGET, _APPROVER),
    "solution": (_PROPOSAL, _BUDGET, _APPROVER),
    "negotiation": (_CONTRACT, _APPROVER),
}
_USUAL = {"initial": 2, "qualified": 6, "solution": 10, "negotiation": 15}
"""A stage's own probability, in twentieths."""
_PROJECTS = (
    ("数字化", "digitalisation"),
    ("扩容", "expansion"),
    ("升级", "upgrade"),
    ("新产线", "new line"),
    ("数据平台", "data platform"),
    ("年度采购", "annual purchase"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One product on an opportunity."""

    product: Product
    quantity: int
    price: Decimal
    discount: Decimal

    @property
    def net(self) -> Decimal:
        whole = self.quantity * self.price * (1 - self.discount)
        return whole.quantize(_CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One opportunity, as its chain and activities need to know it."""

    key: str
    company: Company
    course: Course
    fitness: float  # how well we stand, 1 for usual
    lines: tuple[Line, ...]


def opportunities(
    world: World, size: Size, companies: list[Company], products: list[Product], leads: list[Origin]
) -> tuple[list[Opportunity], tuple[Table, Table]]:
    """As many as the size asks for, more of them at larger companies, and their lines."""
    dice = world.dice("opportunities")
    buyers = [company for company in companies if not company.placeholder]
    weights = [company.scale + 0.1 for company in buyers]
    chosen = dice.choices(buyers, weights, k=size.opportunities)
    found = []
    for number, company in enumerate(chosen, 1):
        fitness = dice.uniform(0.75, 1.25)
        lines = _lines(dice, company, products)
        found.append(
            Opportunity(f"O-{number:06d}", company, course(world, dice, fitness), fitness, lines)
        )
    found.sort(key=lambda one: (one.course.begun, one.key))
    references = frozenset({"account", "owner", "lead", "campaign"})
    origins: dict[str, list[Origin]] = {}
    for lead in leads:
        origins.setdefault(lead.account, []).append(lead)
    return found, (
        Table("opportunity", _rows(world, found, origins), references),
        Table("opportunity_line", _line_rows(found), frozenset({"opportunity", "product"})),
    )


def last_wins(opportunities: list[Opportunity]) -> dict[str, date]:
    """By company, when it last bought."""
    won = [one for one in opportunities if one.course.stage == "won"]
    won.sort(key=lambda one: one.course.decided)
    return {one.company.key: one.course.decided for one in won}


def _lines(dice: random.Random, company: Company, products: list[Product]) -> tuple[Line, ...]:
    count = dice.choices((1, 2, 3, 4), (4, 3, 2, 1))[0]
    return tuple(_line(dice, company, product) for product in dice.sample(products, count))


def _line(dice: random.Random, company: Company, product: Product) -> Line:
    """So many that a line is worth some ten thousand to a few million."""
    worth = dice.lognormvariate(11.2, 0.9) * (0.4 + company.scale)
    quantity = max(1, round(worth / product.price))
    price = Decimal(product.price).quantize(_CENT)
    discount = Decimal(dice.choices((0, 5, 8, 10, 12, 15, 20), (5, 3, 2, 2, 1, 1, 1))[0]) / 100
    return Line(product, quantity, price, discount)


def _rows(
    world: World, found: list[Opportunity], origins: dict[str, list[Origin]]
) -> Iterator[dict[str, Any]]:
    dice = world.dice("opportunity fields")
    customers = _first_wins(found)
    for one in found:
        chinese, at = one.company.chinese, one.course
        place = at.progress
        amount = sum(line.net for line in one.lines)
        history = _history(world, dice, at)
        bought = customers.get(one.company.key, at.begun) < at.begun
        origin = _origin(one, origins)
        source = origin.source if origin else dice.choice(_SOURCES if bought else _SOURCES[:-1])
        yield filled(
            external_id=one.key,
            name=_name(dice, one),
            account=one.company.key,
            owner=one.company.owner,
            type=_type(dice, bought=bought),
            source=source,
            lead=origin.lead if origin else None,
            campaign=origin.campaign if origin else None,
            amount=str(amount),
            close_date=at.decided.isoformat(),
            probability=_probability(dice, at),
            budget=f"{round(float(amount) * dice.uniform(0.8, 1.3), -3):.2f}" if place else None,
            budget_status=_BUDGETS[min(3, max(0, place + dice.randint(-1, 1)))],
            procurement_method=_method(dice, source) if place else None,
            next_step=dice.choice(_STEPS[at.stage])[0 if chinese else 1] if at.open else None,
            stage=at.stage,
            created_at=history[0]["entered_at"],
            stage_history=history,
        )


def _first_wins(found: list[Opportunity]) -> dict[str, date]:
    """By company, when it first bought."""
    wins = [one for one in found if one.course.stage == "won"]
    wins.sort(key=lambda one: one.course.decided, reverse=True)
    return {one.company.key: one.course.decided for one in wins}


def _origin(one: Opportunity, origins: dict[str, list[Origin]]) -> Origin | None:
    """The lead that it came from: each gives one opportunity, soon after it was converted."""
    waiting = origins.get(one.company.key, [])
    begun = one.course.begun
    found = next((it for it in waiting if it.day < begun <= it.day + _SOON), None)
    if found is not None:
        waiting.remove(found)
    return found


def _type(dice: random.Random, *, bought: bool) -> str:
    if bought:
        return dice.choices(("expansion", "renewal", "replacement"), (5, 3, 1))[0]
    return dice.choices(("new_business", "replacement"), (6, 1))[0]


def _method(dice: random.Random, source: str) -> str:
    return dice.choice(_TENDERS if source == "tender" else _METHODS)


def _name(dice: random.Random, one: Opportunity) -> str:
    chinese, english = dice.choice(_PROJECTS)
    family = one.lines[0].product.family.split(" ", 1)
    if one.company.chinese:
        return f"{one.company.short}{family[0]}{chinese}项目"
    return f"{one.company.short}: {family[1]} {english}"


def _probability(dice: random.Random, at: Course) -> str | None:
    """Set by hand now and then; else the stage's own."""
    if not at.open or dice.random() < 0.85:
        return None
    return f"{max(1, _USUAL[at.stage] + dice.randint(-3, 3)) * 5 / 100:.2f}"


def _history(world: World, dice: random.Random, at: Course) -> list[dict[str, str]]:
    moments = sorted(world.moment(dice, entry.day) for entry in at.entries)
    return [
        filled(stage=entry.stage, entered_at=moment.isoformat(), reason=entry.reason)
        for entry, moment in zip(at.entries, moments, strict=True)
    ]


def _line_rows(found: list[Opportunity]) -> Iterator[dict[str, Any]]:
    for one in found:
        for position, line in enumerate(one.lines, 1):
            yield filled(
                external_id=f"{one.key}-{position}",
                opportunity=one.key,
                product=line.product.key,
                position=position,
                quantity=line.quantity,
                unit_price=str(line.price),
                discount=str(line.discount),
            )
