from __future__ import annotations

import pytest

from tests.metadata.builders import (
    DATE,
    DECIMAL,
    INTEGER,
    JSON,
    MONEY,
    TEXT,
    Document,
    a_formula,
    a_pipeline,
    a_reference,
    a_rollup,
    an_object,
    metadata_of,
    told,
)


def a_line(**fields: Document) -> Document:
    own = {"deal": a_reference("deal", "lines", "cascade"), "net": MONEY, "pieces": INTEGER}
    return an_object("line", own | fields)


def test_formulas_compute_after_what_they_read() -> None:
    metadata = metadata_of(
        an_object(
            fields={
                "total": a_formula("half * 2"),
                "half": a_formula("price / 2"),
                "price": DECIMAL,
            }
        )
    )
    found = metadata.computed["deal"]
    assert found.order == ("half", "total")
    assert set(found.formulas) == {"half", "total"}
    assert [(step.object, step.field) for step in metadata.steps] == [
        ("deal", "half"),
        ("deal", "total"),
    ]


def test_rollups_compute_before_what_reads_them() -> None:
    metadata = metadata_of(
        an_object(
            fields={
                "double": a_formula("total * 2", MONEY),
                "total": a_rollup(MONEY, object="line", via="deal", op="sum", field="net"),
            }
        ),
        a_line(net=a_formula("gross", MONEY), gross=MONEY),
    )
    order = [(step.object, step.field) for step in metadata.steps]
    assert order == [("line", "net"), ("deal", "total"), ("deal", "double")]
    assert [(owner, field.key) for owner, field in metadata.rollups_over("line")] == [
        ("deal", "total")
    ]


def test_what_reads_the_clock_or_other_records_is_computed_when_asked() -> None:
    fields = (
        metadata_of(
            an_object(
                "deal",
                {
                    "company": a_reference("company", "deals"),
                    "close_date": DATE,
                    "late": a_formula("close_date < today()", {"type": "boolean"}),
                    "town": a_formula("company.city", TEXT),
                    "shout": a_formula("upper(town)", TEXT),
                    "seller": a_formula("owner.name", TEXT),
                    "label": a_formula("'x'", TEXT),
                },
            ),
            an_object("company", {"city": TEXT}),
        )
        .objects["deal"]
        .fields
    )
    assert {key: field.stored for key, field in fields.items() if field.derived} == {
        "late": False,
        "town": False,
        "shout": False,
        "seller": False,
        "label": True,
    }


def test_formulas_may_read_the_stage_of_a_staged_object() -> None:
    fields: dict[str, Document] = {"open": a_formula("stage_kind == 'open'", {"type": "boolean"})}
    assert told(an_object(fields=fields), a_pipeline()) == []
    assert told(an_object(fields=fields)) == [
        ("/properties/open/x-formula", "EXPRESSION_UNKNOWN_NAME")
    ]


@pytest.mark.parametrize(
    ("formula", "of", "rule"),
    [
        ("price +", DECIMAL, "EXPRESSION_SYNTAX"),
        ("prise", DECIMAL, "EXPRESSION_UNKNOWN_NAME"),
        ("company.nme", TEXT, "EXPRESSION_UNKNOWN_NAME"),
        ("name", DECIMAL, "EXPRESSION_WRONG_TYPE"),
        ("price > 1", DECIMAL, "EXPRESSION_WRONG_TYPE"),
        ("old.price", DECIMAL, "EXPRESSION_UNKNOWN_NAME"),
        ("data", TEXT, "EXPRESSION_UNKNOWN_NAME"),
        ("nothing(1)", DECIMAL, "EXPRESSION_UNKNOWN_FUNCTION"),
    ],
)
def test_refuses_formulas_that_make_no_sense(formula: str, of: Document, rule: str) -> None:
    deal = an_object(
        "deal",
        {
            "name": TEXT,
            "price": DECIMAL,
            "data": JSON,
            "company": a_reference("company"),
            "it": a_formula(formula, of),
        },
    )
    assert told(deal, an_object("company")) == [("/properties/it/x-formula", rule)]


@pytest.mark.parametrize("field", [{"default": 1}, {"readOnly": False}, {"x-unique": True}])
def test_a_computed_field_is_nobodys_to_write(field: Document) -> None:
    [(place, rule)] = told(an_object(fields={"it": {**a_formula("1"), **field}}))
    assert (place, rule) == (f"/properties/it/{next(iter(field))}", "MISPLACED")


@pytest.mark.parametrize("of", [JSON, a_reference("user"), {"oneOf": [{"const": "a"}]}])
def test_some_types_are_not_computed(of: Document) -> None:
    [(place, rule)] = told(an_object(fields={"it": a_formula("'a'", of)}))
    assert place.startswith("/properties/it")
    assert rule == "WRONG_TYPE"


def test_formulas_that_are_computed_when_asked_do_not_multiply_each_other() -> None:
    def chain(text: str) -> Document:
        later = {f"f{n}": a_formula(text.replace("f", f"f{n - 1}"), INTEGER) for n in range(1, 40)}
        return an_object(fields={"on": DATE, "f0": a_formula("on - today()", INTEGER), **later})

    metadata_of(chain("f + 1"))
    found = told(chain("f + f"))
    assert found[0] == ("/properties/f9/x-formula", "TOO_LONG")
    assert {rule for _, rule in found} == {"TOO_LONG"}


def test_a_circle_of_formulas_is_refused() -> None:
    fields = {"a": a_formula("b"), "b": a_formula("c"), "c": a_formula("a")}
    [(place, rule)] = told(an_object(fields=fields))
    assert (place, rule) == ("/properties/a", "CYCLE")


def test_a_circle_through_a_rollup_is_refused() -> None:
    deal = an_object(
        fields={"total": a_rollup(MONEY, object="line", via="deal", op="sum", field="net")}
    )
    found = told(deal, a_line(net=a_formula("deal.total", MONEY)))
    assert [rule for _, rule in found] == ["CYCLE"]


@pytest.mark.parametrize(
    ("of", "rollup", "place", "rule"),
    [
        (MONEY, {"object": "lien"}, "/object", "UNKNOWN_OBJECT"),
        (MONEY, {"via": "net"}, "/via", "WRONG_TYPE"),
        (MONEY, {"field": "nett"}, "/field", "UNKNOWN_FIELD"),
        (MONEY, {"field": "note"}, "/field", "WRONG_TYPE"),
        (DECIMAL, {}, "", "WRONG_TYPE"),
        (MONEY, {"field": "pieces"}, "", "WRONG_TYPE"),
        (DATE, {"op": "max"}, "", "WRONG_TYPE"),
        (MONEY, {"field": "day"}, "/field", "WRONG_TYPE"),
        (MONEY, {"op": "count"}, "/field", "MISPLACED"),
        (MONEY, {"where": "net"}, "/where", "EXPRESSION_WRONG_TYPE"),
        (MONEY, {"where": "day < today()"}, "/where", "NOT_STORED"),
        (MONEY, {"where": "deal.total > 1"}, "/where", "NOT_STORED"),
        (MONEY, {"op": "median"}, "/op", "NOT_ALLOWED"),
    ],
)
def test_refuses_rollups_that_make_no_sense(
    of: Document, rollup: dict[str, str], place: str, rule: str
) -> None:
    given = {"object": "line", "via": "deal", "op": "sum", "field": "net"} | rollup
    found = told(
        an_object(fields={"total": {**of, "x-rollup": given}}), a_line(note=TEXT, day=DATE)
    )
    assert (f"/properties/total/x-rollup{place}", rule) in found


def test_a_rollup_needs_a_field_unless_it_counts() -> None:
    deal = an_object(fields={"total": a_rollup(MONEY, object="line", via="deal", op="sum")})
    assert told(deal, a_line()) == [("/properties/total/x-rollup", "MISSING")]
    deal = an_object(fields={"lines_in": a_rollup(INTEGER, object="line", via="deal", op="count")})
    assert told(deal, a_line()) == []


def test_a_rollup_cannot_take_what_is_not_stored() -> None:
    deal = an_object(
        fields={
            "name": TEXT,
            "days": a_rollup(DECIMAL, object="line", via="deal", op="sum", field="age"),
        }
    )
    line = a_line(age=a_formula("days_between(day, today())"), day=DATE)
    assert ("/properties/days/x-rollup", "NOT_STORED") in told(deal, line)


def test_rules_read_old_and_new_values() -> None:
    rule = {
        "key": "grows",
        "when": "old.price != null",
        "check": "price >= old.price",
        "message": "m",
    }
    found = metadata_of(an_object(fields={"price": DECIMAL}, x_rules=[rule]))
    [(when, check)] = found.computed["deal"].rules
    assert when is not None
    assert check.text == "price >= old.price"


def test_refuses_rules_that_make_no_sense() -> None:
    rule = {"key": "k", "when": "price", "check": "prise > 1", "message": "m"}
    assert told(an_object(fields={"price": DECIMAL}, x_rules=[rule])) == [
        ("/x-rules/0/when", "EXPRESSION_WRONG_TYPE"),
        ("/x-rules/0/check", "EXPRESSION_UNKNOWN_NAME"),
    ]


@pytest.mark.parametrize(
    ("check", "refused"),
    [
        ("deal.age > 3", True),
        ("old.own_age > 3", True),
        ("own_age > 3", False),
        ("through > 3", True),
        ("deal.day != null", False),
    ],
)
def test_a_rule_reads_only_what_a_write_has(check: str, refused: bool) -> None:
    deal = an_object(fields={"day": DATE, "age": a_formula("days_between(day, today())")})
    line = a_line(
        day=DATE,
        own_age=a_formula("days_between(day, today())"),
        through=a_formula("deal.age + 1"),
    )
    rule = {"key": "k", "check": check, "message": "m"}
    found = told(deal, {**line, "x-rules": [rule]})
    assert found == ([("/x-rules/0/check", "NOT_STORED")] if refused else [])
