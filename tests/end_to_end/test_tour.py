"""The demo that plays itself, and the embedded detector in the real window."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication
from whole_application import MadeUpDetector, running

from app import tour
from app.application import Application, detector_factory
from detector.types import Candidates, DetectorError, Prediction

EMBEDDED = Path(__file__).resolve().parents[2] / "resources" / "models" / "embedded.safetensors"


def test_that_the_tour_plays_every_step_and_leaves_its_file_and_pictures(qapp, tmp_path, capsys):
    detector = MadeUpDetector()
    out = tmp_path / "demo-out"
    code = tour.play(lambda settings: Application(qapp, lambda: detector, settings), out)
    said = capsys.readouterr().out
    assert code == 0, said
    for word in ("Opened", "Detected", "Accepted", "Corrected", "Drew", "Slid", "Reviewed", "Exported"):
        assert word in said
    document = json.loads((out / "annotations.json").read_text())
    assert len(document["images"]) == 2
    assert len(document["annotations"]) > 4
    pictures = sorted(out.glob("*.png"))
    assert len(pictures) == 8
    for picture in pictures:
        with Image.open(picture) as image:
            assert len(set(image.convert("L").resize((64, 64)).tobytes())) > 3, f"{picture.name} is blank"


@pytest.mark.skipif(sys.platform == "win32", reason="there a process that sends itself a signal is gone")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_a_tour_that_is_ended_by_a_signal_leaves_nothing_behind(qapp, tmp_path, capsys, monkeypatch, number):
    class Ended(MadeUpDetector):
        def predict(self, image, _key=None):
            if self.calls == 0:
                os.kill(os.getpid(), number)
            return super().predict(image)

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    detector = Ended()
    before = signal.getsignal(number)
    code = tour.play(lambda settings: Application(qapp, lambda: detector, settings), tmp_path / "out")
    assert code == 1
    assert "The tour stopped: it was interrupted." in capsys.readouterr().out
    assert not list(temporary.iterdir())
    assert signal.getsignal(number) is before


def test_that_the_tour_fails_with_a_sentence_where_nothing_is_found(qapp, tmp_path, capsys):
    class Blind(MadeUpDetector):
        def predict(self, image, _key=None):
            seen = super().predict(image)
            nothing = Candidates([], [], [], [])
            return Prediction(
                seen.image_size, seen.proposals, nothing, seen.categories, seen.model_version, seen.score_floor
            )

    code = tour.play(lambda settings: Application(qapp, Blind, settings), tmp_path / "out")
    assert code == 1
    assert "The tour stopped: expected that the detector suggests something" in capsys.readouterr().out


def test_that_the_tour_fails_with_the_reason_where_there_is_no_detector(qapp, tmp_path, capsys):
    def fail():
        raise DetectorError("The weights are not there.")

    code = tour.play(lambda settings: Application(qapp, fail, settings), tmp_path / "out")
    assert code == 1
    assert "The weights are not there." in capsys.readouterr().out


@pytest.mark.skipif(not EMBEDDED.is_file(), reason="the embedded weights are not in this checkout")
def test_that_the_embedded_detector_suggests_on_a_real_photograph(dice, tmp_path):
    with running(tmp_path, factory=detector_factory(None, "cpu")) as run:
        run.open(dice)
        prediction = run.workspace.prediction
        assert prediction.image_size == run.workspace.current_image.size
        assert len(prediction.proposals) > 50
        status = run.application.service.status
        assert (status.device, status.model_version) == ("cpu", prediction.model_version)
        QApplication.processEvents()
        assert "CPU" in run.window.status._detector.text()
