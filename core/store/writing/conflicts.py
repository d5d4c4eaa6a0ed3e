"""What someone else changed since a caller looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from core.store.writing.drafts import Draft
from core.store.writing.transactions import Transaction

_SINCE = """
    select after from change
    where tenant_id = $1 and record_id = $2 and version > $3
"""


async def check(
    tx: Transaction, drafts: Sequence[Draft], expected: Mapping[UUID, int | None]
) -> None:
    """Note the records that are not at the version that their caller expects.

    The problem CONFLICT stands at `if_version`, and at each given field that was changed since.
    """
    for draft in drafts:
        version = expected[draft.id]
        assert draft.before is not None
        if version is not None and version != draft.before.version:
            await _note(tx, draft, version)


async def _note(tx: Transaction, draft: Draft, version: int) -> None:
    assert draft.before is not None
    text = f"The record is at version {draft.before.version}, not {version}: read it again."
    draft.wrong("CONFLICT", text, "if_version")
    keys = draft.plan.keys
    afters = await tx.connection.fetch(_SINCE, tx.tenant, draft.id, version)
    changed = {keys.get(key) or key.removeprefix("$") for (after,) in afters for key in after or ()}
    for key in sorted(changed & draft.touched):
        draft.wrong("CONFLICT", "Someone else has changed this field since.", key)
