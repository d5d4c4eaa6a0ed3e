"""Whether the best plan of a query is the same whatever its values are, and may be kept.

Planning a list takes longer than running it, so a plan that cannot be a bad one is made once:
reads by id, lists along an index, and what belongs to given records. Where a filter's value
decides which index is the better one, each run is planned for its values.
"""

from __future__ import annotations

from core import query
from core.query import Column, Operator
from core.store.compiler.orders import NEVER_NULL
from core.store.compiler.predicates import parts
from metadata.published import Published

_FEW = frozenset({Operator.EQ, Operator.IN})


def is_evident(part: query.Part, published: Published) -> bool:
    """Whether a root has one plan that is always good."""
    if not isinstance(part, query.Connection):
        return True
    wanted = parts(part.where)
    if not wanted:
        return not (_is_ordered_elsewhere(part) or _begins_with_nulls(part))
    return (
        any(_finds_few(part.object, one, published) for one in wanted)
        or all(_is_below(one) for one in wanted)
        or _follows_pipeline(part, wanted, published)
    )


def _is_ordered_elsewhere(part: query.Connection) -> bool:
    """Whether it is in the order of a field of other records: those without one come first, and
    how many they are decides how they are found."""
    return bool(part.order) and bool(part.order[0].column.hops)


def _begins_with_nulls(part: query.Connection) -> bool:
    """Whether the page begins among the records without a value in the first key, if there are any.

    How many there are decides how they are found, and of the tenant's no plan for any tenant knows:
    among 300 small ones it read all 40,000 records of a large one to show the first 20 by name.
    """
    if not part.order or part.order[0].column.field in NEVER_NULL:
        return False
    page = part.page
    start = page.before if page.backward else page.after
    is_first = part.order[0].descending == page.backward
    return is_first if start is None else start.values[0] is None


def _finds_few(object_key: str, part: query.Predicate, published: Published) -> bool:
    """Whether it names the records by ids, by a unique field, or as those of another record."""
    if isinstance(part, query.Member):
        return True
    if not isinstance(part, query.Compare) or part.operator not in _FEW or part.column.hops:
        return False
    of = published.metadata.objects[object_key]
    single = {unique.fields[0] for unique in of.uniques if len(unique.fields) == 1}
    field = of.fields.get(part.column.field)
    is_owned = field is not None and field.reference is not None and part.operator is Operator.EQ
    return is_owned or part.column.field == "id" or part.column.field in single


def _is_below(part: query.Predicate) -> bool:
    """Whether it asks for a subtree, of which no statistics tell how large it is."""
    inner = part.part if isinstance(part, query.Through) else part
    return isinstance(inner, query.Under)


def _follows_pipeline(
    asked: query.Connection, wanted: tuple[query.Predicate, ...], published: Published
) -> bool:
    """Whether it asks for one stage in the order of a field that the pipeline's indexes hold."""
    pipeline = published.metadata.pipeline_of(asked.object)
    (one, *more), order = wanted, asked.order
    return (
        pipeline is not None
        and not more
        and isinstance(one, query.Compare)
        and (one.column, one.operator) == (Column("stage"), Operator.EQ)
        and bool(order)
        and order[0].column in (Column(pipeline.amount or ""), Column(pipeline.date or ""))
    )
