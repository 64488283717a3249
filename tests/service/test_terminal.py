"""Commands of the service in a terminal, where Ctrl-C comes to all of their processes at once."""

from __future__ import annotations

import os
import pty
import select
import time
from pathlib import Path

import psutil

from tests.command import COMMAND, ROOT, environment

CTRL_C = b"\x03"
_PATIENCE = 120.0


def read(terminal: int, until: bytes, text: bytes = b"") -> bytes:
    """All that a terminal shows until a text comes; with ``b""``, until its process has ended."""
    end = time.monotonic() + _PATIENCE
    while not until or until not in text:
        assert time.monotonic() < end, text
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                found = os.read(terminal, 65536)
            except OSError:  # on Linux the end of a terminal is an error
                found = b""
            if not found:
                return text
            text += found
    return text


def test_ctrl_c_ends_a_server_without_a_traceback(tmp_path: Path) -> None:
    """Tests that neither the server nor its workers show a traceback, and that all processes end."""
    command = [*COMMAND, "serve", "--data", str(tmp_path / "data"), "--port", "0", "--workers", "1"]
    child, terminal = pty.fork()
    if not child:
        os.chdir(ROOT)
        os.execvpe(command[0], command, environment())
    text = read(terminal, b"Ctrl-C ends it.")
    end = time.monotonic() + _PATIENCE
    while not (below := psutil.Process(child).children(recursive=True)):
        assert time.monotonic() < end
        time.sleep(0.05)
    os.write(terminal, CTRL_C)
    text = read(terminal, b"", text)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert b"Traceback" not in text, text.decode()
    assert b"Stopped. Jobs that wait or run go on" in text
    assert psutil.wait_procs(below, timeout=20)[1] == []
    os.close(terminal)
