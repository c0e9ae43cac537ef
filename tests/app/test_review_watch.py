from __future__ import annotations

from dataclasses import replace

import pytest
from fake_evaluation import A, make_images, review

from app.model import edits
from app.model.annotations import Annotation, Category, ImageMark, Origin, Rejection
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.review_watch import ReviewWatch
from app.store.project_store import ProjectStore
from detector.image_files import list_images


class Watched:
    """A project with three reviewed images of four, the first on screen, and how often its watch has called."""

    def __init__(self, folder) -> None:
        self.store = ProjectStore.open(folder)
        self.store.list_images(list_images(folder))
        self.workspace = Workspace(self.store)
        review(self.workspace)
        self.calls = 0
        self.watch = ReviewWatch(self.store, self.workspace, self._count)
        self.watch.arm()

    def _count(self) -> None:
        self.calls += 1

    def id(self, place: int) -> int:
        return self.workspace.images[place].id

    def draw(self, place: int) -> Command:
        free = self.workspace.next_ids().annotation
        command = Command("draw", self.id(place), (Edit(None, Annotation(free, self.id(place), 1, A)),))
        self.workspace.execute(command)
        return command


@pytest.fixture
def watched(tmp_path):
    made = Watched(make_images(tmp_path / "images"))
    yield made
    made.store.close()


@pytest.mark.parametrize("place", [0, 1])
def test_that_a_box_of_a_reviewed_image_is_noticed_on_screen_or_not(watched, place):
    watched.draw(place)
    assert watched.calls == 1


def test_that_only_the_first_decision_is_told_until_it_is_armed_again(watched):
    watched.draw(0)
    watched.draw(0)
    assert watched.calls == 1
    watched.watch.arm()
    watched.draw(1)
    assert watched.calls == 2


def test_that_work_on_an_image_that_is_not_reviewed_changes_nothing(watched):
    watched.workspace.go_to(watched.id(3))
    watched.draw(3)
    watched.workspace.undo()
    watched.workspace.redo()
    assert watched.calls == 0


def test_that_taking_back_a_box_of_an_image_off_screen_is_noticed(watched):
    watched.draw(1)
    watched.workspace.go_to(watched.id(3))
    watched.watch.arm()
    watched.workspace.undo()
    assert watched.calls == 2
    watched.workspace.go_to(watched.id(3))
    watched.watch.arm()
    watched.workspace.redo()
    assert watched.calls == 3


def test_that_another_reviewed_image_or_one_less_is_noticed(watched):
    for place in (3, 0):
        record = watched.workspace.images[place]
        edit = Edit(record.mark, ImageMark(record.id, reviewed=not record.reviewed))
        watched.watch.arm()
        watched.workspace.execute(Command("mark", record.id, (edit,)))
    assert watched.calls == 2


def test_that_flags_rejections_and_colours_are_nothing_to_measure(watched):
    workspace, record = watched.workspace, watched.workspace.images[0]
    category = workspace.categories[0]
    rejection = Rejection(1, record.id, Origin(A, "die", 0.5, "known-1"))
    rows = (
        Edit(record.mark, replace(record.mark, unsure=True)),
        Edit(None, rejection),
        Edit(category, replace(category, color="#000000")),
    )
    workspace.execute(Command("other things", record.id, rows))
    assert watched.calls == 0


def test_that_a_new_name_and_a_new_category_are_noticed(watched):
    category = watched.workspace.categories[0]
    watched.workspace.execute(Command("rename", None, (Edit(category, replace(category, name="cube")),)))
    watched.watch.arm()
    watched.workspace.execute(edits.add_category(Category(9, "nut", "#ffffff")))
    assert watched.calls == 2


def test_that_what_cannot_be_read_counts_as_a_change(watched, monkeypatch):
    def refuse(*_args):
        raise StoreError("The disk is gone.")

    monkeypatch.setattr(watched.store, "journal_entry", refuse)
    watched.workspace.go_to(watched.id(3))
    watched.draw(3)
    assert watched.calls == 1


def test_that_a_listing_of_the_folder_counts_as_a_change(watched):
    watched.workspace.reload()
    assert watched.calls == 1


def test_that_it_says_nothing_once_it_is_closed(watched):
    watched.watch.close()
    watched.draw(0)
    assert watched.calls == 0
