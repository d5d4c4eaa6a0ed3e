"""Who asks, what is on offer, and tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import Unauthenticated
from core.identity import Role
from tests.schema.an_api import Client

CREATE = """mutation ($role: RoleKind!, $user: ID, $expiresAt: DateTime) {
  createToken(role: $role, title: "laptop", user: $user, expiresAt: $expiresAt) {
    secret token { key role title user { id } expiresAt } errors { path code }
  }
}"""


async def test_tells_who_asks(client: Client) -> None:
    data = await client.data(
        "{ me { tenant { currency timeZone language } role metadataVersion user { id } } }"
    )

    assert data["me"] == {
        "tenant": {"currency": "CNY", "timeZone": "Asia/Shanghai", "language": "en"},
        "role": "ADMIN",
        "metadataVersion": 1,
        "user": None,
    }


async def test_tells_what_is_on_offer(client: Client) -> None:
    data = await client.data("{ packs { key title requires plugin } plugins { name } }")

    assert "crm" in {it["key"] for it in data["packs"]}
    assert {it["plugin"] for it in data["packs"]} <= {it["name"] for it in data["plugins"]}


async def test_a_new_token_lets_its_holder_in_until_it_is_revoked(client: Client) -> None:
    user = await client.one("user", name="Li", email="li@example.com")

    made = (await client.data(CREATE, role="READER", user=user))["createToken"]
    actor = await client.doorkeeper.actor(made["secret"])
    revoked = await client.data(
        "mutation ($key: ID!) { revokeToken(key: $key) { revokedKey errors { code } } }",
        key=made["token"]["key"],
    )

    assert made["errors"] == []
    assert made["token"]["user"] == {"id": user}
    assert (actor.tenant, actor.role) == (client.actor.tenant, Role.READER)
    assert revoked["revokeToken"] == {"revokedKey": made["token"]["key"], "errors": []}
    try:
        await client.doorkeeper.actor(made["secret"])
    except Unauthenticated:
        pass
    else:
        raise AssertionError("the token still works")


async def test_an_operation_that_revokes_its_own_token_goes_on_to_its_end(client: Client) -> None:
    made = (await client.data(CREATE, role="ADMIN"))["createToken"]
    holder = replace(client, actor=await client.doorkeeper.actor(made["secret"]))

    data = await holder.data(
        """mutation ($key: ID!) {
          revokeToken(key: $key) { revokedKey }
          createAccount(input: {name: "Last"}) { account { name } errors { code } }
        }""",
        key=made["token"]["key"],
    )

    assert data["createAccount"] == {"account": {"name": "Last"}, "errors": []}
    with pytest.raises(Unauthenticated):
        await client.doorkeeper.actor(made["secret"])


async def test_refuses_a_token_that_has_expired_already_or_is_for_nobody(client: Client) -> None:
    expired = await client.data(CREATE, role="READER", expiresAt="2001-01-01T00:00:00Z")
    nobody = await client.data(CREATE, role="READER", user="01900000-0000-7000-8000-000000000000")

    assert [it["path"] for it in expired["createToken"]["errors"]] == [["expiresAt"]]
    assert [it["path"] for it in nobody["createToken"]["errors"]] == [["user"]]


async def test_lists_tokens_without_their_secrets(client: Client) -> None:
    made = (await client.data(CREATE, role="MEMBER"))["createToken"]

    answer = await client.ask("{ tokens { key title role createdAt revokedAt } }")

    assert [it["key"] for it in answer["data"]["tokens"]] == [made["token"]["key"]]
    assert made["secret"] not in str(answer)


async def test_a_token_of_another_tenant_is_not_there(client: Client, elsewhere: Client) -> None:
    made = (await elsewhere.data(CREATE, role="ADMIN"))["createToken"]

    data = await client.data(
        "mutation ($key: ID!) { revokeToken(key: $key) { revokedKey errors { path code } } }",
        key=made["token"]["key"],
    )

    assert data["revokeToken"] == {
        "revokedKey": None,
        "errors": [{"path": ["key"], "code": "NOT_FOUND"}],
    }


async def test_tokens_are_for_administrators(client: Client) -> None:
    member = client.acting(role=Role.MEMBER)

    assert await member.codes("mutation { createToken(role: ADMIN) { secret } }") == ["FORBIDDEN"]


async def test_the_tokens_of_a_user_end_with_the_user(client: Client) -> None:
    user = await client.one("user", name="Li", email="li.dismissed@example.com")
    secrets = [
        (await client.data(CREATE, role="READER", user=one))["createToken"]["secret"]
        for one in (user, None)
    ]
    theirs, other = [(secret, await client.doorkeeper.actor(secret)) for secret in secrets]

    deleting = "mutation ($id: ID!) { deleteUser(id: $id) { errors { code } } }"
    assert (await client.data(deleting, id=user))["deleteUser"] == {"errors": []}

    with pytest.raises(Unauthenticated):
        await client.doorkeeper.actor(theirs[0])
    assert await client.doorkeeper.actor(other[0]) == other[1]


async def test_users_are_deleted_and_restored_by_administrators_alone(client: Client) -> None:
    user = await client.one("user", name="Li", email="li.gone@example.com")
    member = client.acting(role=Role.MEMBER)
    deleting = "mutation ($id: ID!) { deleteUser(id: $id) { deletedId errors { code } } }"
    restoring = "mutation ($id: ID!) { restoreUser(id: $id) { user { id } errors { code } } }"

    assert await member.codes(deleting, id=user) == ["FORBIDDEN"]
    deleted = await client.data(deleting, id=user)
    assert await member.codes(restoring, id=user) == ["FORBIDDEN"]
    restored = await client.data(restoring, id=user)

    assert deleted["deleteUser"] == {"deletedId": user, "errors": []}
    assert restored["restoreUser"] == {"user": {"id": user}, "errors": []}


SET_RATES = """mutation ($rates: [ExchangeRateInput!]!) {
  setExchangeRates(rates: $rates) {
    rates { currency validFrom rate } errors { path code }
  }
}"""


async def test_a_rate_that_is_set_counts_at_once(client: Client) -> None:
    await client.one("opportunity", name="Far away", amount="10.05", currency="USD")
    asking = "{ opportunities { nodes { amount amountCorporate } } exchangeRates { rate } }"
    before = await client.data(asking)

    rate = {"currency": "USD", "validFrom": "2020-01-01", "rate": "7.1234"}
    made = (await client.data(SET_RATES, rates=[rate]))["setExchangeRates"]

    after = await client.data(asking)
    assert made == {"rates": [rate], "errors": []}
    assert before["opportunities"]["nodes"] == [{"amount": "10.05", "amountCorporate": None}]
    assert after["opportunities"]["nodes"] == [{"amount": "10.05", "amountCorporate": "71.59"}]
    assert after["exchangeRates"] == [{"rate": "7.1234"}]


async def test_a_rate_is_given_or_taken_out_never_forgotten(client: Client) -> None:
    rates = [
        {"currency": "USD", "validFrom": "2020-01-01", "rate": None},
        {"currency": "USD", "validFrom": "2020-01-02"},
        {"currency": "CNY", "validFrom": "2020-01-02", "rate": "1"},
    ]

    made = (await client.data(SET_RATES, rates=rates))["setExchangeRates"]

    assert made["errors"] == [
        {"path": ["rates", "1", "rate"], "code": "REQUIRED"},
        {"path": ["rates", "2", "currency"], "code": "OWN_CURRENCY"},
    ]


async def test_readers_see_rates_and_set_none(client: Client) -> None:
    reader = client.acting(role=Role.READER)

    assert await reader.data('{ exchangeRates(currency: "USD") { rate } }') == {"exchangeRates": []}
    assert await reader.codes("mutation { setExchangeRates(rates: []) { errors { code } } }") == [
        "FORBIDDEN"
    ]
