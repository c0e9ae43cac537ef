"""Promises 3 and 4: one image of 640x480 through our predictor, against torchvision's eager float32 forward.

The peer is the same network with the same weights, called as torchvision's documentation says. Ours includes the
upload, the candidates and the conversion to numpy. `python -m bench.detection [SYSTEM ...]`
"""

from __future__ import annotations

import sys

import numpy as np
import torch

from bench.timing import medians, report
from detector import checkpoints
from detector.model import FasterRCNN, build
from detector.predictor import Predictor, choose_device
from detector.systems import SYSTEMS

DEFAULT = ("embedded", "mobilenet_v3_large_320_fpn", "mobilenet_v3_large_fpn")


def network(system: str) -> FasterRCNN:
    """Return the embedded detector with its weights, any other with random ones."""
    if system == "embedded":
        return checkpoints.load(checkpoints.EMBEDDED_WEIGHTS).model
    torch.manual_seed(0)
    return build(SYSTEMS[system], 90).eval()


def main() -> None:
    """Measure the systems named on the command line."""
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    for system in sys.argv[1:] or DEFAULT:
        model, device = network(system), choose_device("cpu")
        names = [str(label) for label in range(model.num_categories)]
        fast, exact = (
            Predictor(model, names, "bench", device=device, precision=precision) for precision in ("fast", "exact")
        )
        tensor = torch.from_numpy(image).permute(2, 0, 1).float().div(255)
        with torch.inference_mode():
            times = medians(
                {
                    "fast": lambda fast=fast: fast.predict(image),
                    "exact": lambda exact=exact: exact.predict(image),
                    "torchvision": lambda model=model, tensor=tensor: model([tensor]),
                },
                rounds=15,
            )
        report(f"{system}, fast precision", times["fast"], times["torchvision"], 0.40)
        report(f"{system}, exact", times["exact"], times["torchvision"], 1.05)
        if system == "embedded":
            held = "held" if times["fast"] <= 0.080 else "MISSED"
            print(f"{'embedded, fast precision, at most 80 ms':58} {times['fast'] * 1e3:9.2f} ms {held}")


if __name__ == "__main__":
    main()
