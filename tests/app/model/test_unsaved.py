from __future__ import annotations

from app.model.annotations import Annotation, Category, ImageMark, ImageRecord, Rejection
from app.model.commands import Command, Edit
from app.model.history import History
from app.model.unsaved import Unsaved, Write

STORED = Annotation(1, 5, 1, (0.0, 0.0, 5.0, 5.0))
MOVED = Annotation(1, 5, 1, (1.0, 0.0, 6.0, 5.0))
NEW = Annotation(2, 5, 2, (0.0, 0.0, 9.0, 9.0))
ELSEWHERE = Annotation(3, 6, 1, (0.0, 0.0, 9.0, 9.0))


def waiting(*edits: Edit) -> Unsaved:
    unsaved = Unsaved()
    for number, edit in enumerate(edits, 1):
        unsaved.add(Write((edit,), History(number, number), Command(f"entry {number}", 5, (edit,))))
    return unsaved


def test_that_nothing_waits_at_first() -> None:
    unsaved = Unsaved()
    assert unsaved.of_image(Annotation, 5, [STORED]) == [STORED]
    assert unsaved.counts({1: 1}) == {1: 1}
    assert (unsaved.history, unsaved.entry(1)) == (None, None)


def test_that_the_last_of_several_changes_of_a_row_counts() -> None:
    unsaved = waiting(Edit(STORED, MOVED), Edit(None, NEW), Edit(MOVED, None))
    assert unsaved.of_image(Annotation, 5, [STORED]) == [NEW]
    assert unsaved.of_image(Annotation, 6, [ELSEWHERE]) == [ELSEWHERE]
    assert unsaved.counts({1: 2}) == {1: 1, 2: 1}


def test_that_a_row_that_came_and_went_was_never_there() -> None:
    unsaved = waiting(Edit(None, NEW), Edit(NEW, None))
    assert unsaved.of_image(Annotation, 5, [STORED]) == [STORED]
    assert unsaved.counts({1: 1}) == {1: 1}


def test_that_what_is_saved_waits_no_more_and_the_rest_does() -> None:
    unsaved = waiting(Edit(STORED, MOVED), Edit(None, NEW)).after(1)
    assert len(unsaved.writes) == 1
    assert unsaved.of_image(Annotation, 5, [MOVED]) == [MOVED, NEW]
    assert unsaved.counts({1: 1}) == {1: 1, 2: 1}
    assert unsaved.entry(1) is None


def test_that_marks_and_categories_read_as_they_are_now() -> None:
    mark, bolt = ImageMark(5, reviewed=True), Category(1, "bolt", "#ff0000")
    unsaved = waiting(Edit(ImageMark(5), mark), Edit(None, bolt))
    records = [ImageRecord(5, "5.png", (48, 64)), ImageRecord(6, "6.png")]
    assert unsaved.images(records) == [ImageRecord(5, "5.png", (48, 64), reviewed=True), records[1]]
    assert unsaved.all_of(Category, []) == [bolt]


def test_that_a_new_entry_takes_the_place_of_those_undone() -> None:
    unsaved = waiting(Edit(None, NEW), Edit(NEW, None))
    unsaved.add(Write((Edit(None, NEW),), History(1, 2)))
    assert unsaved.entry(2) is not None
    unsaved.add(Write((), History(1, 1), Command("another", 5, ())))
    assert unsaved.entry(1) == Command("another", 5, ())
    assert unsaved.entry(2) is None
    assert unsaved.history == History(1, 1)


def test_that_reading_leaves_nothing_behind() -> None:
    unsaved = waiting(Edit(None, NEW))
    for image_id in range(100):
        unsaved.of_image(Annotation, image_id, [])
        unsaved.of_image(Rejection, image_id, [])
    assert len(unsaved._of_image) == 1
