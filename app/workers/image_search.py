"""Finding images in a thread of its own: what the store, the findings and slow patterns say, for a filter and an order.

Shapes: N images of the project, in file-name order.
"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.model.finding_search import found_where
from app.model.image_filter import FoundTerm, InState, NameMatches, State, StoredTerm
from app.model.name_pattern import compile_pattern
from app.model.shown_images import SortOrder
from app.store.database import NOT_READ, open_read_only, speaking
from app.store.image_search import box_counts, images_where, last_changes, reviewed_without_boxes
from app.workers.boundary import Failure
from app.workers.work_thread import WorkThread

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from app.model.findings import Finding
    from app.model.image_filter import Term
    from app.model.shown_images import BoolArray, FloatArray, IntArray

SETTLE_MS = 150
"""So long a person has to stop typing before anything is asked."""
_NAMES_AT_ONCE = 2_000
"""Names that a pattern looks at before somebody may call it off."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchRequest:
    """What is asked about the images with these `ids` (N,) and `paths` (N): where `terms` hold, and their `order`.

    `order` is None where that one stays which they have. `findings` by image id. `cancel` is set when nobody waits for
    the answer any more.
    """

    ids: IntArray
    paths: Sequence[str]
    terms: Collection[Term]
    order: SortOrder | None
    findings: Mapping[int, Finding]
    cancel: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True, eq=False)
class SearchAnswer:
    """Where each term holds (N,), where the detector has looked (N,), and ascending sort keys (N,), None: by name."""

    request: SearchRequest
    masks: Mapping[Term, BoolArray]
    looked_at: BoolArray
    keys: FloatArray | None


def answer(database: Path, request: SearchRequest) -> SearchAnswer | None:
    """Return the answer, read with a connection of its own; None where it was called off. Raises StoreError."""
    with closing(open_read_only(database)) as connection, speaking(NOT_READ):
        connection.execute("BEGIN")  # one state of the project for all terms
        masks: dict[Term, BoolArray] = {}
        for term in request.terms:
            masks[term] = _mask(connection, request, term)
            if request.cancel.is_set():
                return None
        looked_at = np.isin(request.ids, np.fromiter(request.findings, np.int64, len(request.findings)))
        return SearchAnswer(request, masks, looked_at, _keys(connection, request))


def _mask(connection: sqlite3.Connection, request: SearchRequest, term: Term) -> BoolArray:
    if isinstance(term, NameMatches):
        return _matching(request, term.pattern)
    if isinstance(term, FoundTerm):
        found = np.fromiter(found_where(term, request.findings.values()), np.int64)
    elif isinstance(term, StoredTerm):
        found = images_where(connection, term)
    else:
        assert term == InState(State.EMPTY), term  # everything else is known without asking
        found = reviewed_without_boxes(connection)
    return np.isin(request.ids, found)


def _matching(request: SearchRequest, pattern: str) -> BoolArray:
    search, paths = compile_pattern(pattern).search, request.paths
    mask = np.zeros(len(paths), np.bool_)
    for start in range(0, len(paths), _NAMES_AT_ONCE):
        if request.cancel.is_set():
            break
        some = paths[start : start + _NAMES_AT_ONCE]
        mask[start : start + len(some)] = [search(path) is not None for path in some]
    return mask


def _keys(connection: sqlite3.Connection, request: SearchRequest) -> FloatArray | None:
    """Return ascending sort keys; what nobody knows comes last."""
    order, findings = request.order, request.findings
    if order is None or order is SortOrder.NAME:
        return None
    if order.needs_findings:
        ids = np.fromiter(findings, np.int64, len(findings))
        figures = (one.usefulness if order is SortOrder.USEFUL else one.differences for one in findings.values())
        return _spread(request.ids, ids, -np.fromiter(figures, np.float64, len(findings)), np.inf)
    if order is SortOrder.CHANGED:
        ids, positions = last_changes(connection)
        return _spread(request.ids, ids, -positions, np.inf)
    ids, counts = box_counts(connection)
    return _spread(request.ids, ids, counts if order is SortOrder.FEWEST_BOXES else -counts, 0)


def _spread(ids: IntArray, known: IntArray, values: FloatArray | IntArray, default: float) -> FloatArray:
    """Return for each of `ids` its value; `known` are the ids that have one, in any order."""
    spread = np.full(len(ids), default, np.float64)
    _, places, rows = np.intersect1d(ids, known, assume_unique=True, return_indices=True)
    spread[places] = values[rows]
    return spread


class ImageSearch(QObject):
    """Answers the newest question about the images of one project, as soon as nobody has asked another for a moment.

    Exactly one of `answered(SearchAnswer)` and `failed(sentence)` follows the newest `ask`; of those before it nothing
    is heard. `stop` must be called before it is destroyed.
    """

    answered = Signal(object)
    failed = Signal(str)

    def __init__(self, database: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._newest: SearchRequest | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._start)
        self._thread = WorkThread(self)
        self._thread.finished.connect(self._take)

    def ask(self, request: SearchRequest) -> None:
        """Answer this instead of what was asked before."""
        self.forget()
        self._newest = request
        self._settle.start()

    def forget(self) -> None:
        """Let nobody hear of what was asked."""
        if self._newest is not None:
            self._newest.cancel.set()
            self._newest = None
        self._settle.stop()
        self._thread.forget()

    def stop(self) -> None:
        """Forget what was asked, and wait for what is under way; idempotent."""
        self.forget()
        self._thread.stop()

    @Slot()
    def _start(self) -> None:
        if self._newest is not None:
            self._thread.start(partial(answer, self._database, self._newest), self.tr("Finding images"))

    @Slot(object)
    def _take(self, result: SearchAnswer | Failure | None) -> None:
        self._newest = None
        if isinstance(result, Failure):
            self.failed.emit(result.sentence)
        elif result is not None:
            self.answered.emit(result)
