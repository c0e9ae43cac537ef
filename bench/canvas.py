"""Promise 9: frames of the canvas with many boxes, ours and labelme's: the same image, boxes, size, scale, gestures.

The peer is labelme, which people draw the same boxes with. A frame is what a person waits for: the event is sent, and
the event loop turns until the canvas has been painted. Both canvases stand alone, offscreen, 1200x800, without the
panels around them, and paint as their own `update` has it: who repaints only a part is not made to repaint the rest.
labelme has no layer of proposals and no thresholds: it is shown the annotations alone, and has nothing to put beside
the sliders. A notch of its wheel magnifies by 1.1, and so ours. Rounds alternate. Each frame is timed by two clocks,
that on the wall and that of the thread, which counts what the processor worked on it: on a quiet machine they agree,
on a busy one only the second is about the canvas, and the ratio is of its medians. Both canvases do all their work in
that thread. `python -m bench.canvas --labelme PYTHON`

labelme runs as a program of its own, in an environment of its own: `PYTHON` is the interpreter of one that has it,
and `--install-labelme` makes one in the cache folder of the user.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import platformdirs
from PIL import Image
from PySide6.QtWidgets import QApplication

from bench import canvas_gestures as gestures
from bench.canvas_figures import GESTURES, Frames
from bench.canvas_frames import Desk
from bench.canvas_gestures import Scene
from bench.figures import Figure, show
from detector.scenes import draw_scene

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.canvas_gestures import Seconds

SCENES = (Scene(100), Scene(1_000), Scene(2_000, proposals=3_000), Scene(10_000, candidates=4_000))
ROOT = Path(__file__).resolve().parents[1]
WITHOUT_LABELME = (
    "labelme is left out. `--install-labelme` puts it into an environment of its own, in the cache folder; "
    "`--labelme PYTHON` takes an interpreter that has it."
)


class Labelme:
    """labelme's canvas in a process of its own, which answers one scene at a time."""

    def __init__(self, python: Path, image: Path) -> None:
        """Start it. Raises OSError where `python` cannot be run, RuntimeError where it has no labelme."""
        command = [str(python), "-m", "bench.labelme_frames", str(image)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = str(json.loads(self._answer())["version"])

    def frames(self, scene: Scene, most: int) -> dict[str, list[Seconds]]:
        """Return what the frames of each gesture took."""
        assert self._process.stdin is not None
        question = {"boxes": gestures.annotated(scene), "frames": most}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, list[Seconds]] = json.loads(self._answer())
        return answer

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line: str = self._process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError("labelme's canvas ended without an answer: what it said is above")
        return line


def main() -> None:
    """Measure pan, zoom, drag and both sliders."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--labelme", type=Path, metavar="PYTHON", help="the interpreter of an environment with labelme")
    parser.add_argument("--install-labelme", action="store_true", help="make that environment in the cache folder")
    parser.add_argument("--frames", type=int, default=60, help="of one gesture in one round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    python = install_labelme() if options.install_labelme else options.labelme
    show(measured(SCENES, python, options.frames, options.rounds))
    if python is None:
        print(WITHOUT_LABELME)


def figures(*, quick: bool = False) -> Iterator[Figure]:
    """Yield the frames of all gestures; beside labelme's where `--install-labelme` has put it before."""
    python = labelme_python()
    yield from measured(SCENES[:2] if quick else SCENES, python if python.exists() else None, 20 if quick else 60, 3)


def measured(scenes: Sequence[Scene], python: Path | None, most: int, rounds: int) -> Iterator[Figure]:
    """Yield the figures of each scene; `python` is an interpreter that has labelme."""
    _application = QApplication.instance() or QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "scene.png"
        Image.fromarray(draw_scene(0, gestures.IMAGE_SIZE).image).save(image)
        peer = None if python is None else Labelme(python, image)
        for scene in scenes:
            for frames in measure(scene, image, peer, most, rounds):
                yield from frames.figures("labelme" if peer is None else f"labelme {peer.version}")
        if peer is not None:
            peer.close()


def measure(scene: Scene, image: Path, peer: Labelme | None, most: int, rounds: int) -> list[Frames]:
    """Return the figures of a scene, each of `rounds` rounds of `most` frames, ours and the peer's in turn."""
    ours: dict[str, list[Seconds]] = {gesture: [] for gesture in GESTURES}
    others: dict[str, list[Seconds]] = {gesture: [] for gesture in GESTURES}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            desk = Desk(image, Path(folder), scene)
            for gesture in GESTURES:
                ours[gesture] += getattr(desk, gesture)(most)
            desk.close()
        if peer is not None:
            for gesture, seconds in peer.frames(scene, most).items():
                others[gesture] += seconds
    return [Frames(scene, gesture, ours[gesture], others[gesture]) for gesture in GESTURES]


def labelme_python() -> Path:
    """Return where the interpreter of the environment with labelme is, once it is there."""
    return (
        platformdirs.user_cache_path("boxwright")
        / "labelme"
        / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    )


def install_labelme() -> Path:
    """Return the interpreter of an environment with labelme, which is made where there is none yet.

    Raises CalledProcessError where labelme cannot be had.
    """
    python = labelme_python()
    if not python.exists():
        venv.create(python.parents[1], with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "labelme"], check=True)
    return python


if __name__ == "__main__":
    main()
