from __future__ import annotations

from app.ui.model_words import numerics
from app.ui.status_bar import StatusBar
from app.workers.messages import DetectorState, DetectorStatus


def test_that_what_a_detector_computes_with_is_said_in_plain_words():
    assert numerics(()) == ""
    assert numerics(("exact", "float32")) == "Exact precision, float32"
    assert numerics(("fast", "bfloat16")) == "Fast precision, bfloat16"
    assert numerics(("fast", "bfloat16", "OpenVINO")) == "Fast precision, bfloat16, backbone by OpenVINO"


def test_that_the_model_of_the_status_line_tells_how_it_computes(qtbot):
    bar = StatusBar()
    qtbot.addWidget(bar)
    said = (DetectorState.READY, "cpu", "a network", "v1", ())
    bar.show_detector(DetectorStatus(*said, numerics=("fast", "float32")))
    assert bar._detector.toolTip().splitlines()[-1] == "Fast precision, float32"
    bar.show_detector(DetectorStatus(*said, message="The GPU ran out of memory.", numerics=("fast", "float32")))
    assert bar._detector.toolTip().splitlines() == ["The GPU ran out of memory.", "Fast precision, float32"]
    bar.show_detector(DetectorStatus(*said))
    assert len(bar._detector.toolTip().splitlines()) == 1
