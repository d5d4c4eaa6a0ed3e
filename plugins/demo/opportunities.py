"""Opportunities with their stage histories, and the lines that their amounts come from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from plugins.demo.companies import Company
from plugins.demo.products import Product
from plugins.demo.pursuits import Course, course
from plugins.demo.sizes import Size
from plugins.demo.tables import Table, World, filled

_CENT = Decimal("0.01")
_SOURCES = ("referral", "tender", "website", "event", "cold_call", "partner", "existing_customer")
_TYPES = ("new_business", "expansion", "renewal", "replacement")
_METHODS = (
    "open_tender",
    "invited_tender",
    "competitive_negotiation",
    "inquiry",
    "single_source",
    "direct",
)
_BUDGETS = ("none", "requested", "approved", "funded")
_STEPS = (
    ("安排技术交流", "Arrange a technical workshop"),
    ("提交方案", "Submit the proposal"),
    ("拜访决策人", "Meet the approver"),
    ("确认预算", "Confirm the budget"),
    ("合同评审", "Review the contract"),
)
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
    world: World, size: Size, companies: list[Company], products: list[Product]
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
    references = frozenset({"account", "owner"})
    return found, (
        Table("opportunity", _rows(world, found), references),
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


def _rows(world: World, found: list[Opportunity]) -> Iterator[dict[str, Any]]:
    dice = world.dice("opportunity fields")
    for one in found:
        chinese, at = one.company.chinese, one.course
        place = at.progress
        amount = sum(line.net for line in one.lines)
        history = _history(world, dice, at)
        step = dice.choice(_STEPS)[0 if chinese else 1]
        yield filled(
            external_id=one.key,
            name=_name(dice, one),
            account=one.company.key,
            owner=one.company.owner,
            type=dice.choices(_TYPES, (5, 3, 1, 1))[0],
            source=dice.choice(_SOURCES),
            amount=str(amount),
            close_date=at.decided.isoformat(),
            probability=_probability(dice, at),
            budget=f"{round(float(amount) * dice.uniform(0.8, 1.3), -3):.2f}" if place else None,
            budget_status=_BUDGETS[min(3, max(0, place + dice.randint(-1, 1)))],
            procurement_method=dice.choice(_METHODS) if place else None,
            next_step=step if at.open else None,
            stage=at.stage,
            created_at=history[0]["entered_at"],
            stage_history=history,
        )


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
    return f"{dice.randint(1, 18) * 5 / 100:.2f}"


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
