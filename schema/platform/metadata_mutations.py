"""Working on declarations: saving a draft, publishing it, going back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.actions import metadata, publishing
from core.actions.publishing import Terms
from core.errors import Conflict, NotFound, Problem, Refused
from core.identity import Origin
from schema.platform.answers import told
from schema.platform.info import Info
from schema.platform.metadata_answers import (
    Consenting,
    DraftPayload,
    PublishPayload,
    draft_info,
    published_info,
)
from schema.running import Run
from schema.scalars import Json


async def save_draft(
    info: Info,
    documents: list[Json],
    remove: list[str] | None = None,
    if_version: int | None = None,
) -> DraftPayload | None:
    run = info.context.run
    metadata.administer(run.actor)  # before what is wrong with the documents
    try:
        state = await metadata.save_draft(
            run.actor, run.tools.store, documents, remove=remove or (), if_version=if_version
        )
    except (Refused, Conflict) as error:
        return DraftPayload(draft=None, errors=told(_problems(error, "if_version")))
    return DraftPayload(draft=draft_info(state), errors=[])


async def discard_draft(info: Info) -> DraftPayload | None:
    run = info.context.run
    state = await metadata.discard_draft(run.actor, run.tools.store)
    return DraftPayload(draft=draft_info(state), errors=[])


async def publish_draft(
    info: Info,
    if_version: int | None = None,
    allow: list[Consenting] | None = None,
    note: str = "",
) -> PublishPayload | None:
    run = info.context.run
    try:
        publication = await publishing.publish(
            run.actor, run.tools.store, _terms(run, allow, note), if_version=if_version
        )
    except (Refused, Conflict) as error:
        return _refused(_problems(error, "if_version"))
    return published_info(publication)


async def rollback_metadata(
    info: Info, to: int, allow: list[Consenting] | None = None, note: str = ""
) -> PublishPayload | None:
    run = info.context.run
    try:
        publication = await publishing.rollback(
            run.actor, run.tools.store, to, _terms(run, allow, note)
        )
    except (Refused, Conflict, NotFound) as error:
        return _refused(_problems(error, "to"))
    return published_info(publication)


def _terms(run: Run, allow: list[Consenting] | None, note: str) -> Terms:
    consents = frozenset(it.value for it in allow or ())
    return Terms(consents, note, Origin("api", run.request.request_id))


def _problems(error: Refused | Conflict | NotFound, argument: str) -> Iterator[Problem]:
    if isinstance(error, Refused):
        yield from error.problems
    else:
        yield Problem((argument,), error.code, error.message)


def _refused(problems: Sequence[Problem] | Iterator[Problem]) -> PublishPayload:
    return PublishPayload(version=None, diff=None, errors=told(problems))
