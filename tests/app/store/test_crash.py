"""What is left when the process is killed without warning."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.project_store import ProjectStore

ROOT = Path(__file__).resolve().parents[3]

LABELER = """
import sys
from pathlib import Path

from app.model import box_gestures
from app.model.workspace import Workspace
from app.store.project_store import ProjectStore
from detector.image_files import list_images

store = ProjectStore.open(Path(sys.argv[1]))
store.list_images(list_images(store.location.image_folder))
workspace = Workspace(store)
workspace.set_image_sizes({1: (48, 64)})
box_gestures.draw(workspace, (1.0, 2.0, 30.0, 40.0))
box_gestures.nudge(workspace, 5, 0)
print("done", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_that_after_kill_9_the_gesture_is_there_and_so_is_its_undo(image_folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LABELER, str(image_folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as labeler:
        assert labeler.stdout is not None
        assert labeler.stdout.readline() == "done\n"
        with pytest.raises(StoreError, match=f"process {labeler.pid}"):
            ProjectStore.open(image_folder)
        labeler.send_signal(signal.SIGKILL)
        labeler.wait()
    store = ProjectStore.open(image_folder)
    workspace = Workspace(store)
    assert [one.box for one in workspace.annotations.values()] == [(6.0, 2.0, 35.0, 40.0)]
    workspace.undo()
    assert [one.box for one in workspace.annotations.values()] == [(1.0, 2.0, 30.0, 40.0)]
    workspace.undo()
    assert workspace.annotations == {}
    assert workspace.redo_text == "draw object"
    store.close()
