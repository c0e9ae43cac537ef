"""The rows of the image list: which images match the filter, and what is known of each. No widget per image."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.model.storage import StoreError

if TYPE_CHECKING:
    from app.model.annotations import ImageRecord
    from app.model.view import Change
    from app.model.workspace import Workspace

ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)

Index = QModelIndex | QPersistentModelIndex


class ImageState(StrEnum):
    """What the list says about an image; the first that holds, from below."""

    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    REVIEWED_EMPTY = "reviewed, no objects"
    UNSURE = "unsure"
    UNREADABLE = "unreadable"


class StateFilter(StrEnum):
    """Which images the list shows."""

    ALL = "all"
    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    UNSURE = "unsure"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. Counts are None where nobody knows them; `problem` says why an image cannot be read."""

    record: ImageRecord
    state: ImageState
    annotations: int | None
    suggestions: int | None
    problem: str


def translated(words: str) -> str:
    """Return the words in the person's language."""
    return QCoreApplication.translate("ImageRows", words)


def count_words(entry: Entry) -> list[str]:
    """Return what is worth saying about an image's counts; nothing about none."""
    words = []
    if entry.annotations:
        words.append(
            translated("1 box") if entry.annotations == 1 else translated("{} boxes").format(entry.annotations)
        )
    if entry.suggestions:
        words.append(translated("{} undecided").format(entry.suggestions))
    return words


class ImageRows(QAbstractListModel):
    """The images that match the filter, in file-name order. Counts are asked for row by row, when a row is painted."""

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._text = ""
        self._state = StateFilter.ALL
        self._problems: dict[int, str] = {}
        self._annotations: dict[int, int | None] = {}
        self._suggestions: dict[int, int] = {}
        self._model_version = ""
        self._shown: list[int] = []  # indices into workspace.images, ascending
        self._learn_current()
        self._select()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of images that match the filter."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the path, what a screen reader says, the tooltip, or the whole `Entry`."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.record(index.row()).path
        if role == ENTRY_ROLE:
            return self._entry(self.record(index.row()))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            entry = self._entry(self.record(index.row()))
            separator = "\n" if role == Qt.ItemDataRole.ToolTipRole else ", "
            parts = (entry.record.path, translated(entry.state.value), *count_words(entry), entry.problem)
            return separator.join(part for part in parts if part)
        return None

    def record(self, row: int) -> ImageRecord:
        """Return the image of a row."""
        return self._workspace.images[self._shown[row]]

    def row_of(self, image_id: int) -> int | None:
        """Return the row of an image, None where the filter leaves it out."""
        place = self._place(image_id)
        row = len(self._shown) if place is None else bisect_left(self._shown, place)
        return row if row < len(self._shown) and self._shown[row] == place else None

    def set_filter(self, text: str, state: StateFilter) -> None:
        """Show the images whose path contains `text`, in any case, and whose state passes."""
        if (text, state) != (self._text, self._state):
            self._text, self._state = text, state
            self._reset()

    def set_problem(self, image_id: int, sentence: str) -> None:
        """Keep why an image cannot be read; an empty sentence says that it can."""
        if sentence != self._problems.get(image_id, ""):
            self._problems[image_id] = sentence
            self._update({image_id})

    def take(self, change: Change) -> None:
        """Follow a change of the workspace."""
        if change.images and not change.image_ids:
            self._annotations.clear()
            self._problems.clear()
            self._learn_current()
            self._reset()
            return
        if change.thresholds:
            self._suggestions.clear()
        self._learn_current()
        touched = set(change.image_ids)
        current = self._workspace.current_image
        if current is not None and (change.annotations or change.suggestions):
            touched.add(current.id)
        self._update(touched)

    def _learn_current(self) -> None:
        """Keep the counts of the image on screen; others' suggestions are known as they were when last on screen."""
        current, prediction = self._workspace.current_image, self._workspace.prediction
        if current is None:
            return
        self._annotations[current.id] = len(self._workspace.annotations)
        if prediction is None:
            return
        if prediction.model_version != self._model_version:
            self._suggestions.clear()
            self._model_version = prediction.model_version
        self._suggestions[current.id] = len(self._workspace.suggestions)

    def _entry(self, record: ImageRecord) -> Entry:
        count = self._annotation_count(record.id)
        problem = self.tr("The file is no longer in the folder.") if record.missing else ""
        problem = problem or self._problems.get(record.id, "")
        if problem:
            state = ImageState.UNREADABLE
        elif record.unsure:
            state = ImageState.UNSURE
        elif record.reviewed:
            state = ImageState.REVIEWED_EMPTY if count == 0 else ImageState.REVIEWED
        else:
            state = ImageState.UNREVIEWED
        return Entry(record, state, count, self._suggestions.get(record.id), problem)

    def _annotation_count(self, image_id: int) -> int | None:
        if image_id not in self._annotations:
            try:
                self._annotations[image_id] = len(self._workspace.annotations_of(image_id))
            except StoreError:  # painting cannot complain; going to the image says why
                self._annotations[image_id] = None
        return self._annotations[image_id]

    def _passes(self, record: ImageRecord) -> bool:
        if self._text and self._text.casefold() not in record.path.casefold():
            return False
        match self._state:
            case StateFilter.UNREVIEWED:
                return not record.reviewed
            case StateFilter.REVIEWED:
                return record.reviewed
            case StateFilter.UNSURE:
                return record.unsure
            case StateFilter.UNREADABLE:
                return record.missing or bool(self._problems.get(record.id))
        return True

    def _select(self) -> None:
        images = self._workspace.images
        if self._text or self._state is not StateFilter.ALL:
            self._shown = [place for place, record in enumerate(images) if self._passes(record)]
        else:
            self._shown = list(range(len(images)))

    def _place(self, image_id: int) -> int | None:
        """Return the index of an image; None for one that left the project while it was being decoded."""
        try:
            return self._workspace.index_of(image_id)
        except KeyError:
            return None

    def _reset(self) -> None:
        self.beginResetModel()
        self._select()
        self.endResetModel()

    def _update(self, image_ids: set[int]) -> None:
        """Repaint rows, and let single rows come and go where the filter's answer has changed."""
        for image_id in image_ids:
            row, place = self.row_of(image_id), self._place(image_id)
            if place is None:
                continue
            passes = self._passes(self._workspace.images[place])
            if row is not None and passes:
                self.dataChanged.emit(self.index(row), self.index(row))
            elif row is not None:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._shown[row]
                self.endRemoveRows()
            elif passes:
                row = bisect_left(self._shown, place)
                self.beginInsertRows(QModelIndex(), row, row)
                self._shown.insert(row, place)
                self.endInsertRows()
