"""What resolvers of the platform's fields are given."""

from __future__ import annotations

from typing import TypeAlias

import strawberry

from schema.running import Context

Info: TypeAlias = strawberry.Info[Context, None]
