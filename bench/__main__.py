"""`make bench`: every kind of request against SQL by hand and against other servers.

The servers answer from one PostgreSQL on this machine, one worker each, taking turns. What is
printed are ratios, with the rates and latencies they come from. PostGraphile takes part where
`DEALGRAPH_BENCH_NODE` names a folder that has its packages.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import budgets, crowd, data, load, postgraphile, servers, tenant
from bench.load import Load, Target
from bench.questions import READ, Ids, Question, questions
from core.packs import loading
from core.store.database import migrating, roles
from core.store.database.connections import Database
from core.store.embedded.server import Cluster, Embedded
from core.store.tenancy.opening import Store
from plugins.built_in import BUILT_IN

DATABASE = "dealgraph"
PLAIN = "plain"
WIDTH = 180


@dataclass(frozen=True, slots=True)
class World:
    """Everything that the servers and the questions need."""

    cluster: Cluster
    directory: Path
    made: tenant.Made
    rows: data.Data

    @property
    def questions(self) -> list[Question]:
        ids = self.made.ids
        plain = Ids(
            tuple(str(row["id"]) for row in self.rows.opportunities),
            tuple(str(row["id"]) for row in self.rows.accounts),
            tuple(str(row["id"]) for row in self.rows.accounts if row["parent"] is None),
        )
        renamed = {str(old): str(new) for old, new in ids.items()}
        ours = Ids(
            *(
                tuple(renamed[key] for key in keys)
                for keys in (plain.opportunities, plain.accounts, plain.roots)
            )
        )
        return questions(ours, plain)


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run")
    parser.add_argument("--rounds", type=int, default=3, help="turns that each server takes")
    parser.add_argument("--only", nargs="*", default=[], help="kinds of requests")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dealgraph-bench-") as folder:
        Path(folder).chmod(0o755)
        with Embedded(Path(folder)) as cluster:
            world = asyncio.run(_prepare(cluster, Path(folder)))
            with _servers(world) as ports:
                asyncio.run(_compare(world, ports, chosen))
            if not chosen.only:
                asyncio.run(_budgets(world))


async def _prepare(cluster: Cluster, directory: Path) -> World:
    console = Console(stderr=True)
    with console.status("Loading 20,000 records and more, twice"):
        await roles.set_up(cluster.url("postgres", "postgres"), DATABASE)
        await migrating.migrate(cluster.url(roles.OWNER, DATABASE))
        rows = data.generate()
        database = await Database.open(cluster.url(roles.APP, DATABASE))
        made = await tenant.load(Store(database, loading.load(BUILT_IN)), rows)
        await database.close()
        await _run(cluster, "postgres", f"create database {PLAIN}")
        await tenant.load_plain(_url(cluster, PLAIN), rows)
        await _run(cluster, DATABASE, "vacuum (analyze)")
    return World(cluster, directory, made, rows)


async def _run(cluster: Cluster, database: str, command: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(cluster.url("postgres", database))
    try:
        await connection.execute(command)
    finally:
        await connection.close()


def _url(cluster: Cluster, database: str) -> str:
    """The URL in the form that Tortoise reads."""
    return cluster.url("postgres", database).replace("postgresql://", "asyncpg://", 1)


@contextlib.contextmanager
def _servers(world: World) -> Iterator[dict[str, int]]:
    """The servers, each in a process of its own."""
    names = ("dealgraph", "hand", "plain", *(("postgraphile",) if postgraphile.FOLDER else ()))
    ports = {name: servers.free_port() for name in names}
    uvicorn = [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "warning"]
    commands = {
        "dealgraph": servers.dealgraph(world.directory, ports["dealgraph"]),
        "hand": [*uvicorn, "bench.hand_server:app", "--port", str(ports["hand"])],
        "plain": [*uvicorn, "bench.plain_server:app", "--port", str(ports["plain"])],
    }
    if postgraphile.FOLDER:
        commands["postgraphile"] = [*postgraphile.command()]
    given = {
        "BENCH_TENANT": str(world.made.tenant),
        "BENCH_URL": world.cluster.url(roles.APP, DATABASE),
        "BENCH_PLAIN_URL": _url(world.cluster, PLAIN),
        "BENCH_POSTGRAPHILE_URL": world.cluster.url("postgres", PLAIN),
        "BENCH_POSTGRAPHILE_PORT": str(ports.get("postgraphile", 0)),
        "NODE_ENV": "production",
    }
    with servers.running(commands, ports, world.directory, given):
        yield ports


async def _compare(world: World, ports: dict[str, int], chosen: argparse.Namespace) -> None:
    wanted = [q for q in world.questions if not chosen.only or q.key in chosen.only]
    for connections in (1, 32):
        table = _table(connections)
        for question in wanted:
            targets = _targets(world, ports, question)
            await _agree(question, targets)
            runs: dict[str, list[Load]] = {name: [] for name in targets}
            for target in targets.values():  # warm
                await load.run(target, connections=connections, seconds=0.5)
            for _ in range(chosen.rounds):
                for name, target in targets.items():
                    runs[name].append(
                        await load.run(target, connections=connections, seconds=chosen.seconds)
                    )
            table.add_row(*_row(question, runs))
        _console().print(table)


async def _agree(question: Question, targets: Mapping[str, Target]) -> None:
    """See that the servers do the same work: one answer by hand, and as many values by others.

    Raises RuntimeError where they do not.
    """
    answers = {name: await load.answer(target, 1) for name, target in targets.items()}
    ours = answers["dealgraph"]
    if question.bar == READ and answers["hand"] != ours:
        raise RuntimeError(f"{question.key}: {ours} is not {answers['hand']}")
    for name, found in answers.items():
        if _values(found) != _values(ours):
            raise RuntimeError(f"{question.key}: {name} answers otherwise: {found}, not {ours}")


def _values(answer: object) -> int:
    """How many values there are in an answer."""
    if isinstance(answer, dict):
        return sum(_values(part) for key, part in answer.items() if key != "errors")
    return sum(map(_values, answer)) if isinstance(answer, list) else 1


async def _budgets(world: World) -> None:
    database = await Database.open(world.cluster.url(roles.APP, DATABASE))
    found = await budgets.measure(Store(database, loading.load(BUILT_IN)))
    found += await crowd.measure(database, world.directory)
    await database.close()
    table = Table("figure", title="Budgets")
    for name in ("measured", "bar"):
        table.add_column(name, justify="right")
    for one in found:
        digits = 0 if one.measured >= 10 else 1
        table.add_row(one.title, f"{one.measured:.{digits}f}", f"{one.bar:.0f}")
    _console().print(table)


def _console() -> Console:
    """Wide enough for the tables also where the output goes into a file."""
    return Console() if sys.stdout.isatty() else Console(width=WIDTH)


def _targets(world: World, ports: dict[str, int], question: Question) -> dict[str, Target]:
    counted = [0]

    def fresh(body: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def make(number: int) -> bytes:
            counted[0] += 1
            return body(number + counted[0])

        return make if question.key == "create" else body

    targets = {
        "dealgraph": Target(
            ports["dealgraph"], "/graphql", fresh(question.body), (world.made.token,)
        ),
        "hand": Target(ports["hand"], f"/{question.key}", fresh(question.hand_body)),
        "plain": Target(ports["plain"], "/graphql/", fresh(question.plain_body)),
    }
    if "postgraphile" in ports and question.key in postgraphile.DOCUMENTS:
        targets["postgraphile"] = Target(
            ports["postgraphile"],
            "/graphql",
            lambda number: postgraphile.body(question.key, question.plain_variables(number)),
        )
    return targets


def _table(connections: int) -> Table:
    table = Table(title=f"{connections} connection{'s' if connections > 1 else ''}, one worker")
    table.add_column("request")
    for name in (
        "of SQL by hand",
        "bar",
        "of plain server",
        *(("of PostGraphile",) if postgraphile.FOLDER else ()),
        "requests/s",
        "p50 ms",
        "p99 ms",
        "by hand/s",
        "by hand p50",
        "p99",
        "plain/s",
        "plain p50",
        "p99",
    ):
        table.add_column(name, justify="right")
    return table


def _row(question: Question, runs: dict[str, list[Load]]) -> Sequence[str]:
    ours, hand, plain = runs["dealgraph"], runs["hand"], runs["plain"]
    cells = [
        question.title,
        f"{_ratio(ours, hand):.2f}",
        f"{question.bar}",
        f"{_ratio(ours, plain):.1f}",
    ]
    if postgraphile.FOLDER:
        other = runs.get("postgraphile")
        cells.append(f"{_ratio(ours, other):.1f}" if other else "")
    for found in (ours, hand, plain):
        middle = sorted(found, key=lambda run: run.rate)[len(found) // 2]
        cells += [
            f"{middle.rate:,.0f}",
            f"{middle.percentile(0.5):.2f}",
            f"{middle.percentile(0.99):.2f}",
        ]
    return cells


def _ratio(ours: list[Load], theirs: list[Load]) -> float:
    """The median over the turns of the ratio of their rates."""
    return statistics.median(a.rate / b.rate for a, b in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    main()
