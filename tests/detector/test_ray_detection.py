"""Detection on a real Ray cluster of two nodes on this machine, which loses workers, a node, and the driver."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from detector.scenes import draw_scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("ray.data", reason="the extra `ray` is not installed")

ROOT = Path(__file__).resolve().parents[2]
SCENES, IMAGES, SHARD = 6, 64, 4
OF_A_SET = 16
SETS = ("bccd", "dice", "sketch")
BROKEN = "photo_050.jpg"
PATIENCE = 60.0
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}
NODE = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
HEALTH = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 300, "health_check_failure_threshold": 3}


def until(fact: Callable[[], Any]) -> Any:
    """Return what `fact` returns once that is true; it is asked again and again."""
    end = time.monotonic() + PATIENCE
    while not (found := fact()):
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.01)  # of the asking, not of the test
    return found


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty-four images, of which one is cut off in the middle."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(IMAGES):
        target = folder / f"photo_{number:03}.jpg"
        if number < SCENES:
            Image.fromarray(draw_scene(number, (480, 640)).image).save(target, quality=90)
        else:
            os.link(folder / f"photo_{number % SCENES:03}.jpg", target)
    broken = folder / BROKEN
    content = broken.read_bytes()
    broken.unlink()
    broken.write_bytes(content[: len(content) // 2])
    return folder


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the summary of a `detect` that must succeed."""
    try:
        out, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()  # no driver outlives its test
    assert process.returncode == 0, said
    summary: dict[str, Any] = json.loads(out.splitlines()[-1])
    return summary


def started(paths: object, output: Path, *options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "main.py", "detect", *map(str, (paths, "-o", output, "--json", *options))],
        cwd=ROOT,
        env=ENVIRONMENT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture(scope="module")
def plain(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the plain verb writes."""
    output = tmp_path_factory.mktemp("plain") / "found.json"
    summary = ended(started(photos, output))
    assert (summary["images"], len(summary["unreadable"])) == (IMAGES - 1, 1)
    return output.read_bytes()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with a CPU each; a test that takes one away puts another in its place."""
    from ray.cluster_utils import Cluster

    quiet = {"include_dashboard": False, "_system_config": HEALTH}
    cluster = Cluster(initialize_head=True, head_node_args=NODE | quiet)
    try:
        cluster.add_node(**NODE)
        yield cluster
    finally:
        cluster.shutdown()


def shards_in(output: Path) -> dict[str, int]:
    """Return the shards that are done -> the number of each file, which is another one once it is written again."""
    return {file.name: file.stat().st_ino for file in Path(f"{output}.shards").glob("shard-*")}


def workers_of(node: Any) -> list[int]:
    """Return the processes that look at images on a node: children of the one that started them."""
    (raylet,) = (one.process.pid for one in node.all_processes["raylet"])
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == raylet and b"RayWorker" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except (OSError, IndexError):  # it has ended meanwhile
            continue
    return found


def test_that_two_nodes_find_what_one_process_finds_though_a_worker_is_killed(
    photos: Path, plain: bytes, cluster: Any, tmp_path: Path
) -> None:
    output = tmp_path / "found.json"
    driver = started(photos, output, "--engine", "ray", "--address", cluster.address, "--shard-size", SHARD)
    until(lambda: len(shards_in(output)) >= 2)
    killed = [pid for node in cluster.list_all_nodes() for pid in workers_of(node)]
    os.kill(killed[0], signal.SIGKILL)
    summary = ended(driver)
    assert len(killed) == 2  # one on each node
    assert output.read_bytes() == plain
    assert (summary["shards"], summary["shards_done"], summary["workers"]) == (IMAGES // SHARD, IMAGES // SHARD, 2)
    assert [BROKEN in sentence for sentence in summary["unreadable"]] == [True]
    assert not Path(f"{output}.shards").exists()


def test_that_a_killed_driver_is_resumed_without_doing_a_shard_twice_and_a_node_may_leave(
    photos: Path, plain: bytes, cluster: Any, tmp_path: Path
) -> None:
    output = tmp_path / "found.json"
    options = ("--engine", "ray", "--address", cluster.address, "--shard-size", SHARD)
    first = started(photos, output, *options)
    until(lambda: len(shards_in(output)) >= 2)
    first.kill()
    first.communicate()
    kept = shards_in(output)
    assert 2 <= len(kept) < IMAGES // SHARD
    second = started(photos, output, *options)
    until(lambda: len(shards_in(output)) >= len(kept) + 2)
    assert kept.items() <= shards_in(output).items()
    cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)
    try:
        summary = ended(second)
    finally:
        cluster.add_node(**NODE)
    assert output.read_bytes() == plain
    assert summary["shards_done"] == IMAGES // SHARD - len(kept)


def test_that_real_images_of_three_sets_give_the_same_bytes(shared_data: Path, cluster: Any, tmp_path: Path) -> None:
    chosen = [path for name in SETS for path in sorted((shared_data / name / "images").iterdir())[:OF_A_SET]]
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(map(str, chosen)))
    ended(started(listed, tmp_path / "plain.json"))
    ray = ("--engine", "ray", "--address", cluster.address, "--shard-size", 5)
    summary = ended(started(listed, tmp_path / "ray.json", *ray))
    assert summary["images"] == len(SETS) * OF_A_SET
    assert summary["detections"] > 0
    assert (tmp_path / "ray.json").read_bytes() == (tmp_path / "plain.json").read_bytes()
