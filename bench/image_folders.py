"""Folders of very many images: hard links to a few small scenes, which take room once."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from PIL import Image

from detector.scenes import draw_scene

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = 10
SIZE = (384, 512)  # 0.6 MB decoded: nine hundred of them fill the cache of images


def make_images(folder: Path, count: int) -> list[str]:
    """Fill a folder with images, and return their names in order."""
    folder.mkdir()
    names = [f"photo_{number:06}.jpg" for number in range(count)]
    for place, name in enumerate(names):
        source = folder / names[place % SOURCES]
        if place < SOURCES:
            Image.fromarray(draw_scene(place, SIZE).image).save(source, quality=90)
            continue
        try:
            os.link(source, folder / name)
        except OSError:  # no links here, or no more of this file
            shutil.copyfile(source, folder / name)
    return names
