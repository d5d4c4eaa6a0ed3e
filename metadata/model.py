"""What a tenant has declared, parsed: the frozen values that everyone reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from msgspec import Struct

from metadata.expressions.tree import Expression

Json = Mapping[str, object]
Labels = Mapping[str, str]  # language tag → text


class FieldType(StrEnum):
    """What a field holds, and with it how it is stored, compared and shown."""

    TEXT = "text"
    LONGTEXT = "longtext"
    RICHTEXT = "richtext"
    AUTONUMBER = "autonumber"  # text made by the server
    INTEGER = "integer"  # 32 bits
    BIGINT = "bigint"  # 64 bits, travels as text
    FLOAT = "float"
    DECIMAL = "decimal"  # exact, at the field's scale
    PERCENT = "percent"  # exact fraction, 1 = 100 %
    MONEY = "money"  # exact, in the record's currency
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    PICKLIST = "picklist"
    PICKLISTS = "picklists"  # several options of one list
    TEXTS = "texts"  # several texts
    REFERENCE = "reference"
    JSON = "json"  # nested objects and other arrays


NUMBERS = frozenset(
    {
        FieldType.INTEGER,
        FieldType.BIGINT,
        FieldType.FLOAT,
        FieldType.DECIMAL,
        FieldType.PERCENT,
        FieldType.MONEY,
    }
)
LISTS = frozenset({FieldType.PICKLISTS, FieldType.TEXTS})
LONG = frozenset({FieldType.LONGTEXT, FieldType.RICHTEXT})  # kept in a column of their own
TEXTUAL = frozenset({FieldType.TEXT, FieldType.AUTONUMBER}) | LONG


class OnDelete(StrEnum):
    """What happens to a record when the one it refers to is deleted."""

    RESTRICT = "restrict"
    CASCADE = "cascade"
    SET_NULL = "set_null"


class Option(Struct, frozen=True):  # as Field
    """One choice of a picklist."""

    key: str
    title: str
    labels: Labels = {}
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names a record of another object (or of the same)."""

    object: str
    on_delete: OnDelete = OnDelete.RESTRICT
    inverse: str | None = None  # key of the connection on the other side; None: there is none


@dataclass(frozen=True, slots=True)
class Rollup:
    """A value computed over the records whose reference `via` names this one."""

    object: str
    via: str
    op: str  # count, sum, avg, min, max
    field: str | None = None  # None for count
    where: str | None = None  # an expression over the child's own fields


@dataclass(frozen=True, slots=True)
class Unique:
    """Fields whose values, together, no two live records of the object share.

    A record in which every field is null claims nothing. In a key of several fields a null
    equals a null.
    """

    key: str
    fields: tuple[str, ...]
    ignore_case: bool = False


class Field(Struct, frozen=True):  # no dataclass: to make thousands was a seventh of parsing
    """One declared field of an object."""

    key: str
    type: FieldType
    title: str
    schema: Json  # plain JSON Schema of the value, `x-` keywords left out
    required: bool = False  # must be given when a record is created, and never null
    read_only: bool = False  # the server writes it
    hidden: bool = False  # kept, but not shown by the API
    index: bool = False
    search: bool = False
    personal: bool = False
    scale: int | None = None  # decimals after the point; None for money: its currency's digits
    options: tuple[Option, ...] = ()
    reference: Reference | None = None
    formula: str | None = None
    rollup: Rollup | None = None
    tree: bool = False
    default: object = None
    number_format: str | None = None  # of an autonumber, such as "OPP-{0000}"
    description: str = ""
    labels: Labels = {}  # titles by language
    deprecated: bool = False
    layer: str = ""  # which layer declared it
    stored: bool = True  # False: computed whenever it is asked, since it reads more than the record

    @property
    def derived(self) -> bool:
        """Whether the server computes it."""
        return self.formula is not None or self.rollup is not None

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold whenever a record is written: `when` true and `check` false is a problem."""

    key: str
    check: str
    message: str
    when: str | None = None
    severity: str = "block"  # or "warn"
    labels: Labels = field(default_factory=dict)  # messages by language


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A kind of record."""

    key: str
    plural: str
    title: str
    fields: Mapping[str, Field]  # by key, in declared order
    schema: Json  # plain JSON Schema of a record's values, keyed by field, for the validator
    title_field: str | None = None
    plural_title: str = ""
    description: str = ""
    uniques: tuple[Unique, ...] = ()
    rules: tuple[Rule, ...] = ()
    labels: Labels = field(default_factory=dict)
    plural_labels: Labels = field(default_factory=dict)
    hidden: bool = False
    layer: str = ""

    @property
    def tree(self) -> Field | None:
        """The self-reference that makes this object a tree."""
        return next((field for field in self.fields.values() if field.tree), None)

    def references(self) -> Iterator[Field]:
        return (field for field in self.fields.values() if field.reference is not None)


class StageKind(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One requirement of a gate; exactly one of `schema`, `check` and `kind` is its body."""

    key: str
    title: str
    severity: str = "block"
    enforce_on_skip: bool = False
    schema: Json | None = None
    check: str | None = None
    kind: str | None = None
    parameters: Json = field(default_factory=dict)
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline."""

    key: str
    title: str
    kind: StageKind
    probability: str = "0"  # canonical decimal text, a fraction
    forecast_category: str = "pipeline"
    max_days: int | None = None
    warn_days: int | None = None
    entry: tuple[Criterion, ...] = ()
    exit: tuple[Criterion, ...] = ()
    allowed_targets: tuple[str, ...] | None = None
    reactivate_targets: tuple[str, ...] = ()
    free_jump: bool = False
    allow_backward: bool = False
    tasks: tuple[Json, ...] = ()
    playbook: str = ""
    labels: Labels = field(default_factory=dict)
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    """An object's ordered stages. `amount`, `date` and `probability` name fields of the object."""

    key: str
    object: str
    title: str
    stages: tuple[Stage, ...]
    amount: str | None = None
    date: str | None = None
    probability: str | None = None
    reasons: tuple[Json, ...] = ()
    labels: Labels = field(default_factory=dict)
    layer: str = ""

    def stage(self, key: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.key == key), None)

    @property
    def first(self) -> Stage:
        return next(stage for stage in self.stages if not stage.deprecated)

    @property
    def stage_keys(self) -> tuple[str, ...]:
        return tuple(stage.key for stage in self.stages)

    @property
    def closed_keys(self) -> tuple[str, ...]:
        """The stages in which a record is won, lost or invalid."""
        return tuple(stage.key for stage in self.stages if stage.kind is not StageKind.OPEN)

    @property
    def reason_keys(self) -> tuple[str, ...]:
        return tuple(self.reason_kinds)

    @property
    def reason_kinds(self) -> Mapping[str, Collection[str]]:
        """For which kinds of stage each reason is: all, unless it says."""
        every = tuple(StageKind)
        return {
            str(reason["key"]): cast("Collection[str]", reason.get("kinds", every))
            for reason in self.reasons
        }


@dataclass(frozen=True, slots=True)
class Edge:
    """One way that nodes of a graph are joined.

    Either `reference` (a self-reference of the node's object) or a link `object` with its
    `source` and `target` references; `within` names the link's reference to the anchor.
    """

    kind: str  # the fixed kind, or for link objects the field that holds it
    reference: str | None = None  # field key of the node's object
    object: str | None = None
    source: str | None = None
    target: str | None = None
    strength: str | None = None
    within: str | None = None
    acyclic: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges around an anchor record, such as a decision chain.

    `through` is the link object that makes a record of `node` a member; `measures` names
    fields of the link (or `<node object>.<field>`) by their meaning: rank, joint, weight,
    stance, coverage, department, roles.
    """

    key: str
    title: str
    anchor: str
    node: str
    through: str
    anchor_reference: str  # field of `through` that names the anchor
    node_reference: str  # field of `through` that names the node
    edges: tuple[Edge, ...] = ()
    measures: Mapping[str, str] = field(default_factory=dict)
    labels: Labels = field(default_factory=dict)
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """What a token with this role may do: the rights of admin, member or reader."""

    key: str
    title: str
    rights: str
    description: str = ""
    labels: Labels = field(default_factory=dict)
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Inverse:
    """The connection that a reference gives to the object it names."""

    key: str
    object: str  # whose records are connected
    field: str  # their reference
    target: str  # the object that has the connection


@dataclass(frozen=True, slots=True)
class Computed:
    """The expressions of an object, understood."""

    formulas: Mapping[str, Expression] = field(default_factory=dict)  # by field
    conditions: Mapping[str, Expression] = field(default_factory=dict)  # of roll-ups, by field
    rules: tuple[tuple[Expression | None, Expression], ...] = ()  # when and check of each rule
    order: tuple[str, ...] = ()  # stored formulas, each after those it reads


@dataclass(frozen=True, slots=True)
class Step:
    """The computing of one stored field: a formula of the record itself, or a roll-up."""

    object: str
    field: str
    reads: frozenset[tuple[str, str]]  # (object, field)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Everything a tenant's layers declare, merged. Equal declarations have equal fingerprints."""

    objects: Mapping[str, ObjectType]
    pipelines: Mapping[str, Pipeline]
    graphs: Mapping[str, Graph]
    fingerprint: str
    computed: Mapping[str, Computed] = field(default_factory=dict)  # by object, of those with any
    steps: tuple[Step, ...] = ()  # stored computed fields, each after those it reads
    roles: Mapping[str, Role] = field(default_factory=dict)
    _pipelines: Mapping[str, Pipeline] = field(init=False, repr=False, compare=False)
    _inverses: Mapping[str, Sequence[Inverse]] = field(init=False, repr=False, compare=False)
    _rollups: Mapping[str, Sequence[tuple[str, Field]]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        by_object = {pipeline.object: pipeline for pipeline in self.pipelines.values()}
        object.__setattr__(self, "_pipelines", by_object)
        object.__setattr__(self, "_inverses", _inverses(self.objects))
        object.__setattr__(self, "_rollups", _rollups(self.objects))

    def pipeline_of(self, object_key: str) -> Pipeline | None:
        """The pipeline bound to an object, if it is staged."""
        return self._pipelines.get(object_key)

    def inverses(self, object_key: str) -> Sequence[Inverse]:
        """Connections that other objects' references give to this one, in declared order."""
        return self._inverses.get(object_key, ())

    def rollups_over(self, object_key: str) -> Sequence[tuple[str, Field]]:
        """Roll-ups that records of this object go into: (object that has it, its field)."""
        return self._rollups.get(object_key, ())

    def shows(self, field: Field) -> bool:
        """Whether the API shows a field: neither it is hidden nor what it refers to."""
        reference = field.reference
        return not field.hidden and (reference is None or not self.objects[reference.object].hidden)

    def graphs_of(self, object_key: str) -> Sequence[Graph]:
        return tuple(graph for graph in self.graphs.values() if graph.anchor == object_key)

    def strength_of(self, graph: Graph) -> FieldType | None:
        """What the strength of its edges is; where that differs, a type that holds all of them."""
        types = {
            self.objects[edge.object].fields[edge.strength].type
            for edge in graph.edges
            if edge.object is not None and edge.strength is not None
        }
        if len(types) < 2:
            return next(iter(types), None)
        is_plain = types <= {FieldType.INTEGER, FieldType.FLOAT}
        return FieldType.FLOAT if is_plain else FieldType.DECIMAL


def _rollups(objects: Mapping[str, ObjectType]) -> dict[str, list[tuple[str, Field]]]:
    found: dict[str, list[tuple[str, Field]]] = {}
    for owner in objects.values():
        for of in owner.fields.values():
            if of.rollup is not None:
                found.setdefault(of.rollup.object, []).append((owner.key, of))
    return found


def _inverses(objects: Mapping[str, ObjectType]) -> dict[str, tuple[Inverse, ...]]:
    found: dict[str, list[Inverse]] = {}
    for owner in objects.values():
        for of in owner.references():
            reference = of.reference
            if reference is not None and reference.inverse is not None:
                inverse = Inverse(reference.inverse, owner.key, of.key, reference.object)
                found.setdefault(reference.object, []).append(inverse)
    return {key: tuple(inverses) for key, inverses in found.items()}
