"""One tenant's declarations do not keep a process from the others."""

from __future__ import annotations

import asyncio
from time import monotonic

from tests.schema.an_api import Client, a_client
from tests.schema.some_metadata import an_object, crm_layers

TEXT = {"type": "string", "maxLength": 4_000}
COMPUTED = {"type": "string", "readOnly": True}


def repeated(text: str, times: int) -> str:
    return f"concat({', '.join([text] * times)})"


async def test_a_computed_text_is_cut_alike_when_stored_and_when_read(client: Client) -> None:
    live = "weekday(today()) > 0 ? concat(note__c, note__c, note__c) : ''"
    fields = {
        "note__c": TEXT,
        "stored__c": {**COMPUTED, "x-formula": repeated("note__c", 3)},
        "live__c": {**COMPUTED, "x-formula": live},
    }
    other = await a_client(client.store, crm_layers(an_object("text__c", fields)))
    note = "".join(chr(0x4E00 + number) for number in range(4_000))
    await other.one("text__c", note__c=note)

    [found] = (await other.data("{ texts__c { nodes { stored__c live__c } } }"))["texts__c"][
        "nodes"
    ]

    assert found["stored__c"] == found["live__c"] == (note * 3)[:10_000]


async def test_long_formulas_over_many_records_leave_others_their_turn(client: Client) -> None:
    doubled = {"a__c": {**COMPUTED, "x-formula": repeated("note__c", 200)}}
    doubled |= {
        f"{key}__c": {**COMPUTED, "x-formula": repeated(f"{before}__c", 200)}
        for before, key in zip("abcdefg", "bcdefgh", strict=True)
    }
    other = await a_client(
        client.store, crm_layers(an_object("text__c", {"note__c": TEXT, **doubled}))
    )
    longest, done = 0.0, False

    async def turns() -> None:
        nonlocal longest
        while not done:
            began = monotonic()
            await asyncio.sleep(0)
            longest = max(longest, monotonic() - began)

    watching = asyncio.ensure_future(turns())
    answer = await other.ask(
        "mutation ($d: [Text__cInput!]!) { createTexts__c(inputs: $d) { errors { code } } }",
        d=[{"note__c": "x" * 4_000}] * 500,
    )
    done = True
    await watching

    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == (
        "LIMIT_EXCEEDED",
        "effort",
    )
    assert longest < 2  # seconds; it was twenty
