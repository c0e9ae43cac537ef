"""`detect` with a detector on another machine: the same file as with the one here, and sentences where it cannot be."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack

import pytest
from PIL import Image
from plain_server import TOKEN, PlainServer, lost, passing, saying

import main
from detector import remote, wire
from detector.answering import Answering
from detector.predictor import open_predictor
from detector.remote_line import Patience
from detector.scenes import draw_scene

IMAGES = 6


@pytest.fixture
def folder(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for place in range(IMAGES):
        size = (120, 160) if place % 2 else (140, 100)
        Image.fromarray(draw_scene(70 + place, size).image).save(images / f"{place}.png")
    return images


@pytest.fixture
def server():
    with PlainServer().running() as running:
        yield running


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("BOXWRIGHT_TOKEN", TOKEN)


def detect(folder, output, *more: str) -> int:
    return main.main(["detect", str(folder), "-o", str(output), *more])


def test_that_the_file_is_that_of_the_detector_here_to_the_byte(folder, tmp_path, capsys):
    local, elsewhere = tmp_path / "local.json", tmp_path / "elsewhere.json"
    exactly = ("--precision", "exact", "--device", "cpu")
    assert detect(folder, local, "--score-thresh", "0.05", *exactly) == 0
    predictor = open_predictor(device="cpu", precision="exact")
    with PlainServer(predictor=predictor).running() as server:
        assert detect(folder, elsewhere, "--score-thresh", "0.05", "--model", server.url, "--json") == 0
    assert json.loads(local.read_text())["annotations"]
    assert elsewhere.read_bytes() == local.read_bytes()
    assert f"at 127.0.0.1:{server.port}" in capsys.readouterr().err


def test_that_nothing_is_lost_where_it_goes_away_in_the_middle_and_comes_back(folder, tmp_path, monkeypatch):
    server, output = PlainServer(), tmp_path / "found.json"
    with ExitStack() as up:
        first = up.enter_context(ExitStack())
        first.enter_context(server.running())
        server.instead.extend([passing] * 3 + [lost] * 12)  # an idle connection that is lost is asked anew at once

        def start_again(_seconds: float) -> None:
            with turn:  # several threads ask
                if not first_is_over:
                    first_is_over.append(True)
                    first.close()
                elif len(first_is_over) == 1:
                    first_is_over.append(True)
                    up.enter_context(server.running())

        turn = threading.Lock()

        first_is_over: list[bool] = []
        patience = Patience(retry=600.0, longest_pause=0.1)
        monkeypatch.setattr(remote, "RUN", patience)
        monkeypatch.setattr("detector.remote_line.Line._rest", lambda _line, seconds: start_again(seconds))
        assert detect(folder, output, "--model", server.url) == 0
    assert len(first_is_over) == 2
    assert len(json.loads(output.read_text())["images"]) == IMAGES


def test_that_what_was_seen_is_kept_where_it_stays_away(folder, tmp_path, server, monkeypatch, capsys):
    monkeypatch.setattr(remote, "RUN", Patience(retry=0.0))
    output = tmp_path / "found.json"
    server.instead.extend([passing] * 4 + [lost] * 100)  # who is there, and the first three images
    assert detect(folder, output, "--model", server.url, "--json") == 1
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["images"] == len(json.loads(output.read_text())["images"]) >= 1
    assert said["images"] + said["missing"] == IMAGES
    assert said["unreadable"] == [], "nothing is said of images that nobody has looked at"
    assert f"{said['missing']} of {IMAGES} images were not looked at. The detector at" in said["error"]
    assert len(server.requests) < 20, "it is not asked for each of them once more"


def test_that_two_models_are_not_mixed_in_one_file(folder, tmp_path, server, capsys):
    def other(_handler):
        server.predictor.model_version = "made-up-2"
        return passing(_handler)

    server.instead.extend([passing] * 4 + [other])
    output = tmp_path / "found.json"
    assert detect(folder, output, "--model", server.url, "--json") == 1
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["model_version"] == "made-up-1"
    assert said["images"] == len(json.loads(output.read_text())["images"]) == IMAGES - said["missing"]
    assert "Another model answers" in said["error"]


def test_that_a_token_that_is_another_by_now_ends_the_run(folder, tmp_path, server, capsys):
    def other(_handler):
        server.answering = Answering(server.predictor, "a-token-of-somebody-else")
        return passing(_handler)

    server.instead.extend([passing] * 4 + [other])
    output = tmp_path / "found.json"
    assert detect(folder, output, "--model", server.url, "--json") == 1
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["images"] == len(json.loads(output.read_text())["images"]) == IMAGES - said["missing"] >= 1
    assert "does not know this token" in said["error"]


def test_that_a_run_of_which_nothing_was_seen_writes_nothing(folder, tmp_path, server, monkeypatch, capsys):
    monkeypatch.setattr(remote, "RUN", Patience(retry=0.0))
    server.instead.extend([passing] + [lost] * 100)
    output = tmp_path / "found.json"
    assert detect(folder, output, "--model", server.url) == 1
    assert "does not answer" in " ".join(capsys.readouterr().err.split())
    assert not output.exists()


def test_that_an_image_that_is_refused_ends_no_run(folder, tmp_path, server, capsys):
    Image.fromarray(draw_scene(90, (200, 200)).image).save(folder / "large.png")

    def limited(handler):
        is_large = handler.headers[wire.SIZE_HEADER] == "200x200"
        return saying(b"<html>Request Entity Too Large</html>", 413)(handler) if is_large else passing(handler)

    server.instead.extend([limited] * 20)
    assert detect(folder, tmp_path / "found.json", "--model", server.url, "--json") == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["images"] == IMAGES
    assert len(said["unreadable"]) == 1
    assert "413" in said["unreadable"][0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--device", "cuda"), "--device, --threads and --precision are for a detector here"),
        (("--threads", "2"), "--device, --threads and --precision are for a detector here"),
        (("--precision", "exact"), "--device, --threads and --precision are for a detector here"),
        (("--engine", "ray"), "the workers of --engine ray look themselves"),
        (("--score-thresh", "0.001"), "says nothing of scores below 0.02"),
        (("--token-file", __file__), "has no token"),
    ],
)
def test_that_what_a_detector_elsewhere_cannot_do_is_said(folder, server, capsys, options, sentence):
    output = folder.parent / "found.json"
    assert detect(folder, output, "--model", server.url, *options) != 0
    assert sentence in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert not output.exists()


@pytest.mark.parametrize("options", [(), ("--engine", "ray")], ids=["plain", "ray"])
def test_that_a_token_for_the_detector_here_is_refused(folder, tmp_path, capsys, options):
    output = tmp_path / "found.json"
    (tmp_path / "token").write_text(TOKEN)
    assert detect(folder, output, "--token-file", str(tmp_path / "token"), *options) == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "--token-file is for a detector on another machine" in said
    assert not output.exists()


def test_that_it_is_said_where_others_can_listen(folder, tmp_path, server, capsys, monkeypatch):
    detect(folder, tmp_path / "found.json", "--model", server.url)
    assert "not encrypted" not in "".join(capsys.readouterr())
    monkeypatch.setattr("detector.remote_address.is_loopback", lambda _host: False)
    assert detect(folder, tmp_path / "found.json", "--model", server.url) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert f"What is sent to {server.url} is not encrypted: whoever listens on the way can read the token" in said


def test_that_without_a_token_or_anybody_there_it_is_said_at_once(folder, tmp_path, server, capsys, monkeypatch):
    monkeypatch.setattr(remote, "RUN", Patience(retry=600.0, begin=0.0))
    server_is_gone = PlainServer()
    with server_is_gone.running():
        pass
    assert detect(folder, tmp_path / "found.json", "--model", server_is_gone.url) == 1
    assert "nothing runs there. Start it with `boxwright serve`." in " ".join(capsys.readouterr().err.split())
    monkeypatch.setenv("BOXWRIGHT_TOKEN", "a-token-of-somebody-else")
    assert detect(folder, tmp_path / "found.json", "--model", server.url) == 1
    assert "does not know this token" in " ".join(capsys.readouterr().err.split())
    monkeypatch.delenv("BOXWRIGHT_TOKEN")
    assert detect(folder, tmp_path / "found.json", "--model", server.url) == 1
    assert "wants a token" in " ".join(capsys.readouterr().err.split())
