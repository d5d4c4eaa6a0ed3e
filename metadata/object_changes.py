"""What changes of objects from one version to the next."""

from __future__ import annotations

from collections.abc import Iterator

from metadata import comparing, naming
from metadata.assigning import same_values
from metadata.changes import Change, Effect, Impact, Saying
from metadata.comparing import Shift
from metadata.model import Field, Metadata, ObjectType, OnDelete, Rule, Unique
from metadata.problems import Path
from metadata.widening import Widening

ADDED = "OBJECT_ADDED"


def changes(old: Metadata, new: Metadata) -> Iterator[Change]:
    """Objects that differ, with their fields, keys and rules."""
    for key, was in old.objects.items():
        now = new.objects.get(key)
        if now is None:
            yield _removed_object(was)
        elif was is not now:
            yield from _object(was, now)
    for key, now in new.objects.items():
        if key not in old.objects:
            fields = f"{len(now.fields)} field{'s' if len(now.fields) != 1 else ''}"
            message = f"The object '{key}' is new, with {fields}."
            abandoned = (Impact(Effect.ABANDONED, key),)
            yield Change(ADDED, f"object {key}", "", message, "", abandoned, key)


def _removed_object(was: ObjectType) -> Change:
    breaks = f"The type {naming.type_name(was.key)} and its queries and mutations are gone."
    lost = (Impact(Effect.LOST, was.key),)
    message = f"The object '{was.key}' is removed."
    return Change("OBJECT_REMOVED", f"object {was.key}", "", message, breaks, lost, was.key)


def _object(was: ObjectType, now: ObjectType) -> Iterator[Change]:
    by = comparing.widening(was, now)
    yield from _fields(was, now, by)
    yield from _conditions(was, now, by)
    yield from _uniques(was, now)
    yield from _rules(was, now)
    say = Saying(f"object {now.key}", now.key)
    if was.plural != now.plural:
        breaks = (
            f"The query {naming.field_name(was.plural)} and the mutations of several are renamed."
        )
        message = f"The plural is now '{now.plural}'; it was '{was.plural}'."
        yield say("PLURAL_CHANGED", ("x-plural",), message, breaks)
    if was.hidden != now.hidden:
        yield say(*_visibility(now.hidden, ("x-hidden",), f"The object '{now.key}'"))
    texts = ("title", "plural_title", "description", "labels", "plural_labels", "title_field")
    changed = [name for name in texts if getattr(was, name) != getattr(now, name)]
    if changed:
        yield say("RELABELLED", (), f"Changed: {', '.join(changed)}.")


def _visibility(hidden: bool, path: Path, what: str) -> tuple[str, Path, str, str]:
    if hidden:
        return "HIDDEN", path, f"{what} is hidden.", "The API no longer shows it."
    return "SHOWN", path, f"{what} is shown again.", ""


def _fields(was: ObjectType, now: ObjectType, by: Widening) -> Iterator[Change]:
    for key, before in was.fields.items():
        say = Saying(f"object {now.key}", now.key, key)
        after = now.fields.get(key)
        if after is None:
            breaks = f"The field {naming.field_name(key)} is gone from all types of '{now.key}'."
            lost = () if before.derived else (Impact(Effect.LOST, now.key, key),)
            message = f"The field '{key}' is removed."
            yield say("FIELD_REMOVED", ("properties", key), message, breaks, *lost)
        elif before != after or by.moved:
            yield from _field((before, after), now.key, say, by)
    for key, after in now.fields.items():
        if key not in was.fields:
            yield from _added_field(now.key, after)


def _added_field(object_key: str, field: Field) -> Iterator[Change]:
    say = Saying(f"object {object_key}", object_key, field.key)
    path = ("properties", field.key)
    message = f"The field '{field.key}' is new, of type {field.type}."
    if not field.required:
        yield say("FIELD_ADDED", path, message, "", *_grown(object_key, field))
        return
    breaks = "" if field.default is not None else "Creates that leave it out are refused."
    invalid = Impact(Effect.INVALID, object_key, field.key)
    yield say("FIELD_ADDED", path, f"{message} It is required.", breaks, invalid)


def _field(
    fields: tuple[Field, Field], object_key: str, say: Saying, by: Widening
) -> Iterator[Change]:
    was, now = fields
    path: Path = ("properties", now.key)
    if was.derived != now.derived:
        yield _turned(object_key, was, now, say)
        return
    if not same_values(was, now):
        yield _retyped(object_key, was, now, say)
        return
    yield from _required(object_key, was, now, say)
    for keyword, shift in comparing.constraints(was, now, by):
        yield _constraint(object_key, now.key, (keyword, shift), say)
    yield from _options(object_key, was, now, say)
    yield from _reference(was, now, say)
    if was.hidden != now.hidden:
        yield say(*_visibility(now.hidden, (*path, "x-hidden"), f"The field '{now.key}'"))
    for code, keyword, message, breaks in comparing.traits(was, now):
        impacts: tuple[Impact, ...] = ()
        if code == "SEARCH_CHANGED":
            impacts = (Impact(Effect.TOKENS, object_key, now.key),)
        elif code == "TREE_CHANGED":
            impacts = _grown(object_key, now)
        yield say(code, (*path, keyword), message, breaks, *impacts)


def _grown(object_key: str, field: Field) -> tuple[Impact, ...]:
    """What it means for records that the field makes a tree of them, if it does."""
    effects = (Effect.TREE, Effect.CYCLE, Effect.TOO_DEEP) if field.tree else ()
    return tuple(Impact(effect, object_key, field.key) for effect in effects)


def _retyped(object_key: str, was: Field, now: Field, say: Saying) -> Change:
    of, to = comparing.described(was), comparing.described(now)
    retyped = () if was.derived and now.derived else (Impact(Effect.RETYPED, object_key, now.key),)
    breaks = f"The type of {naming.field_name(now.key)} changes in outputs, inputs and filters."
    message = f"The field '{now.key}' was {of} and is {to}."
    lacking = _lacking(object_key, now)
    return say("FIELD_RETYPED", ("properties", now.key), message, breaks, *retyped, *lacking)


def returned(of: ObjectType, was: Field, now: Field) -> Change:
    """A field that has the values again which it had before it was dropped and declared anew."""
    lost = () if was.derived else (Impact(Effect.LOST, of.key, now.key),)
    shared = (_shared(of, unique) for unique in of.uniques if now.key in unique.fields)
    invalid = Impact(Effect.INVALID, of.key, now.key)
    message = f"The field '{now.key}' has its values of then again, not those written since."
    say = Saying(f"object {of.key}", of.key, now.key)
    path = ("properties", now.key)
    return say("VALUES_RETURN", path, message, "", *lost, *shared, *_grown(of.key, now), invalid)


def back(of: ObjectType) -> tuple[Impact, ...]:
    """What it means for an object's records of then that it is there again."""
    grown = _grown(of.key, of.tree) if of.tree is not None else ()
    return (*(_shared(of, unique) for unique in of.uniques), *grown, Impact(Effect.INVALID, of.key))


def _shared(of: ObjectType, unique: Unique) -> Impact:
    return Impact(Effect.DUPLICATE, of.key, None, unique.key, unique.fields, unique.ignore_case)


def _turned(object_key: str, was: Field, now: Field, say: Saying) -> Change:
    """A field that was written becomes computed, or the other way round."""
    of, to = comparing.described(was), comparing.described(now)
    path = ("properties", now.key)
    if now.derived:
        message = f"The field '{now.key}' was {of} and is {to} that the server computes."
        breaks = "It is gone from the inputs, and what was written there is not read any more."
        lost = Impact(Effect.LOST, object_key, now.key)
        return say("FIELD_COMPUTED", path, message, breaks, lost)
    message = f"The field '{now.key}' was computed: {of}. It is {to} that is written."
    breaks = "It is null in every record until it is written."
    return say("FIELD_WRITTEN", path, message, breaks, *_lacking(object_key, now))


def _lacking(object_key: str, now: Field) -> tuple[Impact, ...]:
    """What a field that no record has a value in means for them, if it is required."""
    return (Impact(Effect.INVALID, object_key, now.key),) if now.required else ()


def _required(object_key: str, was: Field, now: Field, say: Saying) -> Iterator[Change]:
    if was.required == now.required:
        return
    if not now.required:
        yield say("FIELD_OPTIONAL", ("required",), f"'{now.key}' is no longer required.")
        return
    breaks = "" if now.default is not None else "Creates that leave it out are refused."
    invalid = Impact(Effect.INVALID, object_key, now.key)
    yield say("FIELD_REQUIRED", ("required",), f"'{now.key}' is now required.", breaks, invalid)


def _constraint(object_key: str, key: str, found: tuple[str, Shift], say: Saying) -> Change:
    """A change of which values are allowed, or of the words around it."""
    keyword, shift = found
    path = ("properties", key, keyword)
    if shift is Shift.WORDS:
        return say("RELABELLED", path, f"'{key}' says it otherwise: {keyword} changes.")
    if shift is Shift.LOOSER:
        return say("LOOSENED", path, f"'{key}' allows more values: {keyword} changes.")
    message = f"'{key}' allows fewer values: {keyword} changes."
    invalid = Impact(Effect.INVALID, object_key, key)
    return say("TIGHTENED", path, message, "Values accepted so far are refused.", invalid)


def _options(object_key: str, was: Field, now: Field, say: Saying) -> Iterator[Change]:
    if was.options == now.options:
        return
    before = {option.key: option for option in was.options}
    after = {option.key: option for option in now.options}
    enum = naming.enum_name(object_key, now.key)
    path = ("properties", now.key, "oneOf")
    for key in (key for key in before if key not in after):
        breaks = f"The value {naming.enum_value(key)} is gone from {enum}."
        held = Impact(Effect.HELD, object_key, now.key, key)
        message = f"The option '{key}' of '{now.key}' is removed."
        yield say("OPTION_REMOVED", path, message, breaks, held)
    for key in (key for key in after if key not in before):
        yield say("OPTION_ADDED", path, f"'{now.key}' has the new option '{key}'.")
    for key in (key for key in after if key in before):
        if after[key].deprecated and not before[key].deprecated:
            message = f"The option '{key}' of '{now.key}' can no longer be chosen."
            yield say("OPTION_DEPRECATED", path, message, "Writes that choose it are refused.")
        elif after[key] != before[key]:
            yield say("RELABELLED", path, f"The option '{key}' of '{now.key}' is relabelled.")
    if comparing.reordered(before, after):
        message = f"The options of '{now.key}' stand, and sort, in another order."
        yield say("OPTIONS_REORDERED", path, message)


def _reference(was: Field, now: Field, say: Saying) -> Iterator[Change]:
    if was.reference is None or now.reference is None or was.reference == now.reference:
        return
    path = ("properties", now.key, "x-reference")
    before, after = was.reference, now.reference
    if before.inverse != after.inverse:
        breaks = "" if before.inverse is None else f"'{before.object}' loses '{before.inverse}'."
        now_, was_ = (f"'{it}'" if it else "none" for it in (after.inverse, before.inverse))
        message = f"The inverse is {now_}; it was {was_}."
        yield say("INVERSE_CHANGED", (*path, "inverse"), message, breaks)
    if before.on_delete != after.on_delete:
        message = f"On delete: {after.on_delete}; it was {before.on_delete}."
        yield say("ON_DELETE_CHANGED", (*path, "onDelete"), message, _DELETING[after.on_delete])


_DELETING = {
    OnDelete.RESTRICT: "Deletes that went through so far are refused.",
    OnDelete.CASCADE: "Deleting the record that is named takes these along.",
    OnDelete.SET_NULL: "",
}


def _conditions(was: ObjectType, now: ObjectType, by: Widening) -> Iterator[Change]:
    say = Saying(f"object {now.key}", now.key)
    if by.moved:
        yield say("DEFINITIONS_CHANGED", ("$defs",), f"The definitions of '{now.key}' change.")
    for keyword, shift in comparing.conditions(was, now, by).items():
        message = f"The condition under {keyword} of '{now.key}' changes."
        if shift is Shift.TIGHTER:
            invalid = Impact(Effect.INVALID, now.key)
            breaks = "Records accepted so far may be refused."
            yield say("CONDITION_CHANGED", (keyword,), message, breaks, invalid)
        elif shift is Shift.WORDS:
            yield say("RELABELLED", (keyword,), f"What {keyword} of '{now.key}' says changes.")
        else:
            said = message if keyword in now.schema else f"A condition of '{now.key}' is removed."
            yield say("LOOSENED", (keyword,), said)


def _uniques(was: ObjectType, now: ObjectType) -> Iterator[Change]:
    say = Saying(f"object {now.key}", now.key)
    before = {unique.key: unique for unique in was.uniques}
    after = {unique.key: unique for unique in now.uniques}
    for key in (key for key in before if key not in after):
        breaks = f"Upserts by '{key}' are no longer possible."
        yield say("UNIQUE_REMOVED", ("x-unique",), f"'{key}' is no longer unique.", breaks)
    for key, unique in after.items():
        if before.get(key) != unique:
            breaks = "Writes of values that another record has are refused."
            if key in before:
                breaks = f"Upserts by '{key}' find records differently."
            message = f"{', '.join(unique.fields)} must be unique ('{key}')."
            yield say("UNIQUE_ADDED", ("x-unique",), message, breaks, _shared(now, unique))


def _rules(was: ObjectType, now: ObjectType) -> Iterator[Change]:
    say = Saying(f"object {now.key}", now.key)
    before = {rule.key: rule for rule in was.rules}
    asked = {rule.key for rule in now.rules}
    for key in (key for key in before if key not in asked):
        yield say("RULE_REMOVED", ("x-rules",), f"The rule '{key}' is removed.")
    for index, rule in enumerate(now.rules):
        old = before.get(rule.key)
        if old is None or _asks(old) != _asks(rule):
            code = "RULE_ADDED" if old is None else "RULE_CHANGED"
            off = rule.when == "false"
            blocks = rule.severity == "block" and not off
            breaks = "Writes accepted so far may be refused." if blocks else ""
            broken = [] if off else [Impact(Effect.BROKEN_RULE, now.key, value=rule.key)]
            message = f"The rule '{rule.key}' {_asking(rule)}"
            yield say(code, ("x-rules", index), message, breaks, *broken)
        elif old != rule:
            yield say("RELABELLED", ("x-rules", index), f"The rule '{rule.key}' says it otherwise.")


def _asking(rule: Rule) -> str:
    if rule.when == "false":
        return "is switched off."
    asks = "asks" if rule.severity == "block" else "warns unless"
    return f"{asks}: {rule.check}" + (f" (when {rule.when})" if rule.when else "")


def _asks(rule: Rule) -> tuple[object, ...]:
    return rule.when, rule.check, rule.severity
