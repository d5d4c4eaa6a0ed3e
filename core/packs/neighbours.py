"""Other distributions that have put modules where ours are: our names are common words."""

from __future__ import annotations

from importlib.metadata import packages_distributions

OURS = ("core", "metadata", "plugins", "schema", "server", "cli")
DISTRIBUTION = "dealgraph"


def in_the_way() -> dict[str, list[str]]:
    """Distributions that bring a package of the name of ours: {package: distributions}.

    Installing one writes over our files, and nothing says so: pip does not look.
    """
    found = packages_distributions()
    others = {
        name: sorted({other for other in found.get(name, ()) if other != DISTRIBUTION})
        for name in OURS
    }
    return {name: distributions for name, distributions in others.items() if distributions}
