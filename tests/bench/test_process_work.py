"""The work of the processor that `bench.process_work` counts, of real processes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench.process_work import PROCESSES, run

if TYPE_CHECKING:
    from pathlib import Path

WORKED = 1.0
BUSY = f"import time\nwhile time.process_time() < {WORKED}: pass"
BY_A_CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}])\nprint('done')"


@pytest.mark.skipif(not PROCESSES.exists(), reason="there is no /proc")
@pytest.mark.parametrize("script", [f"{BUSY}\nprint('done')", BY_A_CHILD])
def test_that_the_work_of_a_command_is_that_of_all_its_processes(tmp_path: Path, script: str) -> None:
    said, worked = run([sys.executable, "-c", script], tmp_path)
    assert said == "done\n"
    assert worked is not None
    assert 0.5 * WORKED <= worked <= 2 * WORKED


def test_that_a_command_that_fails_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        run([sys.executable, "-c", "raise SystemExit('no room')"], tmp_path)
    assert "no room" in raised.value.stderr
