"""Declaring: a tenant's own documents, worked on in a draft until they are published."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.building import built
from core.errors import Conflict, Forbidden, Problem, Refused
from core.identity import Actor, TenantId
from core.store.tenancy import metadata_drafts, versions
from core.store.tenancy.metadata_drafts import MetadataDraft
from core.store.tenancy.opening import Store
from core.store.tenancy.versions import Layers, Noted
from metadata import bounds, documents, layers
from metadata.dialects import Kind
from metadata.documents import Document
from metadata.layers import TENANT, Layer
from metadata.model import Metadata
from metadata.parsing import parse
from metadata.problems import Problem as Fault
from metadata.problems import did_you_mean, listed

FOLDERS = {
    Kind.OBJECT: "objects",
    Kind.PIPELINE: "pipelines",
    Kind.GRAPH: "graphs",
    Kind.ROLE: "roles",
    Kind.LABELS: "i18n",
}
"""Where a tenant's documents of each kind lie."""


@dataclass(frozen=True, slots=True)
class DraftState:
    """The tenant's own documents as they would be published; version 0: none was saved yet."""

    version: int
    documents: Mapping[str, Document]  # by path
    published_version: int
    changed: bool  # whether anything differs from what is published
    updated_at: datetime | None = None
    updated_by: UUID | None = None


async def draft(actor: Actor, store: Store) -> DraftState:
    """The draft as it stands; without one, what is published."""
    return (await layered_draft(actor, store))[0]


async def layered_draft(actor: Actor, store: Store) -> tuple[DraftState, list[Layer]]:
    """The draft as it stands, and all layers with it as the topmost."""
    administer(actor)
    published = await store.newest(actor.tenant)
    async with store.database.reading(actor.tenant) as connection:
        found = await metadata_drafts.find(actor.tenant, connection)
        stored = await versions.load_layers(actor.tenant, connection, published.version)
    state = _state(found, _own(stored), published.version)
    return state, _with_own(stored, state.documents)


async def save_draft(
    actor: Actor,
    store: Store,
    given: Sequence[object],
    *,
    remove: Sequence[str] = (),
    if_version: int | None = None,
) -> DraftState:
    """Put documents into the draft, in place of those with the same path, and take others out.

    A draft may be wrong: `check` tells. Documents are JSON objects, or texts of such in which no key
    comes twice, that say `$schema` and `$id`, or `language` for labels.

    Raises:
        Refused: a document says neither, or cannot be kept; nothing was saved.
        Conflict: the draft is at another version than `if_version`.
        Forbidden: the actor is no administrator.
    """
    administer(actor)
    _bound(given, remove)
    taken = await built(_taken, given)
    published = await store.newest(actor.tenant)
    async with store.database.transaction(actor.tenant) as connection:
        found = await metadata_drafts.find(actor.tenant, connection, lock=True)
        own = await own_documents(actor.tenant, connection, published.version)
        state = _state(found, own, published.version)
        expect(state.version, if_version)
        gone = _known(remove, state.documents)
        kept = {path: one for path, one in state.documents.items() if path not in gone}
        saved = MetadataDraft(state.version + 1, {**kept, **taken})
        await metadata_drafts.put(actor.tenant, connection, saved, actor.user)
        saved = await metadata_drafts.find(actor.tenant, connection, lock=True) or saved
    return _state(saved, own, published.version)


async def discard_draft(actor: Actor, store: Store) -> DraftState:
    """Make the draft what is published again."""
    administer(actor)
    published = await store.newest(actor.tenant)
    async with store.database.transaction(actor.tenant) as connection:
        found = await metadata_drafts.find(actor.tenant, connection, lock=True)
        own = await own_documents(actor.tenant, connection, published.version)
        saved = MetadataDraft((found.version if found else 0) + 1, own)
        await metadata_drafts.put(actor.tenant, connection, saved, actor.user)
    return _state(saved, own, published.version)


async def check(actor: Actor, store: Store) -> tuple[Fault, ...]:
    """Everything that is wrong with the draft; nothing where it could be published."""
    metadata = await draft_metadata(actor, store)
    return metadata if isinstance(metadata, tuple) else ()


async def faults_beside(actor: Actor, store: Store, given: Iterable[Document]) -> tuple[Fault, ...]:
    """What is wrong with the draft as it would be with these documents, and others unknown."""
    state, found = await layered_draft(actor, store)
    placed = {path: one for one in given if (path := path_of(one)) is not None}
    own = Layer(TENANT, {**state.documents, **placed, _UNKNOWN: {}})
    packs = [layer for layer in found if layer.name != TENANT]
    told = await built(parse, [*packs, own], lax=packs_of(found))
    return tuple(it for it in told if it.document != _UNKNOWN) if isinstance(told, tuple) else ()


_UNKNOWN = "unknown"


async def draft_metadata(actor: Actor, store: Store) -> Metadata | tuple[Fault, ...]:
    """What the draft declares together with its packs, or everything that is wrong with it."""
    _, found = await layered_draft(actor, store)
    return await _parsed(store, found, packs_of(found))


async def export(actor: Actor, store: Store, version: int | None = None) -> Mapping[str, Document]:
    """The tenant's own documents of a version, the newest unless one is given, by path.

    Raises:
        NotFound: there is no such version.
    """
    administer(actor)
    number = version if version is not None else (await store.newest(actor.tenant)).version
    async with store.database.reading(actor.tenant) as connection:
        return await own_documents(actor.tenant, connection, number)


async def published_versions(actor: Actor, store: Store) -> list[Noted]:
    """All versions of the tenant's metadata, the newest first."""
    administer(actor)
    async with store.database.reading(actor.tenant) as connection:
        return await versions.every(actor.tenant, connection)


# Layers


async def stored_layers(tenant: TenantId, store: Store, version: int) -> Layers:
    async with store.database.reading(tenant) as connection:
        return await versions.load_layers(tenant, connection, version)


def _with_own(stored: Layers, own: Mapping[str, Document]) -> list[Layer]:
    packs = {name: texts for name, texts in stored.items() if name != TENANT}
    return [*layers.of_json(packs), Layer(TENANT, own)]


def packs_of(found: Iterable[Layer]) -> list[str]:
    """The layers that a tenant does not mend itself."""
    return [layer.name for layer in found if layer.name != TENANT]


async def _parsed(
    store: Store, found: Sequence[Layer], lax: Collection[str]
) -> Metadata | tuple[Fault, ...]:
    """What layers declare, remembered: a draft is checked and compared before it is published."""
    key = layers.digest(found), frozenset(lax)
    known = store.drafts.get(key)
    if known is not None:
        return known
    metadata = await built(parse, found, lax=lax)
    return store.drafts.keep(key, metadata) if isinstance(metadata, Metadata) else metadata


async def sound(store: Store, found: Sequence[Layer], lax: Collection[str]) -> Metadata:
    """What layers declare, those that are `lax` as an older release may have taken them.

    Raises:
        Refused: something is wrong with them.
    """
    metadata = await _parsed(store, found, lax)
    if isinstance(metadata, Metadata):
        return metadata
    raise Refused([Problem((one.document, one.pointer), one.rule, _text(one)) for one in metadata])


def _text(fault: Fault) -> str:
    return f"{fault.message} {fault.mend}".rstrip()


# Documents


def _bound(given: Sequence[object], remove: Sequence[str]) -> None:
    """Refuse more documents than a draft holds before anyone looks into them.

    Raises:
        Refused
    """
    for argument, named in (("documents", given), ("remove", remove)):
        if len(named) > bounds.DOCUMENTS:
            message = f"A draft has at most {bounds.DOCUMENTS:,} documents, not {len(named):,}."
            raise Refused([Problem((argument,), "TOO_MANY", message)])


def _taken(given: Sequence[object]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    problems: list[Problem] = []
    for index, one in enumerate(given):
        name = f"documents[{index}]"
        if isinstance(one, str):
            document = documents.load(one, name)
        else:
            document = documents.accepted(one, name)
        if isinstance(document, tuple):
            at = ("documents", index)
            problems += [Problem((*at, it.pointer), it.rule, _text(it)) for it in document]
            continue
        path = path_of(document)
        if path is None:
            inside, text = _unplaced(document)
            problems.append(Problem(("documents", index, *inside), "UNKNOWN_DOCUMENT", text))
        elif path in found:
            text = f"There are two documents {path}."
            problems.append(Problem(("documents", index), "DUPLICATE", text))
        else:
            found[path] = document
    if problems:
        raise Refused(problems)
    return found


def _unplaced(document: Document) -> tuple[tuple[str, ...], str]:
    """Where and why a document can't be told what it is, with a mend."""
    said, known = document.get("$schema"), [kind.schema for kind in FOLDERS]
    if layers.kind_of(document) in FOLDERS:
        word = "language" if said == Kind.LABELS.schema else "$id"
        example = "zh-Hans" if word == "language" else "visit__c"
        return (), f'The document does not say its {word}. Add it, as in "{word}": "{example}".'
    if isinstance(said, str):
        mend = did_you_mean(said, known) or f"Known are {listed(known, 'and')}."
        return ("/$schema",), f"'{said[:100]}' is no dialect of a tenant's declarations. {mend}"
    text = (
        "A document says what it is: its $schema, such as"
        f" {Kind.OBJECT.schema}, and its $id, such as visit__c; labels say their language."
    )
    return (), text


def path_of(document: Document) -> str | None:
    """Where a tenant's document lies, such as `objects/visit__c.json`; None: it says not enough."""
    kind = layers.kind_of(document)
    name = document.get("language" if kind is Kind.LABELS else "$id")
    folder = FOLDERS.get(kind) if kind is not None else None
    return f"{folder}/{name}.json" if folder and isinstance(name, str) and name else None


def _known(remove: Iterable[str], kept: Mapping[str, Document]) -> set[str]:
    wanted = list(remove)
    problems = [
        Problem(("remove", index), "NOT_FOUND", f"The draft has no document {path!r}.")
        for index, path in enumerate(wanted)
        if path not in kept
    ]
    if problems:
        raise Refused(problems)
    return set(wanted)


async def own_documents(tenant: TenantId, connection: Any, version: int) -> dict[str, Document]:
    return _own(await versions.load_layers(tenant, connection, version))


def _own(stored: Layers) -> dict[str, Document]:
    return {path: documents.reread(text) for path, text in stored.get(TENANT, {}).items()}


def _state(found: MetadataDraft | None, own: Mapping[str, Document], version: int) -> DraftState:
    if found is None:
        return DraftState(0, own, version, changed=False)
    return DraftState(
        found.version,
        found.documents,
        version,
        changed=found.documents != own,
        updated_at=found.updated_at,
        updated_by=found.updated_by,
    )


def administer(actor: Actor) -> None:
    if not actor.may_administer:
        raise Forbidden("Declarations are for administrators.")


def expect(version: int, if_version: int | None) -> None:
    if if_version is not None and version != if_version:
        raise Conflict(f"The draft is at version {version}, not {if_version}: look at it again.")
