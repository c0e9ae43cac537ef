"""What can be wrong with Qt, torch and the embedded detector. Each part runs in a process of its own, which may die.

`python -m app.heavy_checks window` or `detector` prints its checks as a line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.checks import INSTALL_AGAIN, Check, guarded
from app.program import version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from detector.types import Prediction, Sample

EMBEDDED_SHA256 = "02982d34e2ef1bae9b8940d88e146e7901c3a36283a9be5463b88afbad607638"
FITS = 0.5
ENOUGH = 0.5
"""The share of the objects of the scene that must be found; in an unhurt installation it is nearly all."""


def window() -> Iterator[Check]:
    """Yield whether Qt can be loaded, where it would show a window, and what it would write with."""
    from app import desktop  # noqa: PLC0415

    try:
        desktop.require_libraries()
    except desktop.DesktopError as error:
        yield Check("libraries of the window", False, "some are missing", str(error))
        return
    has_display = desktop.has_display()
    if not has_display:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"  # Qt would end the process
    from PySide6.QtCore import qVersion  # noqa: PLC0415
    from PySide6.QtGui import QFontDatabase, QGuiApplication, QImageReader  # noqa: PLC0415

    application = QGuiApplication(sys.argv[:1])
    platform = application.platformName()
    yield Check("Qt", True, f"{qVersion()}, platform {platform}")
    display = f"{len(application.screens())} screens" if has_display else "none: the headless verbs work without one"
    yield Check("display", True, display)
    count = len(QFontDatabase.families())
    advice = "" if count else "Install a font (Debian: apt-get install fonts-dejavu-core)."
    yield Check("fonts", count > 0, f"{count} families", advice)
    has_svg = b"svg" in (bytes(one.data()) for one in QImageReader.supportedImageFormats())
    yield Check("icons", has_svg, "SVG is read" if has_svg else "SVG is not read", "" if has_svg else INSTALL_AGAIN)


def detector() -> Iterator[Check]:
    """Yield which devices there are, and whether the embedded detector is whole, loads, and finds what is there."""
    import torch  # noqa: PLC0415 - it may be what is broken
    import torchvision  # noqa: PLC0415

    yield Check("torch", True, f"{torch.__version__}, torchvision {version_of('torchvision')}")
    torchvision.ops.nms(torch.zeros(1, 4), torch.ones(1), 0.5)  # does not exist beside a torch of another build
    from app.demo import scene  # noqa: PLC0415
    from detector.checkpoint_header import EMBEDDED_WEIGHTS  # noqa: PLC0415
    from detector.devices import choose_device  # noqa: PLC0415
    from detector.precision import sixteen_bit_type  # noqa: PLC0415
    from detector.predictor import open_predictor  # noqa: PLC0415

    device = choose_device()
    dtype = str(sixteen_bit_type(device) or torch.float32).removeprefix("torch.")
    yield Check("device", True, f"{device_name(device.type)}, computes in {dtype}")
    digest = hashlib.sha256(EMBEDDED_WEIGHTS.read_bytes()).hexdigest()
    whole = digest == EMBEDDED_SHA256
    yield Check("embedded model", whole, f"checksum {digest[:16]}…", "" if whole else f"It is damaged. {INSTALL_AGAIN}")
    start = time.perf_counter()
    predictor = open_predictor()
    yield Check("loading the model", True, f"{predictor.name}, {time.perf_counter() - start:.2f} s")
    seen = scene(0)
    predictor.predict(seen.image)  # the first one makes ready what the others use
    start = time.perf_counter()
    prediction = predictor.predict(seen.image)
    seconds = time.perf_counter() - start
    yield detection_check(seen, prediction, seconds, predictor.device)
    if predictor.notice:
        yield Check("memory", False, predictor.notice, "Close other programs that use the device.")


def device_name(kind: str) -> str:
    """Return what people call the device, with its memory where it has its own."""
    import torch  # noqa: PLC0415

    if kind != "cuda":
        return {"cpu": "CPU", "mps": "GPU of a Mac"}.get(kind, kind)
    free, total = torch.cuda.mem_get_info()
    return f"{torch.cuda.get_device_name()}, {free / 2**30:.1f} of {total / 2**30:.1f} GB free"


def detection_check(scene: Sample, prediction: Prediction, seconds: float, device: str) -> Check:
    """Return whether the detector has found most of what is on the scene."""
    from app.model.geometry import iou  # noqa: PLC0415 - numpy may be what is broken
    from detector.filtering import select  # noqa: PLC0415
    from detector.types import Thresholds  # noqa: PLC0415

    found = select(prediction.candidates, Thresholds())
    hits = int((iou(scene.gt_boxes, found.boxes).max(axis=1, initial=0.0) >= FITS).sum())
    objects = len(scene.gt_boxes)
    said = f"{len(found)} found, {hits} of {objects} objects, in {1e3 * seconds:.0f} ms on {device}"
    ok = hits >= ENOUGH * objects
    advice = "" if ok else "Try --device cpu, or exact precision in the settings: the device may compute wrongly."
    return Check("a detection", ok, said, advice)


PARTS: Mapping[str, Callable[[], Iterator[Check]]] = {"window": window, "detector": detector}


if __name__ == "__main__":
    part = sys.argv[1]
    print(json.dumps([asdict(one) for one in guarded(part, PARTS[part])]))
