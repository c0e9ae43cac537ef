"""Image folders with real, tiny images, and the projects in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.store.project_store import ProjectStore
from detector.image_files import list_images
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """Four images of 64 x 48 pixels, one of them in a sub-folder and one turned by EXIF (upright 48 x 64)."""
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    plain = Image.new("RGB", (64, 48), "grey")
    for name in ("1.png", "2.png", "sub/10.png"):
        plain.save(folder / name)
    exif = Image.Exif()
    exif[0x0112] = 6
    plain.save(folder / "turned.jpg", exif=exif)
    return folder


@pytest.fixture
def store(image_folder: Path) -> Iterator[ProjectStore]:
    """The project of that folder, listed."""
    opened = ProjectStore.open(image_folder)
    opened.list_images(list_images(opened.location.image_folder))
    yield opened
    opened.close()


@pytest.fixture
def prediction() -> Prediction:
    """A prediction with three proposals and two candidates."""
    boxes = np.array([[1.1, 2, 30, 40], [5, 5, 20, 20], [0, 0, 64, 48]], dtype=np.float32)
    return Prediction(
        image_size=(48, 64),
        proposals=Proposals(boxes, np.array([0.9, 0.8, 0.1], dtype=np.float32)),
        candidates=Candidates(boxes[:2], np.array([0.7, 0.3], dtype=np.float32), np.array([2, 1]), np.array([0, 1])),
        categories=("bolt", "nut"),
        model_version="v1",
        score_floor=0.05,
    )
