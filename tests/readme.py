"""What README.md tells people to type, and a home in which all of it can be typed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torchvision.models.detection import fasterrcnn_resnet50_fpn

import main
from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.coco import xywh
from detector.scenes import CATEGORIES, draw_scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(main.__file__).parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
INLINE = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", TEXT, flags=re.MULTILINE | re.DOTALL))
IMAGES = 3
PATIENCE = 100.0


def lines() -> list[str]:
    """Return the commands of the code blocks as a shell would be given them, without their comments."""
    commands = [re.sub(r"(^|\s)#.*", "", line).strip() for block in BLOCKS for line in block.splitlines()]
    return [command for command in commands if command]


def words(line: str) -> list[str]:
    """Return a command's words, with the home of the moment in the place of `~`."""
    return [os.path.expanduser(word) for word in shlex.split(line)]  # noqa: PTH111 - what a shell does to a word


def make_home(home: Path) -> None:
    """Put into `home` what the README takes for granted: photographs, annotations, models, other people's files."""
    (home / "photos").mkdir(parents=True)
    images, annotations = [], []
    for number in range(1, IMAGES + 1):
        scene = draw_scene(8_000_000 + number, (160, 200))
        Image.fromarray(scene.image).save(home / "photos" / f"{number:02}.png")
        images.append({"id": number, "file_name": f"{number:02}.png", "height": 160, "width": 200})
        for box, label in zip(xywh(scene.gt_boxes), scene.labels.tolist(), strict=True):
            rest = {"bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            annotations.append({"id": len(annotations) + 1, "image_id": number, "category_id": label, **rest})
    categories = [{"id": label, "name": name} for label, name in enumerate(CATEGORIES, 1)]
    dataset = {"images": images, "annotations": annotations, "categories": categories}
    for name in ("annotations.json", "val.json"):
        (home / name).write_text(json.dumps(dataset))
    (home / "maps").mkdir()
    # More than twice the tiles of the README on a side.
    Image.fromarray(np.tile(draw_scene(9, (160, 200)).image, (4, 11, 1))).save(home / "maps" / "map.png")
    shutil.copy(EMBEDDED_WEIGHTS, home / "mine.safetensors")


def write_checkpoint(file: Path) -> None:
    """Write what torchvision publishes as `fasterrcnn_resnet50_fpn`, but with weights that know nothing."""
    torch.manual_seed(0)
    torch.save(fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None).state_dict(), file)


def make_commands(folder: Path) -> None:
    """Put programs into `folder` by the names that an installation gives them; they run this checkout."""
    for name, what in (("boxwright", str(ROOT / "main.py")), ("torchrun", "-m torch.distributed.run")):
        program = folder / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {what} "$@"\n')
        program.chmod(0o755)


@contextmanager
def started(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own until this ends; it is told to end, and must do so with 0."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, log.read_text(errors="replace")
    finally:
        end(process)


def run(command: list[str]) -> None:
    """Run a command in a session of its own; it must end with 0."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        said, _ = process.communicate(timeout=2 * PATIENCE)
    finally:
        end(process)
    assert process.returncode == 0, said


def end(process: subprocess.Popen[Any]) -> None:
    """Leave nothing of a command and of what it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(fact: Callable[[], object], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something is so, as long as the process lives."""
    end = time.monotonic() + PATIENCE
    while not fact():
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < end, log.read_text(errors="replace")
        time.sleep(0.02)  # of the asking, not of the test
