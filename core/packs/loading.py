"""Plugins in, one at a time; their offer out. What is wrong with one never touches another."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from core import hookspecs
from core.hookspecs import CONTRACT, PackFolder
from core.packs import folders
from core.packs.offer import Fault, Offer, Pack, serves
from metadata.problems import a, did_you_mean

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("register_"))
_GROUP = re.compile(r"dealgraph(\..*)?")


def load(built_in: Mapping[str, ModuleType]) -> Offer:
    """Everything that these plugins and the installed ones offer; ours first, then by name.

    What plugins print goes to stderr: stdout holds what scripts read, such as tokens and logs.
    """
    found: dict[str, Pack] = {}
    faults: list[Fault] = []
    with redirect_stdout(sys.stderr):
        for name, module in sorted(built_in.items()):
            _take(_offered(name, module, faults), found, faults)
        for name, module in _installed(built_in, faults):
            _take(_offered(name, module, faults), found, faults)
    packs, unmet = _in_order(found)
    return Offer(packs, (*faults, *unmet))


def _installed(
    taken: Mapping[str, ModuleType], faults: list[Fault]
) -> Iterator[tuple[str, ModuleType]]:
    """Modules that entry points of the contract name, under names that are still free."""
    names = set(taken)
    for entry in sorted(_entries(), key=lambda entry: (entry.name, entry.group, entry.value)):
        if entry.group != f"dealgraph.{CONTRACT}":
            message = f"is made for {entry.group}; this server takes dealgraph.{CONTRACT}"
            faults.append(Fault(entry.name, "", "", message))
        elif entry.name in names:
            faults.append(Fault(entry.name, "", entry.value, "another plugin has this name"))
        else:
            names.add(entry.name)
            yield from _module(entry, faults)


def _entries() -> Iterator[EntryPoint]:
    every = entry_points()
    for group in every.groups:
        if _GROUP.fullmatch(group):
            yield from every.select(group=group)


def _module(entry: EntryPoint, faults: list[Fault]) -> Iterator[tuple[str, ModuleType]]:
    try:
        module = entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  what a plugin raises stays its own
        message = f"cannot be imported: {_told(error)}"
        faults.append(Fault(entry.name, "", entry.value, message))
        return
    if isinstance(module, ModuleType):
        yield entry.name, module
    else:
        faults.append(Fault(entry.name, "", entry.value, "is not a module"))


def _offered(name: str, module: ModuleType, faults: list[Fault]) -> list[Pack]:
    """The packs of one plugin; whatever looking at it raises is a fault of its own."""
    try:
        return list(_looked_at(name, module, faults))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  what a plugin raises stays its own
        faults.append(Fault(name, "", "", f"cannot be looked at: {_told(error)}"))
        return []


def _looked_at(name: str, module: ModuleType, faults: list[Fault]) -> Iterator[Pack]:
    """The packs of one plugin, which has a plugin manager of its own."""
    manager = pluggy.PluginManager("dealgraph")
    manager.add_hookspecs(hookspecs)
    misused = list(_misused(name, module, manager))
    if misused:
        faults += misused
        return
    manager.register(module, name)
    yield from _packs(name, manager, faults)


def _misused(name: str, module: ModuleType, manager: pluggy.PluginManager) -> Iterator[Fault]:
    """Hooks that don't exist, wrappers, unknown arguments, a plugin without any hook."""
    marked = False
    for attribute in dir(module):
        options = manager.parse_hookimpl_opts(module, attribute)
        if options is None:
            continue
        marked = True
        hook = options.get("specname") or attribute
        function = getattr(module, attribute)
        if message := _no_hook(hook, function, options):
            yield Fault(name, hook, "", message)
            continue
        known = inspect.signature(getattr(hookspecs, hook)).parameters
        for argument in inspect.signature(function).parameters:
            if argument not in known:
                yield Fault(name, hook, argument, "the hook has no such argument")
    if not marked:
        bare = next((hook for hook in HOOKS if callable(getattr(module, hook, None))), "")
        mend = "mark the function with @hookimpl" if bare else "implement a hook"
        yield Fault(name, bare, "", f"the plugin registers nothing: {mend}")


def _no_hook(hook: str, function: object, options: Mapping[str, Any]) -> str:
    """Why a marked function implements no hook."""
    if hook not in HOOKS:
        return f"there is no such hook. {did_you_mean(hook, HOOKS)}".strip()
    if options.get("wrapper") or options.get("hookwrapper"):
        return "is a wrapper, which would change what other plugins offer; return values"
    if inspect.iscoroutinefunction(function):
        return "is async; a hook is a plain function: write def"
    return ""


def _packs(name: str, manager: pluggy.PluginManager, faults: list[Fault]) -> Iterator[Pack]:
    hook = "register_packs"
    try:
        offered = _values(manager.hook.register_packs())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  what a plugin raises stays its own
        faults.append(Fault(name, hook, "", f"raised {_told(error)}"))
        return
    if not offered:
        faults.append(Fault(name, hook, "", "offers nothing; return at least one PackFolder"))
    for number, folder in enumerate(offered, 1):
        if message := _no_folder(folder):
            faults.append(Fault(name, hook, f"value {number}", message))
            continue
        try:
            yield folders.read(folder.path, name)
        except folders.BadPack as bad:
            at = f"{folder.path.name}/"
            faults += [Fault(name, hook, at + file, message) for file, message in bad.faults]


def _no_folder(value: Any) -> str:
    """What is wrong with a value of `register_packs`, which may be anything."""
    if not isinstance(value, PackFolder):
        return f"is {a(type(value).__name__)}, not a PackFolder"
    if not isinstance(value.path, Path):
        return f"its path is {a(type(value.path).__name__)}, not a pathlib.Path"
    return ""


def _values(answers: Iterable[Any]) -> list[Any]:
    """What a plugin's implementations of a hook returned, as one list."""
    values: list[Any] = []
    for answer in answers:
        values += answer if isinstance(answer, Iterable) else [answer]
    return values


def _take(packs: Iterable[Pack], found: dict[str, Pack], faults: list[Fault]) -> None:
    for pack in packs:
        first = found.setdefault(pack.key, pack)
        if first is not pack:
            message = f"the plugin {first.plugin} already offers a pack with this key"
            faults.append(Fault(pack.plugin, "register_packs", pack.key, message))


def _in_order(found: Mapping[str, Pack]) -> tuple[dict[str, Pack], list[Fault]]:
    """Base packs first, each behind those it requires; refused where those can't be had."""
    ordered: dict[str, Pack] = {}
    for base in (True, False):
        waiting = {key: pack for key, pack in found.items() if pack.base is base}
        while ready := [pack for pack in waiting.values() if not _missing(pack, ordered)]:
            for pack in ready:
                ordered[pack.key] = waiting.pop(pack.key)
    return ordered, [
        Fault(pack.plugin, "register_packs", key, _why(pack, found, ordered))
        for key, pack in found.items()
        if key not in ordered
    ]


def _missing(pack: Pack, ordered: Mapping[str, Pack]) -> list[str]:
    return [
        key
        for key, least in pack.requires.items()
        if key not in ordered or not serves(ordered[key].version, least)
    ]


def _why(pack: Pack, found: Mapping[str, Pack], ordered: Mapping[str, Pack]) -> str:
    reasons = []
    for key in _missing(pack, ordered):
        least = pack.requires[key]
        if key not in found:
            reasons.append(f"requires the pack {key} {least}, which no plugin offers")
        elif not serves(found[key].version, least):
            reasons.append(f"requires {key} {least}, but {found[key].version} is on offer")
        else:
            reasons.append(f"requires {key}, which is refused itself, comes later or requires this")
    if not reasons:  # of the others all would be there, were they not added after it
        above = ", ".join(key for key in pack.requires if not found[key].base)
        mend = 'say "layer": "industry" in its pack.json'
        reasons.append(f"is a base pack and requires {above}, which is none: {mend}")
    return "; ".join(reasons)


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
