"""What a start with a project imports before its image and the stored suggestions are painted: named, never timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.store.patient_store import PatientStore
from app.store.prediction_cache import file_stamp
from app.store.versions import IN_USE
from detector.image_files import list_image_paths
from detector.types import Candidates, Prediction, Proposals

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "torchvision", "matplotlib", "pycocotools", "pyqtgraph", "pyvips", "safetensors", "rich", "typer"}
HEAVY |= {"yaml", "defusedxml", "app.store.formats", "app.demo", "detector.scenes"}
AT_FIRST_IMAGE = """
import json, os, sys
from pathlib import Path
from app import desktop
desktop.load_qt()
from app import application, opening
opening.PATIENCE_MS = 10**8
from app.ui.canvas import Canvas
painted = Canvas.paintEvent
def paint(canvas, event):
    painted(canvas, event)
    if canvas._picture is not None and canvas._workspace.suggestions:
        print(json.dumps([len(canvas._workspace.suggestions), sorted(sys.modules)]))
        sys.stdout.flush()
        os._exit(0)
Canvas.paintEvent = paint
application.run(Path(sys.argv[1]), device="cpu")
"""
WITHOUT_AN_IMAGE = """
import sys
from pathlib import Path
from app import application, process
from app.settings import Settings
from app.workers.messages import DetectorState
class Made(Exception):
    pass
def factory():
    print("loaded", flush=True)
    raise Made
qt = process.qt_application()
opened = application.Application(qt, factory, Settings(Path(sys.argv[2])))
opened.service.status_changed.connect(lambda status: qt.quit() if status.state is DetectorState.FAILED else None)
opened.show(Path(sys.argv[1]))
qt.exec()
opened.shut_down()
"""


@pytest.fixture
def looked_at(tmp_path: Path) -> Path:
    """A folder whose project has kept what a detector said about its image."""
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (64, 48), "grey").save(folder / "1.png")
    boxes = np.array([[1, 2, 30, 40], [5, 5, 60, 45]], dtype=np.float32)
    scores = np.array([0.9, 0.7], dtype=np.float32)
    found = Candidates(boxes, scores, np.array([1, 1]), np.array([0, 1]))
    store = PatientStore.open(folder)
    store.list_images(list_image_paths(folder))
    (record,) = store.images()
    prediction = Prediction((48, 64), Proposals(boxes, scores), found, ("bolt",), "made-up-1", 0.05)
    store.put_prediction(record.id, file_stamp(store.image_path(record)), prediction)
    store.remember(IN_USE, "made-up-1")
    store.close()
    return folder


def run(code: str, home: Path, *arguments: str) -> list[str]:
    """Return what a process of its own, whose settings are in `home`, says."""
    folders = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(home))
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | folders, capture_output=True, text=True, timeout=110, check=True
    )
    return done.stdout.splitlines()


def test_that_image_and_stored_suggestions_are_painted_before_anything_heavy_is_imported(
    looked_at: Path, tmp_path: Path
) -> None:
    suggestions, loaded = json.loads(run(AT_FIRST_IMAGE, tmp_path, str(looked_at))[-1])
    assert suggestions == 2
    assert HEAVY.isdisjoint(loaded)
    assert "PySide6" in loaded, "or this test looks at nothing"


def test_that_no_source_is_read_for_what_is_imported_after_qt(tmp_path: Path) -> None:
    code = (
        "import linecache, sys; from app import desktop; {}; before = set(linecache.cache); import app.settings; "
        "print(len(set(linecache.cache) - before))"
    )
    assert run(code.format("desktop.load_qt()"), tmp_path) == ["0"]
    unwanted = run(code.format("import PySide6.QtCore"), tmp_path)
    assert int(unwanted[0]) > 1, "PySide has stopped reading it: nothing has to be told any more"


@pytest.mark.parametrize("content", [None, b"no image"])
def test_that_the_detector_is_loaded_where_there_is_no_picture_to_wait_for(
    tmp_path: Path, content: bytes | None
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    if content is not None:
        (folder / "1.png").write_bytes(content)
    assert run(WITHOUT_AN_IMAGE, tmp_path, str(folder), str(tmp_path / "settings.ini")) == ["loaded"]
