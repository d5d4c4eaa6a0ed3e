"""One role from its merged declaration."""

from __future__ import annotations

from typing import cast

from metadata import naming
from metadata.fields import labels
from metadata.layers import TENANT
from metadata.merging import Merged
from metadata.model import Role
from metadata.problems import Findings

BUILT_IN = ("admin", "member", "reader")


def role(declared: Merged, findings: Findings) -> Role | None:
    """The role, or None where it can't be made out; what is wrong is told."""
    body = declared.body
    if "rights" not in body:
        mend = "Say admin, member or reader."
        findings.add((), "MISSING", "The role does not say what it may do.", mend)
        return None
    if declared.key in BUILT_IN:
        message = f"The role '{declared.key}' is the platform's."
        findings.add(("$id",), "RESERVED", message, "Take another key.")
    if declared.sources[0].layer == TENANT and not naming.suffix(declared.key):
        message = f"What a tenant declares ends in __c: '{declared.key}__c'."
        findings.add(("$id",), "SUFFIX", message, "Rename it.")
    return Role(
        key=declared.key,
        title=naming.titled(body, declared.key),
        rights=cast(str, body["rights"]),
        description=cast(str, body.get("description", "")),
        labels=labels(body, "title"),
        layer=declared.sources[0].layer,
    )
