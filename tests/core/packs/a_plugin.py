"""Plugins to load: pack folders, modules, and installed distributions that name them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

AN_OBJECT = {
    "$schema": "https://dealgraph.dev/schemas/object-1.json",
    "$id": "visit",
    "title": "Visit",
    "x-plural": "visits",
    "type": "object",
    "properties": {"note": {"type": "string"}},
}


def a_folder(
    root: Path, key: str = "visits", version: str = "1.0.0", requires: Mapping[str, str] = {}
) -> Path:
    """A folder with a sound pack of one object."""
    folder = root / key
    (folder / "objects").mkdir(parents=True)
    head = {
        "$schema": "https://dealgraph.dev/schemas/pack-1.json",
        "name": key,
        "version": version,
        "title": key.title(),
        "requires": dict(requires),
    }
    (folder / "pack.json").write_text(json.dumps(head))
    (folder / "objects" / "visit.json").write_text(json.dumps(AN_OBJECT))
    return folder


def a_module(source: str, name: str = "a_plugin") -> ModuleType:
    """A module with this source and the partner's imports."""
    module = ModuleType(name)
    exec(_whole(source), vars(module))  # noqa: S102  the source is the test's own
    return module


def offering(*folders: Path) -> str:
    """Source of a plugin that offers these folders."""
    listed = ", ".join(f"PackFolder(Path({str(folder)!r}))" for folder in folders)
    return f"""
    @hookimpl
    def register_packs():
        return [{listed}]
    """


def install(root: Path, name: str, source: str, group: str = "dealgraph.1") -> None:
    """A distribution under `root` whose entry point `name` is a module with this source."""
    (root / f"{name}_module.py").write_text(_whole(source))
    about = root / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{name} = {name}_module\n")


def _whole(source: str) -> str:
    imports = "from pathlib import Path\nfrom dealgraph import PackFolder, hookimpl\n"
    return imports + textwrap.dedent(source)
