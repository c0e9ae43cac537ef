"""Random sequences of gestures, and a twin of the store in dictionaries that says what should be there after each."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.model import box_gestures, category_edits, edits, gestures
from app.model.annotations import Annotation, Category, Flag, ImageMark, ImageRecord, Rejection
from app.model.history import History
from app.model.review import AnnotationRef, SuggestionRef
from app.model.workspace import Workspace
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.model.commands import Command, Edit, Row
    from app.model.storage import Store
    from app.store.patient_store import PatientStore

    State = tuple[object, ...]

IMAGES, SIZE = 6, (480, 640)
NAMES = tuple(f"{number}.png" for number in range(1, IMAGES + 1))
_CATEGORIES = ("bolt", "nut", "screw")


class TwinStore:
    """What `app.model.storage.Store` promises, in dictionaries; `states` has the project after each write."""

    def __init__(self) -> None:
        self._rows: dict[type[Row], dict[int, Row]] = {Annotation: {}, Rejection: {}, Category: {}}
        self._records = {number: ImageRecord(number, name) for number, name in enumerate(NAMES, 1)}
        self._journal: list[Command] = []
        self._history = History()
        self._ever: dict[type[Row], int] = {}
        self._remembered: dict[str, str] = {}
        self.states: list[State] = [state_of(self)]

    def images(self) -> list[ImageRecord]:
        return list(self._records.values())

    def categories(self) -> list[Category]:
        found = [one for one in self._rows[Category].values() if isinstance(one, Category)]
        return sorted(found, key=lambda one: (one.position, one.id))

    def annotations_of(self, image_id: int) -> list[Annotation]:
        rows = (row for _, row in sorted(self._rows[Annotation].items()))
        return [one for one in rows if isinstance(one, Annotation) and one.image_id == image_id]

    def annotations_in(self, category_id: int) -> list[Annotation]:
        boxes = [one for image_id in self._records for one in self.annotations_of(image_id)]
        return sorted((one for one in boxes if one.category_id == category_id), key=lambda one: one.id)

    def rejections_of(self, image_id: int) -> list[Rejection]:
        rows = (row for _, row in sorted(self._rows[Rejection].items()))
        return [one for one in rows if isinstance(one, Rejection) and one.image_id == image_id]

    def annotation_counts(self) -> dict[int, int]:
        counts = {one.id: len(self.annotations_in(one.id)) for one in self.categories()}
        return {category_id: count for category_id, count in counts.items() if count}

    def next_id(self, kind: type[Row]) -> int:
        return self._ever.get(kind, 0) + 1

    def set_image_sizes(self, sizes: Mapping[int, tuple[int, int]]) -> None:
        """Sizes are no decisions."""

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        """Nor is it one that a file is gone."""

    def history(self) -> History:
        return self._history

    def journal_entry(self, position: int) -> Command:
        return self._journal[position - 1]

    def journal_text(self, position: int) -> str:
        return self._journal[position - 1].text

    def write(self, edits: Sequence[Edit], history: History, entry: Command | None = None) -> None:
        for edit in edits:
            self._apply(edit)
        self._history = history
        if entry is not None:
            self._journal[history.position - 1 :] = [entry]
        self.states.append(state_of(self))

    def _apply(self, edit: Edit) -> None:
        row = edit.row
        if isinstance(row, ImageMark):
            self._records[row.id] = self._records[row.id].marked(row)
            return
        rows = self._rows[type(row)]
        assert rows.get(row.id) == edit.before
        self._ever[type(row)] = max(self._ever.get(type(row), 0), row.id)
        rows.pop(row.id, None)
        if edit.after is not None:
            rows[row.id] = edit.after

    def recall(self, key: str) -> str | None:
        return self._remembered.get(key)

    def remember(self, key: str, text: str) -> None:
        self._remembered[key] = text


def state_of(store: Store) -> State:
    """Return everything that people decided, and the whole journal: what must be the same after a crash."""
    images = store.images()
    history = store.history()
    return (
        tuple(record.mark for record in images),
        tuple(store.categories()),
        tuple(tuple(store.annotations_of(record.id)) for record in images),
        tuple(tuple(store.rejections_of(record.id)) for record in images),
        history,
        tuple(store.journal_entry(position).to_json() for position in range(1, history.length + 1)),
    )


class Labeler:
    """Does gesture 1, 2, ... of sequence `seed`: which ones depends on the seed and on what is on the screen."""

    def __init__(self, store: TwinStore | PatientStore, seed: int) -> None:
        self._store = store
        self._seed = seed
        self.workspace = Workspace(store)
        self.workspace.subscribe(lambda change: self._look() if change.current_image else None)
        self._look()

    def screen(self) -> State:
        """Return what the person sees."""
        workspace = self.workspace
        image = None if workspace.current_image is None else workspace.current_image.id
        boxes = (tuple(workspace.annotations.values()), tuple(workspace.rejections.values()))
        marks = tuple(record.mark for record in workspace.images)
        return image, *boxes, workspace.categories, marks, workspace.history, workspace.undo_text, workspace.redo_text

    def gesture(self, number: int) -> None:
        """Do one gesture: at most one write. Raises StoreError where it is refused."""
        pick = random.Random(f"{self._seed}:{number}")  # noqa: S311 - no secret
        names = list(_GESTURES)
        name = pick.choices(names, [_GESTURES[one][1] for one in names])[0]
        _GESTURES[name][0](self, pick)

    def _look(self) -> None:
        image = self.workspace.current_image
        if image is not None:
            self.workspace.set_image_sizes({image.id: SIZE})
            self.workspace.set_prediction(image.id, _prediction(image.id))

    def draw(self, pick: random.Random) -> None:
        left, top = pick.uniform(0, 500), pick.uniform(0, 350)
        box_gestures.draw(self.workspace, (left, top, left + pick.uniform(5, 120), top + pick.uniform(5, 120)))

    def select(self, pick: random.Random) -> None:
        chosen: list[AnnotationRef | SuggestionRef] = [AnnotationRef(number) for number in self.workspace.annotations]
        chosen += [SuggestionRef(one.index) for one in self.workspace.suggestions]
        self.workspace.change_view(replace(self.workspace.view, selected=pick.choice(chosen) if chosen else None))

    def nudge(self, pick: random.Random) -> None:
        box_gestures.nudge(self.workspace, pick.choice((-3, 1, 2)), pick.choice((-1, 0, 4)), repeat=True)

    def decide(self, pick: random.Random) -> None:
        ways: tuple[Callable[[Workspace], object], ...] = (
            *(gestures.accept_all, gestures.accept_selected, gestures.reject_all, gestures.reject_selected),
            *(gestures.delete_selected, gestures.toggle_reviewed, gestures.toggle_unsure),
            *(box_gestures.duplicate_selected, gestures.mark_reviewed_and_go_on),
            lambda workspace: box_gestures.toggle_flag(workspace, Flag.OCCLUDED),
            lambda workspace: box_gestures.write_note(workspace, f"look at {pick.random()}"),
        )
        pick.choice(ways)(self.workspace)

    def categorise(self, pick: random.Random) -> None:
        workspace, categories = self.workspace, self.workspace.categories
        new = f"category {pick.randrange(10**9)}"
        if len(categories) < 3:
            added = edits.new_category(new, categories, workspace.next_ids().category)
            workspace.execute(edits.add_category(added))
            return
        first, second = pick.sample(categories, 2)
        command = edits.rename_category(first, new, categories)
        if pick.random() < 0.5:
            command = category_edits.merge(first, second, self._store.annotations_in(first.id))
        assert command is not None
        workspace.execute(command)

    def undo(self, _pick: random.Random) -> None:
        self.workspace.undo()

    def redo(self, _pick: random.Random) -> None:
        self.workspace.redo()

    def go(self, pick: random.Random) -> None:
        self.workspace.go_to(pick.randint(1, IMAGES))


_GESTURES: dict[str, tuple[Callable[[Labeler, random.Random], None], int]] = {
    "draw": (Labeler.draw, 5),
    "select": (Labeler.select, 4),
    "nudge": (Labeler.nudge, 6),
    "decide": (Labeler.decide, 7),
    "categorise": (Labeler.categorise, 2),
    "undo": (Labeler.undo, 4),
    "redo": (Labeler.redo, 2),
    "go": (Labeler.go, 2),
}


def _prediction(image_id: int) -> Prediction:
    """Return what a detector might say about an image: the same each time."""
    pick = np.random.default_rng(image_id)
    corners = pick.uniform(0, 400, (4, 2))
    boxes = np.concatenate([corners, corners + pick.uniform(10, 80, (4, 2))], axis=1).astype(np.float32)
    scores = np.sort(pick.uniform(0.5, 1, 4)).astype(np.float32)[::-1].copy()
    return Prediction(
        image_size=SIZE,
        proposals=Proposals(boxes, scores),
        candidates=Candidates(boxes, scores, pick.integers(1, 4, 4), np.arange(4)),
        categories=_CATEGORIES,
        model_version="made-up",
        score_floor=0.05,
    )
