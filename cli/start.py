"""Where the command begins, before its imports: they take a second, in which Ctrl-C may come."""

from __future__ import annotations

import gc
import os
import signal
import sys


def main() -> None:
    """Run the command that was typed."""
    _open_what_is_closed()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # there is nothing yet to leave in good order
    gc.disable()  # to look for garbage among what is imported was a quarter of the time that takes
    from cli.main import main as run

    gc.freeze()
    gc.enable()
    run()


def _open_what_is_closed() -> None:
    """What starts a daemon may close its standard streams: ours would take their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115  stays to the end
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)
