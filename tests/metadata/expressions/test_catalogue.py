from pathlib import Path

from metadata.expressions.catalogue import BUILT_IN, OPERATORS
from metadata.expressions.reference import tables

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "expressions.md"


def test_every_function_has_a_signature_of_its_own_and_a_sentence() -> None:
    functions = [*OPERATORS, *BUILT_IN]
    assert len({function.key for function in functions}) == len(functions)
    assert all(function.says.endswith(".") for function in functions)


def test_the_documentation_has_the_tables_as_they_are() -> None:
    """If not: replace the end of the page by what `metadata.expressions.reference.tables` gives."""
    assert DOCUMENTATION.read_text().endswith(f"{tables()}\n")
