from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from metadata import storage
from metadata.assigning import COLUMNS, Assignment, Left, Use, assign
from metadata.model import Metadata
from metadata.storage import Place, Slot, SlotState
from tests.metadata.builders import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    JSON,
    LONGTEXT,
    MONEY,
    TEXT,
    Document,
    a_formula,
    a_picklist,
    a_pipeline,
    a_reference,
    an_object,
    metadata_of,
    some_choices,
)

INDEXED = {**TEXT, "x-index": True}


def first(metadata: Metadata) -> Assignment:
    return assign(None, None, metadata)


def deal(**fields: Document) -> Metadata:
    return metadata_of(an_object(fields={"name": TEXT} | fields))


def places_of(found: Assignment, key: str = "deal") -> dict[str, Place]:
    return dict(found.storage.places[key])


def ready(column: str) -> Slot:
    return Slot(column, SlotState.READY)


def test_fields_get_columns_by_their_types() -> None:
    found = places_of(
        first(
            deal(
                stars=a_picklist("a"),
                owner_name=INDEXED,
                amount=MONEY,
                pieces=INTEGER,
                seen=DATETIME,
                due=DATE,
                hot=BOOLEAN,
                boss=a_reference("user"),
                story=LONGTEXT,
                tags=some_choices("a"),
                data=JSON,
            )
        )
    )
    assert {key: place.slot and place.slot.column for key, place in found.items()} == {
        "name": None,
        "stars": "p01",
        "owner_name": "t01",
        "amount": "n01",
        "pieces": "n02",
        "seen": "z01",
        "due": "d01",
        "hot": "b01",
        "boss": "r01",
        "story": None,
        "tags": None,
        "data": None,
    }
    assert all(place.key == key for key, place in found.items())


def test_a_unique_text_gets_a_column() -> None:
    metadata = metadata_of(
        an_object(
            fields={"code": {**TEXT, "x-unique": True}, "zone": TEXT, "name": TEXT},
            x_unique=[{"key": "both", "fields": ["zone", "code"]}],
        )
    )
    assert [key for key, place in places_of(first(metadata)).items() if place.slot] == [
        "code",
        "zone",
    ]


def test_what_is_computed_when_asked_has_no_column() -> None:
    found = places_of(first(deal(age=a_formula("days_between(due, today())"), due=DATE)))
    assert found["age"].slot is None


def test_publishing_the_same_again_changes_nothing() -> None:
    metadata = deal(amount=MONEY, code=INDEXED)
    before = first(metadata)
    again = assign(before.storage, metadata, metadata)
    assert again == Assignment(before.storage)


def test_a_new_field_has_no_values_to_fill_in() -> None:
    old, new = deal(), deal(amount=MONEY)
    found = assign(first(old).storage, old, new)
    assert found.fresh == (("deal", "amount"),)
    assert found.fill == ()
    assert places_of(found)["amount"].slot == ready("n01")


def test_a_field_indexed_later_is_filled() -> None:
    old, new = deal(), metadata_of(an_object(fields={"name": INDEXED}))
    found = assign(first(old).storage, old, new)
    assert found.fill == (Use("deal", "t01", "name"), Use("deal", "nulls", "name"))
    assert places_of(found)["name"] == Place("name", Slot("t01", SlotState.FILLING))
    assert places_of(found)["name"].readable is None


def test_a_new_computed_field_of_a_known_object_is_filled() -> None:
    old, new = deal(price=DECIMAL), deal(price=DECIMAL, total=a_formula("price * 2"))
    assert assign(first(old).storage, old, new).fill == (Use("deal", "n02", "total"),)


def test_a_storage_key_is_never_used_again() -> None:
    with_it, without, retyped = deal(it=INTEGER), deal(), deal(it=DATE)
    one = first(with_it)
    two = assign(one.storage, with_it, without)
    assert two.retire == (Use("deal", "n01", "it"),)
    assert two.left == (Left("deal", "it", "it"),)
    three = assign(two.storage, without, with_it)
    assert places_of(three)["it"].key == "it~2"
    four = assign(three.storage, with_it, retyped)
    assert places_of(four)["it"] == Place("it~3", ready("d01"))
    five = assign(four.storage, retyped, with_it)
    assert places_of(five)["it"].key == "it~4"


def test_a_scale_makes_other_values() -> None:
    old, new = deal(it={**DECIMAL, "x-scale": 2}), deal(it={**DECIMAL, "x-scale": 3})
    assert places_of(assign(first(old).storage, old, new))["it"].key == "it~2"


def test_a_retired_column_is_not_given_away_before_it_is_cleared() -> None:
    old, new = deal(one=INTEGER), deal(two=INTEGER)
    found = assign(first(old).storage, old, new)
    assert places_of(found)["two"].slot == ready("n02")
    assert found.storage.retired == {"deal": {"n01": "one"}}
    later = deal(two=INTEGER, three=INTEGER)
    kept = assign(found.storage, new, later)
    assert places_of(kept)["three"].slot == ready("n03")
    assert kept.storage.retired == {"deal": {"n01": "one"}}
    cleared = found.storage.with_unready({})
    assert places_of(assign(cleared, new, later))["three"].slot == ready("n01")


def test_columns_of_a_removed_object_are_retired() -> None:
    old, new = metadata_of(an_object("deal", {"it": INTEGER})), metadata_of(an_object("other"))
    found = assign(first(old).storage, old, new)
    assert found.retire == (
        Use("deal", "n01", "it"),
        Use("deal", "tokens", ""),
        Use("deal", "nulls", "it"),
    )
    assert "deal" in found.storage.used


def test_indexed_fields_come_first_where_columns_are_few() -> None:
    many: dict[str, Document] = {f"n{'x' * i}": INTEGER for i in range(24)}
    found = first(deal(**many, last={**INTEGER, "x-index": True}))
    assert places_of(found)["last"].slot is not None
    assert found.unslotted == (("deal", f"n{'x' * 23}"),)


def test_the_fields_of_a_pipeline_have_fixed_columns_as_well() -> None:
    fields = {"amount": MONEY, "due": DATE, "other": DATE}
    plain = metadata_of(an_object(fields=fields))
    staged = metadata_of(an_object(fields=fields), a_pipeline(amount="amount", date="due"))
    moved = metadata_of(an_object(fields=fields), a_pipeline(amount="amount", date="other"))
    one = assign(first(plain).storage, plain, staged)
    assert one.storage.bound["deal"] == {
        "tokens": Place("", ready("tokens")),
        "nulls": Place("amount due other", ready("nulls")),
        "stage": Place("", Slot("stage", SlotState.FILLING)),
        "stage_amount": Place("amount", Slot("stage_amount", SlotState.FILLING)),
        "stage_date": Place("due", Slot("stage_date", SlotState.FILLING)),
    }
    assert set(one.fill) == {
        Use("deal", "stage_amount", "amount"),
        Use("deal", "stage_date", "due"),
    }
    done = one.storage.with_unready({})
    two = assign(done, staged, moved)
    assert two.fill == (Use("deal", "stage_date", "other"),)
    three = assign(two.storage, moved, plain)
    assert {use.column for use in three.retire} == {"stage", "stage_amount", "stage_date"}
    assert three.storage.bound["deal"].keys() == {"tokens", "nulls"}


def test_texts_searched_later_have_their_tokens_filled() -> None:
    searched = {**TEXT, "x-search": True}
    plain, later = deal(code=TEXT), deal(code=searched)
    both = deal(code=searched, note=searched)
    one = assign(first(plain).storage, plain, later)
    assert one.storage.bound["deal"]["tokens"] == Place("code", Slot("tokens", SlotState.FILLING))
    assert one.fill == (Use("deal", "tokens", "code"),)
    filled = one.storage.with_unready({})
    two = assign(filled, later, both)
    assert two.storage.bound["deal"]["tokens"] == Place("code note", ready("tokens"))
    assert assign(one.storage, later, plain).storage.bound["deal"]["tokens"].readable is None


def test_fields_that_records_are_ordered_by_leave_tokens_for_nulls() -> None:
    old = deal(amount=MONEY, note=LONGTEXT, kind=a_picklist("a"))
    begun = first(old).storage
    assert begun.bound["deal"]["nulls"] == Place("amount", ready("nulls"))
    more = deal(amount=MONEY, note=LONGTEXT, kind=a_picklist("a"), pieces=INTEGER)
    found = assign(begun, old, more)
    assert found.storage.bound["deal"]["nulls"] == Place("amount", ready("nulls"))
    indexed = deal(amount=MONEY, pieces={**INTEGER, "x-index": True})
    found = assign(found.storage, more, indexed)
    wanted = Place("amount pieces", Slot("nulls", SlotState.FILLING))
    assert found.storage.bound["deal"]["nulls"] == wanted
    assert Use("deal", "nulls", "amount pieces") in found.fill


def test_a_rollback_gives_fields_back_the_keys_they_had() -> None:
    old, between = deal(it=INTEGER), deal(it=DATE)
    one = first(old)
    two = assign(one.storage, old, between)
    back = assign(two.storage, between, old, restored=(one.storage, old))
    assert places_of(back)["it"].key == "it"
    assert back.fill == (Use("deal", places_of(back)["it"].slot.column, "it"),)  # type: ignore[union-attr]
    assert back.retire == (Use("deal", "d01", "it~2"),)
    assert back.left == (Left("deal", "it", "it~2"),)
    again = assign(back.storage, old, between)
    assert places_of(again)["it"].key == "it~3"


def test_states_that_columns_have_by_now_are_laid_over() -> None:
    old, new = deal(), metadata_of(an_object(fields={"name": INDEXED}))
    found = assign(first(old).storage, old, new).storage
    assert found.unready()["deal", "t01"] is SlotState.FILLING
    assert found.with_unready(found.unready()) is found
    done = found.with_unready({})
    assert done.place("deal", "name").readable == "t01"
    assert done.fingerprint != found.fingerprint
    assert done.with_unready({}) is done
    assert done.with_unready(found.unready()) == found


def test_storage_goes_through_json() -> None:
    metadata = metadata_of(
        an_object(fields={"amount": MONEY, "due": DATE}), a_pipeline(amount="amount", date="due")
    )
    found = assign(first(deal(it=INTEGER)).storage, deal(it=INTEGER), metadata).storage
    assert storage.of_json(json.loads(json.dumps(storage.to_json(found)))) == found


_SHAPES = {
    "integer": INTEGER,
    "date": DATE,
    "text": INDEXED,
    "plain": TEXT,
    "choice": a_picklist("a"),
}
versions = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(sorted(_SHAPES)), max_size=6),
    min_size=1,
    max_size=6,
)


@given(versions)
@settings(deadline=None)
def test_no_key_serves_two_types_and_no_column_two_fields(history: list[dict[str, str]]) -> None:
    kept, before = None, None
    seen: dict[str, str] = {}
    for shapes in history:
        after = deal(**{key: _SHAPES[shape] for key, shape in shapes.items()})
        kept = assign(kept, before, after).storage
        places = kept.places["deal"]
        for key, shape in shapes.items():
            held = {"plain": "text"}.get(shape, shape)
            assert seen.setdefault(places[key].key, held) == held
        columns = [place.slot.column for place in places.values() if place.slot]
        columns += kept.retired.get("deal", {})
        assert len(columns) == len(set(columns))
        assert all(int(column[1:]) <= COLUMNS[column[0]] for column in columns)
        before = after
