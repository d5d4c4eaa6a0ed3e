"""Customer trees by the API."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.schema.an_api import Client

MOVE = """mutation ($id: ID!, $parent: ID) {
  reparentAccount(id: $id, parent: $parent) {
    account { name parent { name } depth ultimateParent { name } }
    errors { path code }
  }
}"""


@pytest.fixture
async def group(client: Client) -> dict[str, str]:
    """Holding over East and West, East over Wuhan; each has one opportunity won."""
    ids: dict[str, str] = {}
    for name, parent in (
        ("Holding", None),
        ("East", "Holding"),
        ("West", "Holding"),
        ("Wuhan", "East"),
    ):
        ids[name] = await client.one(
            "account", name=name, parent=ids.get(parent) if parent else None
        )
        await client.one(
            "opportunity", name=f"for {name}", account=ids[name], amount="10", stage="WON"
        )
    return ids


async def test_shows_where_a_node_stands(client: Client, group: dict[str, str]) -> None:
    data = await client.data(
        """query ($id: ID!) { account(id: $id) {
          depth ancestors { name } ultimateParent { name } parent { name }
          children { totalCount } descendants { nodes { name } }
        } }""",
        id=group["Wuhan"],
    )

    assert data["account"] == {
        "depth": 2,
        "ancestors": [{"name": "Holding"}, {"name": "East"}],
        "ultimateParent": {"name": "Holding"},
        "parent": {"name": "East"},
        "children": {"totalCount": 0},
        "descendants": {"nodes": []},
    }


async def test_shows_what_is_below(client: Client, group: dict[str, str]) -> None:
    data = await client.data(
        """query ($id: ID!, $depth: Int) { account(id: $id) {
          near: descendants(maxDepth: $depth) { totalCount nodes { name depth } }
          paged: descendants(first: 2) { nodes { name } pageInfo { hasNextPage endCursor } }
        } }""",
        id=group["Holding"],
        depth=1,
    )

    assert data["account"]["near"] == {
        "totalCount": 2,
        "nodes": [{"name": "East", "depth": 1}, {"name": "West", "depth": 1}],
    }
    assert data["account"]["paged"]["nodes"] == [{"name": "East"}, {"name": "Wuhan"}]
    after = data["account"]["paged"]["pageInfo"]["endCursor"]
    rest = await client.data(
        """query ($id: ID!, $after: String) {
          account(id: $id) { descendants(after: $after) { nodes { name } } }
        }""",
        id=group["Holding"],
        after=after,
    )
    assert rest["account"]["descendants"]["nodes"] == [{"name": "West"}]


async def test_sums_over_the_subtree_of_every_node(client: Client, group: dict[str, str]) -> None:
    data = await client.data(
        """{ accounts(orderBy: [{name: ASC}]) { nodes { name subtree {
          aggregate { count }
          opportunities(filter: {stage: {eq: WON}}) { totalCount aggregate { amount { sum } } }
        } } } }"""
    )

    found = {
        it["name"]: (
            it["subtree"]["aggregate"]["count"],
            it["subtree"]["opportunities"]["totalCount"],
            it["subtree"]["opportunities"]["aggregate"]["amount"]["sum"],
        )
        for it in data["accounts"]["nodes"]
    }
    assert found == {
        "Holding": (4, 4, "40.00"),
        "East": (2, 2, "20.00"),
        "West": (1, 1, "10.00"),
        "Wuhan": (1, 1, "10.00"),
    }


async def test_finds_what_is_under_a_node(client: Client, group: dict[str, str]) -> None:
    data = await client.data(
        """query ($id: ID!) {
          accounts(filter: {under: $id}) { nodes { name } }
          opportunities(filter: {account: {under: $id}}) { totalCount }
        }""",
        id=group["East"],
    )

    assert [it["name"] for it in data["accounts"]["nodes"]] == ["East", "Wuhan"]
    assert data["opportunities"]["totalCount"] == 2


async def test_counts_what_is_under_a_node_and_fits_the_rest_of_the_filter(
    client: Client, group: dict[str, str]
) -> None:
    data = await client.data(
        """query ($id: ID!) {
          behind: opportunities(filter: {account: {under: $id, name: {ne: "East"}}}) { ...Found }
          own: opportunities(filter: {account: {under: $id}, name: {ne: "for East"}}) { ...Found }
          nodes: accounts(filter: {under: $id, name: {ne: "East"}}) {
            totalCount aggregate { count } groups(by: [{name: true}]) { key { name } } }
        }
        fragment Found on OpportunityConnection {
          totalCount nodes { name } aggregate { count amount { sum } } }""",
        id=group["East"],
    )

    found = {
        "totalCount": 1,
        "nodes": [{"name": "for Wuhan"}],
        "aggregate": {"count": 1, "amount": {"sum": "10.00"}},
    }
    assert data["behind"] == data["own"] == found
    assert data["nodes"] == {
        "totalCount": 1,
        "aggregate": {"count": 1},
        "groups": [{"key": {"name": "Wuhan"}}],
    }


async def test_moves_a_node_with_everything_below(client: Client, group: dict[str, str]) -> None:
    moved = await client.data(MOVE, id=group["East"], parent=group["West"])
    below = await client.data(
        "query ($id: ID!) { account(id: $id) { ancestors { name } } }", id=group["Wuhan"]
    )

    assert moved["reparentAccount"] == {
        "account": {
            "name": "East",
            "parent": {"name": "West"},
            "depth": 2,
            "ultimateParent": {"name": "Holding"},
        },
        "errors": [],
    }
    names = [it["name"] for it in below["account"]["ancestors"]]
    assert names == ["Holding", "West", "East"]


async def test_refuses_a_cycle(client: Client, group: dict[str, str]) -> None:
    data = await client.data(MOVE, id=group["Holding"], parent=group["Wuhan"])

    assert data["reparentAccount"]["account"] is None
    assert data["reparentAccount"]["errors"][0]["path"] == ["parent"]


async def test_makes_a_node_a_root(client: Client, group: dict[str, str]) -> None:
    data = await client.data(MOVE, id=group["East"], parent=None)

    assert data["reparentAccount"]["account"]["depth"] == 0


async def test_a_move_must_say_where_to(client: Client, group: dict[str, str]) -> None:
    preview = """query ($id: ID!, $parent: ID) {
      previewReparentAccount(id: $id, parent: $parent) { errors { path code } }
    }"""
    refused = [{"path": ["parent"], "code": "REQUIRED"}]

    moved = await client.data(MOVE, id=group["East"])
    previewed = await client.data(preview, id=group["East"])

    assert moved["reparentAccount"] == {"account": None, "errors": refused}
    assert previewed["previewReparentAccount"]["errors"] == refused


async def test_a_parent_that_is_not_there_is_told_by_its_path(
    client: Client, group: dict[str, str]
) -> None:
    data = await client.data(
        """mutation ($id: ID!, $nobody: ID) {
          createAccount(input: {name: "a", parent: $nobody}) { errors { path code } }
          updateAccounts(updates: [{id: $id, input: {parent: $nobody}}]) { errors { path code } }
          reparentAccount(id: $id, parent: $nobody) { errors { path code } }
        }""",
        id=group["East"],
        nobody=str(uuid4()),
    )
    previewed = await client.data(
        """query ($id: ID!, $nobody: ID) {
          previewReparentAccount(id: $id, parent: $nobody) { errors { path code } }
        }""",
        id=group["East"],
        nobody=str(uuid4()),
    )

    missing = [{"path": ["parent"], "code": "NOT_FOUND"}]
    assert data["createAccount"]["errors"] == [{"path": ["input", "parent"], "code": "NOT_FOUND"}]
    assert {"path": ["updates", "0", "input", "parent"], "code": "USE_REPARENT"} in (
        data["updateAccounts"]["errors"]
    )
    assert data["reparentAccount"]["errors"] == missing
    assert previewed["previewReparentAccount"]["errors"] == missing


async def test_tells_beforehand_what_a_move_would_do(client: Client, group: dict[str, str]) -> None:
    source = """query ($id: ID!, $parent: ID) {
      previewReparentAccount(id: $id, parent: $parent) {
        nodes depth ultimateParent { ... on Account { name } } errors { path code } warnings { code }
      }
    }"""

    fine = await client.data(source, id=group["East"], parent=group["West"])
    cycle = await client.data(source, id=group["Holding"], parent=group["Wuhan"])
    nobody = await client.data(source, id="nobody", parent=None)

    assert fine["previewReparentAccount"] == {
        "nodes": 2,
        "depth": 2,
        "ultimateParent": {"name": "Holding"},
        "errors": [],
        "warnings": [],
    }
    assert cycle["previewReparentAccount"]["errors"][0]["path"] == ["parent"]
    assert nobody["previewReparentAccount"]["errors"] == [{"path": ["id"], "code": "NOT_FOUND"}]


async def test_counts_levels_from_nought_and_refuses_fewer(
    client: Client, group: dict[str, str]
) -> None:
    answer = await client.ask(
        "query ($id: ID!) { account(id: $id) { descendants(maxDepth: -1) { totalCount } } }",
        id=group["Holding"],
    )

    assert answer["errors"][0]["extensions"]["argument"] == ["maxDepth"]
