"""Promises 3 and 4: one image through our predictor, beside torchvision and whole exports with the same weights.

Ours is `predict`: upload, resizing, network, candidates, numpy. The peers are those of `bench.detection_contenders`.
All take turns in one process with the same number of threads. With one, which is the default, the time is what the
processor worked: others who use the machine do not change it. Beside it stands what a product of matrices reaches here,
and how long the arithmetic of the network would take at that.

    python -m bench.detection [SYSTEM ...] [--threads N] [--rounds N]

With `--published` the systems that the paper and mmdetection have published speeds of: `bench.published_speed`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench import detection_contenders as contenders
from bench import published_speed
from bench.detection_contenders import network
from bench.figures import Figure, at_most, show
from bench.timing import compared, medians
from detector.devices import choose_device
from detector.exports import library_version
from detector.precision import sixteen_bit_type
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import nn

    from detector.model import FasterRCNN
    from detector.types import ByteArray

DEFAULT = ("embedded", "mobilenet_v3_large_320_fpn", "mobilenet_v3_large_fpn", "resnet50_fpn")
SIZES = ((480, 640), (1080, 1920))
ROUNDS = 5
MATRIX = 2048
MOST_MS = 80.0
EAGER, ORT, OPENVINO, OPENVINO_16 = (
    "torchvision",
    "whole in ONNX Runtime",
    "whole in OpenVINO, float32",
    "whole in OpenVINO",
)
EXACT, FOLDED, FOLDED_EXPORTED = "exact", "fast, float32", "fast, float32, exported"
FAST, FAST_EXPORTED = "fast, sixteen bits", "fast, sixteen bits, exported"
TARGETS = (
    (EXACT, EAGER, 1.05),
    (FOLDED, EAGER, 0.65),
    (FOLDED_EXPORTED, EAGER, 0.50),
    (FOLDED_EXPORTED, ORT, 1.00),
    (FOLDED_EXPORTED, OPENVINO, 1.00),
    (FAST, EAGER, 0.40),
    (FAST_EXPORTED, EAGER, 0.40),
    (FAST_EXPORTED, OPENVINO_16, 1.00),
)


class Limit(NamedTuple):
    """What the machine reaches in float32 and in sixteen bits, floating-point operations a second."""

    single: float
    half: float


def figures(
    *,
    quick: bool = False,
    systems: Sequence[str] = DEFAULT,
    sizes: Sequence[tuple[int, int]] = SIZES,
    rounds: int = ROUNDS,
    threads: int = 1,
) -> Iterator[Figure]:
    """Yield how all contenders compare on each system and size, as soon as it is known."""
    if quick:
        systems, sizes, rounds = systems[:2], sizes[:1], 3
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for system in systems:
            for size in sizes:
                yield from compare(system, size, rounds)
    finally:
        torch.set_num_threads(before)


def compare(system: str, image_size: tuple[int, int], rounds: int) -> Iterator[Figure]:
    """Yield how all contenders compare on one image; those that need a package that is not there are left out."""
    image = np.random.default_rng(0).integers(0, 256, (*image_size, 3), dtype=np.uint8)
    limit, count = machine_limit(rounds), operations(system, image_size)
    title = f"{system}, {image_size[1]}x{image_size[0]}"
    yield Figure(
        f"{title}: its arithmetic at the speed of a matrix product",
        1e3 * count / limit.single,
        note=f"{count / 1e9:.1f} GFLOP at {limit.single / 1e9:.0f} GFLOP/s; in bfloat16 {limit.half / 1e9:.0f}",
    )
    with tempfile.TemporaryDirectory() as folder:
        model = network(system)
        calls = {**_ours(model, image, Path(folder)), **_peers(system, model, image, Path(folder))}
        with torch.inference_mode():
            seconds = medians(calls, rounds, 1, _clock())
    for ours, peer, target in TARGETS:
        if ours in seconds and peer in seconds:
            yield compared(f"{title}: {ours}", seconds[ours], seconds[peer], target, peer_name=peer)
    if system == "embedded" and image_size == SIZES[0] and FAST in seconds:
        yield Figure(f"{title}: {FAST}, for a labeler", 1e3 * seconds[FAST], target=at_most(MOST_MS))


def machine_limit(rounds: int = ROUNDS) -> Limit:
    """Return what products of square matrices reach now."""
    single = torch.rand(MATRIX, MATRIX)
    half = single.bfloat16()
    times = medians({"single": lambda: single @ single, "half": lambda: half @ half}, rounds, 1, _clock())
    return Limit(2 * MATRIX**3 / times["single"], 2 * MATRIX**3 / times["half"])


def operations(system: str, image_size: tuple[int, int]) -> int:
    """Return how many floating-point operations one look at an image takes, all convolutions and linear layers."""
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(system)([torch.rand(3, *image_size)])
    return int(counter.get_total_flops())


def _clock() -> Callable[[], float]:
    return time.process_time if torch.get_num_threads() == 1 else time.perf_counter


def _ours(model: FasterRCNN, image: ByteArray, folder: Path) -> dict[str, Callable[[], object]]:
    made = {EXACT: contenders.ours(model, "exact")}
    exports = bool(library_version())
    with contenders.float32_only():
        made[FOLDED] = contenders.ours(model, "fast")
        if exports:
            made[FOLDED_EXPORTED] = contenders.ours(model, "fast", folder / "single")
            if not contenders.serving(made[FOLDED_EXPORTED], image):
                del made[FOLDED_EXPORTED]
    if sixteen_bit_type(contenders.CPU) is not None:
        made[FAST] = contenders.ours(model, "fast")
        if exports:
            made[FAST_EXPORTED] = contenders.ours(model, "fast", folder / "half")
            if not contenders.serving(made[FAST_EXPORTED], image):
                del made[FAST_EXPORTED]
    return {name: partial(predictor.predict, image) for name, predictor in made.items()}


def _peers(system: str, model: FasterRCNN, image: ByteArray, folder: Path) -> dict[str, Callable[[], object]]:
    peer: nn.Module = contenders.peer_of(system, model)
    tensor = torch.from_numpy(image).permute(2, 0, 1).float().div(255).contiguous()
    path = folder / "whole.onnx"
    contenders.whole(peer, tensor, path)
    wholes = {
        ORT: contenders.in_onnx_runtime(path, tensor),
        OPENVINO: contenders.in_openvino(path, tensor, "f32"),
        OPENVINO_16: contenders.in_openvino(path, tensor, None),
    }
    return {EAGER: partial(peer, [tensor]), **{name: call for name, call in wholes.items() if call is not None}}


def main() -> None:
    """Measure the systems named on the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"by default {', '.join(DEFAULT)}")
    parser.add_argument("--threads", type=int, default=1, help="of all contenders, by default one")
    parser.add_argument("--published", action="store_true", help="speeds beside published ones")
    parser.add_argument("--device", help="of --published: cuda, mps or cpu; by default the best there is")
    parser.add_argument("--rounds", type=int, help=f"by default {ROUNDS}; of --published what the device allows")
    parser.add_argument("--json", action="store_true", help="of --published: print JSON in place of the tables")
    options = parser.parse_args()
    known = published_speed.PUBLISHED if options.published else SYSTEMS
    unknown = [name for name in options.systems if name not in known]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)} here: choose from {', '.join(known)}")
    if not options.published:
        show(figures(systems=options.systems or DEFAULT, rounds=options.rounds or ROUNDS, threads=options.threads))
        return
    device = choose_device(options.device)
    if device.type == "cpu" and not options.systems:
        parser.error(published_speed.TAKES_HOURS)
    published_speed.measure(options.systems or tuple(published_speed.PUBLISHED), device, options.rounds, options.json)


if __name__ == "__main__":
    main()
