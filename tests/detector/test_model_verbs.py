"""The verbs `models` and `models get`, called as a shell calls them, with a server of this machine."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import torch
import typer
from local_server import Answer, LocalServer
from rich.progress import Progress
from torchvision.models import get_model_builder

from detector import checkpoints, conversion
from detector.model_verbs import models
from detector.published import FOLDER_VARIABLE, PUBLISHED, Published, resolve_backbone, resolve_model
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rich.progress import TaskID

    from detector.model import Network

CONTENT = b"the weights of a published file"
DETECTOR, BACKBONE = "fasterrcnn_mobilenet_v3_large_320_fpn", "vgg16"
NAMES = ("one", "two", "three")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the models, which is not there yet, on a machine without proxies."""
    folder = tmp_path / "models"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server of `CONTENT`, for a detector and a backbone of the table."""
    with LocalServer(CONTENT) as server:
        for name in (DETECTOR, BACKBONE):
            publish(name, server, monkeypatch)
        yield server


def publish(name: str, server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Published:
    """Let the table say that the server has these weights."""
    file = f"{name}-{hashlib.sha256(server.content).hexdigest()[:8]}.pth"
    row = replace(PUBLISHED[name], url=f"{server.url}/{file}", size=len(server.content))
    monkeypatch.setitem(PUBLISHED, name, row)
    return row


class FakeConversion(NamedTuple):
    model: Network
    categories: Sequence[str]


@pytest.fixture
def converted(
    make_model: Callable[[str, int], Network], monkeypatch: pytest.MonkeyPatch
) -> list[tuple[bytes, str | None]]:
    """What has been converted, into a small model: the content of each file, and the system that it was said to be."""
    seen = []

    def convert_file(path: Path, system: str | None = None) -> FakeConversion:
        seen.append((path.read_bytes(), system))
        return FakeConversion(make_model("embedded", len(NAMES)), NAMES)

    monkeypatch.setattr(conversion, "convert_file", convert_file)
    return seen


def run(*arguments: object) -> int:
    root = typer.Typer(pretty_exceptions_enable=False)
    root.add_typer(models, name="models")
    with pytest.raises(SystemExit) as end:
        root([str(argument) for argument in arguments], prog_name="boxwright")
    assert isinstance(end.value.code, int)
    return end.value.code


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The JSON object that `--json` promises: the last line, and here the only one, on the standard output."""
    (line,) = capsys.readouterr().out.splitlines()
    summary: dict[str, Any] = json.loads(line)
    return summary


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


# --- models -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["models"], ["models", "list"]])
def test_that_the_list_names_everything_with_size_licence_and_place(
    arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(*arguments) == 0
    said = capsys.readouterr().out
    in_one_line = " ".join(said.split())
    for row in PUBLISHED.values():
        (line,) = (line for line in said.splitlines() if line.split() and line.split()[0] == row.name)
        assert row.title in in_one_line
        assert f" {row.size / 1e6:.0f} " in line
        assert line.split()[-1] == "no"
        assert row.licence in said
    assert str(folder) in said
    assert not folder.exists(), "looking makes nothing"


@pytest.mark.parametrize("arguments", [["models", "--json"], ["models", "list", "--json"]])
def test_that_the_list_is_one_object_for_programs(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 0
    rows = {row["name"]: row for row in last_line(capsys)["models"]}
    assert rows.keys() == PUBLISHED.keys()
    assert rows[DETECTOR]["published"] == {"AP": 22.8}
    assert rows[DETECTOR]["here"] == "no"


def test_that_the_list_tells_what_is_here_damaged_and_of_ones_own(
    folder: Path, make_model: Callable[[str, int], Network], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (DETECTOR, "mine"):
        checkpoints.save(folder / f"{name}.safetensors", make_model("embedded", len(NAMES)), NAMES)
    damaged = "fasterrcnn_resnet50_fpn"
    for name in (damaged, "half"):
        (folder / f"{name}.safetensors").write_bytes((folder / "mine.safetensors").read_bytes()[:9999])
    (folder / PUBLISHED[BACKBONE].file_name).write_bytes(b"")
    assert run("models", "--json") == 0
    summary = last_line(capsys)
    here = {row["name"]: row["here"] for row in summary["models"] if row["here"] != "no"}
    assert here == {DETECTOR: "yes", damaged: "damaged", BACKBONE: "yes"}
    own = {row["name"]: (row["here"], row["title"]) for row in summary["own"]}
    assert own["mine"] == ("yes", "Boxwright embedded, 3 categories")
    assert own["half"][0] == "damaged"
    assert own.keys() == {"mine", "half"}


# --- models get -------------------------------------------------------------------------------------------------------


def test_that_a_published_detector_becomes_a_model_of_this_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    network = get_model_builder(DETECTOR)(weights=None, weights_backbone=None)
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    with LocalServer(file.getvalue()) as server:
        row = publish(DETECTOR, server, monkeypatch)
        assert run("models", "get", DETECTOR, "--json") == 0
    assert last_line(capsys)["here"] == "yes"
    assert files(folder) == {f"{DETECTOR}.safetensors"}
    checkpoint = checkpoints.load(resolve_model(DETECTOR))
    assert checkpoint.model.system.id == "mobilenet_v3_large_320_fpn", "not the one of the same shapes"
    assert len(checkpoint.categories) == row.categories == 80
    assert (checkpoint.licence, checkpoint.source) == (row.licence, row.url)
    weight = "rpn.head.cls_logits.weight"
    assert torch.equal(checkpoint.model.state_dict()[weight].half(), network.state_dict()[weight].half())


def test_that_a_detector_is_fetched_and_converted_once(
    server: LocalServer,
    folder: Path,
    converted: list[tuple[bytes, str | None]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("models", "get", DETECTOR) == 0
    assert f"{DETECTOR} is now here" in capsys.readouterr().out
    assert run("models", "get", DETECTOR, "--json") == 0
    assert last_line(capsys)["was_here"] is True
    assert converted == [(CONTENT, "mobilenet_v3_large_320_fpn")]
    assert len(server.requests) == 1
    assert files(folder) == {f"{DETECTOR}.safetensors"}, "nothing reads the download again"


def test_that_a_damaged_model_is_fetched_again(
    server: LocalServer, folder: Path, converted: list[tuple[bytes, str | None]]
) -> None:
    folder.mkdir()
    (folder / f"{DETECTOR}.safetensors").write_bytes(b"half")
    assert run("models", "get", DETECTOR) == 0
    assert checkpoints.load(resolve_model(DETECTOR)).categories == NAMES


def test_that_a_detector_brought_by_hand_is_converted_without_a_request(
    server: LocalServer, folder: Path, converted: list[tuple[bytes, str | None]]
) -> None:
    folder.mkdir()
    (folder / PUBLISHED[DETECTOR].file_name).write_bytes(CONTENT)
    assert run("models", "get", DETECTOR) == 0
    assert server.requests == []
    assert resolve_model(DETECTOR).is_file()


def test_that_a_file_that_cannot_be_converted_is_a_sentence_and_stays(
    server: LocalServer, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_path: Path, _system: str | None = None) -> None:
        raise DetectorError("These are other weights.")

    monkeypatch.setattr(conversion, "convert_file", refuse)
    assert run("models", "get", DETECTOR, "--json") == 1
    assert last_line(capsys) == {"error": "These are other weights."}
    assert files(folder) == {PUBLISHED[DETECTOR].file_name}


def test_that_a_backbone_stays_as_it_was_published_and_is_checked_each_time(
    server: LocalServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("models", "get", BACKBONE) == 0
    assert f"train --backbone-weights {BACKBONE}" in capsys.readouterr().out
    assert resolve_backbone(BACKBONE).read_bytes() == CONTENT
    assert run("models", "get", BACKBONE) == 0
    assert len(server.requests) == 1
    resolve_backbone(BACKBONE).write_bytes(b"damaged")
    assert run("models", "get", BACKBONE) == 0
    assert resolve_backbone(BACKBONE).read_bytes() == CONTENT


def test_that_a_failed_download_is_a_sentence_and_the_next_goes_on(
    server: LocalServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers.append(Answer(send=10))
    assert run("models", "get", BACKBONE, "--json") == 1
    assert str(folder / PUBLISHED[BACKBONE].file_name) in last_line(capsys)["error"]
    assert run("models", "get", BACKBONE) == 0
    assert server.sent == [(0, 10), (10, len(CONTENT))]


def test_that_ctrl_c_ends_quietly_and_keeps_what_came(
    server: LocalServer, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted_at_ten_bytes(bar: Progress, task: TaskID, **news: Any) -> None:
        if news["completed"] == 10 / 1e6:
            raise KeyboardInterrupt
        update(bar, task, **news)

    update = Progress.update
    server.answers.append(Answer(send=10, stalls=True))
    monkeypatch.setattr(Progress, "update", interrupted_at_ten_bytes)
    assert run("models", "get", BACKBONE) == 130
    assert capsys.readouterr().err == ""
    assert (folder / f"{PUBLISHED[BACKBONE].file_name}.part").read_bytes() == CONTENT[:10]
    monkeypatch.setattr(Progress, "update", update)
    assert run("models", "get", BACKBONE) == 0, "the lock is free, although the exception still has the frames"
    assert server.sent == [(0, 10), (10, len(CONTENT))]


@pytest.mark.parametrize(
    "arguments",
    [
        ["models", "get"],
        ["models", "get", "resnet5000"],
        ["models", "fetch"],
        ["models", "--json", "get", BACKBONE],
    ],
)
def test_that_an_invalid_command_line_ends_with_code_2(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not folder.exists()
