"""Paging visits every row once, in order, whatever the order, the filter and the page."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata import naming
from tests.schema.an_api import Client
from tests.schema.plainly import Plainly
from tests.schema.questions import Question, pool
from tests.schema.worlds import World, live, worlds


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), world=worlds())
async def test_pages_visit_every_row_once_in_both_directions(
    generous: Client, data: st.DataObject, world: World
) -> None:
    client = await live(world, generous)
    plainly = Plainly(world)
    of = plainly.metadata.objects[data.draw(st.sampled_from(sorted(world.records)))]
    question = Question(data.draw, plainly.schema, world, pool(world))
    order = orders(question, of.key) if data.draw(st.booleans()) else None
    size = data.draw(st.integers(1, 3))
    listed = naming.field_name(of.plural)
    type_ = naming.type_name(of.key)
    heads = f"$o: [{type_}OrderBy!], $n: Int, $c: String"
    page = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    expected, _ = plainly.answer(
        f"query ($o: [{type_}OrderBy!]) {{ {listed}(orderBy: $o) {{ nodes {{ id }} }} }}",
        {"o": order},
    )
    ids = [it["id"] for it in expected[listed]["nodes"]]

    forward = f"query ({heads}) {{ p: {listed}(orderBy: $o, first: $n, after: $c) {{ {page} }} }}"
    backward = f"query ({heads}) {{ p: {listed}(orderBy: $o, last: $n, before: $c) {{ {page} }} }}"

    assert await visited(client, forward, order, size) == ids
    assert await visited(client, backward, order, size) == ids[::-1]


async def visited(client: Client, source: str, order: Any, size: int) -> list[str]:
    """The ids of all rows, page after page in one direction."""
    is_forward = "first: $n" in source
    more, end = ("hasNextPage", "endCursor") if is_forward else ("hasPreviousPage", "startCursor")
    other = "hasPreviousPage" if is_forward else "hasNextPage"
    found: list[str] = []
    cursor = None
    for _ in range(20):
        page = (await client.data(source, o=order, n=size, c=cursor))["p"]
        ids = [it["node"]["id"] for it in page["edges"]]
        found += ids if is_forward else ids[::-1]
        assert page["pageInfo"][other] is (cursor is not None and bool(found[len(ids) :]))
        if not page["pageInfo"][more]:
            return found
        cursor = page["pageInfo"][end]
        assert cursor == page["edges"][-1 if is_forward else 0]["cursor"]
    raise AssertionError("there is no end")


def orders(question: Question, object_key: str) -> Any:
    """One to three keys to order by."""
    name = f"{naming.type_name(object_key)}OrderBy"
    type_ = question.schema.type_map[name]
    count = question.draw(st.integers(1, 3))
    return [question.object(type_, 2) for _ in range(count)]  # type: ignore[arg-type]
