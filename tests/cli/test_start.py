"""Commands that are ended as soon as they begin."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.a_forkserver import ROOT


def test_ctrl_c_during_the_imports_ends_a_command_without_a_word() -> None:
    command = [sys.executable, "-X", "importtime", "-c", "from cli.start import main; main()"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.endswith(" core.errors\n"))
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert process.returncode == -signal.SIGINT
    assert "Traceback" not in told
