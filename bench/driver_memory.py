"""What the driver of `detect --engine ray` holds in memory for each image of its list, measured on a cluster.

python -m bench.driver_memory FOLDER ADDRESS
"""

from __future__ import annotations

import json
import re
import sys
import tracemalloc
from pathlib import Path

from detector.detection_run import IMAGES_IN_A_STRETCH
from detector.image_files import find_image_files
from detector.ray_cluster import joined
from detector.shards import cut, text_of_shard

SHARDS = 2000  # that Ray is given: enough for its memory to stand out from that of its start


def held_by_us(folder: Path) -> float:
    """Return the most bytes an image that finding, cutting and giving out the images of a folder take."""
    tracemalloc.start()
    files = find_image_files([folder])
    shards = cut(files, IMAGES_IN_A_STRETCH)
    tasks = [{"shard": text_of_shard(shard)} for shard in shards]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / sum(len(shard.files) for shard, _ in zip(shards, tasks, strict=True))


def held_by_ray(folder: Path, address: str) -> float:
    """Return the bytes an image that Ray takes in this process for shards on their way."""
    files = find_image_files([folder])
    shard = cut((files * IMAGES_IN_A_STRETCH)[:IMAGES_IN_A_STRETCH], IMAGES_IN_A_STRETCH)[0]
    tasks = [{"shard": text_of_shard(shard)} for _ in range(SHARDS)]
    with joined(address) as ray:
        ray.data.from_items(tasks[:1], override_num_blocks=1).take_all()  # what it loads at first is no shard's
        before = _resident()
        given = ray.data.from_items(tasks, override_num_blocks=SHARDS)
        rows = given.map(_same, num_cpus=1).iter_batches(batch_size=None, prefetch_batches=0)
        next(iter(rows))  # it is under way
        return max(0, _resident() - before) / (SHARDS * IMAGES_IN_A_STRETCH)


def _same(row: dict[str, str]) -> dict[str, str]:
    return row


def _resident() -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    print(json.dumps(held_by_us(Path(sys.argv[1])) + held_by_ray(Path(sys.argv[1]), sys.argv[2])))
