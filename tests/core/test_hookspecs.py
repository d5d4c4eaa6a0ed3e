"""The contract with plugins."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType

import pytest

import dealgraph
from core import hookspecs
from core.packs.loading import HOOKS, load
from metadata.layers import platform
from metadata.model import Metadata
from metadata.parsing import parse
from plugins.built_in import BUILT_IN
from tests.core.packs import test_loading

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hooks.md").read_text("utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_its_place_in_the_documentation(hook: str) -> None:
    arguments = ", ".join(inspect.signature(getattr(hookspecs, hook)).parameters)
    assert f"\n## {hook}({arguments})\n" in PAGE


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_of_its_name(hook: str) -> None:
    assert callable(getattr(test_loading, f"test_{hook}"))


def test_a_plugin_imports_one_module_with_markers_and_values_only() -> None:
    assert {name for name in vars(dealgraph) if not name.startswith("_")} == set(dealgraph.__all__)
    assert all(vars(hookspecs)[name] is vars(dealgraph)[name] for name in dealgraph.__all__)


def test_the_plugin_of_the_documentation_loads_and_its_pack_fits(tmp_path: Path) -> None:
    for block in PAGE.split("```")[1::2]:
        head, _, text = block.partition("\n")
        if "title=" in head:
            path = tmp_path / head.split('title="')[1].rstrip('"')
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    module = ModuleType("plugin")
    module.__file__ = str(tmp_path / "field_visits" / "plugin.py")
    source = (tmp_path / "field_visits" / "plugin.py").read_text()
    exec(source, vars(module))  # noqa: S102  the page's own example
    offer = load({"field_visits": module})
    # Alone it lacks the pack that it requires, and says so.
    assert [fault.message for fault in offer.faults] == [
        "requires the pack crm 1.0, which no plugin offers"
    ]
    packs = load({**BUILT_IN, "field_visits": module}).choose(["field_visits"])
    metadata = parse([platform(), *(pack.layer for pack in packs)])
    assert isinstance(metadata, Metadata), metadata
    assert metadata.objects["visit"].labels == {"zh-Hans": "拜访"}
