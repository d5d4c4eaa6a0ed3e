"""References to records that only a later step brings: filled in once all steps are done."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

from core.actions.importing.mapping import Existing, Step
from core.actions.importing.preparing import Named, Prepared, Preparer, folded
from core.actions.importing.producing import Given
from core.actions.importing.rows import Row
from core.actions.importing.spool import Spool


class Afterwards:
    """The fields of a step that can wait for later steps, and the rows that do."""

    def __init__(self, preparer: Preparer, later: Collection[str]) -> None:
        """`later` holds the objects of the steps to come; the step's own may be one of them."""
        self._preparer = preparer
        named = {target.key: target.reference[0] for target in preparer.targets if target.reference}
        self._coming = {key: other for key, other in named.items() if other in later}
        self._stack = ExitStack()
        self._spools = {
            key: self._stack.enter_context(closing(Spool()))
            for key in sorted(self._coming)
            if _hindrance(preparer, key) is None
        }

    def __contains__(self, key: str) -> bool:
        """Whether records can be written without this field, and get it afterwards."""
        return key in self._spools

    @property
    def objects(self) -> frozenset[str]:
        """Whose records may come in a later step."""
        return frozenset(self._coming.values())

    @property
    def fields(self) -> list[str]:
        """Those that rows wait for."""
        return [key for key, spool in self._spools.items() if spool.count]

    def why_not(self, key: str, name: Named) -> str | None:
        """What to tell where a field is in vain to wait; None where no later step matters."""
        if key not in self._coming:
            return None
        reason = _hindrance(self._preparer, key) or "the record can't be without it until then"
        return (
            f"There is no {name.object} with the {name.key} '{name.told}' yet. If a later step"
            f" brings it, put that step first: '{key}' is not filled in afterwards, since {reason}."
        )

    def keep(self, prepared: Prepared, missing: Collection[str]) -> None:
        """Note a row that is written without some fields, or follows one for the same record."""
        if not self._spools:
            return
        names = set(map(folded, self._preparer.names_of(prepared)))
        for key, spool in self._spools.items():
            if key in missing or (spool.count and spool.has(names)):
                spool.keep(prepared.feed, prepared.row, names)

    def step(self, key: str) -> Step:
        """What fills in the field of records that are there."""
        step = self._preparer.step
        wanted = {*self._preparer.key_fields, key}
        return replace(
            step,
            fields={name: source for name, source in step.fields.items() if name in wanted},
            entered={},
            when={},
            unless_blank=None,
        )

    def rows(self, key: str) -> Iterator[Given]:
        """The rows that wait for the field, for its step."""
        before, after = self._preparer.step.columns, self.step(key).columns
        places = [before.index(column) for column in after]
        for feed, row, _ in self._spools[key].as_kept():
            values = [row.values[place] for place in places]
            yield Given(feed, None, Row(row.line, values, row.whole, row.size), lambda: 1.0)

    def close(self) -> None:
        """Let go of the rows."""
        self._stack.close()


def _hindrance(preparer: Preparer, key: str) -> str | None:
    """Why records can't be written without a field by a step that finds them again."""
    step, declared = preparer.step, preparer.object
    if step.key is None:
        return "the step has no key to find the record by"
    if step.existing is not Existing.UPDATE:
        return "the step does not update records"
    if key in declared.fields and declared.fields[key].required:
        return "it is required"
    if any(key in unique.fields for unique in declared.uniques):
        return "it is part of a unique key"
    return None
