"""A page of the documentation as something to be run: its fenced blocks, in their order.

| block | is |
|---|---|
| `sql` | run by the superuser of the server that the page calls db.example.com |
| `sh` | run, and must succeed; what it exports is there for the next one. A last line that serves stays in the background until the next such line, or the end |
| anything with `title="…"` | written to that file |
| `graphql` | asked of the server that was started last, with `DEALGRAPH_TOKEN`; must answer without errors and with something |
| `graphql refused` | the same, and must be refused |
| `json` after `graphql` | its variables; `<a.b.0.c>` in them is what the newest answer that has it holds there |
| `json answer` after these | what must be in the answer; `…` stands for any text |
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.store.database.links import connected
from core.store.embedded.server import Cluster
from tests.a_dealgraph import ROOT, Server, Site

FENCE = re.compile(r"^```(\w+) ?(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
SERVES = re.compile(r"^dealgraph (?:serve|demo)\b.*$")
ADDRESS = "http://127.0.0.1:8000"
REMOTE = re.compile(r"postgresql://(\w+):\w+@db\.example\.com/(\w+)")
ANY = "…"
MADE = {"demo": "dealgraph demo"}
"""What `make` does once everything is installed."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    language: str
    about: str  # what follows the language
    text: str
    where: str

    @property
    def title(self) -> str | None:
        found = re.search(r'title="([^"]+)"', self.about)
        return found.group(1) if found else None


def blocks_of(page: Path) -> list[Block]:
    """Every block of a page."""
    text = page.read_text()
    return [
        Block(
            found.group(1),
            found.group(2).strip(),
            found.group(3),
            f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}",
        )
        for found in FENCE.finditer(text)
    ]


@dataclass(slots=True)
class Reader:
    """Someone who does what a page says, from an empty folder."""

    site: Site
    stack: ExitStack
    elsewhere: Cluster | None = None  # the server that pages call db.example.com
    server: Server | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)

    def follow(self, blocks: Sequence[Block]) -> None:
        """Do it all."""
        rest = list(blocks)
        while rest:
            block = rest.pop(0)
            if block.title:
                self._write(block)
            elif block.language == "sh":
                self._run(block)
            elif block.language == "sql":
                asyncio.run(self._execute(block))
            elif block.language == "graphql":
                taken = _is_plain_json(rest)
                self._ask(block, rest.pop(0).text if taken else "{}")
            elif block.about == "answer":
                self._compare(block)

    def _write(self, block: Block) -> None:
        assert block.title
        path = self.site.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)

    async def _execute(self, block: Block) -> None:
        assert self.elsewhere, f"{block.where}: there is no server"
        async with connected(self.elsewhere.url("postgres", "postgres")) as connection:
            for command in filter(str.strip, block.text.split(";")):
                await connection.execute(command)

    def _run(self, block: Block) -> None:
        text = block.text.replace(ADDRESS, self.server.url) if self.server else block.text
        if self.elsewhere:
            there = self.elsewhere
            text = REMOTE.sub(lambda found: there.url(found[1], found[2]), text)
        *before, last = text.replace("make demo", MADE["demo"]).rstrip("\n").split("\n")
        if not SERVES.match(last):
            self._shell(text, block.where)
            return
        self._shell("\n".join(before), block.where)
        if self.server:
            self.server.stop()
        self.server = self.site.start(*last.split()[1:])
        if self.server.token:
            kept = self.site.surroundings | {"DEALGRAPH_TOKEN": self.server.token}
            self.site = replace(self.site, surroundings=kept)
        self.stack.callback(self._stop, self.server)

    def _stop(self, server: Server) -> None:
        if server is self.server:
            server.stop()

    def _shell(self, text: str, where: str) -> None:
        told = self.site.folder.parent / "surroundings"
        script = f"set -euo pipefail\n{text}\nenv -0 > {told}\n"
        done = self.site.run("bash", "-c", script)
        assert done.returncode == 0, f"{where}:\n{done.stdout}{done.stderr}"
        pairs = (pair.partition("=") for pair in told.read_text().split("\0") if pair)
        self.site = replace(self.site, surroundings={name: value for name, _, value in pairs})

    def _ask(self, block: Block, variables: str) -> None:
        assert self.server, f"{block.where}: nothing serves"
        token = self.site.surroundings["DEALGRAPH_TOKEN"]
        filled = re.sub(r'"<([\w.]+)>"', lambda found: json.dumps(self._known(found[1])), variables)
        answer = self.server.answer(token, block.text, json.loads(filled))
        wrong = answer.get("errors") or list(_refusals(answer["data"]))
        if block.about == "refused":
            assert wrong, f"{block.where} is not refused: {answer}"
        else:
            assert not wrong, f"{block.where}: {wrong}{self.server.faults()}"
            empty = list(_empty(answer["data"]))
            assert not empty, f"{block.where} gives nothing at {empty}: {answer['data']}"
        self.answers.append(answer)

    def _known(self, path: str) -> Any:
        for answer in reversed(self.answers):
            found: Any = answer.get("data")
            for step in path.split("."):
                found = _step(found, step)
            if found is not None:
                return found
        raise AssertionError(f"No answer so far has {path}.")

    def _compare(self, block: Block) -> None:
        expected, found = json.loads(block.text), self.answers[-1]
        different = list(_differences(expected, found, "answer"))
        assert not different, f"{block.where}: {different}; it is {json.dumps(found, indent=1)}"


def _is_plain_json(rest: Sequence[Block]) -> bool:
    return bool(rest) and rest[0].language == "json" and not rest[0].about


def _step(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return None


def _refusals(data: Mapping[str, Any] | None) -> Iterator[object]:
    """What payloads refuse."""
    for field_ in (data or {}).values():
        if isinstance(field_, Mapping):
            yield from field_.get("errors") or ()


def _empty(data: Mapping[str, Any]) -> Iterator[str]:
    """Root fields that answer with nothing."""
    for name, value in data.items():
        if value is None or value == []:
            yield name
        elif isinstance(value, Mapping):
            yield from (
                f"{name}.{key}" for key in ("nodes", "edges", "groups") if value.get(key) == []
            )


def _differences(expected: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key, value in expected.items():
            yield from _differences(value, found.get(key), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(one, other, f"{path}.{index}")
    elif expected != found and not (isinstance(found, str) and _fits(expected, found)):
        yield f"{path}: {expected!r} expected"


def _fits(expected: Any, found: str) -> bool:
    if not isinstance(expected, str) or ANY not in expected:
        return False
    pattern = ".*".join(map(re.escape, expected.split(ANY)))
    return re.fullmatch(pattern, found, re.DOTALL) is not None
