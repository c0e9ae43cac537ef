"""Going through a folder by usefulness: the real window, store and threads, a made-up network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_evaluation import FAR, A, B, C
from whole_application import surveying

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whole_application import Running

FOUND = {
    0: ((A, 1, 0.99),),
    1: ((A, 1, 0.97),),
    2: ((A, 1, 0.98),),
    3: ((A, 1, 0.6), (B, 1, 0.55)),
    4: ((A, 1, 0.99),),
    5: ((A, 1, 0.6), (FAR, 2, 0.5), (B, 1, 0.4)),
    6: ((C, 1, 0.6),),
}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Running]:
    with surveying(tmp_path, FOUND) as opened:
        yield opened


def place(run: Running) -> int:
    return run.workspace.index_of(run.workspace.current_image.id)


def order(run: Running) -> str:
    return run.window.status._order.text() if run.window.status._order.isVisible() else ""


def surveyed(run: Running) -> bool:
    survey = run.application.session.survey
    return not survey.is_working and not survey._settle.isActive()


def test_that_n_lets_space_go_to_the_most_useful_image_and_again_to_the_next_in_the_folder(run: Running) -> None:
    assert order(run) == ""
    run.hands.key("N")
    assert run.window.menus.actions["useful-first"].isChecked()
    assert order(run) == "Most useful first"
    seen = []
    for _ in range(3):
        run.hands.key("Space")
        run.hands.wait_for_image()
        run.hands.wait(lambda: surveyed(run), "the mark is surveyed")
        seen.append((place(run), order(run)))
    assert seen == [
        (5, "Most useful: 3 doubtful boxes"),
        (3, "Most useful: 2 doubtful boxes"),
        (6, "Most useful: 1 doubtful box"),
    ]
    run.hands.key("N")
    assert order(run) == ""
    run.hands.key("Space")
    assert place(run) == 1
    assert [record.reviewed for record in run.workspace.images] == [True, False, False, True, False, True, True]


def test_that_skipping_goes_on_to_the_next_most_useful_image_and_d_stays_in_file_order(run: Running) -> None:
    run.hands.key("N")
    run.hands.key("Ctrl+Shift+D")
    assert place(run) == 5
    run.hands.key("Ctrl+Shift+D")
    assert place(run) == 3
    run.hands.key("D")
    assert place(run) == 4
    run.hands.key("A")
    assert place(run) == 3
    assert run.workspace.reviewed_count == 0


def test_that_the_most_useful_images_are_decoded_before_they_are_shown(run: Running) -> None:
    run.hands.key("N")
    images = run.application.session.loader._images
    ids = [run.workspace.images[place].id for place in (5, 3)]
    run.hands.wait(lambda: all(images.get(image_id) is not None for image_id in ids), "both are decoded")
    run.hands.key("Space")
    assert run.hands.desk.shown_image == ids[0]
    sixth = run.workspace.images[6].id
    run.hands.wait(lambda: images.get(sixth) is not None, "the one after next is decoded")


def test_that_a_decision_changes_the_reason_at_once(run: Running) -> None:
    run.hands.key("N")
    run.hands.key("Space")
    run.hands.wait_for_image()
    assert order(run) == "Most useful: 3 doubtful boxes"
    run.hands.key("Tab")
    run.hands.key("Return")
    run.hands.wait(lambda: order(run) == "Most useful: 2 doubtful boxes", "the decision is surveyed")


def test_that_the_order_is_kept_for_the_next_start(run: Running) -> None:
    run.hands.key("N")
    folder = run.application.session.folder
    run.application.close_project()
    assert order(run) == ""
    run.open(folder)
    assert run.workspace.view.useful_first
    assert order(run).startswith("Most useful")


def test_that_the_image_list_finds_images_by_what_was_found_out(run: Running) -> None:
    images = run.hands.desk.image_list
    images.set_filter("extra:>1")
    run.hands.wait(lambda: images._rows.rowCount() == 1, "the image with two extras is found")
    assert images._rows.record(0) == run.workspace.images[3]
    images.set_filter("disagrees")
    run.hands.wait(lambda: images._rows.rowCount() == len(FOUND), "all images differ")
    run.hands.key("Shift+Return")
    run.hands.wait(lambda: images._rows.rowCount() == len(FOUND) - 1, "the first does not any more")
