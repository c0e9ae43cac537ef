"""The demo project: scenes of a workbench, drawn on the spot. No Qt, no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from detector.scenes import draw_scene

if TYPE_CHECKING:
    from pathlib import Path

    from detector.types import Sample

SCENES = 12
_SIZE = (480, 640)
# Seeds that no training has seen; every third scene holds things that the detector was never taught.
_FIRST_SEED = 7_000_000
_TAUGHT_EVERY = 3


def scene(place: int) -> Sample:
    """Return demo scene `place`, from 0, with its exact boxes."""
    taught = place % _TAUGHT_EVERY == _TAUGHT_EVERY - 1
    return draw_scene(_FIRST_SEED + place, _SIZE, taught=taught)


def draw_scenes(folder: Path, count: int = SCENES) -> None:
    """Draw the demo's scenes into `folder`; those that are there stay as they are. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in range(count):
        path = folder / f"workbench-{place + 1:02}.jpg"
        if not path.exists():
            part = path.with_suffix(".part")
            Image.fromarray(scene(place).image).save(part, "JPEG", quality=92)
            part.replace(path)
