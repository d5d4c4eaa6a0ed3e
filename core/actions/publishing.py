"""Publishing: what a draft would change, making it the newest version, and going back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.actions.metadata import (
    administer,
    expect,
    layered_draft,
    own_documents,
    packs_of,
    sound,
    stored_layers,
)
from core.building import built
from core.errors import Conflict, Problem, Refused
from core.identity import API, Actor, Origin, TenantId
from core.store.releases import impacts, releasing, resuming, settling
from core.store.releases.impacts import Census, Counted
from core.store.releases.releasing import Release
from core.store.tenancy import metadata_drafts, versions
from core.store.tenancy.metadata_drafts import MetadataDraft
from core.store.tenancy.opening import Store
from core.store.tenancy.publishing import Version
from core.store.tenancy.versions import Layers
from core.store.writing.transactions import Author, Transaction, confirm
from core.store.writing.transactions import publishing as alone
from core.tree import MOST_LEVELS
from metadata import assigning, documents, evolution
from metadata.assigning import Assignment
from metadata.changes import Change, Consent, Effect
from metadata.layers import TENANT
from metadata.model import Metadata
from metadata.published import Published

LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Told:
    """One change, with how many stored records it concerns."""

    change: Change
    counted: tuple[Counted, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What publishing would change. Nothing, where `changes` is empty."""

    version: int  # the published one
    changes: tuple[Told, ...]
    filled: tuple[tuple[str, str], ...] = ()  # (object, field) whose column would be filled
    unslotted: tuple[tuple[str, str], ...] = ()  # (object, field) for which no column is free
    refusals: tuple[Problem, ...] = ()  # why it is refused without consent, or altogether


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published."""

    version: int
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Terms:
    """What may happen to stored records all the same, and what is noted of the publish."""

    allow: frozenset[Consent] = frozenset()
    note: str = ""
    origin: Origin = API


TERMS = Terms()


async def diff(actor: Actor, store: Store) -> Comparison:
    """What publishing the draft would change, for the API's clients and for stored records.

    Raises:
        Refused: there are problems in the draft.
    """
    plan = await _plan_of_draft(actor, store)
    return await _compared(actor.tenant, store, plan, frozenset())


async def diff_back(actor: Actor, store: Store, to: int) -> Comparison:
    """What publishing an older version again would change, for the API's clients and for records.

    Raises:
        NotFound: there is no such version.
        Refused: this release takes what it declares no longer.
    """
    administer(actor)
    plan = await _plan_of_version(actor, store, to, "")
    return await _compared(actor.tenant, store, plan, frozenset())


async def publish(
    actor: Actor,
    store: Store,
    terms: Terms = TERMS,
    *,
    if_version: int | None = None,
) -> Publication:
    """Make the draft the tenant's newest version.

    `if_version` is the draft's.

    Raises:
        Refused: there are problems in the draft, or stored records are in the way.
        Conflict: someone else published or changed the draft meanwhile, or there is nothing new.
        Forbidden: the actor is no administrator.
    """
    plan = await _plan_of_draft(actor, store, terms.note)
    assert plan.draft is not None
    expect(plan.draft, if_version)
    return await _release(Releasing(actor, store, terms), plan)


async def rollback(
    actor: Actor,
    store: Store,
    to: int,
    terms: Terms = TERMS,
) -> Publication:
    """Publish an older version again, as a new one.

    Raises:
        NotFound: there is no such version.
        Refused: stored records are in the way.
        Conflict: someone else published meanwhile, or it is what is published already.
        Forbidden: the actor is no administrator.
    """
    administer(actor)
    plan = await _plan_of_version(actor, store, to, terms.note)
    return await _release(Releasing(actor, store, terms), plan)


@dataclass(frozen=True, slots=True)
class Releasing:
    """Who publishes, and on which terms."""

    actor: Actor
    store: Store
    terms: Terms


@dataclass(frozen=True, slots=True)
class _Plan:
    """A version to be, beside the one that it follows."""

    old: Published
    new: Published
    layers: Layers
    assignment: Assignment
    changes: tuple[Change, ...]
    stale: Sequence[tuple[str, str]]  # (object, field) whose values are to be computed anew
    kind: str
    note: str
    is_new: bool  # whether the documents say anything else, be it to readers alone
    of_version: int | None = None
    draft: int | None = None  # the version of the draft that it is made of


async def _plan_of_draft(actor: Actor, store: Store, note: str = "") -> _Plan:
    state, found = await layered_draft(actor, store)
    metadata = await sound(store, found, packs_of(found))
    old = await store.published(actor.tenant)
    if old.version != state.published_version:
        raise Conflict("Someone published meanwhile: look at the difference again.")
    assignment = await built(assigning.assign, old.storage, old.metadata, metadata)
    left = assignment.left
    return _Plan(
        old,
        _following(old, metadata, assignment),
        versions.stored_layers(found),
        assignment,
        tuple(await built(evolution.diff, old.metadata, metadata, left)),
        await built(evolution.recomputed, old.metadata, metadata, left),
        "publish",
        note,
        state.changed,
        draft=state.version,
    )


async def _plan_of_version(actor: Actor, store: Store, to: int, note: str) -> _Plan:
    stored = await stored_layers(actor.tenant, store, to)
    metadata = await sound(store, versions.layers_of(stored), stored)
    async with store.database.reading(actor.tenant) as connection:
        storage = await versions.load_storage(actor.tenant, connection, to)
    old = await store.newest(actor.tenant)
    last = await stored_layers(actor.tenant, store, old.version)
    restored = storage, metadata
    assignment = await built(assigning.assign, old.storage, old.metadata, metadata, restored)
    left = assignment.left
    return _Plan(
        old,
        _following(old, metadata, assignment),
        stored,
        assignment,
        tuple(await built(evolution.diff_back, old.metadata, metadata, left)),
        await built(evolution.recomputed, old.metadata, metadata, left),
        "rollback",
        note,
        stored != last,
        of_version=to,
    )


async def _compared(
    tenant: TenantId, store: Store, plan: _Plan, allow: frozenset[Consent]
) -> Comparison:
    async with store.database.reading(tenant) as connection:
        census = Census(tenant, connection, plan.old, plan.new, plan.stale)
        told = await _told(census, plan)
    filled = {(use.object, key) for use in plan.assignment.fill for key in _fields(plan, use)}
    return Comparison(
        plan.old.version,
        told,
        tuple(sorted(filled)),
        plan.assignment.unslotted,
        _refusals(told, allow),
    )


def _fields(plan: _Plan, use: assigning.Use) -> list[str]:
    places = plan.new.storage.places[use.object]
    return [key for key, place in places.items() if place.key == use.key]


async def _told(census: Census, plan: _Plan) -> tuple[Told, ...]:
    every = [impact for change in plan.changes for impact in change.impacts]
    counted = dict(zip(every, await impacts.count(census, every), strict=True))
    return tuple(
        Told(change, tuple(counted[impact] for impact in change.impacts)) for change in plan.changes
    )


async def _release(by: Releasing, plan: _Plan) -> Publication:
    tenant = by.actor.tenant
    if len(plan.note) > LONGEST_NOTE:
        message = f"A note has at most {LONGEST_NOTE:,} characters."
        raise Refused([Problem(("note",), "TOO_LONG", message)])
    same = plan.old.metadata.fingerprint == plan.new.metadata.fingerprint
    if same and not (plan.is_new or plan.changes):
        await settling.settle(tenant, by.store)  # the publish before may have broken off
        raise Conflict(f"There is nothing to publish: version {plan.old.version} says the same.")
    since = await releasing.before_open_writes(tenant, by.store)
    comparison = await _compared(tenant, by.store, plan, by.terms.allow)
    if comparison.refusals:
        raise Refused(comparison.refusals)
    release = _release_of(by.actor, plan)

    async def work(tx: Transaction) -> None:
        await confirm(tx)
        if tx.published.version != plan.old.version:
            raise Conflict("Someone else published meanwhile: look at the difference again.")
        await _keep_draft(tx, plan)
        census = Census(tenant, tx.connection, tx.published, plan.new, plan.stale, since)
        late = await _told(census, plan)
        if refusals := _refusals(late, by.terms.allow):
            raise Refused(refusals)
        await releasing.release(tx, release)

    await alone(tenant, by.store, work, Author.of(by.actor, by.terms.origin))
    by.store.know(plan.new.metadata, plan.new.storage)
    by.store.forget(tenant)
    await resuming.persist(tenant, by.store, plan.new.version)
    return Publication(plan.new.version, comparison)


def _release_of(actor: Actor, plan: _Plan) -> Release:
    version = Version(
        number=plan.new.version,
        kind=plan.kind,
        fingerprint=plan.new.metadata.fingerprint,
        layers=plan.layers,
        storage=plan.assignment.storage,
        by=actor.user,
        note=plan.note,
        of_version=plan.of_version,
        stale=plan.stale,
    )
    return Release(plan.new, version)


async def _keep_draft(tx: Transaction, plan: _Plan) -> None:
    """Make sure that the draft is the one that was looked at, and let it have a new version, since
    it differs from something else now; a rollback leaves others' work.
    """
    by = tx.author.user
    if plan.draft is not None:
        if not await metadata_drafts.renew(tx.tenant, tx.connection, plan.draft, by):
            raise Conflict("The draft was changed meanwhile: look at the difference again.")
    elif found := await metadata_drafts.find(tx.tenant, tx.connection, lock=True):
        own = await own_documents(tx.tenant, tx.connection, plan.old.version)
        back = {key: documents.reread(text) for key, text in plan.layers[TENANT].items()}
        work = back if found.documents == own else found.documents
        kept = MetadataDraft(found.version + 1, work)
        await metadata_drafts.put(tx.tenant, tx.connection, kept, by)


def _refusals(told: Iterable[Told], allow: frozenset[Consent]) -> tuple[Problem, ...]:
    return tuple(
        _refusal(one.change, counted)
        for one in told
        for counted in one.counted
        if counted.count
        and not counted.impact.harmless
        and (counted.impact.consent is None or counted.impact.consent not in allow)
    )


def _refusal(change: Change, counted: Counted) -> Problem:
    impact = counted.impact
    examples = ", ".join(str(one) for one in counted.examples)
    records = f"{counted.count:,} stored record{'s' if counted.count != 1 else ''}"
    mend = _MENDS.get(impact.effect.value, "")
    if change.code == "FIELD_ADDED" and impact.effect is Effect.INVALID:
        mend = _REQUIRED
    message = f"{change.message} This concerns {records} of '{impact.object}': {examples}. {mend}"
    return Problem((change.subject, change.pointer), impact.effect.name, message.rstrip())


def _go_on(consent: Consent) -> str:
    return f"go on with allow: [{consent.upper()}], in a command --allow {consent}"


_REQUIRED = (
    "Publish it without being required, fill it in, and require it then; or"
    f" {_go_on(Consent.INVALID)}."
)
_MENDS = {
    "invalid": f"Mend them, or {_go_on(Consent.INVALID)}.",
    "circular": f"Mend them, or {_go_on(Consent.INVALID)}.",
    "lost": f"If it is no longer needed, {_go_on(Consent.DATA_LOSS)}.",
    "retyped": "The type of a field changes only while no record has a value in it.",
    "abandoned": "Roll back to a version that had the object, or take another key.",
    "held": "Publish a version that keeps it, marked deprecated.",
    "given": "Let the pipeline have such reasons, marked deprecated.",
    "duplicate": "Give them values of their own first.",
    "cycle": "Give one record of each cycle another parent, or none.",
    "too_deep": f"A tree has at most {MOST_LEVELS} levels: give some records other parents.",
    "off_stage": "Let the pipeline have these stages too.",
}


def _following(old: Published, metadata: Metadata, assignment: Assignment) -> Published:
    return replace(old, version=old.version + 1, metadata=metadata, storage=assignment.storage)
