"""What a plugin imports: the markers and values of the contract, and nothing else."""

from core.hookspecs import CONTRACT, PackFolder, hookimpl

__all__ = ["CONTRACT", "PackFolder", "hookimpl"]
