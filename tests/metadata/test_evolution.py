from __future__ import annotations

from dataclasses import replace

import pytest

from metadata.changes import Change, Consent, Effect, Impact
from metadata.evolution import diff, recomputed, waves
from metadata.model import Metadata
from tests.metadata.builders import (
    DATE,
    DECIMAL,
    INTEGER,
    MONEY,
    PERCENT,
    TEXT,
    Document,
    a_formula,
    a_graph,
    a_parent,
    a_picklist,
    a_pipeline,
    a_reference,
    a_role,
    a_rollup,
    a_stage,
    an_object,
    metadata_of,
)


def deal(fields: dict[str, Document] | None = None, **keywords: object) -> Metadata:
    return metadata_of(an_object(fields={"name": TEXT} | (fields or {}), **keywords))


def codes(old: Metadata, new: Metadata) -> list[str]:
    return [change.code for change in diff(old, new)]


def only(old: Metadata, new: Metadata) -> Change:
    [change] = diff(old, new)
    return change


def test_equal_versions_do_not_differ() -> None:
    assert diff(deal(), deal()) == []
    assert diff(replace(deal(), fingerprint=""), deal()) == []


def test_an_added_object_or_field_breaks_nothing() -> None:
    found = only(deal(), metadata_of(an_object(), an_object("line")))
    assert (found.code, found.object, found.breaking) == ("OBJECT_ADDED", "line", False)
    found = only(deal(), deal({"amount": MONEY}))
    assert (found.code, found.pointer, found.breaking) == (
        "FIELD_ADDED",
        "/properties/amount",
        False,
    )
    assert found.impacts == ()


def test_a_removed_object_or_field_loses_data() -> None:
    found = only(deal(), metadata_of())
    assert (found.code, found.breaking) == ("OBJECT_REMOVED", True)
    assert found.impacts == (Impact(Effect.LOST, "deal"),)
    assert found.impacts[0].consent is Consent.DATA_LOSS
    found = only(deal({"amount": MONEY}), deal())
    assert (found.code, found.breaking) == ("FIELD_REMOVED", True)
    assert found.impacts == (Impact(Effect.LOST, "deal", "amount"),)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (INTEGER, DATE),
        (DECIMAL, MONEY),
        (DECIMAL, {**DECIMAL, "x-scale": 4}),
        (a_reference("user"), a_reference("team")),
    ],
)
def test_a_changed_type_is_refused_while_values_are_there(was: Document, now: Document) -> None:
    found = only(deal({"it": was}), deal({"it": now}))
    assert (found.code, found.breaking) == ("FIELD_RETYPED", True)
    [impact] = found.impacts
    assert impact.effect is Effect.RETYPED
    assert impact.consent is None


def test_what_was_written_into_a_field_is_lost_when_it_becomes_computed() -> None:
    written, computed = deal({"it": DECIMAL}), deal({"it": a_formula("2")})
    found = diff(written, computed)[0]
    assert (found.code, found.breaking) == ("FIELD_COMPUTED", True)
    assert found.impacts == (Impact(Effect.LOST, "deal", "it"),)
    found = only(computed, written)
    assert (found.code, found.breaking, found.impacts) == ("FIELD_WRITTEN", True, ())
    found = only(computed, deal({"it": DECIMAL}, required=["it"]))
    assert found.impacts == (Impact(Effect.INVALID, "deal", "it"),)


def test_a_retyped_field_that_is_required_leaves_records_invalid() -> None:
    found = only(deal({"it": INTEGER}), deal({"it": DATE}, required=["it"]))
    assert Impact(Effect.INVALID, "deal", "it") in found.impacts


def test_a_required_field_may_make_records_invalid() -> None:
    found = only(deal(), deal(required=["name"]))
    assert (found.code, found.breaking) == ("FIELD_REQUIRED", True)
    assert found.impacts == (Impact(Effect.INVALID, "deal", "name"),)
    assert found.impacts[0].consent is Consent.INVALID
    assert only(deal(required=["name"]), deal()).code == "FIELD_OPTIONAL"
    found = only(deal(), deal({"it": TEXT}, required=["it"]))
    assert found.impacts == (Impact(Effect.INVALID, "deal", "it"),)


@pytest.mark.parametrize(
    ("was", "now", "code"),
    [
        ({}, {"maxLength": 5}, "TIGHTENED"),
        ({"maxLength": 5}, {"maxLength": 4}, "TIGHTENED"),
        ({"maxLength": 5}, {"maxLength": 6}, "LOOSENED"),
        ({"minLength": 5}, {"minLength": 6}, "TIGHTENED"),
        ({"minLength": 5}, {}, "LOOSENED"),
        ({"pattern": "a"}, {"pattern": "b"}, "TIGHTENED"),
        ({"pattern": "a"}, {}, "LOOSENED"),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "LOOSENED"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "TIGHTENED"),
    ],
)
def test_tighter_values_break_and_looser_do_not(was: Document, now: Document, code: str) -> None:
    found = only(deal({"it": TEXT | was}), deal({"it": TEXT | now}))
    assert found.code == code
    assert found.breaking is (code == "TIGHTENED")
    assert bool(found.impacts) is (code == "TIGHTENED")


def test_options_that_come_go_and_retire() -> None:
    was = deal({"it": a_picklist("a", "b")})
    assert codes(was, deal({"it": a_picklist("a", "b", "c")})) == ["OPTION_ADDED"]
    gone = only(was, deal({"it": a_picklist("a")}))
    assert (gone.code, gone.breaking) == ("OPTION_REMOVED", True)
    assert gone.impacts == (Impact(Effect.HELD, "deal", "it", "b"),)
    retired = {"oneOf": [{"const": "a"}, {"const": "b", "deprecated": True}]}
    assert codes(was, deal({"it": retired})) == ["OPTION_DEPRECATED"]
    assert codes(was, deal({"it": a_picklist("b", "a")})) == ["OPTIONS_REORDERED"]
    assert codes(was, deal({"it": a_picklist("new", "a", "b")})) == ["OPTION_ADDED"]
    renamed = {"oneOf": [{"const": "a"}, {"const": "b", "title": "Bee"}]}
    assert codes(was, deal({"it": renamed})) == ["RELABELLED"]


def test_unique_keys() -> None:
    unique = {"it": {**TEXT, "x-unique": True}}
    found = only(deal({"it": TEXT}), deal(unique))
    assert (found.code, found.breaking) == ("UNIQUE_ADDED", True)
    [impact] = found.impacts
    assert (impact.effect, impact.fields) == (Effect.DUPLICATE, ("it",))
    assert impact.consent is None
    assert not impact.harmless
    assert only(deal(unique), deal({"it": TEXT})).breaking


def test_rules_are_told_and_never_in_the_way() -> None:
    rule = {"key": "k", "check": "name != null", "message": "m"}
    found = only(deal(), deal(x_rules=[rule]))
    assert (found.code, found.breaking) == ("RULE_ADDED", True)
    assert found.impacts == (Impact(Effect.BROKEN_RULE, "deal", value="k"),)
    assert found.impacts[0].harmless


@pytest.mark.parametrize(
    ("said", "breaking", "message"),
    [
        ({"when": "false"}, False, "The rule 'k' is switched off."),
        ({"severity": "warn"}, False, "The rule 'k' warns unless: name != null"),
        ({"when": "it != ''"}, True, "The rule 'k' asks: name != null (when it != '')"),
    ],
)
def test_what_a_rule_asks_now_is_told(said: Document, breaking: bool, message: str) -> None:
    rule = {"key": "k", "check": "name != null", "message": "m"}
    fields = {"it": TEXT, "name": TEXT}
    found = only(deal(fields, x_rules=[rule]), deal(fields, x_rules=[{**rule, **said}]))
    assert (found.code, found.breaking, found.message) == ("RULE_CHANGED", breaking, message)
    warning = {**rule, "severity": "warn"}
    assert not only(deal(), deal(x_rules=[warning])).breaking
    assert codes(deal(x_rules=[rule]), deal()) == ["RULE_REMOVED"]
    reworded = {**rule, "message": "other"}
    assert codes(deal(x_rules=[rule]), deal(x_rules=[reworded])) == ["RELABELLED"]


@pytest.mark.parametrize(
    ("was", "now", "code", "breaking"),
    [
        ({}, {"x-index": True}, "INDEX_CHANGED", False),
        ({"x-index": True}, {}, "INDEX_CHANGED", True),
        ({}, {"default": "x"}, "DEFAULT_CHANGED", False),
        ({}, {"readOnly": True}, "READ_ONLY_CHANGED", True),
        ({"readOnly": True}, {}, "READ_ONLY_CHANGED", False),
        ({}, {"x-hidden": True}, "HIDDEN", True),
        ({"x-hidden": True}, {}, "SHOWN", False),
        ({}, {"title": "Other"}, "RELABELLED", False),
        ({}, {"deprecated": True}, "RELABELLED", False),
    ],
)
def test_other_traits(was: Document, now: Document, code: str, breaking: bool) -> None:
    found = only(deal({"it": TEXT | was}), deal({"it": TEXT | now}))
    assert (found.code, found.breaking, found.impacts) == (code, breaking, ())


def test_what_publishing_does_to_records_by_itself_is_told() -> None:
    found = only(deal(), deal({"parent": a_parent("deal")}))
    assert found.impacts == tuple(
        Impact(effect, "deal", "parent") for effect in (Effect.TREE, Effect.CYCLE, Effect.TOO_DEEP)
    )
    found = only(deal(), metadata_of(an_object(), a_pipeline()))
    stages = tuple(
        stage.key for stage in metadata_of(an_object(), a_pipeline()).pipelines["sales"].stages
    )
    off_stage = Impact(Effect.OFF_STAGE, "deal", fields=stages)
    given = Impact(Effect.GIVEN, "deal")
    assert found.impacts == (Impact(Effect.UNSTAGED, "deal"), off_stage, given)
    found = only(deal({"it": TEXT}), deal({"it": {**TEXT, "x-search": True}}))
    assert found.impacts == (Impact(Effect.TOKENS, "deal", "it"),)
    assert found.impacts[0].harmless
    assert not found.breaking


def test_references_change_their_inverse_or_what_deleting_does() -> None:
    was = deal({"it": a_reference("user", "deals")})
    found = only(was, deal({"it": a_reference("user", "sales")}))
    assert (found.code, found.breaking) == ("INVERSE_CHANGED", True)
    kinds = {"restrict": True, "cascade": True, "set_null": False}
    for kind, breaks in kinds.items():
        other = deal({"it": a_reference("user", "deals", next(k for k in kinds if k != kind))})
        found = only(other, deal({"it": a_reference("user", "deals", kind)}))
        assert (found.code, found.breaking) == ("ON_DELETE_CHANGED", breaks)


def test_conditions_over_the_whole_record() -> None:
    condition = {"dependentRequired": {"name": ["it"]}}
    with_it = {"it": TEXT}
    found = only(deal(with_it), deal(with_it, **condition))
    assert (found.code, found.pointer) == ("CONDITION_CHANGED", "/dependentRequired")
    assert found.impacts == (Impact(Effect.INVALID, "deal"),)
    assert codes(deal(with_it, **condition), deal(with_it)) == ["LOOSENED"]


ADDRESS: Document = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 5}},
    "additionalProperties": False,
}
STREET: Document = {"street": {"type": "string"}}


@pytest.mark.parametrize(
    ("city", "more", "code"),
    [
        ({"maxLength": 6}, {}, "LOOSENED"),
        ({"maxLength": 4}, {}, "TIGHTENED"),
        ({"maxLength": 5, "title": "Town"}, {}, "RELABELLED"),
        ({"maxLength": 5}, STREET, "LOOSENED"),
    ],
)
def test_parts_of_a_nested_object_are_compared_one_by_one(
    city: Document, more: Document, code: str
) -> None:
    now = ADDRESS | {"properties": {"city": {"type": "string", **city}, **more}}
    of_lists = [{"type": "array", "items": of} for of in (ADDRESS, now)]
    for before, after in ((ADDRESS, now), of_lists):
        found = only(deal({"it": before}), deal({"it": after}))
        assert (found.code, found.breaking) == (code, code == "TIGHTENED")
        assert bool(found.impacts) is (code == "TIGHTENED")


def test_definitions_are_looked_at_where_they_are_used() -> None:
    def coded(pattern: str, **more: Document) -> Metadata:
        code: Document = {"type": "string", "pattern": pattern}
        return deal({"it": {"$ref": "#/$defs/code"}}, **{"$defs": {"code": code, **more}})

    was = coded("^A")
    told, definitions = diff(was, coded("^B"))
    assert (told.code, told.pointer, told.breaking) == ("TIGHTENED", "/properties/it/$ref", True)
    assert told.impacts == (Impact(Effect.INVALID, "deal", "it"),)
    assert (definitions.code, definitions.breaking) == ("DEFINITIONS_CHANGED", False)
    assert codes(was, coded("^A", unused=TEXT)) == ["DEFINITIONS_CHANGED"]


def test_a_condition_that_asks_less_breaks_nothing() -> None:
    def asking(title: str, *needed: str, when: str = "a") -> Metadata:
        asked = {"properties": {"name": {"const": when}}, "required": ["name"]}
        then = {"required": list(needed), "description": title}
        return deal({"it": TEXT, "other": TEXT}, **{"if": asked, "then": then})

    was = asking("Needed.", "it", "other")
    assert codes(was, asking("Needed.", "it")) == ["LOOSENED"]
    assert codes(was, asking("Wanted.", "it", "other")) == ["RELABELLED"]
    changed = only(was, asking("Needed.", "it", "other", when="b"))
    assert (changed.code, changed.pointer, changed.breaking) == ("CONDITION_CHANGED", "/if", True)


def test_a_renamed_plural_breaks() -> None:
    found = diff(deal(), deal(x_plural="dealings"))
    assert [change.code for change in found] == ["PLURAL_CHANGED", "RELABELLED"]
    assert found[0].breaking


def staged(*stages: Document, **keywords: object) -> Metadata:
    fields = {"name": TEXT, "amount": MONEY, "other": MONEY}
    return metadata_of(an_object(fields=fields), a_pipeline(stages=stages, **keywords))


A, B, WON = a_stage("a"), a_stage("b"), a_stage("won", "won")


def test_stages_come_go_and_change() -> None:
    was = staged(A, B, WON)
    gone = only(was, staged(A, WON))
    assert (gone.code, gone.breaking) == ("STAGE_REMOVED", True)
    assert gone.impacts == (Impact(Effect.HELD, "deal", None, "b"),)
    assert codes(was, staged(A, B, a_stage("c"), WON)) == ["STAGE_ADDED"]
    assert codes(was, staged(B, A, WON)) == ["STAGES_REORDERED"]
    retired = only(was, staged(A, {**B, "deprecated": True}, WON))
    assert (retired.code, retired.breaking) == ("STAGE_CHANGED", True)
    assert not only(was, staged(A, {**B, "title": "Bee"}, WON)).breaking
    assert codes(was, staged(A, B, WON, amount="amount")) == ["PIPELINE_CHANGED"]


def test_a_stage_of_another_kind_breaks_what_counts_by_it() -> None:
    outcome = Impact(Effect.OUTCOME, "deal", None, "b")
    was, now = staged(A, B, WON), staged(A, a_stage("b", "lost"), WON)
    for before, after in ((was, now), (now, was)):
        changed, told = diff(before, after)
        assert (changed.code, changed.breaking) == ("STAGE_CHANGED", False)
        assert (told.code, told.breaking, told.impacts) == ("STAGE_KIND_CHANGED", True, (outcome,))
        assert told.impacts[0].harmless
    other = metadata_of(
        an_object(fields={"name": TEXT, "amount": MONEY, "other": MONEY}),
        a_pipeline("other", stages=[A, a_stage("b", "lost"), WON]),
    )
    assert codes(was, other) == ["PIPELINE_REMOVED", "PIPELINE_ADDED", "STAGE_KIND_CHANGED"]


def test_a_stage_of_another_kind_leaves_the_probabilities_that_its_records_have() -> None:
    def likely(kind: str) -> Metadata:
        pipeline = a_pipeline(stages=[A, a_stage("b", kind), WON], probability="odds")
        return metadata_of(an_object(fields={"odds": PERCENT}), pipeline)

    [_, told] = diff(likely("open"), likely("lost"))
    assert told.breaks.endswith("They keep their odds until it is written.")


def test_a_pipeline_that_is_bound_to_another_object_leaves_the_first_and_enters_the_other() -> None:
    objects = an_object(), an_object("line")
    was, now = (metadata_of(*objects, a_pipeline(bound=bound)) for bound in ("deal", "line"))
    removed, added = diff(was, now)
    assert (removed.code, removed.object, removed.breaking) == ("PIPELINE_REMOVED", "deal", True)
    assert removed.impacts == (Impact(Effect.LOST, "deal"),)
    assert (added.code, added.object) == ("PIPELINE_ADDED", "line")
    assert added.impacts[0] == Impact(Effect.UNSTAGED, "line")


def test_what_is_removed_is_told_in_the_order_it_was_declared() -> None:
    stages = [a_stage(key) for key in "abcdefgh"]
    was, now = staged(*stages, WON), staged(stages[0], WON)
    assert [change.impacts[0].value for change in diff(was, now)] == list("bcdefgh")
    was, now = (deal({"it": a_picklist(*keys)}) for keys in ("abcdefgh", "a"))
    assert [change.impacts[0].value for change in diff(was, now)] == list("bcdefgh")


def test_reasons_come_go_and_change() -> None:
    def reasons(*said: Document) -> Metadata:
        return staged(A, WON, reasons=said)

    price, time = {"key": "price"}, {"key": "time"}
    was = reasons(price, time)
    gone = only(was, reasons(time))
    assert (gone.code, gone.breaking) == ("REASON_REMOVED", True)
    assert gone.impacts == (Impact(Effect.GIVEN, "deal", None, "price"),)
    assert not gone.impacts[0].harmless
    assert codes(reasons(price), was) == ["REASON_ADDED"]
    assert codes(was, reasons(time, price)) == ["REASONS_REORDERED"]
    retired = only(was, reasons({**price, "deprecated": True, "title": "Cost"}, time))
    assert (retired.code, retired.impacts) == ("REASON_CHANGED", ())
    assert "deprecated, title" in retired.message


def test_pipelines_graphs_and_roles_come_and_go() -> None:
    plain = metadata_of(an_object(), an_object("person"), LINK)
    full = metadata_of(an_object(), an_object("person"), LINK, a_pipeline(), GRAPH, a_role())
    assert codes(plain, full) == ["PIPELINE_ADDED", "GRAPH_ADDED", "ROLE_ADDED"]
    assert codes(full, plain) == ["PIPELINE_REMOVED", "GRAPH_REMOVED", "ROLE_REMOVED"]
    assert all(change.breaking for change in diff(full, plain))


def test_a_graph_that_forbids_circles_asks_for_those_that_are_there() -> None:
    boss = an_object("person", {"boss": a_reference("person")})
    edges = [{"reference": "person.boss", "kind": "boss", "acyclic": True}]
    plain = metadata_of(an_object(), boss, LINK, GRAPH)
    strict = metadata_of(an_object(), boss, LINK, {**GRAPH, "edges": edges})
    (found,) = diff(plain, strict)
    assert found.impacts == (Impact(Effect.CIRCULAR, "person", value="chain"),)


def test_another_type_of_an_edges_strength_breaks_clients() -> None:
    person = an_object("person", {"boss": a_reference("person")})
    ends = {"a": a_reference("person"), "b": a_reference("person"), "kind": TEXT}
    ties = [an_object(key, {**ends, "s": it}) for key, it in (("tie", INTEGER), ("bond", DECIMAL))]
    edge = {"from": "a", "to": "b", "kind": "kind", "strength": "s"}
    one, other = {"object": "tie", **edge}, {"object": "bond", **edge}
    objects = (an_object(), person, LINK, *ties)
    old = metadata_of(*objects, {**GRAPH, "edges": [one]})
    (found,) = diff(old, metadata_of(*objects, {**GRAPH, "edges": [one, other]}))
    assert found.breaking
    (found,) = diff(old, metadata_of(*objects, {**GRAPH, "edges": [one, {**one, "kind": "kind"}]}))
    assert not found.breaking


LINK = an_object("link", {"deal": a_reference("deal"), "person": a_reference("person")})
GRAPH = a_graph("chain", anchor="deal", nodes={"object": "person", "through": "link"})


def test_changed_formulas_are_computed_anew_with_all_that_read_them() -> None:
    def version(half: str) -> Metadata:
        return metadata_of(
            an_object(
                "deal",
                {
                    "total": a_rollup(DECIMAL, object="line", via="deal", op="sum", field="half"),
                    "double": a_formula("total * 2"),
                },
            ),
            an_object(
                "line",
                {
                    "deal": a_reference("deal", "lines"),
                    "net": DECIMAL,
                    "half": a_formula(half),
                    "name_length": a_formula("1", INTEGER),
                },
            ),
        )

    old, new = version("net / 2"), version("net * 0.5")
    assert recomputed(old, new) == [("line", "half"), ("deal", "total"), ("deal", "double")]
    assert recomputed(old, old) == []
    assert len(recomputed(None, new)) == 4
    assert codes(old, new) == ["COMPUTED_CHANGED", "RECOMPUTED", "RECOMPUTED", "RECOMPUTED"]


def test_every_name_that_goes_is_told_as_breaking() -> None:
    old = metadata_of(
        an_object("deal", {"name": TEXT, "it": a_picklist("a"), "due": DATE, "amount": MONEY}),
        an_object("line", {"deal": a_reference("deal", "lines")}),
        a_pipeline(),
    )
    for document in (
        [an_object("deal", {"name": TEXT}), an_object("line")],
        [an_object("deal")],
        [],
    ):
        assert any(change.breaking for change in diff(old, metadata_of(*document)))


def test_roll_ups_wait_for_what_they_read_in_other_records() -> None:
    line = an_object(
        "line", {"deal": a_reference("deal"), "price": DECIMAL, "net": a_formula("price * 2")}
    )
    sums = {"object": "line", "via": "deal", "op": "sum"}
    of_deal = {
        "prices": a_rollup(DECIMAL, **sums, field="price"),
        "nets": a_rollup(DECIMAL, **sums, field="net"),
        "double": a_formula("nets * 2"),
    }
    metadata = metadata_of(line, an_object("deal", of_deal))
    every = [(step.object, step.field) for step in metadata.steps]
    first, second = waves(metadata, every)
    assert set(first) == {("line", "net"), ("deal", "prices")}
    assert second == [("deal", "nets"), ("deal", "double")]
    assert waves(metadata, [("deal", "double")]) == [[("deal", "double")]]
