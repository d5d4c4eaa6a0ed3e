"""Records that Python finds are read as they are selected, many at once."""

from __future__ import annotations

import asyncio

from tests.schema.an_api import Client

TOKEN = """mutation ($user: ID!) {
  createToken(role: READER, user: $user) { token { user { ...Named } } errors { code } }
}
fragment Named on Node { id ... on User { name manager { name } } }"""


async def test_many_records_at_one_place_take_one_statement(
    watched: tuple[Client, list[str]],
) -> None:
    client, seen = watched
    boss = await client.one("user", name="Boss", email="boss@example.com")
    users = await client.create(
        "user",
        *({"name": f"u{n}", "email": f"u{n}@example.com", "manager": boss} for n in range(5)),
    )
    for user in (*users, *users):
        await client.data(TOKEN, user=user)
    source = "{ tokens { user { id ... on User { name manager { name } } } } me { role } }"
    await client.data(source)
    await asyncio.sleep(0.01)  # until the logger is called
    seen.clear()

    data = await client.data(source)

    await asyncio.sleep(0.01)
    assert len([it for it in seen if "read.record" in it]) == 1
    assert [it["user"] for it in data["tokens"]] == [
        {"id": user, "name": f"u{n}", "manager": {"name": "Boss"}} for n, user in enumerate(users)
    ] * 2


async def test_a_record_that_is_gone_is_null(client: Client) -> None:
    user = await client.one("user", name="Li", email="li@example.com")
    await client.data(TOKEN, user=user)
    await client.data("mutation ($id: ID!) { deleteUser(id: $id) { errors { code } } }", id=user)

    data = await client.data("{ tokens { role user { id } } }")

    assert data == {"tokens": [{"role": "READER", "user": None}]}


async def test_a_payload_that_is_asked_for_twice_has_everything(client: Client) -> None:
    source = """mutation ($input: AccountInput!, $n: Int) {
      a: createAccount(input: $input) { account { name } }
      a: createAccount(input: $input) { account { ...More } errors { code } }
    }
    fragment More on Account { employees contacts(first: $n) { totalCount } }"""

    data = await client.data(source, input={"name": "Acme", "employees": 3}, n=1)

    assert data["a"] == {
        "account": {"name": "Acme", "employees": 3, "contacts": {"totalCount": 0}},
        "errors": [],
    }
    assert (await client.data("{ accounts { totalCount } }"))["accounts"] == {"totalCount": 1}


async def test_the_same_payload_at_two_places_is_read_as_each_selects(client: Client) -> None:
    data = await client.data(
        """mutation {
          a: createAccount(input: {name: "A"}) { account { name } }
          b: createAccount(input: {name: "B"}) { account { version } same: account { name } }
        }"""
    )

    assert data == {
        "a": {"account": {"name": "A"}},
        "b": {"account": {"version": 1}, "same": {"name": "B"}},
    }
