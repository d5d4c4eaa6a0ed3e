"""A server in a process of its own, that prints its port and takes requests until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import sys

from core.identity import Actor
from schema.requests import Answer, Answering, Request
from schema.serving import Serving, listening
from tests.schema.a_server import LIMITS, a_schema, a_server, an_answering


def holding(answer: Answering) -> Answering:
    """Says on stderr when a named operation has started, so that a test need not guess."""

    async def answered(actor: Actor, request: Request) -> Answer:
        if request.operation_name == "Slow":
            print("started", file=sys.stderr, flush=True)  # noqa: T201
        return await answer(actor, request)

    return answered


async def main() -> None:
    """Serve on a free port."""
    taken = socket.create_server(("127.0.0.1", 0))
    app = a_server(
        answer=holding(an_answering(a_schema(), LIMITS)),
        write=lambda entry: (sys.stderr.buffer.write(entry.line()), sys.stderr.buffer.flush()),
    )
    config = listening(lambda: app, grace=20)
    print(taken.getsockname()[1], flush=True)  # noqa: T201
    await Serving(config).serve([taken])


if __name__ == "__main__":
    asyncio.run(main())
