"""The store as the API holds it: handed on to views and actions, never looked into."""

from __future__ import annotations

from typing import TypeAlias

from core.store.tenancy import opening

Store: TypeAlias = opening.Store
