"""Plots are files: the right ones, under safe names, with something on them."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector import plots, precision_recall
from detector.plots import require_folder, slug, write_precision_recall, write_recall
from detector.types import DetectorError
from detector.voc import VocCurve

if TYPE_CHECKING:
    from pathlib import Path

    from detector.precision_recall import PrecisionRecall

LIMITS = (1, 10, 100, 300, 1000)


def of_coco(name: str, label: int = 1) -> PrecisionRecall:
    return precision_recall.of_coco(name, label, np.linspace(1, 0, 10)[:, None] * np.linspace(1, 0, 101))


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


# --- lines ------------------------------------------------------------------------------------------------------------


def test_that_the_lines_of_coco_are_two_ious_and_the_mean() -> None:
    curves = np.random.default_rng(0).random((10, 101))
    lines = precision_recall.of_coco("cat", 4, curves).lines
    assert [line.ap for line in lines] == pytest.approx([curves[0].mean(), curves[5].mean(), curves.mean()])
    np.testing.assert_array_equal(lines[1].precision, curves[5])


def test_that_the_line_of_the_envelope_has_the_area_of_the_average_precision() -> None:
    curve = VocCurve(np.array([0.25, 0.25, 0.5, 0.5]), np.array([1.0, 0.5, 2 / 3, 0.5]), 4)
    measured, steps = precision_recall.of_voc("cat", 1, curve).lines
    assert steps.recall.tolist() == [0, 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.5]
    assert steps.precision == pytest.approx([1, 1, 2 / 3, 2 / 3, 2 / 3, 2 / 3, 0.5, 0.5])
    area = np.sum(np.diff(steps.recall) * steps.precision[1:])
    assert area == pytest.approx(steps.ap) == pytest.approx(0.25 + 0.25 * 2 / 3)
    np.testing.assert_array_equal(measured.precision, curve.precision)


def test_that_the_eleven_points_are_drawn_where_they_are_taken() -> None:
    eleven = precision_recall.of_voc07("cat", 1, VocCurve(np.array([0.3]), np.array([0.8]), 10)).lines[1]
    assert eleven.recall.tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    assert eleven.precision == pytest.approx([0.8] * 4 + [0] * 7)
    assert eleven.ap == pytest.approx(4 * 0.8 / 11)


# --- files ------------------------------------------------------------------------------------------------------------


def test_that_there_is_a_page_for_all_and_a_plot_for_each(tmp_path: Path) -> None:
    paths = write_precision_recall([of_coco("cat", 1), of_coco("dog", 3)], tmp_path, "a title")
    assert [path.name for path in paths] == ["overview.png", "01-cat.png", "03-dog.png"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    for path in paths:
        drawn = pixels(path)
        assert min(drawn.shape[:2]) > 500
        assert (drawn[0, 0] == 255).all()
        blue = np.abs(drawn.astype(int) - (0, 0x72, 0xB2)).sum(axis=2) < 30
        assert blue.sum() > 300, "the line at IoU 0.50"


@pytest.mark.parametrize("count", [1, 2, 13, 80])
def test_that_the_page_holds_any_number_of_categories(count: int, tmp_path: Path) -> None:
    plots.save(plots._overview([of_coco("cat", label + 1) for label in range(count)], ""), tmp_path / "page.png")
    height, width = pixels(tmp_path / "page.png").shape[:2]
    assert width == 1654, "A4 at 200 dots an inch"
    assert 600 < height <= 2340


@pytest.mark.parametrize("count", [1, 3, 13])
def test_that_each_panel_has_its_name_and_its_figure(count: int) -> None:
    figure = plots._overview([of_coco(f"cat {label}", label) for label in range(1, count + 1)], "")
    assert [panel.get_title(loc="left") for panel in figure.axes] == [f"cat {label}" for label in range(1, count + 1)]
    assert {panel.get_title(loc="right") for panel in figure.axes} == {"0.250"}
    assert all(len(panel.lines) == 3 for panel in figure.axes)


def test_that_no_category_is_no_plot(tmp_path: Path) -> None:
    assert write_precision_recall([], tmp_path) == []
    assert write_recall(np.zeros((5, 0)), LIMITS, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a/b\\c",
        "con",
        "",
        " ",
        "...",
        "名前 фото",
        "🦝",
        "$x^{2$",
        "\0\n",
        "%s{}",
        "x" * 400,
        "名" * 400,
    ],
)
def test_that_an_odd_name_is_a_file_in_the_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    folder.mkdir()
    overview, path = write_precision_recall([of_coco(name, 7)], folder)
    assert sorted(folder.iterdir()) == sorted([overview, path])
    assert list(tmp_path.iterdir()) == [folder]
    assert path.name.startswith("07-")
    assert len(path.name.encode()) <= 255
    pixels(path)


def test_that_names_which_differ_in_case_alone_have_files_of_their_own(tmp_path: Path) -> None:
    names = ("cat", "CAT", "c/at", "c at", "Straße", "STRASSE")
    paths = write_precision_recall([of_coco(name, label) for label, name in enumerate(names, 1)], tmp_path)
    assert len({path.name.casefold() for path in paths}) == len(names) + 1


def test_that_a_slug_keeps_the_letters_of_every_script() -> None:
    assert slug("fire truck / 2") == "fire_truck_2"
    assert slug("名前 ñandú") == "名前_ñandú"
    assert slug("/") == "category"


def test_that_a_long_name_is_cut_where_its_panel_ends() -> None:
    assert plots._shortened("abcdef", 6) == "abcdef"
    assert plots._shortened("abcdefg", 6) == "abcde…"
    assert plots._shortened("名前名前", 6) == "名前…"
    assert plots._shortened("", 6) == ""


def test_that_recall_is_drawn_over_proposals_and_over_iou(tmp_path: Path) -> None:
    ious = np.random.default_rng(0).random((5, 40))
    paths = write_recall(ious, LIMITS, tmp_path, "recall")
    assert [path.name for path in paths] == ["recall_by_proposals.png", "recall_by_iou.png"]
    assert all(pixels(path).std() > 10 for path in paths)


def test_that_the_lines_of_recall_are_the_recall() -> None:
    ious = np.array([[0.0, 0.55], [0.6, 0.55], [0.6, 0.72], [0.6, 0.9], [1.0, 0.9]])
    (panel,) = plots._recall_by_proposals(ious, LIMITS, "").axes
    at_half, at_seven, average = (line.get_ydata() for line in panel.lines)
    assert at_half.tolist() == [0.5, 1, 1, 1, 1]
    assert at_seven.tolist() == [0, 0, 0.5, 0.5, 1]
    assert average == pytest.approx([0.1, 0.25, 0.4, 0.6, 0.95])
    (panel,) = plots._recall_by_iou(ious, LIMITS, "").axes
    hundred, _, thousand = (line.get_ydata() for line in panel.lines)
    assert (hundred[0], hundred[-1], thousand[0], thousand[-1]) == (1, 0, 1, 0.5)


def test_that_any_thread_may_draw_and_no_window_is_opened(tmp_path: Path) -> None:
    thread = threading.Thread(target=write_precision_recall, args=([of_coco("cat")], tmp_path))
    thread.start()
    thread.join()
    assert len(list(tmp_path.iterdir())) == 2
    assert "matplotlib.pyplot" not in sys.modules


# --- what cannot be written -------------------------------------------------------------------------------------------


def test_that_a_folder_is_made_and_one_that_is_there_is_kept(tmp_path: Path) -> None:
    require_folder(tmp_path / "new" / "plots")
    (tmp_path / "new" / "plots" / "mine.txt").write_text("mine")
    require_folder(tmp_path / "new" / "plots")
    assert [path.name for path in (tmp_path / "new" / "plots").iterdir()] == ["mine.txt"]


def test_that_a_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "plots", tmp_path / "file", tmp_path / ("x" * 300)):
        with pytest.raises(DetectorError, match="Plots cannot be written"):
            require_folder(place)


def test_that_a_plot_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"overview\.png cannot be written: No such file"):
        write_precision_recall([of_coco("cat")], tmp_path / "nowhere")
