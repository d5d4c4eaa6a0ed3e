"""Schemas being served, and what is remembered with each: it goes when the schema goes."""

from __future__ import annotations

from metadata.model import Metadata
from schema.caches import Cache, CacheStats
from schema.documents import Documents, Operation
from schema.limits import Limits
from schema.requests import Method, Request
from schema.translation.operations import Script, script
from schema.translation.outlines import Outlines
from schema.types.tenant_schema import Platform, TenantSchema, lazy

_SCHEMAS = 100
_SCRIPTS = 260_000  # characters of documents, for each schema


class Live:
    """One schema. Tenants with the same metadata share it."""

    def __init__(self, metadata: Metadata, platform: Platform, limits: Limits) -> None:
        self.fingerprint = metadata.fingerprint
        self.schema: TenantSchema = lazy(metadata, platform)
        self._limits = limits
        self._outlines = Outlines()
        self._scripts: Cache[tuple[str, str | None, Method], Script] = Cache(_SCRIPTS)

    def script(self, request: Request, documents: Documents) -> Script:
        """The operation that a request asks for, read for this schema.

        Raises:
            BadRequest: as `Documents.operation`, or a text in the document can't be stored.
            LimitExceeded: too many variables decide what is skipped.
        """
        key = (request.query, request.operation_name, request.method)
        found = self._scripts.get(key)
        if found is None:
            operation = documents.operation(self.schema, self.fingerprint, request)
            found = script(self.schema, self._outlines, operation, self._limits)
            self._scripts.put(key, found, len(request.query))
        return found

    def reread(self, operation: Operation, request: Request, documents: Documents) -> Script:
        """An operation that was read for another schema, as it is read for this one.

        Raises:
            BadRequest, LimitExceeded: as `script`.
        """
        documents.operation(self.schema, self.fingerprint, request)
        return script(self.schema, self._outlines, operation, self._limits)


class Schemas:
    """The schemas that were asked for last."""

    def __init__(self, platform: Platform, limits: Limits, *, room: int = _SCHEMAS) -> None:
        self._platform = platform
        self._limits = limits
        self._cache: Cache[str, Live] = Cache(room)

    def of(self, metadata: Metadata) -> Live:
        """The schema for a tenant's metadata, made where it is not there yet."""
        found = self._cache.get(metadata.fingerprint)
        if found is None:
            found = Live(metadata, self._platform, self._limits)
            self._cache.put(metadata.fingerprint, found)
        return found

    def stats(self) -> CacheStats:
        return self._cache.stats()
