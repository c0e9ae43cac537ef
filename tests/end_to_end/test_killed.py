"""A process that is killed after a gesture has lost nothing: not the gesture, and not its undo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from whole_application import SHOWN, running

ROOT = Path(__file__).resolve().parents[2]

DRIVER = """
import sys, time
sys.path[:0] = [{tests!r}, {root!r}]
from pathlib import Path
from whole_application import running
with running(Path({settings!r})) as run:
    run.open(Path({folder!r}))
    run.hands.key("Tab")
    run.hands.key("Return")
    run.hands.key("D")
    run.hands.key("U")
    print("decided", len(run.workspace.images), flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_that_a_killed_process_has_kept_the_last_gesture_and_its_undo(dice, tmp_path):
    source = DRIVER.format(
        tests=str(ROOT / "tests"), root=str(ROOT), settings=str(tmp_path / "killed"), folder=str(dice)
    )
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout.readline().startswith("decided")
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    with running(tmp_path) as run:
        run.open(dice)
        workspace, hands = run.workspace, run.hands
        assert workspace.current_image == workspace.images[1]
        assert workspace.current_image.unsure
        hands.key("Ctrl+Z")
        assert not workspace.current_image.unsure
        hands.key("Ctrl+Z")
        assert workspace.current_image == workspace.images[0]
        hands.wait_for_image()
        assert not workspace.annotations
        assert len(workspace.suggestions) == SHOWN
        hands.key("Ctrl+Shift+Z")
        assert len(workspace.annotations) == 1
