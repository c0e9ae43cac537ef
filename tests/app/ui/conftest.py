"""A folder of plain images for tests that need no more than that there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three images, no two alike."""
    images = tmp_path / "images"
    images.mkdir()
    for place in range(3):
        Image.new("RGB", (640, 480), (90, 120, 90 + place)).save(images / f"{place}.png")
    return images
