"""Looking at declarations: the draft, what is wrong with it, what it would change, versions."""

from __future__ import annotations

from collections.abc import Awaitable

from core.actions import metadata, publishing
from core.actions.publishing import Comparison
from core.errors import Refused
from metadata.problems import Problem
from schema.platform.answers import told
from schema.platform.info import Info
from schema.platform.metadata_answers import (
    DiffInfo,
    DocumentInfo,
    DraftInfo,
    MetadataVersionInfo,
    ProblemInfo,
    diff_info,
    documents_info,
    draft_info,
    problem_info,
    version_info,
)
from schema.running import Run


async def draft(info: Info) -> DraftInfo | None:
    run = info.context.run
    return draft_info(await metadata.draft(run.actor, run.tools.store))


async def check_draft(info: Info) -> list[ProblemInfo] | None:
    return [problem_info(it) for it in await problems(info.context.run)]


async def diff_draft(info: Info) -> DiffInfo | None:
    run = info.context.run
    return await _told(run, publishing.diff(run.actor, run.tools.store))


async def diff_rollback(info: Info, to: int) -> DiffInfo | None:
    run = info.context.run
    return await _told(run, publishing.diff_back(run.actor, run.tools.store, to))


async def _told(run: Run, compared: Awaitable[Comparison]) -> DiffInfo:
    try:
        return diff_info(await compared)
    except Refused as refused:
        return DiffInfo(
            published_version=run.published.version,
            changes=None,
            filled=None,
            unslotted=None,
            errors=told(refused.problems),
        )


async def documents(info: Info, version: int | None = None) -> list[DocumentInfo] | None:
    run = info.context.run
    found = await metadata.export(run.actor, run.tools.store, version)
    return documents_info(found.items())


async def metadata_versions(info: Info) -> list[MetadataVersionInfo] | None:
    run = info.context.run
    found = await metadata.published_versions(run.actor, run.tools.store)
    return [version_info(it) for it in found]


async def problems(run: Run) -> tuple[Problem, ...]:
    """What is wrong with the draft, and what GraphQL would refuse of the schema it gives."""
    found = await metadata.draft_metadata(run.actor, run.tools.store)
    if isinstance(found, tuple):
        return found
    faults = await run.tools.faults(run.actor.tenant, found)
    return tuple(Problem("draft", "", "GRAPHQL_SCHEMA", fault) for fault in faults)
