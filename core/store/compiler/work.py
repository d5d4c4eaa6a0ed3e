"""A statement in the making: its parameters, its aliases, and the rows that it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from core.query import Output
from core.store.compiler.forms import TEXT
from core.store.compiler.json_text import Text, literal
from core.store.compiler.parameters import TENANT, Parameters
from metadata.assigning import NULLS, STAGE, TOKENS
from metadata.model import Field, FieldType, ObjectType, Pipeline
from metadata.published import Published
from metadata.storage import Place
from metadata.text import null_token

_OF_STAGE = frozenset({"stage", "stage_entered_at"})


@dataclass(slots=True)
class Row:
    """A record under an alias, and how often each of its columns is read.

    `bound` has fields whose values a fixed column holds as well, which is the better one here.
    `is_joined` says that it may be missing: then all that is read of it is null. `is_deleted` says
    that it is looked for among the deleted records.
    """

    work: Work
    alias: str
    object: ObjectType
    uses: Counter[str] = field(default_factory=Counter)
    bound: Mapping[str, str] = field(default_factory=dict)
    joins: dict[str, tuple[Row, str]] = field(default_factory=dict)
    is_joined: bool = False
    is_deleted: bool = False

    def kept(self, name: str) -> str:
        """A column of the record table as it is kept."""
        self.uses[name] += 1
        return f"{self.alias}.{name}"

    def column(self, name: str) -> str:
        """A column of the record table, with what it stands for while it is filled."""
        plain = self.kept(name)
        if name == "currency":
            return self._currency(plain)
        if name not in _OF_STAGE or (pipeline := self.staging) is None:
            return plain
        if name == "stage":
            return f"coalesce({plain}, {self.if_there(literal(pipeline.first.key))})"
        return f"coalesce({plain}, {self.column('created_at')})"

    def _currency(self, plain: str) -> str:
        """Amounts of a record from before its object had any are in the tenant's currency."""
        if not any(field.type is FieldType.MONEY for field in self.object.fields.values()):
            return plain
        currency = self.work.parameters.of_context("currency", TEXT)
        return f"coalesce({plain}, {self.if_there(currency)})"

    def if_there(self, sql: str) -> str:
        """What is not read of the record but said of it: null where the record is missing."""
        return f"(case when {self.alias}.id is not null then {sql} end)" if self.is_joined else sql

    @property
    def staging(self) -> Pipeline | None:
        """The pipeline whose first stage records are in that have none yet, while they get it."""
        kept = self.work.published.storage.bound.get(self.object.key, {}).get(STAGE)
        if kept is None or kept.readable is not None:
            return None
        return self.work.published.metadata.pipeline_of(self.object.key)

    def field(self, key: str) -> Field:
        return self.object.fields[key]

    def place(self, key: str) -> Place | None:
        """Where a field is kept; None for what is computed when it is read."""
        field = self.object.fields[key]
        if field.derived and not field.stored:
            return None
        return self.work.published.storage.places[self.object.key].get(key)

    @property
    def has_tokens(self) -> bool:
        """Whether the tokens of all searched texts are there to be read."""
        kept = self.work.published.storage.bound.get(self.object.key, {}).get(TOKENS)
        return kept is not None and kept.readable is not None

    def null_token(self, key: str) -> str | None:
        """The token that records without a value in the field have; None where not all do."""
        kept = self.work.published.storage.bound.get(self.object.key, {}).get(NULLS)
        place = self.place(key)
        if kept is None or place is None or kept.readable is None:
            return None
        return null_token(self.object.key, place.key) if place.key in kept.key.split() else None

    def joined(self) -> str:
        """What follows this row in FROM: the rows behind its references that were asked for."""
        return "".join(f" {join}{row.joined()}" for row, join in self.joins.values())


@dataclass(slots=True)
class Work:
    """What all parts of one statement share."""

    published: Published
    outputs: Callable[[Row, tuple[Output, ...]], Text]
    """Renders what is asked of a record; set by who knows all kinds of parts."""
    parameters: Parameters = field(default_factory=Parameters)
    _aliases: Counter[str] = field(default_factory=Counter)

    def alias(self, letter: str) -> str:
        """A name that nothing else in the statement has."""
        self._aliases[letter] += 1
        return f"{letter}{self._aliases[letter]}"

    def row(self, letter: str, object_key: str) -> Row:
        """A record of an object under a new alias."""
        return Row(self, self.alias(letter), self.published.metadata.objects[object_key])


def source(table: str, alias: str, *conditions: str) -> str:
    """FROM and WHERE of one table, the tenant's own rows alone."""
    return f"from read.{table} as {alias} where {of_tenant(alias, *conditions)}"


def of_tenant(alias: str, *conditions: str) -> str:
    """Conditions on an alias, the tenant first."""
    return " and ".join((f"{alias}.tenant_id = {TENANT}", *conditions))


def live(row: Row) -> Iterable[str]:
    """That a row is a record of its object, and not deleted (or deleted, if it is to be)."""
    return f"{row.alias}.object = '{row.object.key}'", _life(row)


def live_elsewhere(row: Row) -> Iterable[str]:
    """The same of a row that is looked up from another.

    The planner is kept from guessing how many the object has: of one that is newer than its
    statistics it expects a single record, reads them all for each, and two hops over 500 took
    more than 20 s. What it does not know at planning it takes for an average object.
    """
    return f"{row.alias}.object = (select '{row.object.key}')", _life(row)


def _life(row: Row) -> str:
    return f"{row.alias}.deleted_at is {'not null' if row.is_deleted else 'null'}"
