"""The window with a detector on another machine: as with the one here, also while that machine is away."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from plain_server import TOKEN, PlainServer, lost, passing
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QTableWidget
from served import needs_ray, one_thread, serving
from shown_words import press
from whole_application import SHOWN, MadeUpDetector, running

from app.catalogue import Kind
from app.networks import torch_tuner
from app.remotes import PATIENCE
from app.ui.remote_dialog import RemoteDialog
from detector import packing
from detector.images import read_image
from detector.predictor import open_predictor
from detector.remote_address import place_of
from detector.remote_places import keep_remote, kept_remote, kept_remotes
from detector.scenes import draw_scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whole_application import Running

    from app.ui.model_chooser import ModelChooser

IMAGES = 12


class Elsewhere(MadeUpDetector):
    """The detector that is lent."""

    model_version = "elsewhere-1"
    device = "cuda"
    score_floor = 0.02


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / "images"
    images.mkdir()
    for place in range(IMAGES):
        Image.fromarray(draw_scene(40 + place, (120, 160)).image).save(images / f"{place:02}.png")
    return images


@pytest.fixture
def server() -> Iterator[PlainServer]:
    with PlainServer(predictor=Elsewhere()).running() as one:
        yield one


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, tuner=torch_tuner(None, "cpu")) as opened:
        opened.open(folder)
        yield opened


def go_elsewhere(run: Running, url: str, token: str = TOKEN) -> RemoteDialog:
    """Type an address and a token as a person does."""
    press(run.model_chooser(), "Another machine…")
    asked = run.dialog(RemoteDialog)
    QTest.keyClicks(asked.address, url)
    QTest.keyClicks(asked.token, token)
    press(asked, "Use this detector")
    return asked


def forget_of(chooser: ModelChooser) -> QPushButton:
    return next(one for one in chooser.findChildren(QPushButton) if one.text() == "Forget")


def predicted(run: Running, version: str) -> int:
    return len(run.application.session.store.predicted(version))


def is_shown(run: Running, version: str) -> bool:
    prediction = run.workspace.prediction
    return prediction is not None and prediction.model_version == version


def test_that_a_detector_elsewhere_is_chosen_by_its_address_and_works_like_one_here(run, server, folder, tmp_path):
    go_elsewhere(run, server.url)
    run.hands.wait(lambda: is_shown(run, "elsewhere-1"), "it has looked at the image")
    run.hands.wait(lambda: predicted(run, "elsewhere-1") == IMAGES, "it has looked at all images")
    assert run.window.status._detector.text() == f"127.0.0.1-{server.port} · GPU"
    asked = len(server.requests)
    assert len(run.workspace.suggestions) == SHOWN
    run.hands.key("PgUp")
    for _ in range(9):
        run.hands.key("PgDown")
    assert len(run.workspace.suggestions) > SHOWN
    run.hands.key("Tab")
    run.hands.key("Return")
    assert len(run.workspace.annotations) == 1
    assert len(server.requests) == asked, "thresholds and decisions ask nobody"
    chooser = run.model_chooser()
    assert chooser.chosen.title == f"127.0.0.1-{server.port}"
    assert chooser.chosen.details == server.url
    assert chooser.findChild(QTableWidget).item(1, 2).text() == "another machine"
    press(chooser, "Cancel")
    run.application.close_project()
    run.open(folder)
    assert is_shown(run, "elsewhere-1"), "the project goes on with it"


def test_that_what_is_no_address_or_no_token_is_said_where_it_is_typed(run):
    asked = go_elsewhere(run, "gpu.example/detect")
    assert "gpu.example/detect is not the address of a remote detector" in asked.problem
    asked.address.clear()
    asked.token.clear()
    QTest.keyClicks(asked.token, "short")
    press(asked, "Use this detector")
    assert "The field has no token" in asked.problem
    assert "short" not in asked.problem
    press(asked, "Cancel")
    assert is_shown(run, "made-up-1")


def test_that_the_dialog_says_where_others_can_listen(run):
    press(run.model_chooser(), "Another machine…")
    asked = run.dialog(RemoteDialog)
    QTest.keyClicks(asked.address, "http://gpu.example")
    assert "sent unencrypted" in asked.warning
    for address in ("https://gpu.example", "http://localhost:9000", "gpu.example", ""):
        asked.address.clear()
        QTest.keyClicks(asked.address, address)
        assert asked.warning == ""
    press(asked, "Cancel")


def test_that_a_wrong_token_or_nobody_there_leaves_the_detector_in_use(run, server):
    go_elsewhere(run, server.url, "a-token-of-somebody-else")
    run.hands.wait(lambda: "does not know this token" in run.window.banner.text, "the window says why")
    with PlainServer().running() as gone:
        pass
    go_elsewhere(run, gone.url)
    run.hands.wait(lambda: "nothing runs there" in run.window.banner.text, "the window says why")
    assert f"127.0.0.1-{gone.port} cannot be used, and the model before it stays in use." in run.window.banner.text
    run.hands.wait(lambda: run.application.service.status.model_version == "made-up-1", "the old one serves")
    assert run.application.session.serving.base is None
    go_elsewhere(run, server.url)
    run.hands.wait(lambda: is_shown(run, "elsewhere-1"), "the right token serves")


def test_that_a_mistyped_token_neither_stops_the_detector_in_use_nor_replaces_its_own(run, server):
    go_elsewhere(run, server.url)
    run.hands.wait(lambda: is_shown(run, "elsewhere-1"), "it has looked at the image")
    (file,) = kept_remotes()
    go_elsewhere(run, server.url, "a-mistyped-token")
    run.hands.wait(lambda: "does not know this token" in run.window.banner.text, "the window says why")
    assert kept_remote(file)[1] == TOKEN
    assert run.application.session.serving.base == file
    run.hands.wait(lambda: run.application.service.status.model_version == "elsewhere-1", "it serves on")


def test_that_a_detector_whose_token_was_refused_is_not_listed(run, server):
    go_elsewhere(run, server.url, "a-token-of-somebody-else")
    run.hands.wait(lambda: "does not know this token" in run.window.banner.text, "the window says why")
    assert kept_remotes() == ()


def test_that_a_detector_elsewhere_can_be_forgotten_once_another_is_in_use(run, server):
    go_elsewhere(run, server.url)
    run.hands.wait(lambda: is_shown(run, "elsewhere-1"), "it has looked at the image")
    chooser = run.model_chooser()
    assert chooser.chosen.kind is Kind.REMOTE
    assert not forget_of(chooser).isEnabled(), "it is in use"
    chooser.choose(0)
    assert not forget_of(chooser).isVisible(), "the embedded model stays"
    press(chooser, "Use this model")
    run.hands.wait(lambda: run.application.service.status.model_version == "made-up-1", "the embedded model serves")
    chooser = run.model_chooser()
    chooser.choose(1)
    assert chooser.chosen.title == f"127.0.0.1-{server.port}"
    press(chooser, "Forget")
    assert kept_remotes() == ()
    assert [model.kind for model in chooser._models].count(Kind.REMOTE) == 0
    assert chooser.chosen.in_use
    assert not forget_of(chooser).isVisible()
    press(chooser, "Cancel")


def test_that_nothing_is_lost_while_the_machine_is_away(run):
    server = PlainServer(predictor=Elsewhere())
    failed: list[object] = []
    run.application.service.failed.connect(failed.append)
    with ExitStack() as up:
        up.enter_context(server.running())
        server.instead.extend([passing] * 5 + [lost] * 1000)
        go_elsewhere(run, server.url)
        run.hands.wait(lambda: predicted(run, "elsewhere-1") >= 3, "it has looked at some images")
    run.application.session.detect_all()
    run.hands.wait(lambda: "does not answer" in run.window.banner.text, "the window says that it is away")
    assert "It is asked again until it answers" in run.window.banner.text
    run.hands.key("D")
    run.hands.key("D")
    run.hands.wait(run.hands._image_is_shown, "people go on meanwhile")
    assert predicted(run, "elsewhere-1") < IMAGES
    server.instead.clear()
    with server.running():
        run.hands.wait(lambda: predicted(run, "elsewhere-1") == IMAGES, "it has looked at all images after all")
        run.hands.wait(lambda: run.window.banner.text == "", "the window says no more that it is away")
        run.hands.wait(lambda: is_shown(run, "elsewhere-1"), "the image on the screen has its suggestions")
    assert failed == []


def test_that_another_model_over_there_is_said_and_its_suggestions_are_shown(run, server):
    go_elsewhere(run, server.url)
    run.hands.wait(lambda: predicted(run, "elsewhere-1") == IMAGES, "it has looked at all images")
    server.predictor.model_version = "elsewhere-2"
    run.application.session.detect_again()
    run.hands.wait(lambda: is_shown(run, "elsewhere-2"), "the other model looks")
    run.hands.wait(lambda: "Another model looks at" in run.window.banner.text, "the window says so")
    assert run.application.service.status.model_version == "elsewhere-2"


def test_that_a_window_closes_at_once_while_it_waits_for_an_answer(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("app.remotes.PATIENCE", replace(PATIENCE, answer=3600.0))
    asked = threading.Event()

    def silent(_handler):
        asked.set()
        server.closing.wait()

    server = PlainServer(predictor=Elsewhere())
    with server.running():
        model = keep_remote(place_of(server.url), TOKEN)
        with running(tmp_path, tuner=torch_tuner(None, "cpu"), model=model) as run:
            run.open(folder)
            server.instead.extend([silent] * 50)
            run.application.session.detect_again()
            run.hands.wait(asked.is_set, "it is asked")
            start = time.monotonic()
        assert time.monotonic() - start < 100, "an answer may take an hour"


def test_that_training_needs_a_model_on_this_machine(run, server):
    go_elsewhere(run, server.url)
    run.hands.wait(lambda: is_shown(run, "elsewhere-1"), "it has looked at the image")
    run.hands.key("Shift+Return")
    run.hands.key("Space")
    ended: list[object] = []
    run.application.service.training.ended.connect(ended.append)
    run.application.session.tuning.start()
    run.hands.wait(lambda: bool(ended), "the training has ended")
    assert "is on another machine, and training needs a model on this one" in ended[0].sentence


@needs_ray
@pytest.mark.timeout(500)  # with the start of Ray
def test_that_what_a_real_serve_says_is_what_the_detector_here_says_to_the_bit(folder, tmp_path):
    with one_thread():
        local = open_predictor(device="cpu", precision="exact")
        expected = {path.name: packing.encode(local.predict(read_image(path))) for path in sorted(folder.iterdir())}
    with serving(tmp_path) as served:
        model = keep_remote(place_of(served.url), served.token)
        with running(tmp_path, tuner=torch_tuner(None, "cpu"), model=model) as run:
            run.open(folder)
            run.application.session.detect_all()
            run.hands.wait(lambda: predicted(run, local.model_version) == IMAGES, "it has looked at all images")
            store = run.application.session.store
            said = {
                record.path: packing.encode(store.prediction_of(record, local.model_version))
                for record in run.workspace.images
            }
    assert said == expected


def test_that_a_window_that_starts_while_the_machine_is_off_says_so_and_uses_the_model_here(folder, tmp_path, qtbot):
    with PlainServer().running() as off:
        pass
    model = keep_remote(place_of(off.url), TOKEN)
    with running(tmp_path, tuner=torch_tuner(None, "cpu"), model=model) as run:
        run.application.open(folder)
        # Not with the hands: they give up as soon as a detector does not start.
        qtbot.waitUntil(lambda: "nothing runs there" in run.window.banner.text)
        qtbot.waitUntil(lambda: run.application.service.status.model_version == "made-up-1")
        run.hands.wait(lambda: is_shown(run, "made-up-1"), "the model here looks at the image")
