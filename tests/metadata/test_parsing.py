"""What holds for any layers, sound or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata import dialects, documents
from metadata.assigning import assign
from metadata.dialects import Kind
from metadata.evolution import diff
from metadata.layers import Layer, platform
from metadata.model import Metadata
from metadata.parsing import parse
from metadata.problems import Problem
from tests.metadata.builders import (
    DATE,
    INTEGER,
    MONEY,
    TEXT,
    Document,
    a_formula,
    a_graph,
    a_pack,
    a_parent,
    a_picklist,
    a_pipeline,
    a_reference,
    a_role,
    a_rollup,
    a_tenant,
    an_object,
    metadata_of,
    problems_of,
    told,
)

CRM = Path(__file__).parents[2] / "plugins" / "packs" / "crm"

texts = st.text(max_size=8) | st.sampled_from(
    ["name", "deal", "user", "string", "a__c", "__proto__"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


def _keywords(kind: Kind) -> list[str]:
    """Every keyword that a metaschema knows, at any place."""
    found: dict[str, None] = {}

    def walk(schema: object) -> None:
        if isinstance(schema, dict):
            found.update(dict.fromkeys(schema.get("properties", {})))
            for inside in schema.values():
                walk(inside)

    walk(dialects.metaschema(kind))
    return list(found)


@st.composite
def garbage(draw: st.DrawFn) -> Document:
    """A document of the right kind with anything under the keywords that it knows."""
    kind = draw(
        st.sampled_from([Kind.OBJECT, Kind.PIPELINE, Kind.GRAPH, Kind.PACK, Kind.ROLE, Kind.LABELS])
    )
    words = st.sampled_from(_keywords(kind))
    nested = st.recursive(
        values,
        lambda inner: st.dictionaries(words, inner, max_size=4) | st.lists(inner, max_size=2),
        max_leaves=20,
    )
    body = draw(st.dictionaries(words, nested, max_size=5))
    return {**body, "$schema": kind.schema, "$id": draw(st.sampled_from(["deal", "user", "x__c"]))}


mutations: list[Callable[[object], object]] = [
    lambda value: None,
    lambda value: [value],
    lambda value: {"x": value},
    lambda value: "nothing",
    lambda value: 10**30,
    lambda value: True,
]

SOUND: list[Document] = [
    an_object(
        "deal",
        {
            "name": TEXT,
            "amount": MONEY,
            "due": DATE,
            "source": a_picklist("web", "fair"),
            "parent": a_parent("deal"),
            "twice": a_formula("amount * 2", MONEY),
            "sum_of_lines": a_rollup(MONEY, object="line", via="deal", op="sum", field="net"),
            "place": {"$ref": "#/$defs/place"},
        },
        x_title="name",
        required=["name"],
        x_unique=[{"key": "k", "fields": ["name", "due"]}],
        x_rules=[{"key": "r", "check": "amount > 0", "message": "m"}],
        **{"$defs": {"place": {"type": "object"}}, "dependentRequired": {"amount": ["due"]}},
    ),
    an_object("line", {"deal": a_reference("deal", "lines", "cascade"), "net": MONEY}),
    an_object("person", {"boss": a_reference("person", "reports")}),
    an_object("link", {"deal": a_reference("deal", "people"), "person": a_reference("person")}),
    a_pipeline(amount="amount", date="due"),
    a_graph(
        "chain",
        anchor="deal",
        nodes={"object": "person", "through": "link"},
        edges=[{"reference": "person.boss"}],
    ),
    a_role(),
]


@st.composite
def damaged(draw: st.DrawFn) -> list[Document]:
    """Sound declarations with one or two values replaced, removed or renamed."""
    found = json.loads(json.dumps(SOUND))
    for _ in range(draw(st.integers(1, 2))):
        document = draw(st.sampled_from(found))
        holder, key = document, draw(st.sampled_from(sorted(document)))
        while draw(st.booleans()) and isinstance(holder[key], dict | list) and holder[key]:
            holder = holder[key]
            keys = sorted(holder) if isinstance(holder, dict) else range(len(holder))
            key = draw(st.sampled_from(list(keys)))
        action = draw(st.sampled_from(["change", "remove", "rename"]))
        if action == "change":
            holder[key] = draw(st.sampled_from(mutations))(holder[key])
        elif isinstance(holder, dict):
            value = holder.pop(key)
            if action == "rename":
                holder[draw(texts)] = value
    return list(found)


@given(st.dictionaries(texts.filter(bool), garbage() | values, max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_garbage_never_raises(found: dict[str, Document]) -> None:
    answer = parse([platform(), a_pack("base", *SOUND), Layer("tenant", found)])
    _sound_answer(answer)


@given(damaged())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_declarations_never_raise(found: list[Document]) -> None:
    _sound_answer(parse([platform(), a_pack("base", *found)]))


def _sound_answer(answer: Metadata | tuple[Problem, ...]) -> None:
    """Metadata that can be worked with, or problems that can be shown."""
    if isinstance(answer, Metadata):
        assert assign(None, None, answer).storage.fingerprint
        return
    assert answer
    for problem in answer:
        assert problem.document
        assert problem.rule.isupper()
        assert problem.message.endswith((".", "!", "?", "…")), problem
        assert "\n" not in problem.message


@given(st.randoms())
@settings(deadline=None, max_examples=20)
def test_the_order_of_keys_and_documents_does_not_matter(random: object) -> None:
    def shuffled(value: object) -> object:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)  # type: ignore[attr-defined]
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    documents_ = [shuffled(document) for document in SOUND]
    random.shuffle(documents_)  # type: ignore[attr-defined]
    assert metadata_of(*documents_).fingerprint == metadata_of(*SOUND).fingerprint  # type: ignore[arg-type]


def test_parsing_again_gives_the_same_with_the_same_order() -> None:
    one, two = metadata_of(*SOUND), metadata_of(*json.loads(json.dumps(SOUND)))
    assert one == two
    assert list(one.objects) == list(two.objects)
    assert list(one.objects["deal"].fields) == list(two.objects["deal"].fields)


def test_every_word_of_a_declaration_counts_for_the_fingerprint() -> None:
    plain = metadata_of(*SOUND)
    for change in (
        {"description": "other"},
        {"title": "Other"},
        {"x-hidden": True},
        {"required": ["name", "amount"]},
        {"dependentRequired": {"amount": ["name"]}},
    ):
        assert metadata_of({**SOUND[0], **change}, *SOUND[1:]).fingerprint != plain.fingerprint


def test_where_a_thing_is_declared_does_not_count_for_the_fingerprint() -> None:
    field = {"weight": INTEGER}
    whole = a_pack("base", an_object("deal", {"name": TEXT, **field}))
    base = a_pack("base", an_object("deal", {"name": TEXT}))
    steel = a_pack("steel", an_object("deal", field), requires={"base": "1.0"})
    assert metadata_of(whole).fingerprint == metadata_of(base, steel).fingerprint


steps = st.lists(
    st.dictionaries(
        st.sampled_from(["a__c", "b__c", "c__c"]),
        st.sampled_from([TEXT, INTEGER, DATE, {**TEXT, "x-index": True}]),
        max_size=3,
    ),
    min_size=2,
    max_size=5,
)


@given(steps, st.data())
@settings(deadline=None, max_examples=40)
def test_publishing_and_rolling_back_returns_to_the_same(
    history: list[dict[str, Document]], data: st.DataObject
) -> None:
    base = a_pack("base", *SOUND)
    versions = []
    kept, before = None, None
    for fields in history:
        layers = [platform(), base, a_tenant(an_object("deal", fields))]
        after = parse(layers)
        assert isinstance(after, Metadata)
        kept = assign(kept, before, after).storage
        versions.append((layers, after, kept))
        before = after
    layers, then, storage = data.draw(st.sampled_from(versions))
    stored = [{path: documents.text(d) for path, d in layer.documents.items()} for layer in layers]
    again = parse(
        [
            Layer(layer.name, {path: _loaded(text) for path, text in texts_.items()})
            for layer, texts_ in zip(layers, stored, strict=True)
        ]
    )
    assert isinstance(again, Metadata)
    assert again == then
    assert diff(again, then) == []
    assert before is not None
    back = assign(kept, before, again, restored=(storage, then)).storage
    for key, place in storage.places["deal"].items():
        assert back.places["deal"][key].key == place.key


def _loaded(text: str) -> Document:
    found = documents.load(text, "x")
    assert isinstance(found, dict)
    return found


def test_the_crm_pack_is_sound() -> None:
    pack = Layer(
        "crm",
        {
            path.relative_to(CRM).as_posix(): _loaded(path.read_text("utf-8"))
            for path in sorted(CRM.rglob("*.json"))
        },
    )
    metadata = metadata_of(pack)
    assert metadata.pipeline_of("opportunity") is not None
    assert [graph.key for graph in metadata.graphs_of("opportunity")] == ["decision_chain"]
    assert metadata.objects["account"].tree is not None


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ({"$id": "deal"}, "NO_KIND"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, "NO_KIND"),
        ({"$schema": "https://dealgraph.dev/schemas/objet-1.json"}, "NO_KIND"),
        ({"$schema": "https://dealgraph.dev/schemas/import-1.json"}, "NO_KIND"),
        ({"$schema": "https://dealgraph.dev/schemas/pack-1.json"}, "MISPLACED"),
        ([], "NOT_AN_OBJECT"),
    ],
)
def test_documents_of_no_kind(document: Document, rule: str) -> None:
    answer = parse([platform(), Layer("tenant", {"objects/x.json": document})])
    assert isinstance(answer, tuple)
    assert [problem.rule for problem in answer] == [rule]


def test_a_misspelt_dialect_is_recognised() -> None:
    document: Document = {"$schema": "https://dealgraph.dev/schemas/objet-1.json"}
    [problem] = problems_of(a_tenant(document))
    assert problem.mend == "Did you mean 'https://dealgraph.dev/schemas/object-1.json'?"


def test_roles_have_the_rights_of_a_built_in_one() -> None:
    assert metadata_of(a_role("seller", "member")).roles["seller"].rights == "member"
    assert told(a_role("admin")) == [("/$id", "RESERVED")]
    assert told(a_tenant(a_role("seller"))) == [("/$id", "SUFFIX")]
    assert told(a_role("seller", "king")) == [("/rights", "NOT_ALLOWED")]


IDLE_PARTS: dict[str, Document] = {
    "pattern": {**TEXT, "pattern": "/^a$/"},
    "choices": {"type": "array", **a_picklist("a")},
    "source": a_picklist("web"),
    "asked": a_formula("source == 'wbe'", {"type": "boolean"}),
    "when": {**TEXT, "then": False},
}


def test_what_an_older_release_took_is_let_pass_where_it_merely_has_no_effect() -> None:
    found = [
        platform(),
        a_pack(
            "base",
            an_object("deal", IDLE_PARTS, then={"required": ["source"]}),
            an_object("visit", {"deal": a_reference("deal"), "cost": INTEGER}),
            an_object(
                "sum",
                {"n": a_rollup(INTEGER, object="part", via="of", op="count", where="s == 'x'")},
            ),
            an_object("part", {"of": a_reference("sum"), "s": a_picklist("y")}),
        ),
    ]
    refused = parse(found)
    assert isinstance(refused, tuple)
    assert len(refused) == 6
    metadata = parse(found, lax=["base"])
    assert isinstance(metadata, Metadata)
    assert set(metadata.computed["deal"].formulas) == {"asked"}
    assert set(metadata.computed["sum"].conditions) == {"n"}


def test_what_a_tenant_declares_is_not_let_pass_with_its_packs() -> None:
    pack = a_pack("base", an_object("deal", IDLE_PARTS))
    tenant = a_tenant(an_object("deal", {"more__c": IDLE_PARTS["when"]}))
    refused = parse([platform(), pack, tenant], lax=["base"])
    assert isinstance(refused, tuple)
    assert [problem.document for problem in refused] == ["objects/deal.json"]
