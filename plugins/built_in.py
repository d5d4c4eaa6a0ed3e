"""The plugins that ship with Dealgraph, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from plugins.packs.crm import plugin as crm

BUILT_IN: Mapping[str, ModuleType] = MappingProxyType({"crm": crm})
