from metadata.expressions.catalogue import BUILT_IN, catalogue
from metadata.expressions.environment import Environment
from metadata.expressions.parsing import parse
from metadata.expressions.reads import Reads, reads
from metadata.expressions.tree import Expression, Function, Type

NAMES = dict.fromkeys(
    ["amount", "owner", "old.amount", "account.parent.industry", "old.account"], Type.TEXT
)
TWICE = Function("acme.twice", (Type.TEXT,), Type.TEXT, "The text twice.", call=lambda t: t + t)


def read_by(text: str) -> Reads:
    expression = parse(text, Environment(NAMES, catalogue([TWICE, *BUILT_IN])))
    assert isinstance(expression, Expression), expression
    return reads(expression)


def test_names_everything_that_is_read() -> None:
    found = read_by("amount + owner + old.amount + account.parent.industry + old.account")
    assert found.names == frozenset(NAMES)
    assert found.fields == {"amount", "owner", "account"}
    assert found.hops == {("account",), ("account", "parent")}
    assert found.old


def test_what_reads_only_its_own_fields_can_be_stored() -> None:
    assert read_by("amount + 'x'").storable
    assert not read_by("account.parent.industry").storable
    assert not read_by("old.amount").storable


def test_what_reads_the_clock_can_not_be_stored() -> None:
    for text in ("text(today())", "amount == text(now())"):
        found = read_by(text)
        assert found.volatile
        assert not found.storable


def test_tells_functions_that_the_database_does_not_have() -> None:
    assert read_by("acme.twice(lower(amount))").foreign == {"acme.twice(text)"}
    assert read_by("lower(amount)").foreign == frozenset()
