"""`train` under torchrun: what each process takes, what becomes of it all together, and of a process that dies."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
import torch

from detector import checkpoints, training_state
from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.processes import GONE

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("launched_training.py")
LONGEST = 200  # seconds of one command: a test must not wait for ever for processes that wait for each other
GRACE = 40  # those that torchrun gives its processes are thirty
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
MEETING = "is_host=0,last_call_timeout=20,keep_alive_interval=1,keep_alive_max_attempt=8"
Ended = subprocess.CompletedProcess[str]
pytestmark = [
    pytest.mark.timeout(900),  # some wait for two commands, and for what the first test of a kind prepares
    pytest.mark.skipif(sys.platform == "win32", reason="the processes are killed by signals that Windows has not"),
]


def launched(scenes: Path, output: Path, *options: object, stop: str = "-", restarts: int = 0) -> Ended:
    """Train by two processes with what `launched_training` has."""
    return run(*TORCHRUN, 2, "--max-restarts", restarts, DRIVER, stop, *words(scenes, output), *options)


def alone(scenes: Path, output: Path, *options: object) -> Ended:
    """Train the same by one process, without torchrun."""
    return run(DRIVER, "-", *words(scenes, output), *options)


def words(scenes: Path, output: Path) -> list[object]:
    from_there = ["--images", scenes, "-o", output, "--device", "cpu", "--from", EMBEDDED_WEIGHTS, "--json"]
    return ["train", scenes / "all.json", *from_there, "--epochs", 2, "--val", scenes / "all.json"]


def run(*arguments: object) -> Ended:
    """Run Python in a process of its own, with one thread wherever it computes."""
    return outcome(started(*arguments))


def started(*arguments: object, **settings: str) -> Popen[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)} | settings
    command = [sys.executable, *map(str, arguments)]
    return Popen(command, cwd=ROOT, env=environment, stdout=PIPE, stderr=PIPE, text=True)


def outcome(process: Popen[str]) -> Ended:
    with process:
        try:
            said, errors = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.terminate()  # torchrun ends its processes before it ends, which it could not if it was killed
            process.communicate(timeout=GRACE)
            raise
    return Ended(process.args, process.returncode, said, errors)


def summary_of(ended: Ended) -> dict[str, Any]:
    assert ended.returncode == 0, ended.stderr
    summary: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return summary


def weights(path: Path) -> dict[str, torch.Tensor]:
    return {name: value.float() for name, value in checkpoints.load(path).model.state_dict().items()}


def furthest(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> float:
    return max(float((value - second[name]).abs().max()) for name, value in first.items())


@pytest.fixture(scope="module")
def by_one(scenes: Path) -> dict[str, Any]:
    return summary_of(alone(scenes, scenes / "one.safetensors"))


@pytest.fixture(scope="module")
def by_two(scenes: Path) -> dict[str, Any]:
    return summary_of(launched(scenes, scenes / "two.safetensors"))


def test_that_two_processes_train_what_one_trains(scenes: Path, by_one: dict[str, Any], by_two: dict[str, Any]) -> None:
    """Of the three images of a step one process has two, and the other one.

    Sums in another order differ in the last bits of float32, which in four steps become 1e-6 of a loss. The file has
    float16: where such a difference falls on the border of two of them, they are neighbours, 2^-10 of the value apart.
    """
    assert by_two["processes"] == 2
    assert by_two["steps"] == by_one["steps"] == 4
    assert by_two["losses"] == pytest.approx(by_one["losses"], rel=1e-4)
    first, second = weights(scenes / "one.safetensors"), weights(scenes / "two.safetensors")
    assert furthest(weights(EMBEDDED_WEIGHTS), first) > 0.01, "there was something to learn"
    for name, value in first.items():
        assert torch.allclose(value, second[name], rtol=2**-10, atol=1e-5), name
    # Both measure the same model after the first epoch, each process a part of the images.
    assert by_two["validation"][0] == pytest.approx(by_one["validation"][0], abs=0.01)
    assert by_two["val"]["images"] == len(json.loads((scenes / "all.json").read_text())["images"])


def test_that_the_first_process_alone_writes(scenes: Path, by_two: dict[str, Any]) -> None:
    left = {path.name for path in scenes.iterdir() if "two" in path.name}
    assert left == {"two.safetensors", "two.png"}


def test_that_a_killed_process_is_replaced_and_nothing_is_lost(
    scenes: Path, by_two: dict[str, Any], tmp_path: Path
) -> None:
    """The first process, which writes, dies in step 3 of 4; torchrun starts both again, and they go on from step 2."""
    ended = launched(scenes, tmp_path / "mine.safetensors", stop="0:3", restarts=1)
    summary = summary_of(ended)
    assert (tmp_path / "mine.safetensors").read_bytes() == (scenes / "two.safetensors").read_bytes()
    assert summary["losses"] == by_two["losses"]
    assert summary["validation"] == by_two["validation"], "also what was measured before"
    assert ended.stderr.count("step 2 of 4") == 1, "the first epoch was not taken twice"
    assert {path.name for path in tmp_path.iterdir()} == {"mine.safetensors", "mine.png"}


def test_that_without_restarts_a_killed_process_ends_all_and_one_can_go_on(
    scenes: Path, by_one: dict[str, Any], tmp_path: Path
) -> None:
    """Also with another number of processes: the images of a step do not depend on it."""
    output = tmp_path / "mine.safetensors"
    ended = launched(scenes, output, stop="1:4")
    assert ended.returncode != 0
    assert ended.stderr.count(GONE) == 1, "by the one that is left, whatever it was doing"
    assert {path.name for path in tmp_path.iterdir()} >= {"mine.safetensors", "mine.training"}
    assert summary_of(alone(scenes, output, "--resume"))["losses"] == pytest.approx(by_one["losses"], rel=1e-4)


def test_that_a_machine_that_leaves_is_done_without(scenes: Path, by_one: dict[str, Any], tmp_path: Path) -> None:
    """Two launchers meet in a store that belongs to neither; one and its process are killed in step 3 of 4."""
    store = torch.distributed.TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
    meet = ["--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{store.port}", "--rdzv-conf", MEETING]
    own = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}  # as the guide says for several machines
    words_of_both = [*meet, "--nnodes", "1:2", "--max-restarts", 2, DRIVER, "1:3:leave"]
    command = ["-m", "torch.distributed.run", *words_of_both, *words(scenes, tmp_path / "mine.safetensors")]
    both = [started(*command, **own), started(*command, **own)]
    try:
        gone, left = sorted(map(outcome, both), key=lambda launcher: launcher.returncode)
    finally:
        for process in both:
            process.terminate()
    assert gone.returncode == -signal.SIGKILL
    summary = summary_of(left)
    assert "processes" not in summary, "it went on alone"
    assert left.stderr.count(GONE) == 1
    assert summary["steps"] == by_one["steps"]
    assert summary["losses"] == pytest.approx(by_one["losses"], rel=1e-4)


def test_that_an_interruption_of_torchrun_keeps_what_there_is(scenes: Path, tmp_path: Path) -> None:
    """The first process is still in the step before, or waits for one that has ended already."""
    ended = launched(scenes, tmp_path / "mine.safetensors", stop="1:4:interrupt")
    assert ended.returncode != 0
    assert re.search("Interrupted after step [23] of 4.", ended.stderr)
    assert "The same command with --resume goes on." in ended.stderr
    assert training_state.state_path(tmp_path / "mine.safetensors").exists()
    assert furthest(weights(EMBEDDED_WEIGHTS), weights(tmp_path / "mine.safetensors")) > 0.001


def test_that_a_wrong_dataset_is_said_once(scenes: Path, tmp_path: Path) -> None:
    """One process says it, and none waits for another."""
    document = json.loads((scenes / "all.json").read_text())
    document["images"][0]["file_name"] = "gone.png"
    (tmp_path / "all.json").write_text(json.dumps(document))
    output = tmp_path / "mine.safetensors"
    options = ["--images", scenes, "-o", output, "--device", "cpu", "--json"]
    ended = run(*TORCHRUN, 2, ROOT / "main.py", "train", tmp_path / "all.json", *options)
    assert ended.returncode != 0
    assert ended.stderr.count("Nothing was trained") == ended.stdout.count("Nothing was trained") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"all.json"}


def test_that_one_process_of_torchrun_trains_what_there_is_without(scenes: Path, tmp_path: Path) -> None:
    """By the program itself, with all chance that there is: the same bytes."""
    summaries = []
    for name, launcher in (("plain", []), ("torchrun", [*TORCHRUN, 1])):
        ended = run(*launcher, ROOT / "main.py", *words(scenes, tmp_path / f"{name}.safetensors"))
        summaries.append(summary_of(ended))
    assert (tmp_path / "plain.safetensors").read_bytes() == (tmp_path / "torchrun.safetensors").read_bytes()
    first, second = ({key: summary[key] for key in ("losses", "validation", "steps")} for summary in summaries)
    assert first == second
