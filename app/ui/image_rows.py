"""The rows of the image list: which images pass the filter, in which order, and what is known of each.

There is no widget for an image, and no object for a row before it is painted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.model.image_filter import ImageFilter
from app.model.image_sieve import ImageSieve
from app.model.shown_images import ShownImages, SortOrder
from app.model.storage import StoreError
from app.ui.image_entry import ENTRY_ROLE, Entry, ImageState, count_words, translated
from app.ui.plain_tip import plain_tip
from app.workers.image_search import SearchRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.model.annotations import ImageRecord
    from app.model.findings import Finding
    from app.model.shown_images import BoolArray, FloatArray
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.workers.image_search import SearchAnswer

Index = QModelIndex | QPersistentModelIndex
_ROWS_THAT_MOVE = 50
"""So many rows come and go one by one; with more, the list is another one, and is shown from its beginning."""


class ImageRows(QAbstractListModel):
    """The images that pass the filter, in the order that was chosen. Counts are asked for when a row is painted.

    What only the store or the findings know is asked for by `wanted(SearchRequest)`, None: nothing any more; until
    `take_answer` brings it the rows stay as they were. `reordered()` comes when other rows are shown, or in another
    order: an order is made when it is chosen and when there are other findings, and stays while somebody works.
    """

    wanted = Signal(object)
    reordered = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._problems: dict[int, str] = {}
        self._annotations: dict[int, int | None] = {}
        self._suggestions: dict[int, int] = {}
        self._model_version = ""
        self._findings: Mapping[int, Finding] = {}
        self._order = SortOrder.NAME
        self._is_asking = False
        self._keys: FloatArray | None = None
        self._learn_current()
        self._read_images(ImageFilter())

    @property
    def shown(self) -> ShownImages:
        """The images that the list shows, for whoever goes from one to the next."""
        return self._shown

    @property
    def order(self) -> SortOrder:
        """The order that was chosen."""
        return self._order

    @property
    def is_asking(self) -> bool:
        """Whether an answer is awaited, after which other rows may be shown."""
        return self._is_asking

    @property
    def unseen_count(self) -> int:
        """The number of images that filter or order could not tell, because the detector has not looked at them."""
        is_asked = self._sieve.filter.needs_findings or self._order.needs_findings
        return len(self._workspace.images) - int(self._sieve.looked_at.sum()) if is_asked else 0

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of images that pass the filter."""
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
            about = separator.join(part for part in parts if part)
            return plain_tip(about) if role == Qt.ItemDataRole.ToolTipRole else about
        return None

    def record(self, row: int) -> ImageRecord:
        """Return the image of a row."""
        return self._workspace.images[int(self._shown.places[row])]

    def row_of(self, image_id: int) -> int | None:
        """Return the row of an image, None where the filter leaves it out."""
        place = self._place(image_id)
        return None if place is None else self._shown.row_of(place)

    def set_filter(self, chosen: ImageFilter) -> None:
        """Show the images that pass; once it is known which do, where that has to be asked for."""
        self._sieve.filter = chosen
        self._ask_or_show()

    def set_order(self, order: SortOrder) -> None:
        """Show the images in an order, which is made anew."""
        self._order, self._is_ordered = order, order is SortOrder.NAME
        if self._is_ordered:
            self._keys = None
        self._ask_or_show()

    def set_findings(self, findings: Mapping[int, Finding]) -> None:
        """Take what the detector says about each image by its id, in a mapping that nobody changes any more."""
        others, self._findings = findings.keys() != self._findings.keys(), findings
        self._is_ordered &= not (others and self._order.needs_findings)
        if self._sieve.filter.needs_findings or not self._is_ordered:
            self._ask()

    def take_answer(self, answer: SearchAnswer) -> None:
        """Take what was asked for."""
        if answer.request.ids is not self._ids:
            return
        self._is_asking = False
        self._sieve.masks, self._sieve.looked_at = answer.masks, answer.looked_at
        if answer.request.order is not None:
            self._keys, self._is_ordered = answer.keys, True
            self._reset()
        else:
            self._pass(self._sieve.passes())

    def give_up(self) -> None:
        """Wait for an answer no longer: there is none."""
        self._is_asking = False

    def problem_of(self, record: ImageRecord) -> str:
        """Return why nobody can see an image, as far as that is known; else an empty sentence."""
        gone = self.tr("The file is no longer in the folder.") if record.missing else ""
        return gone or self._problems.get(record.id, "")

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
            self.beginResetModel()
            self._read_images(self._sieve.filter)
            self.endResetModel()
            self._ask_or_show()
            return
        if change.thresholds or change.categories:
            self._suggestions.clear()
        if change.categories:
            self._annotations.clear()  # a category that goes takes boxes of any image with it
        self._learn_current()
        if change.categories and self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))
        touched = set(change.image_ids)
        current = self._workspace.current_image
        if current is not None and (change.annotations or change.suggestions):
            touched.add(current.id)
        self._update(touched)
        if (change.history or change.categories) and self._sieve.asked_terms:
            self._ask()

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
        problem = self.problem_of(record)
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

    def _read_images(self, chosen: ImageFilter) -> None:
        """Begin with the images as they are now: what is not known of them yet leaves none out."""
        images = self._workspace.images
        self._sieve = ImageSieve(images, self._problems)
        self._sieve.filter = chosen
        self._ids = np.fromiter((record.id for record in images), np.int64, len(images))
        self._paths = tuple(record.path for record in images)
        self._keys = None
        self._is_ordered = self._order is SortOrder.NAME
        self._passing: BoolArray = self._sieve.passes()
        self._shown = ShownImages.of(self._passing)

    def _ask_or_show(self) -> None:
        """Show what passes, and ask for what nobody knows, or knew before the last decision only."""
        terms = self._sieve.asked_terms
        is_known = self._is_ordered and terms <= self._sieve.masks.keys()
        if is_known:
            self._sieve.masks = {term: self._sieve.masks[term] for term in terms}
            self._reset()
        if not is_known or (self._is_asking and terms):
            self._ask()
        else:
            self._is_asking = False
            self.wanted.emit(None)

    def _ask(self) -> None:
        self._is_asking = True
        order = None if self._is_ordered else self._order
        self.wanted.emit(SearchRequest(self._ids, self._paths, self._sieve.asked_terms, order, self._findings))

    def _place(self, image_id: int) -> int | None:
        """Return the index of an image; None for one that left the project while it was being decoded."""
        try:
            return self._workspace.index_of(image_id)
        except KeyError:
            return None

    def _reset(self) -> None:
        self.beginResetModel()
        self._passing = self._sieve.passes()
        self._shown = ShownImages.of(self._passing, self._keys)
        self.endResetModel()
        self.reordered.emit()

    def _pass(self, passing: BoolArray) -> None:
        """Show what passes now, in the order that there is."""
        changed = np.flatnonzero(passing != self._passing)
        if len(changed) > _ROWS_THAT_MOVE:
            self._reset()
            return
        for place in changed.tolist():
            self._set_shown(place, shown=bool(passing[place]))
        self.reordered.emit()

    def _update(self, image_ids: set[int]) -> None:
        """Repaint rows, and let single rows come and go where the filter's answer has changed."""
        for image_id in image_ids:
            place = self._place(image_id)
            if place is None:
                continue
            self._set_shown(place, shown=self._sieve.passes_at(place))
            row = self._shown.row_of(place)
            if row is not None:
                self.dataChanged.emit(self.index(row), self.index(row))

    def _set_shown(self, place: int, *, shown: bool) -> None:
        if shown == self._passing[place]:
            return
        row = self._shown.row_before(place)
        self._passing[place] = shown
        if shown:
            self.beginInsertRows(QModelIndex(), row, row)
            self._shown = self._shown.with_place(place)
            self.endInsertRows()
        else:
            self.beginRemoveRows(QModelIndex(), row, row)
            self._shown = self._shown.without_row(row)
            self.endRemoveRows()
