"""Offers the `crm` pack, by the hook that partners use."""

from __future__ import annotations

from pathlib import Path

from core.hookspecs import PackFolder, hookimpl


@hookimpl
def register_packs() -> list[PackFolder]:
    return [PackFolder(Path(__file__).parent)]
