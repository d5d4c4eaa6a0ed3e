"""How the house is built, held by programs rather than by wishes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import core.store

ROOT = Path(__file__).parents[1]
GLOBAL = ("embedded", "database", "tenancy.epoch", "tenancy.tenants", "releases.resuming")
"""Rooms and modules that run the server or its global tables, below any tenant or for each of them."""
TOLD = {("tenant", "TenantId"), ("tx", "Transaction"), ("census", "Census")}
"""A tenant, or a value that is bound to one."""
LONGEST_MODULE = 600
STATEMENT = re.compile(r'\s*(\w+ = )?\(?f?"*(select|insert into|delete from|update \w+ set) ')


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.startswith("core.store.database.migrations"):
            yield importlib.import_module(found.name)


def first_parameter(function: Callable[..., object]) -> tuple[str, object]:
    first = next(iter(inspect.signature(function).parameters.values()))
    return first.name, first.annotation


def sources(*folders: str) -> Iterator[tuple[str, list[str]]]:
    """The modules in these folders by path, each with its lines."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf8").splitlines()


def test_a_wheel_holds_every_file_that_is_no_module() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packed = {Path(pattern).suffix for pattern in settings["package-data"]["*"]}
    folders = [pattern.rstrip("*") for pattern in settings["packages"]["find"]["include"]]
    files = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    assert {path.suffix for path in files} - {".py", ".pyc"} <= packed


def is_of_tenants(module: ModuleType) -> bool:
    return not module.__name__.removeprefix("core.store.").startswith(GLOBAL)


def public_coroutines(module: ModuleType) -> Iterator[tuple[str, Callable[..., object]]]:
    for name, value in vars(module).items():
        asynchronous = inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value)
        if asynchronous and value.__module__ == module.__name__ and not name.startswith("_"):
            yield f"{module.__name__}.{name}", value


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_store_is_told_whose_rows_it_works_on_first() -> None:
    untold = [
        name
        for module in modules_of(core.store)
        if is_of_tenants(module)
        for name, function in public_coroutines(module)
        if first_parameter(function) not in TOLD
    ]
    assert untold == []


def test_only_the_store_speaks_to_the_database() -> None:
    drivers = ("import asyncpg", "from asyncpg", "import tortoise", "from tortoise")
    strangers = [
        name
        for name, lines in sources("cli", "core", "metadata", "plugins", "schema")
        if not name.startswith("core/store/")
        and any(line.startswith(drivers) or STATEMENT.match(line) for line in lines)
    ]
    assert strangers == []


def test_no_module_is_a_house_of_its_own() -> None:
    folders = ("cli", "core", "metadata", "plugins", "schema", "tests")
    assert [name for name, lines in sources(*folders) if len(lines) > LONGEST_MODULE] == []
