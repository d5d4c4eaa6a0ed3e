"""Compiled answers equal those of graphql-core's own executor, whatever is asked of whatever."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.schema.an_api import Client
from tests.schema.plainly import CURSOR, Plainly
from tests.schema.questions import questions
from tests.schema.worlds import World, live, worlds


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), world=worlds())
async def test_compiled_answers_equal_those_of_plain_resolvers(
    generous: Client, data: st.DataObject, world: World
) -> None:
    client = await live(world, generous)
    plainly = Plainly(world)
    for _ in range(5):
        source, variables = data.draw(questions(plainly.schema, world))
        expected, wrong = plainly.answer(source, variables)
        assert wrong == []
        found = await client.ask(source, **variables)
        note(f"{source}\n{variables}")
        assert "errors" not in found
        assert told(found["data"], expected) == expected


def told(found: Any, expected: Any) -> Any:
    """What was found, with cursors taken for cursors, keys in their order."""
    if isinstance(found, dict) and isinstance(expected, dict):
        assert list(found) == list(expected)
        return {key: told(it, expected[key]) for key, it in found.items()}
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return [told(it, other) for it, other in zip(found, expected, strict=True)]
    if expected == CURSOR and isinstance(found, str):
        return CURSOR
    return found
