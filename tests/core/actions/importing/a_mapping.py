"""Mappings to import by, and the metadata of a tenant with the `crm` pack."""

from __future__ import annotations

from functools import cache

from core.actions.importing.mapping import ImportMapping, Step, of
from core.packs.loading import load
from metadata.layers import platform
from metadata.model import Metadata
from metadata.parsing import parse
from plugins.built_in import BUILT_IN


@cache
def crm() -> Metadata:
    """What a tenant with the base pack declares."""
    packs = load(BUILT_IN).choose(["crm"])
    parsed = parse([platform(), *(pack.layer for pack in packs)])
    assert isinstance(parsed, Metadata), parsed
    return parsed


def a_mapping(*steps: dict[str, object], **more: object) -> ImportMapping:
    """A mapping of these steps."""
    document = {"$schema": "https://dealgraph.dev/schemas/import-1.json", "steps": list(steps)}
    found = of(document | more, "import.json")
    assert isinstance(found, ImportMapping), found
    return found


def a_step(object: str = "account", **more: object) -> Step:
    """One step; of accounts by name unless said."""
    return a_mapping({"object": object, "fields": {"name": "name"}} | more).steps[0]
