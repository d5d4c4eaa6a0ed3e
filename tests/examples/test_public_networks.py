"""Real organisations: a reporting tree and a decision chain, against plain Python."""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.actions.importing import mapping
from core.packs.loading import load
from core.store.database.connections import Database
from core.store.tenancy.opening import Store
from plugins.built_in import BUILT_IN
from tests.core.a_store import World
from tests.core.actions.importing.an_import import load_files
from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import crm_layers

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("DEALGRAPH_TEST_DATA") or ROOT.parent / "shared" / "data")
NHS, FIRM = DATA / "uk-nhs-england-organogram", DATA / "lazega-law-firm"
WHERE = "is not here: DEALGRAPH_TEST_DATA says where it is"
POST = {
    "$schema": "https://dealgraph.dev/schemas/object-1.json",
    "$id": "post__c",
    "title": "Post",
    "x-plural": "posts__c",
    "x-title": "title__c",
    "type": "object",
    "required": ["number__c"],
    "properties": {
        "number__c": {"type": "string", "maxLength": 20, "x-unique": True},
        "title__c": {"type": "string", "maxLength": 200},
        "cost__c": {"type": "number", "x-type": "money"},
        "parent": {
            "x-reference": {"object": "post__c", "onDelete": "restrict", "inverse": "children"},
            "x-tree": True,
        },
    },
}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.csv"))


async def loaded(database: Database, steps: list[dict[str, Any]], folder: Path) -> Client:
    """A client of a tenant with the pack and posts, which has imported the folder's files."""
    store = Store(database, load(BUILT_IN))
    client = await a_client(store, crm_layers(POST))
    schema = "https://dealgraph.dev/schemas/import-1.json"
    found = mapping.of({"$schema": schema, "blank": ["", "XX"], "steps": steps}, "import.json")
    assert isinstance(found, mapping.ImportMapping), found
    world = World(store, client.actor)
    _, kept = await load_files(world, found, files_of(folder))
    assert kept.rejects == []
    return client


@pytest.mark.skipif(not NHS.exists(), reason=f"{NHS.name} {WHERE}")
async def test_a_reporting_tree_sums_up_at_every_post(database: Database) -> None:
    posts = rows_of(NHS / "senior_posts.csv")
    cost = "Salary Cost of Reports (£)"
    fields = {
        "number__c": "Post Unique Reference",
        "title__c": "Job Title",
        "cost__c": {"column": cost, "round": 2},
        "parent": {"column": "Reports to Senior Post", "reference": "number__c"},
    }
    step = {"object": "post__c", "key": "number__c", "fields": fields}
    client = await loaded(database, [step], NHS)
    data = await client.data(
        """{ posts__c(first: 500) { nodes {
          number__c depth ancestors { number__c }
          subtree { aggregate { count cost__c { sum } } }
        } } }"""
    )

    own = {post["Post Unique Reference"]: exact(post[cost]) for post in posts}
    boss = {post["Post Unique Reference"]: post["Reports to Senior Post"] for post in posts}
    above = {number: list(line(number, boss)) for number in own}
    below = defaultdict(list)
    for number, bosses in above.items():
        for one in (number, *bosses):
            below[one].append(own[number])
    found = {node["number__c"]: node for node in data["posts__c"]["nodes"]}
    assert found.keys() == own.keys()
    for number, node in found.items():
        assert [one["number__c"] for one in node["ancestors"]] == above[number][::-1]
        assert node["depth"] == len(above[number])
        aggregate = node["subtree"]["aggregate"]
        assert aggregate["count"] == len(below[number])
        assert Decimal(aggregate["cost__c"]["sum"]) == sum(below[number])


def exact(text: str) -> Decimal:
    return Decimal(text or 0).quantize(Decimal("0.01"), ROUND_HALF_UP)


def line(number: str, boss: dict[str, str]) -> Iterator[str]:
    """Everyone above, from the nearest up."""
    while (number := boss[number]) in boss:
        yield number


@pytest.mark.skipif(not FIRM.exists(), reason=f"{FIRM.name} {WHERE}")
async def test_a_chain_of_71_people_is_measured_and_crossed(database: Database) -> None:
    people = {row["id"]: row for row in rows_of(FIRM / "attorneys.csv")}
    paths = {*pairs("advice"), *pairs("friendship")}
    far = distances("1", paths)
    coach = max(far, key=lambda one: (far[one], one))
    client = await loaded(database, the_steps(covered="1", coach=coach), FIRM)
    data = await client.data(
        """{ opportunities { nodes { decisionChain {
          edges { kind } measures { members coverageRate supportIndex unknownShare blockerRisk }
          pathTo(role: COACH) { contact { name } }
        } } } }"""
    )

    chain = data["opportunities"]["nodes"][0]["decisionChain"]
    kinds = Counter(edge["kind"] for edge in chain["edges"])
    assert kinds == {kind: len(set(pairs(name))) for name, kind in KINDS.items()}
    weight = {one: 3 if row["status"] == "1" else 1 for one, row in people.items()}
    stance = {one: 1 if row["gender"] == "1" else -1 for one, row in people.items()}
    every = sum(weight.values())
    support = sum(weight[one] * stance[one] for one in people) / Decimal(2 * every)
    assert chain["measures"] == {
        "members": 71,
        "coverageRate": shown(Decimal(weight["1"]) / every),
        "supportIndex": shown(support),
        "unknownShare": "0",
        "blockerRisk": any(weight[one] == 3 and stance[one] < 0 for one in people),
    }
    way = [node["contact"]["name"] for node in chain["pathTo"]]
    assert (way[0], way[-1], len(way)) == ("1", coach, far[coach] + 1)
    assert set(pairwise(way)) <= paths


KINDS = {"advice": "influences", "friendship": "informal", "cowork": "conflict"}


def pairs(name: str) -> list[tuple[str, str]]:
    return [(row["from"], row["to"]) for row in rows_of(FIRM / f"{name}.csv")]


def distances(start: str, paths: set[tuple[str, str]]) -> dict[str, int]:
    """How many steps each is away that can be reached."""
    found, waiting = {start: 0}, deque([start])
    while waiting:
        here = waiting.popleft()
        for source, target in paths:
            if source == here and target not in found:
                found[target] = found[here] + 1
                waiting.append(target)
    return found


def shown(value: Decimal) -> str:
    return f"{value.quantize(Decimal('1e-12'), ROUND_HALF_UP).normalize():f}"


def the_steps(covered: str, coach: str) -> list[dict[str, Any]]:
    """One deal that all attorneys decide, with what they are to each other."""
    by_id = {"reference": "external_id"}
    firm = {"constant": "F", **by_id}

    def single(object_key: str, key: str, **more: object) -> dict[str, Any]:
        fields = {"name": {"constant": "x"}, "external_id": {"constant": key}, **more}
        return step(object_key, "attorneys", fields, key="external_id", existing="keep")

    def step(object_key: str, file: str, fields: object, **more: object) -> dict[str, Any]:
        return {"object": object_key, "files": f"{file}.csv", "fields": fields, **more}

    contact = {"name": "id", "external_id": "id", "account": firm}
    member = {
        "opportunity": {"constant": "D", **by_id},
        "contact": {"column": "id", **by_id},
        "influence": {"column": "status", "values": {"1": "3", "2": "1"}},
        "stance": {"column": "gender", "values": {"1": "1", "2": "-1"}},
        "coverage": {"column": "id", "values": those(covered, "met", "uncovered")},
        "roles": {"column": "id", "values": those(coach, "coach", "user")},
    }
    ends = {"source": {"column": "from", **by_id}, "target": {"column": "to", **by_id}}
    return [
        single("account", "F"),
        single("opportunity", "D", account=firm),
        step("contact", "attorneys", contact, key="external_id"),
        step("opportunity_contact", "attorneys", member),
        *(
            step("contact_relation", name, {**ends, "kind": {"constant": kind}})
            for name, kind in KINDS.items()
        ),
    ]


def those(one: str, said: str, of_others: str) -> dict[str, str]:
    return {str(number): said if str(number) == one else of_others for number in range(1, 72)}
