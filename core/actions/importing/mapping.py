"""What a mapping file says: which files become which object, and where each value comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from metadata import documents, wording
from metadata.dialects import Kind
from metadata.problems import Problem

Forms = tuple[str, ...]
"""How dates are written: the first form that fits; ISO 8601 where there is none."""
BLANK = frozenset({""})
REJECTED = ".rejected"
"""What comes before the ending in the name of a file of rejected rows."""


class Existing(StrEnum):
    """What happens to a record that a row's key finds."""

    UPDATE = "update"
    KEEP = "keep"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value comes from: a column, several, or a constant."""

    columns: tuple[str, ...] = ()
    join: str = " "
    constant: object = None
    fold: bool = False  # whether letters small or large, spaces and widths make no difference
    values: Mapping[str, object] = field(default_factory=dict)  # what texts of the column stand for
    default: object = None  # where the column is blank
    reference: str | None = None  # the unique key by which a record is named
    parts: Mapping[str, str] = field(default_factory=dict)  # of that key: by which key each goes
    blank_if_missing: bool = False
    dates: Forms = ()
    cut_time: bool = False
    units: Mapping[str, Decimal] = field(default_factory=dict)  # texts at a number: how much one is
    multiply: Decimal | None = None
    round: int | None = None  # digits after the point
    separator: str = ";"
    reason: Source | None = None  # of a stage that was entered

    @property
    def label(self) -> str:
        """What a report calls it."""
        return " + ".join(self.columns)


@dataclass(frozen=True, slots=True)
class Step:
    """Rows of some files that become records of one object."""

    object: str
    fields: Mapping[str, Source]
    entered: Mapping[str, Source] = field(default_factory=dict)
    files: str = "*"
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    escape: str | None = None
    blank: frozenset[str] = BLANK
    clears: bool = False
    trims: bool = True
    decimal: str = "."
    group: str | None = None
    dates: Forms = ()
    key: str | None = None
    existing: Existing = Existing.UPDATE
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unless_blank: str | None = None

    def takes(self, name: str) -> bool:
        """Whether a file of this name belongs to the step, or rows that were rejected of one."""
        plain = name.casefold()
        of = plain
        while f"{REJECTED}." in of:  # what was rejected may be rejected again
            of = of.replace(f"{REJECTED}.", ".")
        names = (plain, of, f"{of}.gz") if of != plain else (plain,)
        return any(fnmatchcase(one, self.files.casefold()) for one in names)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        reasons = (source.reason for source in self.entered.values() if source.reason)
        sources = (*self.fields.values(), *self.entered.values(), *reasons)
        named = [column for source in sources for column in source.columns]
        named += [*self.when, *([self.unless_blank] if self.unless_blank else [])]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """The steps of an import, in order. `zone` is None for the tenant's."""

    steps: tuple[Step, ...]
    zone: ZoneInfo | None = None
    name: str = "mapping"  # as problems with it call it


def load(text: str | bytes, name: str) -> ImportMapping | tuple[Problem, ...]:
    """The mapping that a JSON text holds, or everything that is wrong with the text by itself."""
    document = documents.load(text, name, Kind.IMPORT)
    if isinstance(document, tuple):
        return document
    return of(document, name)


def of(document: Mapping[str, Any], name: str) -> ImportMapping | tuple[Problem, ...]:
    """The mapping that a document holds, or everything that is wrong with it by itself."""
    problems = wording.problems(document, Kind.IMPORT, name)
    if problems:
        return tuple(problem for _, problem in problems)
    zone = _zone(document.get("time_zone"))
    if isinstance(zone, str):
        message = f"'{zone}' is no time zone such as Asia/Shanghai."
        return (Problem(name, "/time_zone", "BAD_TIME_ZONE", message),)
    blank = document.get("blank", [""])
    return ImportMapping(tuple(_step(step, blank) for step in document["steps"]), zone, name)


def identity(object: str, fields: Sequence[str], references: Mapping[str, str], key: str) -> Step:
    """A step whose columns are called as the fields are."""
    return Step(
        object,
        {name: Source((name,), reference=references.get(name)) for name in fields},
        key=key,
        trims=False,
    )


def _zone(name: str | None) -> ZoneInfo | str | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return name


def _step(document: Mapping[str, Any], blank: Sequence[str]) -> Step:
    plain = ("files", "format", "encoding", "delimiter", "escape", "decimal", "group", "key")
    given: dict[str, Any] = {name: document[name] for name in plain if name in document}
    return Step(
        object=document["object"],
        fields={key: _source(source) for key, source in document["fields"].items()},
        entered={stage: _source(source) for stage, source in document.get("entered", {}).items()},
        dates=_forms(document.get("dates", ())),
        blank=_blank(document.get("blank", blank)),
        clears=document.get("blanks") == "clear",
        trims=document.get("trim", True),
        existing=Existing(document.get("existing", "update")),
        when={name: frozenset(texts) for name, texts in document.get("when", {}).items()},
        unless_blank=document.get("unless_blank"),
        **given,
    )


def _blank(texts: Sequence[str]) -> frozenset[str]:
    """Texts that mean nothing: the empty one always, unless the list says that none does."""
    return BLANK.union(texts) if texts else frozenset()


def _source(document: str | Mapping[str, Any]) -> Source:
    if isinstance(document, str):
        return Source((document,))
    columns = document.get("columns") or [
        document[name] for name in ("column",) if name in document
    ]
    multiply = document.get("multiply")
    return Source(
        columns=tuple(columns),
        join=document.get("join", " "),
        constant=document.get("constant"),
        fold=document.get("fold", False),
        values=document.get("values", {}),
        default=document.get("default"),
        reference=document.get("reference"),
        parts=document.get("parts", {}),
        blank_if_missing=document.get("missing") == "blank",
        dates=_forms(document.get("dates", ())),
        cut_time=document.get("cut_time", False),
        units=_units(document.get("units", ())),
        multiply=None if multiply is None else Decimal(multiply),
        round=document.get("round"),
        separator=document.get("separator", ";"),
        reason=_source(document["reason"]) if "reason" in document else None,
    )


def _units(said: Sequence[str] | Mapping[str, Any]) -> Mapping[str, Decimal]:
    """The longest first, since one may be a part of another."""
    times = said if isinstance(said, Mapping) else dict.fromkeys(said, 1)
    return {unit: Decimal(times[unit]) for unit in sorted(times, key=len, reverse=True)}


def _forms(said: str | Sequence[str]) -> Forms:
    return (said,) if isinstance(said, str) else tuple(said)
