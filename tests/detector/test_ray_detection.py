"""Detection on a real Ray cluster of two nodes on this machine, which loses workers, a node, and the driver."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from detector.attempts import CAREFUL_FROM, MOST_DEATHS
from detector.scenes import draw_scene
from detector.shard_detection import POISONED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("ray.data", reason="the extra `ray` is not installed")

needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="it looks into processes by Linux's /proc")
pytestmark = pytest.mark.timeout(1000)  # a machine that others use too takes its time to start workers
ROOT = Path(__file__).resolve().parents[2]
SCENES, IMAGES, SHARD = 6, 64, 4
OF_A_SET = 16
SETS = ("bccd", "dice", "sketch")
BROKEN = "photo_050.png"
PATIENCE = 400.0
ENVIRONMENT = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
NODE = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
LISTENS = "0A"
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
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
    """Sixty-four images, of which one is cut off at the end, and takes some time until that is found out."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(IMAGES):
        target = folder / f"photo_{number:03}.jpg"
        if number < SCENES:
            Image.fromarray(draw_scene(number, (480, 640)).image).save(target, quality=90)
        elif target.stem != Path(BROKEN).stem:
            os.link(folder / f"photo_{number % SCENES:03}.jpg", target)
    broken = folder / BROKEN
    Image.new("RGB", (9000, 9000), "teal").save(broken, compress_level=1)
    content = broken.read_bytes()
    broken.write_bytes(content[: len(content) * 9 // 10])
    return folder


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the summary of a `detect` that must succeed."""
    try:
        out, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()  # no driver outlives its test
    assert process.returncode == 0, said
    assert "raylet" not in said
    summary: dict[str, Any] = json.loads(out)  # and nothing of Ray's beside it
    return summary


def started(paths: object, output: Path, *options: object, cwd: Path = ROOT) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, ROOT / "main.py", "detect", *map(str, (paths, "-o", output, "--json", *options))],
        cwd=cwd,
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


def has_open(pid: int, path: Path) -> bool:
    """Return whether a process has a file open at this moment."""
    try:
        return any(one.readlink() == path for one in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has ended meanwhile, or closed one of its files
        return False


def killed_at(path: Path, driver: subprocess.Popen[str], cluster: Any) -> list[int]:
    """Kill each worker that opens `path` until the driver has ended, and return them."""
    killed: list[int] = []

    def is_over() -> bool:
        for pid in [pid for node in cluster.list_all_nodes() for pid in workers_of(node)]:
            if pid not in killed and has_open(pid, path):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
        return driver.poll() is not None

    until(is_over)
    return killed


@needs_proc
def test_that_two_nodes_find_what_one_process_finds_though_an_image_ends_each_worker_that_opens_it(
    photos: Path, plain: bytes, cluster: Any, tmp_path: Path
) -> None:
    output = tmp_path / "found.json"
    driver = started(photos, output, "--engine", "ray", "--address", cluster.address, "--shard-size", SHARD)
    try:
        killed = killed_at(photos / BROKEN, driver, cluster)
    finally:
        summary = ended(driver)
    assert len(killed) == CAREFUL_FROM - 1 + MOST_DEATHS
    assert output.read_bytes() == plain
    assert (summary["shards"], summary["shards_done"], summary["workers"]) == (IMAGES // SHARD, IMAGES // SHARD, 2)
    assert summary["unreadable"] == [POISONED.format(photos / BROKEN)]
    assert not Path(f"{output}.shards").exists()


def below(pid: int) -> set[int]:
    """Return the processes that a process has started, and those that these have, as far as they run."""
    parents: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
    found, fresh = set[int](), {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def listening(pid: int) -> set[str]:
    """Return the addresses, as the kernel writes them, at which a process waits for others."""
    try:
        held = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()}
        tables = [Path(f"/proc/{pid}/net/{kind}").read_text() for kind in ("tcp", "tcp6")]
    except OSError:  # it has ended meanwhile, or closed one of its files
        return set()
    rows = [line.split() for table in tables for line in table.splitlines()]
    return {row[1].partition(":")[0] for row in rows if row[3] == LISTENS and f"socket:[{row[9]}]" in held}


JOINED = """
import sys
from detector.ray_cluster import joined
with joined(None) as ray:
    print(ray.get(ray.remote(lambda: "done").remote()), flush=True)
    sys.stdin.readline()
"""


@needs_proc
def test_that_a_cluster_of_its_own_is_for_nobody_else_and_leaves_no_token_behind(tmp_path: Path) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("RAY_AUTH")}
    process = subprocess.Popen(
        [sys.executable, "-c", JOINED],
        cwd=ROOT,
        env=environment | {"HOME": str(tmp_path)},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        its_processes = below(process.pid)
        addresses = set[str]().union(*map(listening, {process.pid, *its_processes}))
        secrets = [
            Path(f"/proc/{pid}/environ").read_bytes().count(b"RAY_AUTH_TOKEN=") for pid in raylets(its_processes)
        ]
        process.communicate("\n", timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0
    assert addresses
    assert addresses <= LOOPBACK
    assert secrets == [1]
    assert not (tmp_path / ".ray").exists()


def raylets(pids: set[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}/comm").read_text() == "raylet\n"]


@needs_proc
def test_that_a_killed_driver_is_resumed_without_doing_a_shard_twice_and_a_node_may_leave(
    photos: Path, plain: bytes, cluster: Any, tmp_path: Path
) -> None:
    output = tmp_path / "found.json"
    options = ("--engine", "ray", "--shard-size", SHARD)
    first = started(photos, output, *options)  # with a cluster of its own
    until(lambda: len(shards_in(output)) >= 2)
    its_cluster = below(first.pid)
    first.kill()
    first.communicate()
    kept = shards_in(output)
    assert len(its_cluster) > 2
    assert 2 <= len(kept) < IMAGES // SHARD
    options = (*options, "--address", cluster.address)
    second = started(photos, output, *options)
    leaving = cluster.list_all_nodes()[-1]
    held = until(lambda: stopped_at_work(leaving, second))
    try:
        until(lambda: len(shards_in(output)) >= len(kept) + 2)
        assert kept.items() <= shards_in(output).items()
        third = started(photos, output, *options)
        assert "Another `detect` is writing to" in third.communicate(timeout=PATIENCE)[1]
        assert third.returncode == 1
        assert second.poll() is None
        assert len(shards_in(output)) < IMAGES // SHARD
        cluster.remove_node(leaving, allow_graceful=False)
        summary = ended(second)
    finally:
        with suppress(ProcessLookupError):
            os.kill(held, signal.SIGKILL)
        second.kill()
        cluster.add_node(**NODE)
    assert output.read_bytes() == plain
    assert summary["shards_done"] == IMAGES // SHARD - len(kept)
    until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in its_cluster)
    )  # two agents of Ray take a minute to see that it has gone


def stopped_at_work(node: Any, driver: subprocess.Popen[str]) -> int:
    """Stop a worker of the node that is at a shard, which nobody ends then, and return it; 0 where none is."""
    assert driver.poll() is None
    for pid in workers_of(node):
        if is_at_work(pid):
            os.kill(pid, signal.SIGSTOP)
            until(lambda pid=pid: (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) == "T")
            if is_at_work(pid):
                return pid
            os.kill(pid, signal.SIGCONT)
    return 0


def is_at_work(pid: int) -> bool:
    """Return whether an actor of Ray Data has a row in its hands: Ray names a process after what it does."""
    try:
        return b".submit" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return False


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


@pytest.fixture
def mounted(photos: Path, tmp_path: Path) -> Path:
    """Some of the photos, in a folder that a process finds under `MOUNT` only if it was started in it."""
    folder = tmp_path / "machine" / "photos"
    folder.mkdir(parents=True)
    for number in range(SCENES):
        os.link(photos / f"photo_{number:03}.jpg", folder / f"photo_{number:03}.jpg")
    return folder.parent


MOUNT = Path("/proc/self/cwd/photos")


@needs_proc
def test_that_what_one_machine_does_not_reach_is_done_by_another_and_where_none_does_nothing_is_written(
    mounted: Path, cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(started(MOUNT, tmp_path / "plain.json", cwd=mounted))
    output = tmp_path / "found.json"
    ray = ("--engine", "ray", "--address", cluster.address, "--shard-size", 2)
    nowhere = started(MOUNT, output, *ray, cwd=mounted)
    said = nowhere.communicate(timeout=PATIENCE)[1]
    assert nowhere.returncode == 1
    assert "does not reach an image that should be there. The image /proc/self/cwd/photos/photo_00" in said
    assert not output.exists()
    assert not Path(f"{output}.shards").exists()
    with monkeypatch.context() as elsewhere:
        elsewhere.chdir(mounted)
        somewhere = cluster.add_node(**NODE)
    try:
        ended(started(MOUNT, output, *ray, cwd=mounted))
    finally:
        cluster.remove_node(somewhere)
    assert output.read_bytes() == (tmp_path / "plain.json").read_bytes()
