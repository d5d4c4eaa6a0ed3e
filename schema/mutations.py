"""Mutations of records: what is sent goes to an action, what comes back is a payload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

from core.actions import batches, removing, reparenting, saving, upserting
from core.actions.saving import Edit, Saved
from core.actions.upserting import By
from core.errors import Conflict, NotFound, Problem, Refused
from core.identity import Origin, RecordId
from metadata import naming
from metadata.model import Metadata
from schema.found import Many, One
from schema.platform.answers import Node, ReparentPreviewInfo, UserError
from schema.running import Run
from schema.types.catalogue import USER
from schema.types.meanings import Preview, Verb, Write

Arguments: TypeAlias = Mapping[str, Any]
Payload: TypeAlias = dict[str, object]
Path: TypeAlias = Sequence[str | int]

_ABOUT_RECORD: Final = frozenset({"id", "if_version"})


async def write(run: Run, means: Write, arguments: Arguments) -> Payload:
    """The payload of a mutation. A business refusal is data; a fault is raised."""
    try:
        return await _VERBS[means.verb](run, means.object, arguments)
    except Refused as refused:
        problems: Iterable[Problem] = refused.problems
    except NotFound as missing:
        problems = [Problem((0, "id"), missing.code, missing.message)]
    except Conflict as conflict:
        problems = [Problem((0,), conflict.code, conflict.message)]
    return {"errors": _told(run, means.verb, means.object, problems), "warnings": []}


async def preview(run: Run, means: Preview, arguments: Arguments) -> ReparentPreviewInfo:
    """What moving a node would do, without doing it."""
    try:
        found = await reparenting.preview(
            run.actor, run.tools.store, means.object, arguments["id"], _parent(arguments)
        )
    except Refused as refused:
        errors = _told(run, Verb.REPARENT, means.object, refused.problems)
        return ReparentPreviewInfo(
            nodes=None, depth=None, ultimate_parent=None, errors=errors, warnings=[]
        )
    return ReparentPreviewInfo(
        nodes=found.nodes,
        depth=found.depth,
        ultimate_parent=cast(Node, One(means.object, RecordId(found.root))),
        errors=_told(run, Verb.REPARENT, means.object, found.problems),
        warnings=_told(run, Verb.REPARENT, means.object, found.warnings),
    )


async def _create(run: Run, object_key: str, arguments: Arguments) -> Payload:
    saved = await saving.create(
        run.actor, run.tools.store, object_key, [arguments["input"]], origin=_origin(run)
    )
    return _one(run, Verb.CREATE, object_key, saved)


async def _create_many(run: Run, object_key: str, arguments: Arguments) -> Payload:
    saved = await saving.create(
        run.actor, run.tools.store, object_key, arguments["inputs"], origin=_origin(run)
    )
    return _many(run, Verb.CREATE_MANY, object_key, saved)


async def _update(run: Run, object_key: str, arguments: Arguments) -> Payload:
    edit = Edit(arguments["id"], arguments["input"], arguments.get("ifVersion"))
    saved = await saving.update(run.actor, run.tools.store, object_key, [edit], origin=_origin(run))
    return _one(run, Verb.UPDATE, object_key, saved)


async def _update_many(run: Run, object_key: str, arguments: Arguments) -> Payload:
    edits = [Edit(it["id"], it["input"], it.get("ifVersion")) for it in arguments["updates"]]
    saved = await saving.update(run.actor, run.tools.store, object_key, edits, origin=_origin(run))
    return _many(run, Verb.UPDATE_MANY, object_key, saved)


async def _upsert_many(run: Run, object_key: str, arguments: Arguments) -> Payload:
    by = By(object_key, arguments["key"])
    saved = await upserting.upsert(
        run.actor, run.tools.store, by, arguments["inputs"], origin=_origin(run)
    )
    return _many(run, Verb.UPSERT_MANY, object_key, saved)


async def _delete(run: Run, object_key: str, arguments: Arguments) -> Payload:
    await _remove(run, object_key, [removing.Removal(arguments["id"], arguments.get("ifVersion"))])
    return {"deletedId": arguments["id"], "errors": [], "warnings": []}


async def _delete_many(run: Run, object_key: str, arguments: Arguments) -> Payload:
    await _remove(run, object_key, [removing.Removal(it) for it in arguments["ids"]])
    return {"deletedIds": arguments["ids"], "errors": [], "warnings": []}


async def _remove(run: Run, object_key: str, removals: Sequence[removing.Removal]) -> None:
    gone = await removing.delete(
        run.actor, run.tools.store, object_key, removals, origin=_origin(run)
    )
    if object_key == USER:
        run.tools.doorkeeper.dismiss(gone.ids)


async def _restore(run: Run, object_key: str, arguments: Arguments) -> Payload:
    saved = await removing.restore(
        run.actor, run.tools.store, object_key, arguments["id"], origin=_origin(run)
    )
    return _one(run, Verb.RESTORE, object_key, saved)


async def _reparent(run: Run, object_key: str, arguments: Arguments) -> Payload:
    batches.check(run.actor, 1)  # before what is wrong with the arguments
    saved = await reparenting.reparent(
        run.actor,
        run.tools.store,
        object_key,
        reparenting.Move(arguments["id"], _parent(arguments), arguments.get("ifVersion")),
        origin=_origin(run),
    )
    return _one(run, Verb.REPARENT, object_key, saved)


def _parent(arguments: Arguments) -> str | None:
    """Where a node is to move; None: to the top, which takes a null, as any value is cleared.

    Raises:
        Refused: it is left out, as a variable without a value is.
    """
    if "parent" not in arguments:
        text = "Say below which record it is to stand; null makes it a root."
        raise Refused([Problem((0, "parent"), "REQUIRED", text)])
    parent: str | None = arguments["parent"]
    return parent


_VERBS: Final[Mapping[Verb, Callable[[Run, str, Arguments], Awaitable[Payload]]]] = {
    Verb.CREATE: _create,
    Verb.UPDATE: _update,
    Verb.DELETE: _delete,
    Verb.RESTORE: _restore,
    Verb.REPARENT: _reparent,
    Verb.CREATE_MANY: _create_many,
    Verb.UPDATE_MANY: _update_many,
    Verb.DELETE_MANY: _delete_many,
    Verb.UPSERT_MANY: _upsert_many,
}


def _origin(run: Run) -> Origin:
    return Origin("api", run.request.request_id)


def _one(run: Run, verb: Verb, object_key: str, saved: Saved) -> Payload:
    found = One(object_key, RecordId(saved.ids[0]))
    return {
        naming.field_name(object_key): found,
        "errors": [],
        "warnings": _told(run, verb, object_key, saved.warnings),
    }


def _many(run: Run, verb: Verb, object_key: str, saved: Saved) -> Payload:
    plural = run.published.metadata.objects[object_key].plural
    ids: Sequence[UUID] = saved.ids
    return {
        naming.field_name(plural): Many(object_key, [RecordId(it) for it in ids]),
        "errors": [],
        "warnings": _told(run, verb, object_key, saved.warnings),
    }


def _told(run: Run, verb: Verb, object_key: str, problems: Iterable[Problem]) -> list[UserError]:
    """Problems as user errors, their paths in the API's names."""
    shown = partial(_shown, run.published.metadata, object_key)
    return [
        UserError(path=_path(verb, shown(it.path)), code=it.code, message=it.message)
        for it in problems
    ]


def _shown(metadata: Metadata, object_key: str, path: Path) -> Path:
    """The path as far as the API shows it: what is wrong with a hidden field is so of the record."""
    field = metadata.objects[object_key].fields.get(str(path[1])) if len(path) > 1 else None
    return path if field is None or metadata.shows(field) else path[:1]


def _path(verb: Verb, path: Path) -> list[str]:
    """From an action's path, which begins with the record's index, to one from the argument.

    The first key is a field's; what follows is inside its value, and keeps its names.
    """
    index = [str(step) for step in path[:1]]
    key, rest = path[1:2], [str(step) for step in path[2:]]
    name = [naming.field_name(str(step)) for step in key]
    is_field = bool(key) and key[0] not in _ABOUT_RECORD
    match verb:
        case Verb.CREATE_MANY | Verb.UPSERT_MANY:
            return ["inputs", *index, *name, *rest]
        case Verb.UPDATE_MANY:
            return ["updates", *index, *(["input"] if is_field else []), *name, *rest]
        case Verb.DELETE_MANY:
            return ["ids", *index]
        case Verb.CREATE | Verb.UPDATE:
            return ["input", *name, *rest] if is_field or not key else name
        case _:
            return [*name, *rest]
