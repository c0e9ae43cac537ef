"""Large images: one is seen within seconds, in little memory, and as it is once its pyramid is there.

Makes an image in a temporary folder, opens it as the window does, and decodes it as a whole with Pillow beside it, each
in a process of its own so that the peaks of memory are apart. `python -m bench.large [--side 30000] [--format png]`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication

from app.workers.image_loader import ImageLoader
from bench.figures import Figure, at_most, show
from bench.memory import peak_megabytes
from detector.images import LARGE_PIXELS
from detector.large_images import libvips
from detector.scenes import draw_scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.workers.large_image import LargeImage

MOST_SECONDS, MOST_MEGABYTES = 8.0, 2_048
FORMATS: dict[str, dict[str, Any]] = {
    "jpg": {"Q": 90},
    "png": {"compression": 1},
    "tif": {"compression": "deflate", "bigtiff": True},
}
SCENE = 2048


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=30_000)
    parser.add_argument("--format", choices=FORMATS, default="jpg")
    parser.add_argument("--role", choices=ROLES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side**2 <= LARGE_PIXELS:
        parser.error(f"an image of up to {LARGE_PIXELS // 10**6} megapixels is not large.")
    if options.role:
        print(json.dumps(ROLES[options.role](options.file, options.side)))
        return
    with tempfile.TemporaryDirectory(prefix="boxwright-large-") as folder:
        file = Path(folder) / "images" / f"large.{options.format}"
        in_a_process("make", file, options.side)
        print(f"{options.side} x {options.side} px, {file.stat().st_size / 1e6:.0f} MB of {options.format}")
        ours, whole = (in_a_process(role, file, options.side) for role in ("window", "pillow"))
    show(_figures(ours, whole))


def _figures(ours: dict[str, float], whole: dict[str, float]) -> Iterator[Figure]:
    pillow = "Pillow, all of it"
    yield Figure("something to see", ours["something"], "s")
    yield Figure("the whole, coarse", ours["overview"], "s", whole["seconds"], pillow, at_most(MOST_SECONDS))
    yield Figure("its full resolution", ours["pyramid"], "s", note=f"{ours['disk']:.0f} MB on disk")
    yield Figure("extra memory at its peak", ours["memory"], "MB", whole["memory"], pillow, at_most(MOST_MEGABYTES))


def make(file: Path, side: int) -> dict[str, float]:
    """Write an image of `side` pixels a side, of one scene again and again: it is never in memory as a whole."""
    file.parent.mkdir()
    scene = libvips().Image.new_from_array(draw_scene(1, (SCENE, SCENE)).image)
    times = -(-side // SCENE)
    scene.replicate(times, times).crop(0, 0, side, side).write_to_file(str(file), **FORMATS[file.suffix[1:]])
    return {}


def in_a_process(role: str, file: Path, side: int) -> dict[str, Any]:
    # Also to make the image: a process begins with the peak of memory of the one that starts it.
    command = [sys.executable, "-m", "bench.large", "--role", role, "--file", str(file), "--side", str(side)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def window(file: Path, _side: int) -> dict[str, float]:
    """Open `file` as the window does; return when what was there, in seconds, and the extra memory in MB."""
    application = QCoreApplication.instance() or QCoreApplication([])
    cache = file.parent / "cache"
    cache.mkdir(exist_ok=True)
    loader = ImageLoader(cache / "thumbnails")
    failures: list[str] = []
    reached: dict[str, float] = {}
    before, start = peak_megabytes(), time.perf_counter()

    def look(large: LargeImage) -> None:
        for name, holds in (
            ("something", large.progress > 0),
            ("overview", large.progress == 1),
            ("pyramid", large.levels > 0),
        ):
            if holds:
                reached.setdefault(name, time.perf_counter() - start)
        if large.levels:
            application.quit()

    def fail(sentence: str) -> None:
        failures.append(sentence)
        application.quit()

    loader.image_ready.connect(lambda _image_id, large: large.changed.connect(lambda: look(large)))
    loader.image_failed.connect(lambda _image_id, sentence: fail(sentence))
    loader.image_coarse.connect(fail)
    loader.show(1, file)
    # Not `processEvents` in a loop: while that waits no other thread runs Python.
    application.exec()
    loader.stop()
    if failures:
        sys.exit(failures[0])
    disk = sum(entry.stat().st_size for entry in (cache / "pyramids").iterdir()) / 1e6
    return {**reached, "disk": disk, "memory": peak_megabytes() - before}


def pillow(file: Path, _side: int) -> dict[str, float]:
    """Decode `file` as a whole; return the seconds and the extra memory in MB."""
    from PIL import Image  # noqa: PLC0415 - in the process of the peer alone

    Image.MAX_IMAGE_PIXELS = None
    before, start = peak_megabytes(), time.perf_counter()
    with Image.open(file) as image:
        image.load()
    return {"seconds": time.perf_counter() - start, "memory": peak_megabytes() - before}


ROLES = {"make": make, "window": window, "pillow": pillow}

if __name__ == "__main__":
    main()
