"""What a million images take on a cluster, and a thousand million: measured on one machine, reckoned for many.

One core is a node here. `detect --engine ray --threads 1` runs with one worker, with two and so on, each with its parts
by themselves: listing, decoding, the network, keeping rows and joining them. What follows for more nodes is arithmetic,
and is checked by a run on a cluster of two simulated nodes of one core each. It assumes

- nodes as fast as this core, which do not slow each other: their storage gives `--storage` bytes a second in all;
- one driver that lists before, keeps rows while the workers work, and joins at the end, as `detect` does;
- images like those measured, no deaths, and an output of Parquet: COCO JSON has all boxes in memory at the end;
- a driver whose `--memory` bytes hold its whole list: what is more is cut into lists, each with a driver of its own.

    python -m bench.scale [FOLDER] [--images N] [--nodes N ...] [--workers N ...] [--storage BYTES]
        [--memory BYTES] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.figures import Figure, show
from bench.image_folders import make_images
from detector.detection_run import IMAGES_IN_A_STRETCH, Looks
from detector.image_files import find_image_files, open_or_error
from detector.parquet_shards import write_parquet
from detector.shard_rows import text_of
from detector.shards import Job, ShardFolder, cut, digest_of, text_of_shard
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.image_files import ImageFile

IMAGES, NODES, STORAGE, MEMORY = 512, (1, 16, 256), 1e9, 64e9
SIZES = (10**6, 10**9)
ROOT = Path(__file__).resolve().parents[1]


class Costs(NamedTuple):
    """Seconds of one image: `worked` by one node for all that it does; `listed`, `kept` and `joined` by the driver.

    `start` is the seconds until workers work, `size` the bytes of an image, `held` those of its place in the memory of
    the driver, which has all of a list in mind from beginning to end.
    """

    listed: float
    worked: float
    kept: float
    joined: float
    start: float
    size: float
    held: float


class Projection(NamedTuple):
    """What a run takes in seconds, and what most of that waits for."""

    seconds: float
    bottleneck: str


def project(costs: Costs, images: int, nodes: int, storage: float = STORAGE) -> Projection:
    """Return what `images` take on so many nodes, whose storage gives `storage` bytes a second in all."""
    meanwhile = {
        "the workers": costs.worked / nodes,
        "the storage": costs.size / storage,
        "the driver, keeping rows": costs.kept,
    }
    slowest = max(meanwhile, key=lambda name: meanwhile[name])
    parts = {
        "the start": costs.start,
        "the driver, listing": images * costs.listed,
        slowest: images * meanwhile[slowest],
        "the driver, joining": images * costs.joined,
    }
    return Projection(sum(parts.values()), max(parts, key=lambda name: parts[name]))


def nodes_worth(costs: Costs, storage: float = STORAGE) -> int:
    """Return from how many nodes on more of them are no use: something else is slower then."""
    return max(1, round(costs.worked / max(costs.kept, costs.size / storage)))


def largest_list(costs: Costs, memory: float = MEMORY) -> int:
    """Return how many images one driver with so many bytes of memory can have in its list."""
    return int(memory / costs.held)


def lists_needed(costs: Costs, images: int, memory: float = MEMORY) -> int:
    """Return into how many lists, each with a driver and an output of its own, so many images have to be cut."""
    return max(1, ceil(images / largest_list(costs, memory)))


def figures(
    folder: Path, workers: Sequence[int], nodes: Sequence[int], storage: float, memory: float = MEMORY
) -> Iterator[Figure]:
    """Yield what is measured on the images of `folder`, the check, and what follows."""
    files = find_image_files([folder])
    with tempfile.TemporaryDirectory() as home:
        listed, kept, joined, parts = _parts(folder, files, Path(home))
        for name, seconds in parts.items():
            yield Figure(f"{name}, an image", seconds * 1000, "ms")
        runs = {count: _run(folder, Path(home), "--workers", str(count)) for count in workers}
        one = runs[workers[0]]
        for count, run in runs.items():
            rate = run["images"] / run["worker_seconds"] * run["workers"]
            yield Figure(f"{count} workers of this machine, while they work", rate, "images/s")
        worked = one["worker_seconds"] / one["images"]
        start = max(0.0, one["seconds"] - one["worker_seconds"] / one["workers"])
        size = sum(file.path.stat().st_size for file in files) / len(files)
        with _two_nodes() as address:
            pair = _run(folder, Path(home), "--address", address)
            held = _held(folder, address)
        costs = Costs(listed, worked, kept, joined, start, size, held)
        yield Figure(
            f"{len(files)} images on two simulated nodes",
            pair["seconds"],
            "s",
            project(costs, len(files), 2, storage).seconds,
            "reckoned from one",
        )
    yield Figure("memory of the driver, an image", held, "bytes")
    yield Figure(
        f"images in the largest list of a driver with {memory / 1e9:g} GB", largest_list(costs, memory) / 1e6, "M"
    )
    yield Figure("nodes from which on more are no use", nodes_worth(costs, storage), "")
    for images in SIZES:
        for count in nodes:
            reckoned = project(costs, images, count, storage)
            title = f"{images:,} images on {count} nodes, reckoned"
            lists = lists_needed(costs, images, memory)
            cut_up = f"; memory: {lists} lists, each with a driver" if lists > 1 else ""
            yield Figure(title, reckoned.seconds / 3600, "h", note=f"bottleneck: {reckoned.bottleneck}{cut_up}")


def _parts(folder: Path, files: Sequence[ImageFile], home: Path) -> tuple[float, float, float, dict[str, float]]:
    """Return the seconds of an image for listing, keeping and joining, and all parts by name."""
    import torch  # noqa: PLC0415

    from detector.predictor import open_predictor  # noqa: PLC0415

    torch.set_num_threads(1)
    predictor = open_predictor(device="cpu", score_floor=0.5)
    start = time.perf_counter()
    shards = cut(find_image_files([folder]), IMAGES_IN_A_STRETCH)
    digest = digest_of(files)
    for shard in shards:
        text_of_shard(shard)
    listed = (time.perf_counter() - start) / len(files)
    start = time.perf_counter()
    sample = files[: 2 * IMAGES_IN_A_STRETCH]
    for file in sample:
        open_or_error(file)
    decoded = (time.perf_counter() - start) / len(sample)
    looks = Looks(predictor, Thresholds())
    some = cut(sample, IMAGES_IN_A_STRETCH)
    texts = [text_of([one for batch in looks.through(shard.files) for one in batch], shard.first) for shard in some]
    network = looks.seconds / len(sample)
    job = Job("", (), 0.5, 0.5, 0, "fast", "cpu", 1, False, IMAGES_IN_A_STRETCH, len(sample), digest)
    with ShardFolder(home / "rows.parquet", lambda: job) as kept_in:
        start = time.perf_counter()
        for shard, text in zip(some, texts, strict=True):
            kept_in.write(shard, text)
        kept = (time.perf_counter() - start) / len(sample)
        # The first is late by what pyarrow imports, which a long run does not notice.
        write_parquet(home / "first.parquet", map(kept_in.answers, some), job.to_fields())
        start = time.perf_counter()
        write_parquet(home / "rows.parquet", map(kept_in.answers, some), job.to_fields())
        joined = (time.perf_counter() - start) / len(sample)
    parts = {"listing": listed, "decoding": decoded, "network": network, "keeping rows": kept, "joining": joined}
    return listed, kept, joined, parts


def _run(folder: Path, home: Path, *options: str) -> dict[str, Any]:
    """Return the summary of a run with a thread to each worker."""
    output = home / f"{len(list(home.iterdir()))}.parquet"
    command = [sys.executable, "main.py", "detect", str(folder), "-o", str(output), "--json", "--engine", "ray"]
    done = subprocess.run(
        [*command, "--threads", "1", *options], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


def _held(folder: Path, address: str) -> float:
    """Return the bytes an image in the memory of a driver, measured in a process of its own."""
    command = [sys.executable, "-m", "bench.driver_memory", str(folder), address]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])


@contextmanager
def _two_nodes() -> Iterator[str]:
    """Start a cluster of two nodes of one CPU each on this machine, and yield its address."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - an extra

    node = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
    try:
        cluster.add_node(**node)
        yield cluster.address
    finally:
        cluster.shutdown()


def main() -> None:
    """Measure, reckon, print the table, and write it as JSON where that is asked for."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="of images like yours; without it small scenes")
    parser.add_argument("--images", type=int, default=IMAGES, help="how many scenes")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--nodes", type=int, nargs="+", default=list(NODES))
    parser.add_argument("--storage", type=float, default=STORAGE, help="bytes a second, for all nodes together")
    parser.add_argument("--memory", type=float, default=MEMORY, help="bytes, of the driver")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = options.folder or Path(home) / "images"
        if options.folder is None:
            make_images(folder, options.images)
        found = show(figures(folder, options.workers, options.nodes, options.storage, options.memory))
    if options.json:
        options.json.write_text(json.dumps([one.to_fields() for one in found], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
