"""What is asked of fields that hold several texts: `has`, `hasAny`, `hasAll`."""

from __future__ import annotations

from dataclasses import dataclass

from core.query import Compare, Operator
from core.store.compiler import forms
from core.store.compiler.comparing import operand
from core.store.compiler.forms import Form
from core.store.compiler.references import through
from core.store.compiler.work import Row
from metadata.text import member_token


def condition(row: Row, predicate: Compare, held: str) -> str:
    """Looks among the record's tokens, which are indexed, and in the list itself to be sure.

    In the list alone, while the tokens are filling.
    """
    at = through(row, predicate.column.hops)
    place = at.place(predicate.column.field)
    assert place is not None
    if not at.has_tokens:
        return f"({held} {_TESTS[predicate.operator]} {operand(row, predicate, forms.TEXT)})"
    tokens = at.column("tokens")
    token = operand(row, predicate, Form("text", MemberToken(place.key)))
    wanted = operand(row, predicate, forms.TEXT)
    sure = f"{held} {_TESTS[predicate.operator]} {wanted}"
    if predicate.operator is Operator.HAS:
        return f"({tokens} @> array[{token}] and {sure})"
    if predicate.operator is Operator.HAS_ANY:
        return f"({tokens} && {token} and {sure})"
    return f"(({token} = '{{}}' or {tokens} @> {token}) and {sure})"


_TESTS = {Operator.HAS: "?", Operator.HAS_ANY: "?|", Operator.HAS_ALL: "?&"}


@dataclass(frozen=True, slots=True)
class MemberToken:
    """Makes the token that a record has for a member of one of its lists."""

    key: str

    def __call__(self, member: str) -> str:
        return member_token(self.key, member)
