"""`detect --engine ray` up to the cluster and after it: refusals, joining, formats. None of this needs Ray itself."""

from __future__ import annotations

import json
import os
import sys
from contextlib import nullcontext
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from detector import cli, shard_detection, sharded_run
from detector.attempts import Attempts
from detector.detection_question import Question
from detector.image_files import open_or_error
from detector.ray_cluster import Wish
from detector.reach import OutOfReachError
from detector.scenes import draw_scene
from detector.shard_detection import ShardDetector
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from detector.image_files import ImageFile
    from detector.ray_cluster import Pool
    from detector.shard_detection import DoneShard, Sight
    from detector.shards import Shard, ShardFolder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Five scenes, and one that is cut off."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(6):
        Image.fromarray(draw_scene(number, (160, 200)).image).save(folder / f"{number}.png")
    broken = folder / "4.png"
    broken.write_bytes(broken.read_bytes()[:200])
    return folder


class NoCluster:
    """Does in this process what the workers of a cluster do; counts the shards, and may stop before the end."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.most = 99
        self.meanwhile = lambda: None

    def __call__(self, folder: ShardFolder, shards: list[Shard], sight: Sight, *_: object) -> sharded_run.Work:
        detector, attempts = ShardDetector(sight), Attempts()
        for shard in shards:
            if len(self.done) >= self.most:
                raise KeyboardInterrupt
            self.meanwhile()
            folder.write(shard, detector.detect(shard, attempts).text)
            self.done.append(shard.number)
        return sharded_run.Work(1, 0.2, 0.1, ("cpu",))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> NoCluster:
    stand_in = NoCluster()
    monkeypatch.setattr(sharded_run, "_worked_off", stand_in)
    return stand_in


def detect(*arguments: object) -> int:
    return cli.run(["detect", *map(str, arguments)])


RAY = ("--engine", "ray", "--shard-size", 2)


@pytest.mark.parametrize("options", [(), ("--results",), ("--proposals",), ("--score-thresh", 0.1, "--nms-iou", 0.3)])
def test_that_joined_shards_are_what_the_plain_verb_writes(
    photos: Path, tmp_path: Path, workers: NoCluster, options: tuple[object, ...]
) -> None:
    assert detect(photos, "-o", tmp_path / "plain.json", *options) == 0
    assert detect(photos, "-o", tmp_path / "ray.json", *RAY, *options) == 0
    assert workers.done == [0, 1, 2]
    assert (tmp_path / "ray.json").read_bytes() == (tmp_path / "plain.json").read_bytes()
    assert not (tmp_path / "ray.json.shards").exists()


def test_that_an_interrupted_run_goes_on_and_says_so(
    photos: Path, tmp_path: Path, workers: NoCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    workers.most = 2
    assert detect(photos, "-o", tmp_path / "found.json", *RAY) == 130
    assert not (tmp_path / "found.json").exists()
    workers.most = 99
    assert detect(photos, "-o", tmp_path / "found.json", *RAY, "--json") == 0
    said = capsys.readouterr()
    assert workers.done == [0, 1, 2]
    assert "2 of 3 shards are done already." in said.err
    summary: dict[str, Any] = json.loads(said.out.splitlines()[-1])
    assert (summary["shards"], summary["shards_done"], summary["images"]) == (3, 1, 5)
    assert [str(photos / "4.png") in sentence for sentence in summary["unreadable"]] == [True]


def test_that_images_that_change_between_two_runs_are_noticed(
    photos: Path, tmp_path: Path, workers: NoCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    workers.most = 1
    assert detect(photos, "-o", tmp_path / "found.json", *RAY) == 130
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(photos / "0.png")
    assert detect(photos, "-o", tmp_path / "found.json", *RAY) == 1
    assert "different there: the images" in capsys.readouterr().err
    assert detect(photos, "-o", tmp_path / "found.json", *RAY, "--score-thresh", 0.7) == 1
    assert "--score-thresh, the images" in capsys.readouterr().err


def test_that_a_second_driver_on_one_output_is_refused(
    photos: Path, tmp_path: Path, workers: NoCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    codes: list[int] = []
    workers.meanwhile = lambda: codes.append(detect(photos, "-o", tmp_path / "found.json", *RAY))
    assert detect(photos, "-o", tmp_path / "found.json", *RAY) == 0
    assert codes == [1, 1, 1]
    assert "Another `detect` is writing to" in capsys.readouterr().err
    assert workers.done == [0, 1, 2]


def test_that_nothing_readable_is_a_failure_that_writes_nothing(
    photos: Path, tmp_path: Path, workers: NoCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert detect(photos / "4.png", "-o", tmp_path / "found.json", *RAY) == 1
    assert "None of the 1 images could be looked at" in capsys.readouterr().err
    assert not (tmp_path / "found.json").exists()


def test_that_a_missing_extra_is_a_sentence_that_installs_it(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert detect(photos, "-o", tmp_path / "found.json", *RAY) == 1
    assert "pip install 'boxwright[ray]'" in capsys.readouterr().err


class Machines:
    """A cluster in this process, of machines that cannot read some images; shards go to its machines in turn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, blind: dict[str, str]) -> None:
        self.blind = blind  # machine -> the start of the names that it does not reach
        self.looked: list[tuple[str, int]] = []
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(sharded_run, "joined", lambda _: nullcontext(self))
        monkeypatch.setattr(sharded_run, "detect_on_ray", self.detect)

    def nodes(self) -> list[dict[str, Any]]:
        return [{"NodeID": name, "Alive": True, "Resources": {"CPU": 1.0}} for name in self.blind]

    def detect(
        self, _: object, shards: list[Shard], sight: Sight, __: object, avoided: Collection[str]
    ) -> Iterator[tuple[Shard, DoneShard]]:
        machines = cycle([name for name in self.blind if name not in avoided])
        for shard in shards:
            machine = next(machines)
            self.looked.append((machine, shard.number))
            with self.monkeypatch.context() as there:
                there.setattr(shard_detection, "open_or_error", partial(self.open, self.blind[machine]))
                done = ShardDetector(sight).detect(shard, Attempts())
            yield shard, done._replace(machine=machine)

    def open(self, unseen: str, file: ImageFile) -> object:
        if unseen and file.name.startswith(unseen):
            return file, OutOfReachError(f"The image {file.path} cannot be read: Stale file handle.")
        return open_or_error(file)


def test_that_what_a_machine_does_not_reach_is_done_by_another(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert detect(photos, "-o", tmp_path / "plain.json") == 0
    machines = Machines(monkeypatch, {"one": "0", "two": ""})
    assert detect(photos, "-o", tmp_path / "ray.json", *RAY) == 0
    assert machines.looked == [("one", 0), ("two", 1), ("one", 2), ("two", 0)]
    assert (tmp_path / "ray.json").read_bytes() == (tmp_path / "plain.json").read_bytes()


def test_that_a_shard_that_comes_to_one_blind_machine_after_the_other_is_done_by_the_one_that_sees(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert detect(photos, "-o", tmp_path / "plain.json") == 0
    machines = Machines(monkeypatch, {"one": "0", "two": "0", "three": ""})
    assert detect(photos, "-o", tmp_path / "ray.json", *RAY) == 0
    assert machines.looked == [("one", 0), ("two", 1), ("three", 2), ("two", 0), ("three", 0)]
    assert (tmp_path / "ray.json").read_bytes() == (tmp_path / "plain.json").read_bytes()


def test_that_an_image_out_of_reach_of_all_machines_ends_the_run_and_writes_no_shard_of_it(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machines = Machines(monkeypatch, {"one": "0", "two": "0"})
    output = tmp_path / "found.json"
    assert detect(photos, "-o", output, *RAY) == 1
    said = capsys.readouterr().err
    assert "does not reach an image that should be there. The image" in said
    assert "0.png cannot be read: Stale file handle. See to it" in said
    assert sorted(one.name for one in Path(f"{output}.shards").glob("shard-*")) == [
        "shard-000001.jsonl",
        "shard-000002.jsonl",
    ]
    assert not output.exists()
    machines.blind = {"one": "", "two": ""}
    machines.looked.clear()
    assert detect(photos, "-o", output, *RAY) == 0
    assert machines.looked == [("one", 0)]


def test_that_an_image_that_is_nowhere_is_a_row_with_its_reason(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machines = Machines(monkeypatch, {"one": "", "two": ""})
    listed = tmp_path / "list.txt"
    listed.write_text(f"{photos / '0.png'}\n{photos / 'gone.png'}\n")
    assert detect(listed, "-o", tmp_path / "found.json", *RAY, "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert machines.looked == [("one", 0)]
    assert summary["unreadable"] == [f"The image {photos / 'gone.png'} does not exist."]


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot be opened there")
@pytest.mark.parametrize("name", ["found.json", "found.parquet"])
def test_that_the_disk_has_the_name_of_the_output_before_the_shards_go(
    photos: Path, tmp_path: Path, workers: NoCluster, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="the extra `ray` is not installed")
    output, sync, there = tmp_path / name, os.fsync, list[tuple[bool, int]]()

    def look(handle: int) -> None:
        if os.path.samestat(os.fstat(handle), tmp_path.stat()):
            there.append((output.exists(), len(list(Path(f"{output}.shards").glob("shard-*")))))
        sync(handle)

    monkeypatch.setattr(os, "fsync", look)
    assert detect(photos, "-o", output, *RAY) == 0
    assert there == [(True, 3)]


def asked(device: str | None, gpus: float | None, tmp_path: Path) -> tuple[Question, Wish]:
    thresholds = Thresholds(0.5, 0.5)
    question = Question([], tmp_path / "found.json", thresholds, 0, None, device, "fast", None, proposals=False)
    return question, Wish(gpus=gpus)


@pytest.mark.parametrize(
    ("given", "agreed"),
    [
        ((None, None), (None, None)),
        (("cpu", None), ("cpu", 0)),
        ((None, 0), ("cpu", 0)),
        (("cpu", 0), ("cpu", 0)),
        ((None, 0.5), (None, 0.5)),
        (("cuda", 0.5), ("cuda", 0.5)),
    ],
)
def test_that_workers_without_a_gpu_look_on_the_processor_and_those_on_it_have_none(
    tmp_path: Path, given: tuple[str | None, float | None], agreed: tuple[str | None, float | None]
) -> None:
    question, wish = sharded_run.on_what(*asked(*given, tmp_path))
    assert (question.device, wish.gpus) == agreed


def test_that_a_cluster_with_gpus_is_asked_for_none_of_them(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = Machines(monkeypatch, {"one": "", "two": ""})
    pools: list[Pool] = []
    monkeypatch.setattr(
        machines, "nodes", lambda: [{"NodeID": "one", "Alive": True, "Resources": {"CPU": 4, "GPU": 2}}]
    )
    monkeypatch.setattr(sharded_run, "detect_on_ray", lambda *one: pools.append(one[3]) or machines.detect(*one))
    assert detect(photos, "-o", tmp_path / "found.json", *RAY, "--device", "cpu", "--threads", 1) == 0
    assert [(pool.workers, pool.gpus) for pool in pools] == [(3, 0)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--device", "cpu", "--gpus", 0.5), "leave --gpus out"),
        (("--device", "cuda", "--gpus", 0), "leave --device cuda"),
    ],
)
def test_that_a_device_and_a_share_that_contradict_each_other_are_refused(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[object, ...], said: str
) -> None:
    assert detect(photos, "-o", tmp_path / "found.json", *RAY, *options) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [("--address", "auto"), ("--workers", 2), ("--gpus", 0.5), ("--shard-size", 7), ("-o", "found.parquet")],
)
def test_that_options_of_the_other_engine_are_no_valid_command_line(
    photos: Path, tmp_path: Path, options: tuple[object, ...]
) -> None:
    assert detect(photos, "-o", tmp_path / "found.json", *options) == 2


def test_that_parquet_has_a_row_for_every_image(photos: Path, tmp_path: Path, workers: NoCluster) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `ray` is not installed")
    assert detect(photos, "-o", tmp_path / "plain.json") == 0
    assert detect(photos, "-o", tmp_path / "found.parquet", *RAY) == 0
    table = parquet.read_table(tmp_path / "found.parquet")
    rows = table.to_pylist()
    about = json.loads(table.schema.metadata[b"boxwright"])
    plain = json.loads((tmp_path / "plain.json").read_text())
    assert len(list((tmp_path / "found.parquet").iterdir())) == 3
    assert [row["file_name"] for row in rows] == [f"{number}.png" for number in range(6)]
    assert [row["reason"] is None for row in rows] == [True, True, True, True, False, True]
    assert sum(len(row["boxes"] or ()) for row in rows) == len(plain["annotations"]) > 0
    scores = [score for row in rows for score in row["scores"] or ()]
    assert scores == [one["score"] for one in plain["annotations"]]
    assert about["categories"] == [one["name"] for one in plain["categories"]]
    assert detect(photos, "-o", tmp_path / "found.parquet", *RAY) == 1  # a folder is never replaced
