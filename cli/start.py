"""Where the command begins, before its imports: they take a second, in which Ctrl-C may come."""

from __future__ import annotations

import gc
import signal


def main() -> None:
    """Run the command that was typed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # there is nothing yet to leave in good order
    gc.disable()  # to look for garbage among what is imported was a quarter of the time that takes
    from cli.main import main as run

    gc.freeze()
    gc.enable()
    run()
