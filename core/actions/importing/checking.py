"""Whether a mapping fits what a tenant has declared: everything that does not, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.actions.importing import dates, system
from core.actions.importing.cells import choices
from core.actions.importing.mapping import Forms, ImportMapping, Source, Step
from metadata.model import LISTS, NUMBERS, Field, FieldType, Metadata, ObjectType
from metadata.problems import Problem, did_you_mean, listed, pointer

_DATES = frozenset({FieldType.DATE, FieldType.DATETIME})
_TEXTS = frozenset({FieldType.TEXT, FieldType.REFERENCE})
"""What may be a number all the same, without digits after the point."""
_Told = tuple[tuple[str | int, ...], str, str]  # place, rule, message


def problems(mapping: ImportMapping, metadata: Metadata) -> list[Problem]:
    """Everything in the mapping that the metadata has no place for."""
    return [
        Problem(mapping.name, pointer(("steps", index, *place)), rule, message)
        for index, step in enumerate(mapping.steps)
        for place, rule, message in _step(step, metadata)
    ]


def _step(step: Step, metadata: Metadata) -> Iterator[_Told]:
    declared = metadata.objects.get(step.object)
    if declared is None:
        hint = did_you_mean(step.object, metadata.objects)
        yield ("object",), "UNKNOWN_OBJECT", f"There is no object '{step.object}'. {hint}".strip()
        return
    known = dict(declared.fields) | system.fields_of(metadata, declared)
    for key, source in step.fields.items():
        for rule, message in _field(key, known, source, metadata):
            yield ("fields", key), rule, message
        if key in known and known[key].options:
            for place, rule, message in _choices(known[key], source, step):
                yield ("fields", key, *place), rule, message
    yield from _notation(step)
    yield from _key(step, declared)
    yield from _entered(step, known)
    missing = [
        key for key, field in declared.fields.items() if field.required and _lacks(step, key)
    ]
    if missing:
        yield ("fields",), "MISSING", f"'{declared.key}' can't be made without {listed(missing)}."


def _lacks(step: Step, key: str) -> bool:
    return key not in step.fields and step.key is None


def _field(
    key: str, known: Mapping[str, Field], source: Source, metadata: Metadata
) -> Iterator[tuple[str, str]]:
    field = known.get(key)
    if field is None:
        hint = did_you_mean(key, known)
        yield "UNKNOWN_FIELD", f"There is no field '{key}'. {hint}".strip()
        return
    if field.derived:
        yield "READ_ONLY", f"'{key}' is computed: leave it out."
    yield from _forms(source.dates)
    for message in _not_apt(field, source):
        yield "NOT_APT", message
    if source.reference is not None or source.parts:
        yield from _reference(field, source, metadata)


def _choices(field: Field, source: Source, step: Step) -> Iterator[_Told]:
    """What the mapping itself says for a choice, and is none."""
    find, known = choices(field.options), [option.key for option in field.options]
    what = "stage" if field.key == system.STAGE else "option"
    said: list[tuple[tuple[str, ...], object]] = [
        (("constant",), source.constant),
        (("default",), source.default),
        *((("values", text), value) for text, value in source.values.items()),
    ]
    for place, value in said:
        for text in _texts(field, source, value):
            option = find(text)
            if text not in step.blank and option not in known:
                mend = did_you_mean(option, known) or f"Known are {listed(known, 'and')}."
                message = f"'{field.key}' has no {what} '{option}'. {mend}"
                yield place, f"UNKNOWN_{what.upper()}", message


def _texts(field: Field, source: Source, value: object) -> list[str]:
    """The choices that a value names, as far as they are texts."""
    if isinstance(value, str) and field.type in LISTS:
        return [] if value.startswith("[") else [it.strip() for it in value.split(source.separator)]
    return [it for it in (value if isinstance(value, list) else [value]) if isinstance(it, str)]


def _not_apt(field: Field, source: Source) -> Iterator[str]:
    """What the source says that makes no sense for values of the field's type."""
    if source.reason is not None:
        yield f"'{field.key}' has no reason: give it with a stage that was entered."
    if source.dates and field.type not in _DATES and field.key != system.STAGE_HISTORY:
        yield f"'{field.key}' is no date, so it has no form of dates."
    if source.cut_time and field.type is not FieldType.DATE:
        yield f"'{field.key}' is no date without a time, from which one could be cut off."
    if field.type in NUMBERS:
        return
    if source.multiply is not None:
        yield f"'{field.key}' is no number to be multiplied."
    if source.round is not None and (source.round or field.type not in _TEXTS):
        yield f"'{field.key}' is no number to be rounded."
    if source.units:
        yield f"'{field.key}' is no number that could have units."


def _reference(field: Field, source: Source, metadata: Metadata) -> Iterator[tuple[str, str]]:
    if field.reference is None:
        yield "NOT_APT", f"'{field.key}' is no reference."
        return
    target = metadata.objects[field.reference.object]
    known = _keys(target)
    parts = known.get(source.reference or "id")
    if parts is None:
        named = f"'{target.key}' is not found by '{source.reference}'"
        yield "NOT_UNIQUE", f"{named}, but by {listed(known)}."
        return
    if len(parts) > 1 and len(source.columns) != len(parts):
        message = f"'{source.reference}' is {listed(parts, 'and')} together: name a column for each"
        yield "NOT_APT", f"{message}, in this order, under columns."
    for part, by in source.parts.items():
        yield from _part(target.fields[part] if part in parts else None, part, by, metadata)


def _part(field: Field | None, part: str, by: str, metadata: Metadata) -> Iterator[tuple[str, str]]:
    """What is wrong with how a part of a name is named itself."""
    if field is None or field.reference is None:
        yield "NOT_APT", f"'{part}' is no reference in the key by which the record is named."
        return
    target = metadata.objects[field.reference.object]
    known = [key for key, fields in _keys(target).items() if len(fields) == 1]
    if by not in known:
        yield "NOT_UNIQUE", f"'{target.key}' is not found there by '{by}', but by {listed(known)}."


def _keys(object: ObjectType) -> dict[str, tuple[str, ...]]:
    """By what records are found, and the fields of that."""
    return {"id": ("id",)} | {unique.key: unique.fields for unique in object.uniques}


def _notation(step: Step) -> Iterator[_Told]:
    if step.group == step.decimal:
        yield ("group",), "AMBIGUOUS", "The group mark and the decimal mark are the same."
    for rule, message in _forms(step.dates):
        yield ("dates",), rule, message


def _key(step: Step, object: ObjectType) -> Iterator[_Told]:
    if step.key is None:
        return
    known = _keys(object)
    if step.key not in known:
        message = f"'{object.key}' has no unique key '{step.key}', but {listed(known)}."
        yield ("key",), "NOT_UNIQUE", message
        return
    missing = [key for key in known[step.key] if key not in step.fields]
    if len(missing) < len(known[step.key]):  # a null is a part of a key like any other
        missing = [key for key in missing if _never_null(object.fields[key])]
    if missing:
        message = f"Records are found by '{step.key}', so {listed(missing, 'and')} must be filled."
        yield ("key",), "MISSING", message


def _never_null(field: Field) -> bool:
    """Whether new records have a value there that a mapping without the field does not tell."""
    return field.required or field.default is not None


def _entered(step: Step, known: Mapping[str, Field]) -> Iterator[_Told]:
    if not step.entered:
        return
    stage = known.get(system.STAGE)
    if stage is None:
        yield ("entered",), "NOT_STAGED", f"'{step.object}' has no stages."
        return
    if system.STAGE_HISTORY in step.fields:
        yield ("entered",), "AMBIGUOUS", "The fields tell a whole stage history already."
    for key, source in step.entered.items():
        if stage.option(key) is None:
            known_stages = listed(option.key for option in stage.options)
            message = f"There is no stage '{key}', but {known_stages}."
            yield ("entered", key), "UNKNOWN_STAGE", message
        for rule, message in _forms(source.dates):
            yield ("entered", key), rule, message


def _forms(forms: Forms) -> Iterator[tuple[str, str]]:
    for form in forms:
        if not dates.is_form(form):
            message = (
                f"'{form}' names no day, a part twice, or one by other letters; write it as in"
            )
            message += " DD.MM.YYYY or M/D/YY hh:mm:ss."
            yield "BAD_FORM", message
