"""What the API says of declarations: drafts, what is wrong with them, what they would change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

import orjson
import strawberry

from core.actions.metadata import DraftState
from core.actions.publishing import Comparison, Publication, Told
from core.identity import RecordId
from metadata import documents
from metadata.changes import Consent
from metadata.problems import Problem
from schema.platform.answers import Node, UserError, told, user
from schema.scalars import Json


@strawberry.enum(
    name="ConsentKind",
    description=(
        "What a publish may do to stored records: leave those that do not fit the new declarations"
        " as they are, or drop what has values."
    ),
)
class Consenting(Enum):
    INVALID_ROWS = Consent.INVALID
    DATA_LOSS = Consent.DATA_LOSS


@strawberry.type
class DocumentInfo:
    """One declaration."""

    path: str | None = strawberry.field(description="Its name, such as objects/visit__c.json.")
    document: Json | None = strawberry.field(description="What it says.")


@strawberry.type
class DraftInfo:
    """The tenant's own declarations as they would be published."""

    version: int | None = strawberry.field(description="0 until something is saved.")
    published_version: int | None = strawberry.field(description="The newest version.")
    changed: bool | None = strawberry.field(
        description="Whether it differs from what is published."
    )
    updated_at: datetime | None = strawberry.field(description="When it was last saved.")
    updated_by: Node | None = strawberry.field(
        description="Who saved it last; null for a token of no user."
    )
    documents: list[DocumentInfo] | None = strawberry.field(description="All of them, by path.")


@strawberry.type
class ProblemInfo:
    """One thing that is wrong with a declaration."""

    document: str | None = strawberry.field(description="The path of the document.")
    pointer: str | None = strawberry.field(description="A JSON pointer into the document.")
    rule: str | None = strawberry.field(description="A stable code.")
    message: str | None = strawberry.field(description="For people.")
    mend: str | None = strawberry.field(description="A way to put it right.")


@strawberry.type
class ImpactInfo:
    """What a change does to stored records."""

    effect: str | None = strawberry.field(description="A stable code.")
    object: str | None = strawberry.field(description="Whose records, by its key.")
    field: str | None = strawberry.field(description="Which field of theirs, by its key.")
    count: int | None = strawberry.field(description="How many records; null: not known yet.")
    examples: list[strawberry.ID] | None = strawberry.field(description="A few of them.")
    consent: Consenting | None = strawberry.field(description="What lets a publish go on.")


@strawberry.type
class MetadataChangeInfo:
    """One difference from what is published."""

    code: str | None = strawberry.field(description="A stable code.")
    subject: str | None = strawberry.field(
        description="What it concerns, such as the path of a document."
    )
    pointer: str | None = strawberry.field(description="A JSON pointer into it.")
    message: str | None = strawberry.field(description="For people.")
    breaking: bool | None = strawberry.field(description="Whether clients may stop working.")
    breaks: str | None = strawberry.field(description="Why they may.")
    impacts: list[ImpactInfo] | None = strawberry.field(
        description="What it does to stored records."
    )


@strawberry.type
class FieldInfo:
    """A field of an object, by their keys."""

    object: str | None = strawberry.field(description="The object's key.")
    field: str | None = strawberry.field(description="The field's key.")


@strawberry.type
class DiffInfo:
    """What publishing the draft would change."""

    published_version: int | None = strawberry.field(
        description="The version that it is compared with."
    )
    changes: list[MetadataChangeInfo] | None = strawberry.field(
        description="Everything that differs."
    )
    filled: list[FieldInfo] | None = strawberry.field(description="Columns that would be filled.")
    unslotted: list[FieldInfo] | None = strawberry.field(
        description="Fields for which no fast column is free."
    )
    errors: list[UserError] = strawberry.field(description="Why publishing would be refused.")


@strawberry.type
class MetadataVersionInfo:
    """A published version."""

    version: int | None = strawberry.field(description="Its number; the first is 1.")
    kind: str | None = strawberry.field(description="create, publish or rollback.")
    note: str | None = strawberry.field(description="What whoever published it wrote.")
    of_version: int | None = strawberry.field(description="What a rollback went back to.")
    created_at: datetime | None = strawberry.field(description="When it was published.")
    created_by: Node | None = strawberry.field(
        description="Who published it; null for a token of no user."
    )


@strawberry.type
class DraftPayload:
    """What came of working on the draft."""

    draft: DraftInfo | None = strawberry.field(
        description="The draft as it is now; null where nothing was saved."
    )
    errors: list[UserError] = strawberry.field(description="Why it was refused.")


@strawberry.type
class PublishPayload:
    """What came of a publish or a rollback."""

    version: int | None = strawberry.field(description="The version that was published.")
    diff: DiffInfo | None = strawberry.field(description="What the publish changed.")
    errors: list[UserError] = strawberry.field(description="Why it was refused.")


class _Noted(Protocol):
    @property
    def version(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def of_version(self) -> int | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def created_by(self) -> UUID | None: ...


def draft_info(state: DraftState) -> DraftInfo:
    return DraftInfo(
        version=state.version,
        published_version=state.published_version,
        changed=state.changed,
        updated_at=state.updated_at,
        updated_by=_user(state.updated_by),
        documents=documents_info(state.documents.items()),
    )


def documents_info(found: Iterable[tuple[str, object]]) -> list[DocumentInfo]:
    """Documents as they were declared, numbers exact."""
    return [
        DocumentInfo(path=path, document=Json(orjson.Fragment(documents.text(it))))
        for path, it in sorted(found)
    ]


def problem_info(problem: Problem) -> ProblemInfo:
    return ProblemInfo(
        document=problem.document,
        pointer=problem.pointer,
        rule=problem.rule,
        message=problem.message,
        mend=problem.mend or None,
    )


def diff_info(comparison: Comparison) -> DiffInfo:
    return DiffInfo(
        published_version=comparison.version,
        changes=[_change_info(it) for it in comparison.changes],
        filled=[FieldInfo(object=o, field=f) for o, f in comparison.filled],
        unslotted=[FieldInfo(object=o, field=f) for o, f in comparison.unslotted],
        errors=told(comparison.refusals),
    )


def published_info(publication: Publication) -> PublishPayload:
    return PublishPayload(
        version=publication.version, diff=diff_info(publication.comparison), errors=[]
    )


def version_info(noted: _Noted) -> MetadataVersionInfo:
    return MetadataVersionInfo(
        version=noted.version,
        kind=noted.kind,
        note=noted.note or None,
        of_version=noted.of_version,
        created_at=noted.created_at,
        created_by=_user(noted.created_by),
    )


def _change_info(one: Told) -> MetadataChangeInfo:
    change = one.change
    return MetadataChangeInfo(
        code=change.code,
        subject=change.subject,
        pointer=change.pointer,
        message=change.message,
        breaking=change.breaking,
        breaks=change.breaks or None,
        impacts=[
            ImpactInfo(
                effect=it.impact.effect.name,
                object=it.impact.object,
                field=it.impact.field,
                count=it.count,
                examples=[strawberry.ID(str(example)) for example in it.examples],
                consent=Consenting(it.impact.consent) if it.impact.consent else None,
            )
            for it in one.counted
        ],
    )


def _user(id: UUID | None) -> Node | None:
    return user(RecordId(id)) if id is not None else None
