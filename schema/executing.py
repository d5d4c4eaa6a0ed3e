"""Execution by graphql-core, where Python answers a part: records that it finds are compiled."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, cast

import orjson
from graphql import (
    ExecutionResult,
    GraphQLOutputType,
    GraphQLResolveInfo,
    default_type_resolver,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema import mutations
from schema.finding import Finder
from schema.found import Found, Many, One
from schema.running import Answered, Context, Run
from schema.types.meanings import MEANS, Preview, Write


async def execute(run: Run, answered: Answered) -> ExecutionResult:
    """Everything that an operation asks for; errors of fields are in the result."""
    script = run.script
    executor = Executor(
        run.live.schema,
        dict(script.fragments),
        {name: FragmentDetails(it) for name, it in script.fragments.items()},
        None,
        Context(run, answered, Finder(run)),
        script.operation.node,
        script.sources(run.request.variables, run.variables),
        _resolve,
        default_type_resolver,
        _resolve,
        hide_suggestions=True,
        operation_extensions=None,
    )
    result = executor.execute_operation()
    if isinstance(result, ExecutionResult):
        return result
    return cast(ExecutionResult, await cast(Awaitable[Any], result))


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Lets finished JSON through, and reads the records that a resolver names."""

    def complete_value(  # noqa: PLR0913
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Context],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if isinstance(result, orjson.Fragment):
            return result
        if isinstance(result, One | Many):
            return self._records(return_type, field_details_list, info, path, result)
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )

    async def _records(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Context],
        path: Path,
        found: Found,
    ) -> orjson.Fragment | None:
        nodes = [it.node for it in field_details_list]
        fragment = await info.context.finder.read(found, nodes, path.as_list())
        if fragment is None and is_non_null_type(return_type):
            raise TypeError(f"No record for {info.parent_type}.{info.field_name}.")
        return fragment


def _resolve(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
    """A field without a resolver of its own: a tenant's, or a part of a payload."""
    if source is not None:
        return source.get(info.field_name)
    context = info.context
    means = info.parent_type.fields[info.field_name].extensions.get(MEANS)
    if isinstance(means, Write):
        return mutations.write(context.run, means, arguments)
    if isinstance(means, Preview):
        return mutations.preview(context.run, means, arguments)
    return context.answered[str(info.path.key)]
