from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import bench.replay
from app.model.simulated_labeler import Effort
from bench.replay import BROKEN_OFF, PEER, WHOLE, compute, draw, tables
from detector.coco import CocoDataset

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from app.replay import ReplayPlan


def cell(row: str, seed: int, late: float, *rounds: Effort) -> dict[str, Any]:
    whole = sum(rounds, Effort())
    told = [asdict(one) | {"score_thresh": 0.5, "seconds": 3.0} for one in rounds]
    about = {"set": "dice", "row": row, "iou": 0.5, "seed": seed, "rounds": told}
    return {**about, "saved": whole.work_saved, "saved_late": late, **asdict(whole)}


def test_that_the_report_has_each_row_each_round_and_the_promise() -> None:
    first, good, better = (
        Effort(10, 40, added=40, by_proposal=10, clicks=80),
        Effort(10, 40, added=20),
        Effort(10, 40, added=10, keys=3),
    )
    cells = [cell(WHOLE, 0, 0.5, first, good), cell(PEER, 0, 0.1, first, first), cell(WHOLE, 1, 0.75, first, better)]
    lines = list(tables(cells))
    assert lines[2:4] == [
        "| dice | 0.5 | whole loop | 2 | 31.2% (25.0% to 37.5%) | 62.5% (50.0% to 75.0%) | 18% | 80 | 2 |",
        "| dice | 0.5 | torchvision | 1 | 0.0% | 10.0% | 25% | 160 | 0 |",
    ]
    assert "| dice | 0.5 | whole loop | 0: 0%, 10: 62% |" in lines
    assert "| dice | 0.5 | torchvision | 0: 0%, 10: 0% |" in lines
    assert lines[-1] == "dice: 62.5% >= 60% held"
    assert list(tables(cells[:2]))[-1] == "dice: 50.0% >= 60% MISSED"


def test_that_the_plot_has_a_line_for_each_row_that_there_is(tmp_path: Path) -> None:
    rounds = (Effort(10, 40, added=40), Effort(10, 40, added=20))
    colors = []
    for row in (WHOLE, PEER, "useful order"):
        draw([cell(WHOLE, 0, 0.5, *rounds), cell(row, 1, 0.5, *rounds)], tmp_path / "plot.png")
        with Image.open(tmp_path / "plot.png") as image:
            red, _green, blue, alpha = np.moveaxis(np.asarray(image.convert("RGBA")).astype(int), 2, 0)
        colors.append([bool(((alpha == 255) & tint).any()) for tint in (blue > red + 100, red > blue + 100)])
    assert colors == [[True, False], [True, True], [True, False]]


def test_that_a_row_leaves_out_the_images_with_one_box_where_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = {"sketch": (1, 3, 0, 2), "dice": (4, 2)}
    sets = {
        name: CocoDataset(tuple(SimpleNamespace(gt_boxes=[None] * count) for count in counts), (), (), (), (), {})  # type: ignore[misc]
        for name, counts in images.items()
    }
    monkeypatch.setattr(bench.replay, "read_part", lambda name, _part: sets[name])
    worked: dict[tuple[str, str], list[int]] = {}

    def work(name: str, dataset: CocoDataset, plan: ReplayPlan, _peer: None) -> dict[str, Any]:
        row = BROKEN_OFF if len(dataset.images) < len(images[name]) else WHOLE
        worked[name, row] = [len(image.gt_boxes) for image in dataset.images]
        return {"rounds": [], "seed": plan.seed}

    monkeypatch.setattr(bench.replay, "_worked", work)
    compute(tmp_path / "cells.jsonl", ["sketch", "dice"], [WHOLE, BROKEN_OFF], [0.5], [0])
    assert worked == {("sketch", WHOLE): [1, 3, 0, 2], ("dice", WHOLE): [4, 2], ("sketch", BROKEN_OFF): [3, 2]}
