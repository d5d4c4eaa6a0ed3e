"""Decision chains: who has which part in an opportunity, and who sways whom."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.demo.contacts import Contact
from plugins.demo.opportunities import Opportunity
from plugins.demo.pursuits import OPEN
from plugins.demo.tables import Table, World, filled

_COVERAGE = ("uncovered", "contacted", "met", "regular")
_MODES = ("growth", "trouble", "even_keel", "overconfident")
_POINTS = (
    "总拥有成本 Total cost",
    "交付周期 Delivery time",
    "与现有系统集成 Integration",
    "售后响应 Support",
    "数据安全 Data security",
)
_WINS = ("按期上线", "升职机会", "fewer complaints", "a reference project")
_CONCERNS = ("实施风险", "供应商锁定", "price", "migration effort")


@dataclass(frozen=True, slots=True)
class Member:
    """A contact in the chain of an opportunity."""

    opportunity: Opportunity
    contact: Contact
    rank: int
    coverage: int  # 0 uncovered … 3 regular


def chains(
    world: World, opportunities: list[Opportunity], contacts: Mapping[str, list[Contact]]
) -> tuple[list[Member], tuple[Table, Table]]:
    """Members of each opportunity's chain by rank, their rows, and relations between contacts."""
    dice = world.dice("chains")
    found = [
        Member(one, contact, rank, _coverage(dice, one))
        for one in opportunities
        for rank, contact in enumerate(_chosen(dice, one, contacts), 1)
    ]
    links = frozenset({"opportunity", "contact"})
    ends = frozenset({"source", "target", "opportunity"})
    return found, (
        Table("opportunity_contact", _rows(world, found), links),
        Table("contact_relation", _relations(world, found, contacts), ends),
    )


def _chosen(
    dice: random.Random, one: Opportunity, contacts: Mapping[str, list[Contact]]
) -> list[Contact]:
    """The further it came, the more members are known, and from a negotiation on who approves;
    large deals reach up to the parent.
    """
    here = contacts.get(one.company.key, [])
    place = len(OPEN) if one.course.stage == "won" else one.course.progress
    wanted = min(len(here), 1 + place // 2 + dice.randint(0, 2))
    found = sorted(dice.sample(here, wanted), key=lambda contact: contact.post.level)
    if place >= OPEN.index("negotiation") and here[0] not in found:
        found[0] = here[0]
    above = contacts.get(one.company.parent or "", [])
    if above and dice.random() < 0.25:
        found.insert(0, above[0])
    return found


def _coverage(dice: random.Random, one: Opportunity) -> int:
    return min(3, max(0, one.course.progress + dice.randint(-2, 1)))


def _rows(world: World, members: list[Member]) -> Iterator[dict[str, Any]]:
    dice = world.dice("members")
    for member in members:
        one, post = member.opportunity, member.contact.post
        coverage = member.coverage
        stance = _stance(dice, one, coverage)
        yield filled(
            external_id=f"{one.key}/{member.contact.key}",
            opportunity=one.key,
            contact=member.contact.key,
            roles=_roles(dice, post.role, stance),
            decision_rank=member.rank,
            influence=max(1, 3 - post.level) if dice.random() < 0.9 else None,
            stance=stance,
            relationship_strength=min(4, coverage + dice.randint(0, 1)) if coverage else 0,
            coverage=_COVERAGE[coverage],
            vote=post.level < 3 if dice.random() < 0.7 else None,
            value_fit_rank=dice.randint(1, 3) if stance is not None else None,
            response_mode=dice.choice(_MODES) if dice.random() < 0.4 else None,
            decision_points=_points(dice) if dice.random() < 0.5 else None,
            personal_wins=[dice.choice(_WINS)] if dice.random() < 0.25 else None,
            concerns=[dice.choice(_CONCERNS)] if dice.random() < 0.25 else None,
        )


def _stance(dice: random.Random, one: Opportunity, coverage: int) -> int | None:
    """Unknown of those whom nobody met; better where the deal was won."""
    if coverage == 0 or dice.random() < 0.1:
        return None
    lean = {"won": 1.0, "lost": -0.6}.get(one.course.stage, (one.fitness - 1) * 3)
    return max(-2, min(2, round(dice.gauss(lean, 0.9))))


def _roles(dice: random.Random, usual: str, stance: int | None) -> list[str]:
    roles = [usual]
    if stance is not None and stance > 0 and dice.random() < 0.25:
        roles.append("coach")
    if usual == "approver" and dice.random() < 0.3:
        roles.append("decider")
    return roles


def _points(dice: random.Random) -> list[dict[str, object]]:
    chosen = dice.sample(_POINTS, dice.randint(1, 2))
    return [{"text": text, "key": index == 0} for index, text in enumerate(chosen)]


def _relations(
    world: World, members: list[Member], contacts: Mapping[str, list[Contact]]
) -> Iterator[dict[str, Any]]:
    """Ties of the accounts' maps first, then those that hold within one opportunity."""
    dice = world.dice("relations")
    for key, group in contacts.items():
        if len(group) >= 3 and dice.random() < 0.5:
            source, target = dice.sample(group, 2)
            kind = dice.choice(("informal", "influences"))
            yield _relation(dice, key, source, target, kind=kind)
    chain: dict[str, list[Contact]] = {}
    for member in members:
        chain.setdefault(member.opportunity.key, []).append(member.contact)
    for key, group in chain.items():
        if len(group) >= 3 and dice.random() < 0.6:
            source, target = dice.sample(group, 2)
            kind = "conflict" if dice.random() < 0.15 else "influences"
            yield _relation(dice, key, source, target, kind=kind) | {"opportunity": key}


def _relation(
    dice: random.Random, key: str, source: Contact, target: Contact, *, kind: str
) -> dict[str, Any]:
    return filled(
        external_id=f"{key}/{source.key}>{target.key}",
        source=source.key,
        target=target.key,
        kind=kind,
        strength=dice.randint(1, 4),
    )
