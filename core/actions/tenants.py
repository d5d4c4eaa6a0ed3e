"""Making a tenant: its row, and the first version of its metadata from the packs it takes."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import Problem, Refused
from core.store.tenancy import publishing, tenants
from core.store.tenancy.opening import Store
from core.store.tenancy.publishing import Version
from core.store.tenancy.tenants import Settings, Tenant
from core.store.tenancy.versions import stored_layers
from metadata import assigning
from metadata.layers import TENANT, Layer, platform
from metadata.model import Metadata
from metadata.parsing import parse


async def create_tenant(
    store: Store, settings: Settings, packs: Sequence[str] = (), *, note: str = ""
) -> Tenant:
    """A new tenant that can be worked with at once, with these packs and those they require.

    `note` is kept with the first version of its metadata.

    Raises:
        Refused: a setting breaks a rule, there is no such pack, or the packs do not go together.
        Conflict: the key is taken.
    """
    tenant = tenants.made(settings)
    layers = layers_of(store, packs)
    metadata = parse(layers)
    if not isinstance(metadata, Metadata):
        raise Refused([Problem((), problem.rule, str(problem)) for problem in metadata])
    storage = assigning.assign(None, None, metadata).storage
    version = Version(
        number=1,
        kind="create",
        fingerprint=metadata.fingerprint,
        layers=stored_layers(layers),
        storage=storage,
        note=note,
    )
    async with store.database.transaction(tenant.id) as connection:
        await tenants.insert(connection, tenant)
        await publishing.add(tenant.id, connection, version)
    store.know(metadata, storage)
    return tenant


def layers_of(store: Store, packs: Sequence[str]) -> list[Layer]:
    """The layers of a tenant that has declared nothing itself."""
    chosen = [Layer(pack.key, pack.documents) for pack in store.offer.choose(packs)]
    return [platform(), *chosen, Layer(TENANT, {})]
