"""What is wrong with the variables of a request, each fault with the way to its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from graphql import GraphQLError, Undefined, VariableDefinitionNode, is_non_null_type
from graphql.execution.get_variable_signature import GraphQLVariableSignature
from graphql.pyutils import print_path_list
from graphql.utilities.validate_input_value import validate_input_value

from schema import errors
from schema.requests import WireError

Declaration = tuple[VariableDefinitionNode, GraphQLVariableSignature]

MOST: Final = 20
_WHOLE: Final = re.compile(r", found: \{.*", re.DOTALL)
"""The whole object in Python's words, after what is wrong with one of its fields."""


class _Enough(Exception):
    """So many faults were found that nobody reads on."""


def misfits(declared: Iterable[Declaration], raw: Mapping[str, object]) -> list[WireError]:
    """The first faults of the variables.

    Each has among its extensions `variable`: the variable's name, and from there keys and indexes
    to the value, so that a form can show the fault where the value was typed.
    """
    found: list[WireError] = []
    try:
        for node, signature in declared:
            value = raw.get(signature.name, Undefined)
            is_needed = is_non_null_type(signature.type) and node.default_value is None
            if value is not Undefined or is_needed:
                add = partial(_add, found, node)
                validate_input_value(value, signature.type, add, hide_suggestions=True)
    except _Enough:
        pass
    return found


def _add(
    found: list[WireError],
    node: VariableDefinitionNode,
    fault: GraphQLError,
    path: list[str | int],
) -> None:
    name = node.variable.name.value
    says = _WHOLE.sub(".", fault.message)
    message = f"Variable '${name}' has invalid value{print_path_list(path)}: {says}"
    at = GraphQLError(message, [node])
    found.append(errors.told(message, errors.BAD_INPUT, at, details={"variable": [name, *path]}))
    if len(found) == MOST:
        raise _Enough
