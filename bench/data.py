"""The records that every server of the benchmark answers from: the same for all, by a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

STAGES = ("initial", "qualified", "solution", "negotiation", "won", "lost")
INDUSTRIES = ("software", "retail", "logistics", "healthcare", "energy", "automotive")
ROLES = ("approver", "decider", "user", "gatekeeper", "influencer", "coach")
ACCOUNTS, CONTACTS, OPPORTUNITIES = 2_000, 8_000, 10_000

Row = dict[str, object]


@dataclass(slots=True)
class Data:
    """Rows by table, keyed by column; references are ids."""

    accounts: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    opportunities: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)


def generate(seed: int = 7) -> Data:
    """2,000 accounts in groups four deep, 8,000 contacts with managers, 10,000 opportunities."""
    rng = random.Random(seed)
    data = Data()
    _accounts(rng, data.accounts)
    _contacts(rng, data)
    _opportunities(rng, data)
    return data


def _id(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def _accounts(rng: random.Random, rows: list[Row]) -> None:
    for number in range(ACCOUNTS):
        level = number % 40  # groups of 40: 1 root, 3 below it, 9 below those, 27 leaves
        base = number - level
        parent = None if level == 0 else rows[base + (level - 1) // 3]["id"]
        rows.append(
            {
                "id": _id(rng),
                "name": f"华星集团 {base // 40:03d}-{level:02d}",
                "parent": parent,
                "industry": rng.choice(INDUSTRIES),
            }
        )


def _contacts(rng: random.Random, data: Data) -> None:
    for number in range(CONTACTS):
        account = data.accounts[number // 4]
        manager = data.contacts[-1]["id"] if number % 4 else None
        data.contacts.append(
            {
                "id": _id(rng),
                "name": f"李明 {number:05d}",
                "account": account["id"],
                "reports_to": manager,
                "email": f"contact{number}@example.com",
                "title": rng.choice(("CEO", "CFO", "采购总监", "Engineer")),
            }
        )


def _opportunities(rng: random.Random, data: Data) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    for number in range(OPPORTUNITIES):
        place = rng.randrange(ACCOUNTS)
        row: Row = {
            "id": _id(rng),
            "name": f"商机 {number:05d}",
            "account": data.accounts[place]["id"],
            "stage": rng.choice(STAGES),
            "amount": Decimal(rng.randrange(1_000_00, 9_000_000_00)) / 100,
            "close_date": date(2025, 1, 1) + timedelta(days=rng.randrange(700)),
            "source": rng.choice(("referral", "tender", "website")),
            "created_at": start + timedelta(minutes=number),
        }
        data.opportunities.append(row)
        data.members.extend(_members(rng, row, data.contacts[place * 4 : place * 4 + 4]))


def _members(rng: random.Random, opportunity: Row, contacts: Sequence[Row]) -> list[Row]:
    return [
        {
            "id": _id(rng),
            "opportunity": opportunity["id"],
            "contact": contact["id"],
            "roles": [rng.choice(ROLES)],
            "decision_rank": rank,
            "influence": rng.randint(1, 3),
            "stance": rng.randint(-1, 2),
        }
        for rank, contact in enumerate(contacts, 1)
    ]
