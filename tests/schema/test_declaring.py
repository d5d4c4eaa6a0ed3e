"""Declarations by the API: a draft, what is wrong with it, what it changes, publishing it."""

from __future__ import annotations

import asyncio
from string import ascii_lowercase

import pytest

from core.identity import Role
from metadata import bounds
from schema.numbers import Exact
from tests.schema.an_api import Client
from tests.schema.some_metadata import an_object

VISIT = an_object("visit__c", {"place__c": {"type": "string", "x-index": True}})
PLURAL = {"x-plural": "boxes__c"}
SAVE = """mutation ($documents: [JSON!]!, $ifVersion: Int) {
  saveDraft(documents: $documents, ifVersion: $ifVersion) {
    draft { version changed documents { path } } errors { path code message }
  }
}"""
PUBLISH = """mutation ($allow: [ConsentKind!]) {
  publishDraft(allow: $allow) {
    version diff { changes { subject breaking } errors { code } } errors { path code message }
  }
}"""


async def test_an_object_is_there_with_the_next_question(client: Client) -> None:
    saved = await client.data(SAVE, documents=[VISIT])
    differs = await client.data(
        "{ diffDraft { changes { code subject breaking message } errors { code } } checkDraft { rule } }"
    )
    published = await client.data(PUBLISH)
    back = await client.data("{ diffRollback(to: 1) { changes { breaking } errors { code } } }")
    created = await client.data(
        'mutation { createVisit__c(input: {place__c: "Wuhan"}) { visit__c { place__c } errors { code } } }'
    )

    assert saved["saveDraft"]["errors"] == []
    assert saved["saveDraft"]["draft"]["documents"] == [{"path": "objects/visit__c.json"}]
    assert [it["breaking"] for it in differs["diffDraft"]["changes"]] == [False]
    assert differs["checkDraft"] == []
    assert published["publishDraft"]["version"] == 2
    assert back["diffRollback"] == {"changes": [{"breaking": True}], "errors": []}
    assert created["createVisit__c"] == {"visit__c": {"place__c": "Wuhan"}, "errors": []}


async def test_names_what_is_wrong_with_a_draft(client: Client) -> None:
    bad = an_object("visit__c", {"place__c": {"x-reference": {"object": "nowhere"}}})
    await client.data(SAVE, documents=[bad])

    found = await client.data("{ checkDraft { document pointer rule message mend } }")
    refused = await client.data(PUBLISH)

    assert found["checkDraft"][0]["document"] == "objects/visit__c.json"
    assert found["checkDraft"][0]["pointer"].startswith("/properties/place__c")
    assert refused["publishDraft"]["version"] is None
    assert refused["publishDraft"]["errors"][0]["path"] == [
        found["checkDraft"][0]["document"],
        found["checkDraft"][0]["pointer"],
    ]


async def test_fields_computed_by_any_function_are_checked_and_described(client: Client) -> None:
    computed = {
        "length__c": {"type": "integer", "x-formula": "size(place__c)"},
        "year__c": {"type": "integer", "x-formula": "year(date(created_at))"},
        "later__c": {"type": "string", "format": "date-time", "x-formula": "add_hours(now(), 1)"},
    }
    place = {"place__c": {"type": "string"}}
    await client.data(SAVE, documents=[an_object("visit__c", place | computed)])

    checked = await client.data("{ checkDraft { rule message } }")
    await client.data(PUBLISH)
    described = await client.data('{ __type(name: "Visit__c") { fields { name } } }')

    assert checked["checkDraft"] == []
    assert {"length__c", "year__c", "later__c"} <= {
        field["name"] for field in described["__type"]["fields"]
    }


async def test_takes_documents_as_text_and_refuses_a_key_that_comes_twice(client: Client) -> None:
    text = '{"$schema": "x", "$id": "visit__c", "title": "a", "title": "b"}'

    saved = await client.data(SAVE, documents=[text])

    assert saved["saveDraft"]["draft"] is None
    assert saved["saveDraft"]["errors"][0]["path"] == ["documents", "0", "/title"]
    several = await client.data(SAVE, documents=[5, "[]", "none", text])
    found = [error["path"][:2] for error in several["saveDraft"]["errors"]]
    assert found == [["documents", str(index)] for index in range(4)]


async def test_documents_are_told_with_exact_numbers(client: Client) -> None:
    price = {"type": "number", "x-type": "decimal", "maximum": 1e30, "multipleOf": 0.05}
    await client.data(SAVE, documents=[an_object("visit__c", {"price__c": price})])
    await client.data(PUBLISH)

    told = await client.data("{ draft { documents { document } } declarations { document } }")

    for document in (*told["draft"]["documents"], *told["declarations"]):
        assert document["document"]["properties"]["price__c"] == price


async def test_labels_of_a_language_are_declared_for_what_a_pack_has(client: Client) -> None:
    labels = {
        "$schema": "https://dealgraph.dev/schemas/labels-1.json",
        "language": "fr",
        "objects": {"account": {"title": "Compte"}},
    }

    saved = await client.data(SAVE, documents=[labels])
    checked = await client.data("{ checkDraft { rule message } }")
    published = await client.data(PUBLISH)

    assert saved["saveDraft"]["draft"]["documents"] == [{"path": "i18n/fr.json"}]
    assert checked["checkDraft"] == []
    assert published["publishDraft"]["version"] == 2


async def test_refuses_a_draft_that_someone_else_changed(client: Client) -> None:
    await client.data(SAVE, documents=[VISIT])

    late = await client.data(SAVE, documents=[VISIT], ifVersion=0)

    assert late["saveDraft"]["errors"][0]["code"] == "CONFLICT"
    assert late["saveDraft"]["errors"][0]["path"] == ["ifVersion"]


async def test_a_draft_grows_only_so_far(client: Client) -> None:
    long = {"place__c": {"type": "string", "description": "d" * 900_000}}
    large = [an_object(f"{letter}__c", long) for letter in ascii_lowercase]
    many = [an_object(f"o{number}__c", {}) for number in range(bounds.DOCUMENTS)]
    kept = (await client.data(SAVE, documents=[VISIT]))["saveDraft"]["draft"]

    for documents in (large, many):
        refused = (await client.data(SAVE, documents=documents))["saveDraft"]
        assert [(it["path"], it["code"]) for it in refused["errors"]] == [
            (["documents"], "TOO_MANY")
        ]
    assert (await client.data("{ draft { version } }"))["draft"]["version"] == kept["version"]


@pytest.mark.parametrize("argument", ["documents", "remove"])
async def test_more_documents_than_a_draft_holds_are_told_once(
    client: Client, argument: str
) -> None:
    given: dict[str, object] = {"documents": [], argument: ["nothing"] * 5_000}
    source = SAVE.replace("$documents: [JSON!]!", "$documents: [JSON!]!, $remove: [String!]")
    source = source.replace("documents: $documents", "documents: $documents, remove: $remove")
    refused = (await client.data(source, **given))["saveDraft"]
    assert [(it["path"], it["code"]) for it in refused["errors"]] == [([argument], "TOO_MANY")]


async def test_goes_back_to_an_older_version(client: Client) -> None:
    await client.data(SAVE, documents=[VISIT])
    await client.data(PUBLISH)

    back = await client.data("mutation { rollbackMetadata(to: 1) { version errors { code } } }")
    versions = await client.data("{ metadataVersions { version kind ofVersion } }")
    gone = await client.ask("{ visits__c { totalCount } }")

    assert back["rollbackMetadata"] == {"version": 3, "errors": []}
    assert versions["metadataVersions"][0] == {"version": 3, "kind": "rollback", "ofVersion": 1}
    assert gone["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_version_that_never_was_is_not_there(client: Client) -> None:
    for version in (0, -1, 2):
        asking = f"{{ declarations(version: {version}) {{ path }} }}"
        assert await client.codes(asking) == ["NOT_FOUND"]


async def test_asks_for_consent_before_data_is_lost(client: Client) -> None:
    await client.data(SAVE, documents=[VISIT])
    await client.data(PUBLISH)
    await client.data('mutation { createVisit__c(input: {place__c: "Wuhan"}) { errors { code } } }')
    await client.data(SAVE, documents=[an_object("visit__c", {"other__c": {"type": "string"}})])

    told = await client.data(
        "{ diffDraft { changes { breaking impacts { effect count examples consent } } errors { code } } }"
    )
    refused = await client.data(PUBLISH)
    allowed = await client.data(PUBLISH, allow=["DATA_LOSS"])

    impacts = [it for change in told["diffDraft"]["changes"] for it in change["impacts"]]
    assert {"LOST"} <= {it["effect"] for it in impacts}
    assert [it["count"] for it in impacts if it["effect"] == "LOST"] == [1]
    assert refused["publishDraft"]["version"] is None
    assert allowed["publishDraft"]["version"] == 3


async def test_a_question_while_someone_publishes_is_answered_by_one_version(
    client: Client,
) -> None:
    await client.one("account", name="Acme")
    await client.data(SAVE, documents=[VISIT])

    asked = [client.data("{ accounts { nodes { name } } }") for _ in range(30)]
    published, *answers = await asyncio.gather(client.data(PUBLISH), *asked)

    assert published["publishDraft"]["version"] == 2
    assert answers == [{"accounts": {"nodes": [{"name": "Acme"}]}}] * 30


async def test_another_process_learns_of_a_publish_from_its_next_statement(
    client: Client, elsewhere: Client
) -> None:
    there = elsewhere.acting(tenant=client.actor.tenant)
    await there.data("{ accounts { totalCount } }")
    await client.data(SAVE, documents=[VISIT])
    await client.data(PUBLISH)

    await there.data("{ accounts { totalCount } }")
    found = await there.data("{ visits__c { totalCount } }")

    assert found == {"visits__c": {"totalCount": 0}}


@pytest.mark.parametrize(
    "told",
    [
        "{ me { metadataVersion } }",
        "{ objectTypes { name } }",
        "{ objectTypes { name } accounts { totalCount } }",
        "{ __typename me { metadataVersion } }",
    ],
)
async def test_another_process_tells_at_once_what_is_declared_now(
    client: Client, elsewhere: Client, told: str
) -> None:
    there = elsewhere.acting(tenant=client.actor.tenant)
    before = await there.data(told)
    await client.data(SAVE, documents=[VISIT])
    await client.data(PUBLISH)

    after = await there.data(told)

    assert after != before
    assert after == await client.data(told)


async def test_declarations_are_for_administrators(client: Client) -> None:
    member = client.acting(role=Role.MEMBER)

    for source in ("{ draft { version } }", "{ checkDraft { rule } }", "{ tokens { key } }"):
        assert await member.codes(source) == ["FORBIDDEN"]
    assert await member.codes("mutation { publishDraft { version } }") == ["FORBIDDEN"]


async def test_members_of_a_list_are_found_again_once_a_rollback_brings_it_back(
    client: Client,
) -> None:
    name = {"type": "string", "x-search": True}
    tags = {"type": "array", "items": {"type": "string"}}
    more = an_object("box__c", {"name__c": name, "tags__c": tags}, **PLURAL)
    await client.data(SAVE, documents=[more])
    version = (await client.data(PUBLISH))["publishDraft"]["version"]
    box = await client.one("box__c", name__c="n", tags__c=["a"])
    await client.data(SAVE, documents=[an_object("box__c", {"name__c": name}, **PLURAL)])
    await client.data(PUBLISH, allow=["DATA_LOSS"])
    update = (
        'mutation ($id: ID!) { updateBox__c(id: $id, input: {name__c: "m"}) { errors { code } } }'
    )
    await client.data(update, id=box)

    back = "mutation ($to: Int!) { rollbackMetadata(to: $to) { errors { code } } }"
    await client.data(back, to=version)

    tests = ('{has: "a"}', '{hasAny: ["a", "b"]}', '{hasAll: ["a"]}')
    for test in tests:
        found = await client.data(
            f"{{ boxes__c(filter: {{tags__c: {test}}}) {{ nodes {{ id }} }} }}"
        )
        assert found == {"boxes__c": {"nodes": [{"id": box}]}}


async def test_json_keeps_each_digit_or_is_refused(client: Client) -> None:
    await client.data(SAVE, documents=[an_object("visit__c", {"extra__c": {"type": "object"}})])
    await client.data(PUBLISH)
    create = """mutation ($extra: JSON) { createVisit__c(input: {extra__c: $extra}) {
      visit__c { extra__c } errors { path code } } }"""
    kept = {"a": Exact("0.3"), "b": 2**63 - 1, "c": 10**20, "d": [Exact("1E-7")]}

    made = (await client.data(create, extra=kept))["createVisit__c"]
    assert made["visit__c"]["extra__c"] == {"a": 0.3, "b": 2**63 - 1, "c": 1e20, "d": [1e-7]}
    for number in (Exact("0.12345678901234567890123"), 12345678901234567890):
        refused = (await client.data(create, extra={"a": number}))["createVisit__c"]
        assert refused["errors"] == [{"path": ["input", "extra__c"], "code": "WRONG_TYPE"}]


async def test_bounds_are_what_was_written(client: Client) -> None:
    most = {"type": "number", "x-type": "decimal", "maximum": Exact("12345678901234567890.25")}
    await client.data(SAVE, documents=[an_object("visit__c", {"cost__c": most})])
    assert "errors" not in await client.ask(PUBLISH)
    create = """mutation ($cost: Decimal) { createVisit__c(input: {cost__c: $cost}) {
      errors { code } } }"""

    found = [
        (await client.data(create, cost=f"12345678901234567890.{end}"))["createVisit__c"]["errors"]
        for end in ("25", "26")
    ]
    assert found == [[], [{"code": "OUT_OF_RANGE"}]]
