"""Promises 3 and 4: one image of 640x480 through our predictor, against torchvision's eager float32 forward.

The peer is the same network with the same weights, called as torchvision's documentation says. Ours includes the
upload, the candidates and the conversion to numpy. `python -m bench.detection [SYSTEM ...]`

With `--published` the systems that the paper and mmdetection have published speeds of: `bench.published_speed`.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from bench import published_speed
from bench.figures import Figure, at_most, show
from bench.timing import compared, medians
from detector import checkpoints
from detector.devices import choose_device
from detector.model import FasterRCNN, build
from detector.predictor import Predictor
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT = ("embedded", "mobilenet_v3_large_320_fpn", "mobilenet_v3_large_fpn")


def network(system: str) -> FasterRCNN:
    """Return the embedded detector with its weights, any other with random ones."""
    if system == "embedded":
        model = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS).model
    else:
        torch.manual_seed(0)
        model = build(SYSTEMS[system], 90).eval()
    assert isinstance(model, FasterRCNN), "a system that only proposes has no peer here"
    return model


def figures(*, quick: bool = False, systems: Sequence[str] = DEFAULT) -> Iterator[Figure]:
    """Yield how both precisions of each system compare with torchvision on the CPU."""
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    for system in systems[:2] if quick else systems:
        model, device = network(system), choose_device("cpu")
        names = [str(label) for label in range(model.num_categories)]
        fast, exact = (
            Predictor(model, names, "bench", device=device, precision=precision) for precision in ("fast", "exact")
        )
        tensor = torch.from_numpy(image).permute(2, 0, 1).float().div(255)
        with torch.inference_mode():
            times = medians(
                {
                    "fast": partial(fast.predict, image),
                    "exact": partial(exact.predict, image),
                    "torchvision": partial(model, [tensor]),
                },
                rounds=3 if quick else 15,
            )
        yield compared(f"{system}, fast precision", times["fast"], times["torchvision"], 0.40)
        yield compared(f"{system}, exact", times["exact"], times["torchvision"], 1.05)
        if system == "embedded":
            yield Figure("embedded, fast precision, at most 80 ms", 1e3 * times["fast"], target=at_most(80))


def main() -> None:
    """Measure the systems named on the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"by default {', '.join(DEFAULT)}")
    parser.add_argument("--published", action="store_true", help="speeds beside published ones")
    parser.add_argument("--device", help="of --published: cuda, mps or cpu; by default the best there is")
    parser.add_argument("--rounds", type=int, help="of --published; by default what the device allows")
    parser.add_argument("--json", action="store_true", help="of --published: print JSON in place of the tables")
    options = parser.parse_args()
    known = published_speed.PUBLISHED if options.published else SYSTEMS
    unknown = [name for name in options.systems if name not in known]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)} here: choose from {', '.join(known)}")
    if not options.published:
        show(figures(systems=options.systems or DEFAULT))
        return
    device = choose_device(options.device)
    if device.type == "cpu" and not options.systems:
        parser.error(published_speed.TAKES_HOURS)
    published_speed.measure(options.systems or tuple(published_speed.PUBLISHED), device, options.rounds, options.json)


if __name__ == "__main__":
    main()
