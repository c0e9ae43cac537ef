"""The plot of a training shows its curves, for one step as for many, and for each stage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector.curves import LOSSES, Curves
from detector.training_plot import thinned, write_plot
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path


def curves_of(steps: int, *, stages: tuple[str, ...] = ("joint",), measured: bool = True) -> Curves:
    curves = Curves()
    step = 0
    for stage in stages:
        curves.stages.append((step + 1, stage))
        for index in range(steps):
            step += 1
            rpn_only = stage.endswith("RPN")
            losses = [
                math.nan if rpn_only and "rpn" not in name and "objectness" not in name else 1 / (index + 1)
                for name in LOSSES
            ]
            curves.rows.append((step, 1e-3, *losses))
        if measured:
            curves.measured.append((step, stage, {"AR100": 0.5} if rpn_only else {"AP": 0.3, "AP50": 0.6, "AP75": 0.2}))
    return curves


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(int)


def colour(drawn: np.ndarray, rgb: tuple[int, int, int]) -> int:
    return int((np.abs(drawn - rgb).sum(axis=2) < 30).sum())


BLUE, ORANGE, GREEN = (0, 0x72, 0xB2), (0xD5, 0x5E, 0), (0, 0x9E, 0x73)


@pytest.mark.parametrize("steps", [1, 2, 999])
def test_that_losses_and_figures_are_drawn(steps: int, tmp_path: Path) -> None:
    path = tmp_path / "model.png"
    write_plot(curves_of(steps), path, "zf, joint $")
    drawn = pixels(path)
    assert drawn.shape[1] == 1654, "A4 at 200 dots an inch"
    assert colour(drawn, BLUE) > 300
    assert colour(drawn, ORANGE) > 300


def test_that_without_a_validation_there_is_no_empty_panel(tmp_path: Path) -> None:
    for measured in (True, False):
        write_plot(curves_of(9, measured=measured), tmp_path / f"{measured}.png")
    assert pixels(tmp_path / "False.png").shape[0] < pixels(tmp_path / "True.png").shape[0]


def test_that_each_stage_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "model.png"
    write_plot(curves_of(9, stages=("1 RPN", "2 Fast R-CNN", "3 RPN", "4 Fast R-CNN")), path)
    assert all(colour(pixels(path), rgb) > 100 for rgb in (BLUE, ORANGE, GREEN))


def test_that_what_is_nan_is_no_reason_to_fail(tmp_path: Path) -> None:
    curves = curves_of(3)
    curves.measured = [(3, "joint", {"AP": math.nan, "AP50": math.nan})]
    write_plot(curves, tmp_path / "model.png")
    assert colour(pixels(tmp_path / "model.png"), BLUE) > 300, "the losses are drawn"


def test_that_a_plot_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="cannot be written"):
        write_plot(curves_of(2), tmp_path / "nowhere" / "model.png")


@pytest.mark.parametrize(("count", "points"), [(1, 200), (200, 200), (201, 200), (1000, 50)])
def test_that_a_long_line_is_its_means(count: int, points: int) -> None:
    values = np.random.default_rng(0).random(count)
    steps, means = thinned(np.arange(1.0, count + 1), values, points)
    assert len(steps) == len(means) <= points
    size = -(-count // points)
    assert means[0] == pytest.approx(values[:size].mean())
    assert steps[-1] == pytest.approx(np.arange(1.0, count + 1)[size * (len(means) - 1) :].mean())
