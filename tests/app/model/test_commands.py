from __future__ import annotations

import gc
import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import edits
from app.model.annotations import (
    Annotation,
    Category,
    DatasetNotes,
    ImageMark,
    Origin,
    Provenance,
    Rejection,
    Suggestion,
)
from app.model.commands import Command, Edit, Row
from app.model.edits import NextIds
from app.model.garbage import uncollected

IDS = NextIds(annotation=10, category=20, rejection=30)
BOLT = Category(1, "bolt", "#ff0000")
NUT = Category(2, "nut", "#00ff00", position=1)
SUGGESTION = Suggestion(4, (1.0, 2.0, 30.0, 40.0), "bolt", 1, 0.8, "v1")
UNKNOWN = Suggestion(5, (50.0, 2.0, 60.0, 40.0), "gear", None, 0.7, "v1")

finite = st.floats(allow_nan=False, allow_infinity=False)
boxes = st.tuples(finite, finite, finite, finite)
origins = st.builds(Origin, boxes, st.text(), finite, st.text())
row_strategies: list[st.SearchStrategy[Row]] = [
    st.builds(
        Annotation,
        st.just(7),
        st.integers(),
        st.integers(),
        boxes,
        st.sampled_from(Provenance),
        st.none() | origins,
        st.booleans(),
        locked=st.booleans(),
        note=st.sampled_from(["", "half in the shade"]),
    ),
    st.builds(Rejection, st.just(7), st.integers(), origins),
    st.builds(
        Category,
        st.just(7),
        st.text(),
        st.text(),
        st.text(),
        st.integers(),
        score_thresh=st.none() | st.floats(0, 1),
        merged=st.lists(st.tuples(st.integers(), st.text()), max_size=2).map(tuple),
    ),
    st.builds(ImageMark, st.just(7), st.booleans(), st.booleans(), st.text()),
    st.builds(DatasetNotes, st.just(7), st.text()),
]
an_edit = st.one_of(
    *[st.builds(Edit, rows, st.none() | rows) for rows in row_strategies],
    *[st.builds(Edit, st.none(), rows) for rows in row_strategies],
)
commands = st.builds(Command, st.text(), st.none() | st.integers(), st.lists(an_edit, max_size=5).map(tuple))


@given(commands)
def test_that_the_journal_keeps_every_bit_of_a_command(command: Command) -> None:
    assert Command.from_json(command.to_json()) == command


def test_that_a_command_about_many_boxes_takes_few_bytes_for_each() -> None:
    boxes = [annotation(id=number, box=(number + 0.125, 1.5, 900.25, 80.75)) for number in range(1000)]
    moved = tuple(Edit(one, replace(one, category_id=2)) for one in boxes)
    assert len(Command("merge", None, moved).to_json()) < 120 * len(boxes)


def test_that_a_journal_entry_that_holds_whole_rows_is_read() -> None:
    rows = []
    for category_id in (1, 2):
        values = asdict(annotation(category_id=category_id, origin=SUGGESTION.origin))
        rows.append({"kind": "annotation", **values})
    text = json.dumps({"text": "relabel to nut", "image_id": 1, "edits": [rows, [None, rows[0]], [rows[1], None]]})
    before, after = (annotation(category_id=number, origin=SUGGESTION.origin) for number in (1, 2))
    assert Command.from_json(text).edits == (Edit(before, after), Edit(None, before), Edit(after, None))


@given(commands)
def test_that_the_inverse_of_the_inverse_is_the_command(command: Command) -> None:
    assert command.inverse().inverse() == command


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"text":"x","image_id":1,"edits":[[{"kind":"gizmo"},null]]}'])
def test_that_a_damaged_journal_entry_is_not_taken_for_a_command(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Command.from_json(text)


def test_that_an_edit_cannot_turn_one_row_into_another() -> None:
    with pytest.raises(ValueError, match="kind and id"):
        Edit(BOLT, NUT)
    with pytest.raises(ValueError, match="before or after"):
        Edit(None, None)


def annotation(**changes: object) -> Annotation:
    values: dict[str, object] = {"id": 3, "image_id": 1, "category_id": 1, "box": (1.0, 1.0, 9.0, 9.0)}
    return Annotation(**{**values, **changes})  # type: ignore[arg-type]


def test_that_a_burst_of_the_same_nudge_becomes_one_command() -> None:
    first = edits.change_box(annotation(), (2.0, 1.0, 10.0, 9.0), "nudge")
    assert first is not None
    second = edits.change_box(first.edits[0].after, (3.0, 1.0, 11.0, 9.0), "nudge")  # type: ignore[arg-type]
    assert second is not None
    merged = second.merge_with(first)
    assert merged is not None
    assert (merged.edits[0].before, merged.edits[0].after) == (annotation(), second.edits[0].after)


def test_that_commands_which_do_not_continue_each_other_stay_apart() -> None:
    moved = edits.change_box(annotation(), (2.0, 1.0, 10.0, 9.0), "nudge")
    other_text = edits.change_box(annotation(box=(2.0, 1.0, 10.0, 9.0)), (3.0, 1.0, 11.0, 9.0), "resize")
    other_box = edits.change_box(annotation(id=4), (3.0, 1.0, 11.0, 9.0), "nudge")
    drawn = edits.draw((1.0, 1.0, 9.0, 9.0), 1, BOLT, IDS)
    assert moved is not None
    assert other_text is not None
    assert other_box is not None
    assert other_text.merge_with(moved) is None
    assert other_box.merge_with(moved) is None
    assert moved.merge_with(drawn) is None
    assert drawn.merge_with(drawn) is None


def test_that_accepting_keeps_the_suggestion_and_adds_the_category_that_is_lacking() -> None:
    command = edits.accept([SUGGESTION, UNKNOWN, UNKNOWN], 1, [BOLT, NUT], IDS)
    assert command is not None
    gear, first, second, third = [edit.after for edit in command.edits]
    assert gear == Category(20, "gear", gear.color, position=2)  # type: ignore[union-attr]
    assert first == Annotation(10, 1, 1, SUGGESTION.box, Provenance.ACCEPTED, SUGGESTION.origin)
    assert (second.id, second.category_id, third.id) == (11, 20, 12)  # type: ignore[union-attr]


def test_that_nothing_to_accept_reject_or_delete_is_no_command() -> None:
    assert edits.accept([], 1, [BOLT], IDS) is None
    assert edits.reject([], 1, IDS) is None
    assert edits.delete([]) is None


def test_that_rejections_keep_what_was_rejected() -> None:
    command = edits.reject([SUGGESTION, UNKNOWN], 1, IDS)
    assert command is not None
    assert [edit.after for edit in command.edits] == [
        Rejection(30, 1, SUGGESTION.origin),
        Rejection(31, 1, UNKNOWN.origin),
    ]


@pytest.mark.parametrize(
    ("provenance", "origin", "expected"),
    [
        (Provenance.DRAWN, None, Provenance.DRAWN),
        (Provenance.IMPORTED, None, Provenance.IMPORTED),
        (Provenance.ACCEPTED, SUGGESTION.origin, Provenance.MOVED),
        (Provenance.RELABELLED, SUGGESTION.origin, Provenance.RELABELLED),
    ],
)
def test_that_moving_tells_what_became_of_a_suggestion(
    provenance: Provenance, origin: Origin | None, expected: Provenance
) -> None:
    command = edits.change_box(annotation(provenance=provenance, origin=origin), (0.0, 0.0, 5.0, 5.0))
    assert command is not None
    assert command.edits[0].after.provenance is expected  # type: ignore[union-attr]


def test_that_relabelling_there_and_back_is_accepting_again() -> None:
    accepted = annotation(box=SUGGESTION.box, provenance=Provenance.ACCEPTED, origin=SUGGESTION.origin)
    there = edits.relabel(accepted, NUT)
    assert there is not None
    relabelled = there.edits[0].after
    assert isinstance(relabelled, Annotation)
    assert relabelled.provenance is Provenance.RELABELLED
    back = edits.relabel(relabelled, BOLT)
    assert back is not None
    assert back.edits[0].after == accepted


def renamed(category: Category, name: str, *others: Category) -> Category:
    command = edits.rename_category(category, name, [category, *others])
    assert command is not None
    after = command.edits[0].after
    assert isinstance(after, Category)
    return after


def provenance_of(command: Command | None) -> Provenance:
    assert command is not None
    (after,) = (edit.after for edit in command.edits if isinstance(edit.after, Annotation))
    return after.provenance


@pytest.mark.parametrize("first", ["rename", "relabel"])
@pytest.mark.parametrize("box", [SUGGESTION.box, (2.0, 2.0, 30.0, 40.0)])
def test_that_relabelling_there_and_back_is_accepting_again_whatever_the_category_is_called(
    first: str, box: tuple[float, float, float, float]
) -> None:
    how = Provenance.ACCEPTED if box == SUGGESTION.box else Provenance.MOVED
    screw = renamed(renamed(BOLT, "pin"), "screw")
    accepted = annotation(box=box, provenance=how, origin=SUGGESTION.origin)
    there = edits.relabel(accepted, NUT, [screw if first == "rename" else BOLT, NUT])
    assert provenance_of(there) is Provenance.RELABELLED
    back = edits.relabel(there.edits[0].after, screw, [screw, NUT])  # type: ignore[union-attr, arg-type]
    assert back is not None
    assert back.edits[0].after == accepted


def test_that_a_former_name_of_another_category_is_not_meant() -> None:
    screw, other = renamed(BOLT, "screw"), Category(5, "bolt", "#0000ff", position=2)
    relabelled = annotation(category_id=2, box=SUGGESTION.box, provenance=Provenance.RELABELLED)
    relabelled = replace(relabelled, origin=SUGGESTION.origin)
    assert provenance_of(edits.relabel(relabelled, screw, [screw, NUT, other])) is Provenance.RELABELLED
    assert provenance_of(edits.relabel(relabelled, other, [screw, NUT, other])) is Provenance.ACCEPTED
    gear = renamed(other, "gear", screw)
    assert provenance_of(edits.relabel(relabelled, screw, [screw, NUT, gear])) is Provenance.RELABELLED
    assert provenance_of(edits.relabel(relabelled, gear, [screw, NUT, gear])) is Provenance.ACCEPTED


def test_that_the_name_of_a_merged_category_means_the_one_that_it_became() -> None:
    heir = replace(NUT, merged=((1, "bolt"),))
    relabelled = annotation(category_id=7, box=SUGGESTION.box, provenance=Provenance.RELABELLED)
    relabelled = replace(relabelled, origin=SUGGESTION.origin)
    assert provenance_of(edits.relabel(relabelled, heir, [heir])) is Provenance.ACCEPTED


def test_that_a_category_keeps_each_name_that_it_had_once_and_not_todays() -> None:
    assert renamed(BOLT, "screw").merged == ((1, "bolt"),)
    assert renamed(renamed(BOLT, "screw"), "bolt").merged == ((1, "screw"),)
    assert renamed(renamed(renamed(BOLT, "screw"), "bolt"), "screw").merged == ((1, "bolt"),)


def test_that_changing_nothing_is_no_command() -> None:
    assert edits.change_box(annotation(), annotation().box) is None
    assert edits.relabel(annotation(), BOLT) is None
    assert edits.mark_reviewed(ImageMark(1, reviewed=True)) is None
    assert edits.rename_category(BOLT, " bolt ", [BOLT, NUT]) is None
    assert edits.recolour_category(BOLT, BOLT.color) is None


def test_that_an_unsure_image_is_not_reviewed_and_the_other_way_round() -> None:
    unsure = edits.set_unsure(ImageMark(1, reviewed=True))
    assert unsure is not None
    assert unsure.edits[0].after == ImageMark(1, reviewed=False, unsure=True)
    reviewed = edits.mark_reviewed(ImageMark(1, unsure=True))
    assert reviewed is not None
    assert reviewed.edits[0].after == ImageMark(1, reviewed=True, unsure=False)


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "needs a name"), ("   ", "needs a name"), ("nut", "already"), ("n" * 1001, "at most 1000 characters")],
)
def test_that_a_category_gets_no_empty_long_or_taken_name(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        edits.rename_category(BOLT, name, [BOLT, NUT])
    with pytest.raises(ValueError, match=message):
        edits.new_category(name, [BOLT, NUT], 3)
    assert edits.new_category(" " + "n" * 1000, [BOLT, NUT], 3).name == "n" * 1000


@pytest.mark.usefixtures("collecting")
def test_that_reading_many_rows_leaves_the_collector_as_it_was() -> None:
    text = Command("test", None, (Edit(None, BOLT),)).to_json()
    with pytest.raises(ValueError, match="kind and id"):
        Command.from_json(text.replace("[null,", '[{"kind":"category","id":9,"name":"x","color":"y"},'))
    assert gc.isenabled()
    with uncollected():
        Command.from_json(text)
        assert not gc.isenabled()
    assert gc.isenabled()
