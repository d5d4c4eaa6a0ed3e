"""The statements that a session keeps prepared: as many as the server has room for.

A table in a read takes 60 to 130 kB of the server's memory while the statement is kept, as each
brings its 150 columns: 0.2 to 0.4 kB for a character of SQL, with 0.05 for rows to be written. With
nothing but a number of statements as the bound, one session held 950 MB.
"""

from __future__ import annotations

from typing import Any

from asyncpg.connection import Connection, _StatementCache

ROOM = 200_000
"""Characters of reads that a session keeps: some 70 MB of the server's memory."""
LONGEST = 65_536
"""Characters of a statement that is kept; the driver would parse anything above 15,360 each time."""
MOST = 1_000
_READS = "select "
_LIGHT = 8
"""So many characters of a write weigh as much as one of a read."""


class Kept(_StatementCache):  # type: ignore[misc]
    """asyncpg's memory of a session's statements, where the one unused for longest goes first."""

    __slots__ = ()

    def _maybe_cleanup(self) -> None:
        weight = sum(map(_weight, self._entries))
        while weight > ROOM or len(self._entries) > MOST:
            key, entry = self._entries.popitem(last=False)
            weight -= _weight(key)
            self._on_remove(entry._statement)


def have(session: Connection) -> None:
    """Let a new session keep its statements so."""
    found = session._stmt_cache
    session._stmt_cache = Kept(
        loop=found._loop, max_size=MOST, on_remove=found._on_remove, max_lifetime=0
    )


def _weight(key: tuple[Any, ...]) -> int:
    sql: str = key[0]
    return len(sql) if sql.startswith(_READS) else len(sql) // _LIGHT
