from __future__ import annotations

from pathlib import Path

import pytest

from metadata import dialects, reference
from metadata.dialects import Kind

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_in_the_documentation_is_up_to_date() -> None:
    written = (DOCS / "metadata-reference.md").read_text("utf-8")
    assert written == reference.page(), "python -m metadata.reference > docs/metadata-reference.md"


@pytest.mark.parametrize("kind", Kind)
def test_a_metaschema_says_what_each_keyword_means(kind: Kind) -> None:
    schema = dialects.metaschema(kind)
    found = reference.page()
    for word in schema["properties"]:  # type: ignore[attr-defined]
        assert kind is Kind.IMPORT or f"| `{word}`" in found


@pytest.mark.parametrize("kind", Kind)
def test_a_metaschema_is_named_by_what_documents_say(kind: Kind) -> None:
    assert dialects.metaschema(kind)["$id"] == kind.schema


@pytest.mark.parametrize(
    "word", ["nodes.through", "measures.stance", "x-unique.ignoreCase", "objects.<key>.fields"]
)
def test_the_page_shows_what_the_objects_inside_a_document_take(word: str) -> None:
    assert f"| `{word}`" in reference.page()
