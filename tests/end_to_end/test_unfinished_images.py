"""Reviewed images whose boxes are missing, at the real window: said before a fine-tune, found, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_evaluation import FAR, A, review
from shown_words import buttons, press
from whole_application import surveying

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whole_application import Running

MANY = tuple(((8.0 * place, 2.0, 8.0 * place + 6, 22.0), 1, 0.9 - 0.05 * place) for place in range(6))
FOUND = {0: ((A, 1, 0.9),), 1: ((FAR, 2, 0.9),), 2: MANY, 3: MANY}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Running]:
    with surveying(tmp_path, FOUND) as opened:
        yield opened


def test_that_unfinished_images_are_said_shown_and_gone_when_they_are_mended(run: Running) -> None:
    desk, workspace, hands = run.hands.desk, run.workspace, run.hands
    survey = run.application.session.survey
    assert survey.unfinished_count == 0, "what nobody has reviewed is no more than not reviewed"
    review(workspace, {0: ((A, 1),), 1: (), 2: ((MANY[0][0], 1),)})
    run.window.menus.actions["training"].trigger()
    hands.wait(lambda: "Show it" in buttons(desk.training), "the third image looks unfinished")
    assert survey.unfinished_count == 1
    press(desk.training, "Show it")
    hands.wait(lambda: workspace.current_image.id == workspace.images[2].id, "the third image is opened")
    assert len(desk.image_list.shown) == 1
    hands.wait_for_image()
    hands.key("Shift+Return")
    hands.wait(lambda: "Show it" not in buttons(desk.training), "it has its boxes")
    assert len(workspace.annotations) == len(MANY)
    assert survey.unfinished_count == 0
