"""What the API calls the things that declarations name, and which names they may not take.

Keys are lower_snake; what a tenant declares ends in `__c`, which the API's name keeps. So names
map one to one, and a pack's upgrade never meets a tenant's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from metadata.model import FieldType, Graph, Metadata, ObjectType

KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*(?:__c)?")
OPTION = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*(?:__c|_)?")
TENANT_SUFFIX = "__c"

RESERVED_FIELDS = frozenset(
    """
    id record_id key history as_of version created_at updated_at deleted_at created_by updated_by
    owner currency record_type life_status pipeline stage stage_history gate allowed_moves
    time_in_stage flags parent children ancestors descendants subtree scores count is_null
    and or not under some none every eq ne in not_in aggregate depth ultimate_parent
    """.split()  # noqa: SIM905
)
"""Fields that every object has or may come to have, and words of filters."""

RESERVED_OBJECTS = frozenset(
    """
    query mutation subscription node page_info user_error change event
    id int float string boolean decimal date date_time json
    int_stats decimal_stats money_stats float_stats date_stats date_time_stats
    big_int big_int_stats errors warnings deleted_id deleted_ids
    maybe input_maybe exact scalars incremental
    limits plugins packs me record token tokens
    """.split()  # noqa: SIM905
)
"""Root types, scalars, shared types, and words that break code generators."""

RESERVED_ENDINGS = ("_info", "_kind", "_input", "_payload")
"""Types of the platform end so; no object does."""

DERIVED_TYPES = (
    "Filter",
    "ListFilter",
    "OrderBy",
    "GroupBy",
    "GroupKey",
    "Group",
    "Aggregate",
    "Connection",
    "Edge",
    "Input",
    "UpdateInput",
    "UniqueKey",
    "Payload",
)
STAGED_TYPES = ("Stage", "StageInfo", "StageFilter", "StageHistoryInfo")
TREE_TYPES = ("Subtree",)
GRAPH_TYPES = ("", "Node", "Edge", "Measures")


PLATFORM_TYPES = frozenset(
    """
    Query Mutation Subscription Node PageInfo UserError
    Int Float String Boolean ID Decimal BigInt Date DateTime JSON
    IntStats BigIntStats DecimalStats MoneyStats FloatStats DateStats DateTimeStats
    IdFilterInput BooleanFilterInput IntFilterInput BigIntFilterInput FloatFilterInput
    DecimalFilterInput DateFilterInput DateTimeFilterInput TextFilterInput SortedTextFilterInput
    TextListFilterInput PresenceFilterInput
    ConsentKind DateUnitKind GroupOrderKind OrderKind RecordsKind RoleKind StageKind
    DiffInfo DocumentInfo DraftInfo FieldChangeInfo FieldInfo ImpactInfo LimitInfo MeInfo
    MetadataChangeInfo MetadataVersionInfo PackInfo PluginInfo ProblemInfo RecordChangeInfo
    FieldKind ObjectFieldInfo ObjectTypeInfo OptionInfo PipelineStageInfo UniqueKeyInfo
    ExchangeRateInfo ExchangeRateInput ReparentPreviewInfo TenantInfo TokenInfo
    ExchangeRatesPayload CreateTokenPayload DraftPayload PublishPayload RevokeTokenPayload
    """.split()  # noqa: SIM905
)
"""What the platform's own types are called; a test of the API keeps this true."""

PLATFORM_QUERIES = frozenset(
    """
    node limits me plugins packs objectTypes tokens draft checkDraft diffDraft diffRollback
    declarations metadataVersions exchangeRates
    """.split()  # noqa: SIM905
)
PLATFORM_MUTATIONS = frozenset(
    """
    saveDraft discardDraft publishDraft rollbackMetadata createToken revokeToken
    setExchangeRates
    """.split()  # noqa: SIM905
)


def stem(key: str) -> str:
    """The key without `__c`."""
    return key.removesuffix(TENANT_SUFFIX)


def suffix(key: str) -> str:
    return TENANT_SUFFIX if key.endswith(TENANT_SUFFIX) else ""


def field_name(key: str) -> str:
    """`close_date__c` → `closeDate__c`; for fields, root fields and arguments."""
    first, *rest = stem(key).split("_")
    return first + "".join(map(str.capitalize, rest)) + suffix(key)


def type_name(key: str) -> str:
    """`visit__c` → `Visit__c`."""
    return "".join(map(str.capitalize, stem(key).split("_"))) + suffix(key)


def enum_name(object_key: str, field_key: str) -> str:
    """The type of a picklist's values: `OpportunitySource`."""
    return type_name(object_key) + type_name(field_key)


def enum_value(option: str) -> str:
    """`tender` → `TENDER`, `2b` → `_2B`."""
    return ("_" if option[0].isdigit() else "") + option.upper()


def plural(key: str) -> str:
    """The plural of an English key, for objects that declare none."""
    word = stem(key)
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        word = word[:-1] + "ies"
    elif word.endswith(("s", "x", "z", "ch", "sh")):
        word += "es"
    else:
        word += "s"
    return word + suffix(key)


def title(key: str) -> str:
    """The key as a label: `close_date__c` → `Close date`."""
    return stem(key).replace("_", " ").capitalize()


def titled(said: Mapping[str, object], key: str) -> str:
    """The title that a declaration gives itself, or else its key as a label."""
    return str(said["title"]) if "title" in said else title(key)


def corporate(key: str) -> str:
    """The key of the field that shows a money field in corporate currency."""
    return stem(key) + "_corporate" + suffix(key)


@dataclass(frozen=True, slots=True)
class Operations:
    """The root fields of an object."""

    one: str
    many: str
    create: str
    update: str
    delete: str
    restore: str
    upsert_many: str
    create_many: str
    update_many: str
    delete_many: str
    move: str | None
    reparent: str | None
    preview_reparent: str | None


def operations(of: ObjectType, *, staged: bool) -> Operations:
    one, many = type_name(of.key), type_name(of.plural)
    return Operations(
        one=field_name(of.key),
        many=field_name(of.plural),
        create=f"create{one}",
        update=f"update{one}",
        delete=f"delete{one}",
        restore=f"restore{one}",
        upsert_many=f"upsert{many}",
        create_many=f"create{many}",
        update_many=f"update{many}",
        delete_many=f"delete{many}",
        move=f"move{one}" if staged else None,
        reparent=f"reparent{one}" if of.tree else None,
        preview_reparent=f"previewReparent{one}" if of.tree else None,
    )


def graph_type(graph: Graph) -> str:
    """`decision_chain` of opportunity → `OpportunityDecisionChain`."""
    return type_name(graph.anchor) + type_name(graph.key)


class Name(NamedTuple):
    """A name that publishing gives out: in which scope, and what it comes from."""

    scope: str  # "types", "query", "mutation", or the key of an object for its fields
    name: str
    declared: str  # key of the object, or of the graph, whose declaration gives it
    source: str  # in words, for a message
    path: tuple[str | int, ...] = ()  # within that declaration
    of_graph: bool = False


def names(metadata: Metadata) -> Iterator[Name]:
    """Every name that the API of this metadata has, more than once where they collide."""
    for declared in metadata.objects.values():
        yield from _types(declared, metadata)
        yield from _operations(declared, metadata)
        yield from _fields(declared, metadata)
    for graph in metadata.graphs.values():
        base = graph_type(graph)
        for ending in GRAPH_TYPES:
            yield Name(
                "types", base + ending, graph.key, f"the graph '{graph.key}'", ("$id",), True
            )


def _types(of: ObjectType, metadata: Metadata) -> Iterator[Name]:
    base, source = type_name(of.key), f"the object '{of.key}'"
    endings: list[str] = ["", *DERIVED_TYPES]
    endings += STAGED_TYPES if metadata.pipeline_of(of.key) else ()
    endings += TREE_TYPES if of.tree else ()
    for ending in endings:
        yield Name("types", base + ending, of.key, source, ("$id",))
    yield Name(
        "types",
        type_name(of.plural) + "Payload",
        of.key,
        f"the plural of '{of.key}'",
        ("x-plural",),
    )
    for found in of.fields.values():
        if found.type in (FieldType.PICKLIST, FieldType.PICKLISTS):
            place = ("properties", found.key)
            words = f"the picklist '{found.key}' of '{of.key}'"
            for part in ("", "Filter"):
                yield Name("types", enum_name(of.key, found.key) + part, of.key, words, place)


def _operations(of: ObjectType, metadata: Metadata) -> Iterator[Name]:
    found = operations(of, staged=metadata.pipeline_of(of.key) is not None)
    yield Name("query", found.one, of.key, f"the object '{of.key}'", ("$id",))
    yield Name("query", found.many, of.key, f"the plural of '{of.key}'", ("x-plural",))
    if found.preview_reparent:
        yield Name("query", found.preview_reparent, of.key, f"the tree of '{of.key}'")
    for name in (found.create, found.update, found.delete, found.restore):
        yield Name("mutation", name, of.key, f"the object '{of.key}'", ("$id",))
    for name in (found.upsert_many, found.create_many, found.update_many, found.delete_many):
        yield Name("mutation", name, of.key, f"the plural of '{of.key}'", ("x-plural",))
    for moving in filter(None, (found.move, found.reparent)):
        yield Name("mutation", moving, of.key, f"the object '{of.key}'", ("$id",))


def _fields(of: ObjectType, metadata: Metadata) -> Iterator[Name]:
    scope = of.key
    for found in of.fields.values():
        place = ("properties", found.key)
        yield Name(scope, field_name(found.key), of.key, f"the field '{found.key}'", place)
        if found.type is FieldType.MONEY:
            words = f"the corporate amount of '{found.key}'"
            yield Name(scope, field_name(corporate(found.key)), of.key, words, place)
    for inverse in metadata.inverses(of.key):
        words = f"the inverse of '{inverse.object}.{inverse.field}'"
        at = ("properties", inverse.field, "x-reference", "inverse")
        yield Name(scope, field_name(inverse.key), inverse.object, words, at)
    for graph in metadata.graphs_of(of.key):
        words = f"the graph '{graph.key}'"
        yield Name(scope, field_name(graph.key), graph.key, words, ("$id",), True)
