"""The statements by which one object's records are inserted and changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.store.plans.columns import LIFE, OF_LIFE, Column
from core.store.plans.shapes import Insert, Update
from core.store.recent import Recent

KEPT = 64


@dataclass(frozen=True, slots=True)
class Way:
    """The columns that a change writes, and the statements: with a new version, and without.

    `unlocked_change` changes a record only as it was seen, by its `xmin`.
    """

    columns: tuple[Column, ...]
    change: Update
    unlocked_change: Update
    quiet_change: Update


class Ways:
    """The ways in which records with these columns are written, each made when first needed."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._kept: Recent[tuple[frozenset[str], frozenset[str], bool], Way] = Recent(KEPT)
        self._insertions = {dated: _insertion(columns, dated=dated) for dated in (False, True)}

    def insertion(self, *, dated: bool) -> Insert:
        """How new records go in; dated ones with the moment of their creation."""
        return self._insertions[dated]

    def of(self, names: frozenset[str], marked: frozenset[str], *, whole: bool) -> Way:
        """How these fields change, of which some come or go; `whole`: with all columns."""
        key = (names, marked, whole)
        found = self._kept.get(key)
        return self._kept.keep(key, self._made(names, marked, whole)) if found is None else found

    def _made(self, names: frozenset[str], marked: frozenset[str], whole: bool) -> Way:
        columns = tuple(
            column for column in self._columns if whole or column.changes(names, marked)
        )
        if not LIFE.isdisjoint(names):
            columns += OF_LIFE
        return Way(columns, _change(columns), _unlocked_change(columns), _quiet_change(columns))


def _insertion(columns: Sequence[Column], *, dated: bool) -> Insert:
    fixed = (("version", "1"), ("updated_at", "now()"))
    return Insert(
        "record",
        shared=("object", "metadata_version", "created_by", "updated_by"),
        columns=("id", *_names(columns), *(("created_at",) if dated else ())),
        casts=_casts(columns),
        fixed=fixed if dated else (*fixed, ("created_at", "now()")),
    )


def _change(columns: Sequence[Column]) -> Update:
    return Update(
        "record",
        shared=("updated_by", "metadata_version"),
        columns=("id", "version", *_names(columns)),
        types=("uuid", "bigint", *(column.type for column in columns)),
        casts=_casts(columns),
        sets=(
            "updated_at = now()",
            "updated_by = {0}::uuid",
            "metadata_version = {1}::integer",
        ),
    )


def _unlocked_change(columns: Sequence[Column]) -> Update:
    change = _change(columns)
    return replace(change, shared=(*change.shared, "xmin"), match=" and t.xmin = {2}::xid")


def _quiet_change(columns: Sequence[Column]) -> Update:
    return Update(
        "record",
        shared=("metadata_version",),
        columns=("id", *_names(columns)),
        types=("uuid", *(column.type for column in columns)),
        casts=_casts(columns),
        sets=("metadata_version = {0}::integer",),
    )


def _names(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _casts(columns: Sequence[Column]) -> tuple[tuple[str, str], ...]:
    return tuple((column.name, column.cast) for column in columns if column.cast)
