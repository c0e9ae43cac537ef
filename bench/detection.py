"""Promises 3 and 4: one image through our predictor, beside torchvision and whole exports with the same weights.

Ours is `predict`: upload, resizing, network, candidates, numpy. The peers are those of `bench.detection_contenders`.
All take turns, each in a process of its own, with the same number of threads. With one, which is the default, the time
is what the processor worked: others who use the machine do not change it. Beside it stands what a product of matrices
reaches here, and how long the arithmetic of the network would take at that.

    python -m bench.detection [SYSTEM ...] [--threads N] [--rounds N]

With `--published` the systems that the paper and mmdetection have published speeds of: `bench.published_speed`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench import detection_contenders as contenders
from bench import published_speed
from bench.detection_contenders import EAGER, EXACT, FAST, FAST_EXPORTED, FOLDED, FOLDED_EXPORTED, Contender, network
from bench.figures import Figure, at_most, share, show
from bench.timing import medians
from detector.devices import choose_device
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT = ("embedded", "mobilenet_v3_large_320_fpn", "mobilenet_v3_large_fpn", "resnet50_fpn")
SIZES = ((480, 640), (1080, 1920))
ROUNDS, WARM_UP = 5, 2
MATRIX = 2048
MOST_MS = 80.0
TARGETS = (
    (EXACT, EAGER, 1.05),
    (FOLDED, EAGER, 0.65),
    (FOLDED_EXPORTED, EAGER, 0.50),
    (FOLDED_EXPORTED, contenders.ORT, 1.00),
    (FOLDED_EXPORTED, contenders.OPENVINO, 1.00),
    (FAST, EAGER, 0.40),
    (FAST_EXPORTED, EAGER, 0.40),
    (FAST_EXPORTED, contenders.OPENVINO_16, 1.00),
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
                yield from compare(system, size, rounds, threads)
    finally:
        torch.set_num_threads(before)


def compare(system: str, image_size: tuple[int, int], rounds: int, threads: int) -> Iterator[Figure]:
    """Yield how all contenders compare on one image; those that need a package that is not there are left out."""
    limit, count = machine_limit(rounds), operations(system, image_size)
    title = f"{system}, {image_size[1]}x{image_size[0]}"
    yield Figure(
        f"{title}: its arithmetic at the speed of a matrix product",
        1e3 * count / limit.single,
        note=f"{count / 1e9:.1f} GFLOP at {limit.single / 1e9:.0f} GFLOP/s; in bfloat16 {limit.half / 1e9:.0f}",
    )
    seconds = in_turn(system, image_size, rounds, threads)
    for ours, peer, target in TARGETS:
        if ours in seconds and peer in seconds:
            mine, other = 1e3 * seconds[ours], 1e3 * seconds[peer]
            yield Figure(f"{title}: {ours}", mine, "ms", other, peer, share(target))
    if system == "embedded" and image_size == SIZES[0] and FAST in seconds:
        yield Figure(f"{title}: {FAST}, for a labeler", 1e3 * seconds[FAST], target=at_most(MOST_MS))


def in_turn(system: str, image_size: tuple[int, int], rounds: int, threads: int) -> dict[str, float]:
    """Return the median seconds of each contender that is here."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ends:
        model = network(system)
        tensor = contenders.tensor_of(contenders.picture(image_size))
        contenders.whole(contenders.peer_of(system, model), tensor, Path(folder) / contenders.WHOLE)
        here = {}
        for name in contenders.CONTENDERS:
            contender = Contender(name, system, image_size, threads, Path(folder))
            ends.callback(contender.end)
            if contender.is_here():
                here[name] = contender
        taken: dict[str, list[float]] = {name: [] for name in here}
        for _ in range(WARM_UP + rounds):
            for name, contender in here.items():
                taken[name].append(contender.seconds())
    return {name: statistics.median(seconds[WARM_UP:]) for name, seconds in taken.items()}


def machine_limit(rounds: int = ROUNDS) -> Limit:
    """Return what products of square matrices reach now."""
    single = torch.rand(MATRIX, MATRIX)
    half = single.bfloat16()
    products = {"single": lambda: single @ single, "half": lambda: half @ half}
    times = medians(products, rounds, 1, contenders.clock(torch.get_num_threads()))
    return Limit(2 * MATRIX**3 / times["single"], 2 * MATRIX**3 / times["half"])


def operations(system: str, image_size: tuple[int, int]) -> int:
    """Return how many floating-point operations one look at an image takes, all convolutions and linear layers."""
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(system)([torch.rand(3, *image_size)])
    return int(counter.get_total_flops())


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
