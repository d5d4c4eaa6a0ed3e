"""What a plugin may add.

A hook is called once, at start-up, and answers with frozen values; no request ever calls one.
A plugin is a module, named by an entry point in the group `dealgraph.1`: the number is this
contract's version.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pluggy

CONTRACT = 1

hookspec = pluggy.HookspecMarker("dealgraph")
hookimpl = pluggy.HookimplMarker("dealgraph")


@dataclass(frozen=True, slots=True)
class PackFolder:
    """A folder of declarations: `pack.json` beside `objects/`, `pipelines/`, `graphs/`, `i18n/`."""

    path: Path


@hookspec
def register_packs() -> Iterable[PackFolder]:
    """Folders of declarations that tenants may switch on."""
    raise NotImplementedError
