"""What the API says of the platform's types, of values of its enums, and of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphql import GraphQLEnumType, GraphQLNamedType, GraphQLObjectType, GraphQLSchema

VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "RoleKind": {
        "ADMIN": "Declares, publishes, gives out tokens, and all that a member may.",
        "MEMBER": "Writes records, and all that a reader may.",
        "READER": "Reads.",
    },
    "ConsentKind": {
        "INVALID_ROWS": "Leave records that do not fit as they are.",
        "DATA_LOSS": "Drop what has values.",
    },
    "FieldKind": {
        "TEXT": "One line of text.",
        "LONGTEXT": "Text of many lines.",
        "RICHTEXT": "Text with marks of its own.",
        "AUTONUMBER": "A number that the server gives, as a text.",
        "INTEGER": "A whole number of 32 bits.",
        "BIGINT": "A whole number of 64 bits, which travels as a text.",
        "FLOAT": "A number that is not exact.",
        "DECIMAL": "An exact number.",
        "PERCENT": "An exact fraction: 1 is 100 %.",
        "MONEY": "An exact amount in the record's currency.",
        "BOOLEAN": "Yes or no.",
        "DATE": "A day.",
        "DATETIME": "An instant.",
        "PICKLIST": "One of the options.",
        "PICKLISTS": "Several of the options.",
        "TEXTS": "Several texts.",
        "REFERENCE": "A record: the input takes its id.",
        "JSON": "Objects and lists within each other.",
    },
}
ARGUMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "objectTypes": {
        "names": "Of the GraphQL types, such as Opportunity; all, if not given.",
        "language": "A language tag such as zh-Hans; the tenant's, if not given.",
    },
    "declarations": {"version": "The newest, if not given."},
    "exchangeRates": {"currency": "As a code of three letters; all, if not given."},
    "saveDraft": {
        "documents": "Each as a JSON object, or as its text.",
        "remove": "Paths of documents that the draft is no longer to have.",
        "ifVersion": "Refuse with a conflict unless the draft is at this version.",
    },
    "publishDraft": {
        "ifVersion": "Refuse with a conflict unless the draft is at this version.",
        "allow": "What it may do to stored records all the same.",
        "note": "What it is for, to be told with the version.",
    },
    "diffRollback": {"to": "The version to go back to."},
    "rollbackMetadata": {
        "to": "The version to publish again.",
        "allow": "What it may do to stored records all the same.",
        "note": "What it is for, to be told with the version.",
    },
    "createToken": {
        "role": "What it is to allow.",
        "title": "What it is for.",
        "user": "The id of the user that it is to speak for.",
        "expiresAt": "Until when it is to last; for ever, if not given.",
    },
    "revokeToken": {"key": "As `tokens` has it; not the token itself."},
    "setExchangeRates": {"rates": "Each from a day on."},
}


def describe(schema: GraphQLSchema) -> None:
    """Say of each type what its class says, and what the tables above have."""
    for type_ in schema.type_map.values():
        type_.description = type_.description or _documented(type_)
        if isinstance(type_, GraphQLEnumType):
            for name, says in VALUES.get(type_.name, {}).items():
                type_.values[name].description = says
    for root in (schema.query_type, schema.mutation_type):
        assert isinstance(root, GraphQLObjectType)
        for name, field in root.fields.items():
            for argument, says in ARGUMENTS.get(name, {}).items():
                field.args[argument].description = says


def _documented(type_: GraphQLNamedType) -> str | None:
    """The first line that a Strawberry type says of itself."""
    definition = type_.extensions.get("strawberry-definition")
    says = getattr(definition, "origin", None).__doc__ if definition is not None else None
    return says.partition("\n")[0] if says else None
