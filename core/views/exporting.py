"""All records of a tenant in the form in which an import takes them back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from core.errors import Problem, Refused
from core.identity import Actor
from core.store.tenancy import extracts
from core.store.tenancy.extracts import Extract, Moment
from core.store.tenancy.opening import Store
from metadata.expressions.dates import spelled_instant
from metadata.model import Field, FieldType, Metadata, ObjectType
from metadata.problems import did_you_mean

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Export:
    """A tenant's records at one moment; `objects` each after those it refers to."""

    objects: tuple[str, ...]
    metadata: Metadata
    _moment: Moment

    async def rows(self, object: str) -> AsyncIterator[list[Row]]:
        """The object's records, page by page."""
        declared = self.metadata.objects[object]
        columns = frozenset(columns_of(self.metadata, declared))
        async for page in self._moment.records(object):
            yield [_row(extract, columns) for extract in page]


@asynccontextmanager
async def exporting(
    actor: Actor, store: Store, objects: Sequence[str] = ()
) -> AsyncIterator[Export]:
    """The records of these objects, or of all, as they are now. Every role may read them.

    Raises:
        Refused: there are no such objects.
    """
    async with extracts.moment(actor.tenant, store) as moment:
        metadata = moment.published.metadata
        unknown = [key for key in objects if key not in metadata.objects]
        if unknown:
            raise Refused([_unknown(key, metadata) for key in unknown])
        wanted = in_order(metadata, objects or list(metadata.objects))
        yield Export(wanted, metadata, moment)


def columns_of(metadata: Metadata, declared: ObjectType) -> list[str]:
    """What a row of the object may have, in order."""
    shown = [field.key for field in exported(declared)]
    fields = declared.fields.values()
    currency = ["currency"] if any(one.type is FieldType.MONEY for one in fields) else []
    staged = metadata.pipeline_of(declared.key) is not None
    stages = ["stage", "stage_history"] if staged else []
    return ["id", *shown, "owner", *currency, *stages, "created_at"]


def exported(declared: ObjectType) -> Iterator[Field]:
    """The fields that are written out: not those that are computed. The API alone hides some."""
    return (one for one in declared.fields.values() if not one.derived)


def in_order(metadata: Metadata, objects: Sequence[str]) -> tuple[str, ...]:
    """The objects, each after the ones it refers to as far as they don't go in a circle.

    In a circle, references that a record must have weigh more than those it may have.
    """
    ordered: list[str] = []
    waiting = sorted(objects)
    while waiting:
        ready = [key for key in waiting if not _refers(metadata, key) & {*waiting} - {key}]
        first = (key for key in waiting if not _needs(metadata, key) & {*waiting} - {key})
        for key in ready or [next(first, waiting[0])]:
            waiting.remove(key)
            ordered.append(key)
    return tuple(ordered)


def _needs(metadata: Metadata, key: str) -> set[str]:
    """The objects of which each record names one."""
    references = metadata.objects[key].references()
    return {one.reference.object for one in references if one.reference and one.required}


def _refers(metadata: Metadata, key: str) -> set[str]:
    """The objects that an object's fields refer to; owners apart, which every record has."""
    references = metadata.objects[key].references()
    return {one.reference.object for one in references if one.reference is not None}


def _row(extract: Extract, columns: frozenset[str]) -> Row:
    row = {key: value for key, value in extract.values.items() if key in columns}
    row = {"id": str(extract.id), **row, "created_at": spelled_instant(extract.created_at)}
    if extract.owner is not None:
        row["owner"] = str(extract.owner)
    if extract.currency is not None:
        row["currency"] = extract.currency
    if extract.stage is not None:
        row |= {"stage": extract.stage, "stage_history": list(map(_stay, extract.stays))}
    return row


def _stay(stay: extracts.Stay) -> Row:
    told = {"stage": stay.stage, "entered_at": spelled_instant(stay.entered_at)}
    more = {"reason": stay.reason, "note": stay.note}
    return told | {key: value for key, value in more.items() if value is not None}


def _unknown(key: str, metadata: Metadata) -> Problem:
    message = f"There is no object '{key}'. {did_you_mean(key, metadata.objects)}".strip()
    return Problem((key,), "UNKNOWN_OBJECT", message)
