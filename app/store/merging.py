"""Shares of a project brought back: what each labeler did since the split, and where two of them or the project differ.

Each image is decided as a whole, by three states: what the share was given, what its labeler made of that, and what the
project has by now. What only one side changed is taken; what both changed differently is a conflict, and said.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from app.model.agreement import Agreement
from app.model.annotations import Annotation, Category, ImageRecord, Rejection, default_color
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.model.words import tr
from app.store.share_states import State, store_state, unsigned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.store.project_store import ProjectStore
    from app.store.share_states import OpenShare
    from app.store.shares import Share


@dataclass(frozen=True, slots=True)
class Conflict:
    """An image that was changed on both sides. `project` and `share` are the boxes that only that side has."""

    path: str
    name: str
    project: int
    share: int


@dataclass(slots=True)
class Tally:
    """What became of the images of one share. `unknown` are not in the project, `present` were there already."""

    share: Share
    taken: int = 0
    present: int = 0
    untouched: int = 0
    unknown: int = 0
    conflicts: list[Conflict] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """The images of the conflicts in which the project keeps its own."""
    renamed: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What bringing the shares back would do. `command` is None where nothing would change."""

    command: Command | None
    tallies: tuple[Tally, ...]
    agreements: tuple[tuple[Share, Share, Agreement], ...]
    names: dict[int, str]
    """Of the categories, those that would be new too."""


def plan_merge(store: ProjectStore, shares: Sequence[OpenShare], *, prefer_share: bool = False) -> MergePlan:
    """Return the one command that brings back what the shares' labelers did; nothing changes yet.

    Where both sides changed an image differently the project's stays, or that of the last share if `prefer_share`.
    A box that a labeler made or changed gets the name of the share as its `author`. Raises StoreError.
    """
    records = {record.path: record for record in store.images()}
    categories = _Categories(store)
    becoming: dict[str, State] = {}
    tallies = []
    for share in shares:
        tally, ids = Tally(share.share), categories.ids_of(share)
        tally.renamed += categories.renamed(share)
        for path in share.paths:
            if path not in records:
                tally.unknown += 1
                continue
            ours = becoming.get(path) or store_state(store, records[path])
            taken = _decide(ours, share.states(path, ids), path, tally, prefer_share=prefer_share)
            if taken is not None:
                becoming[path] = taken
        if share.paths and tally.unknown == len(share.paths):
            sentence = tr("None of the images of the share of {} is in the project: it is a share of another one.")
            raise StoreError(sentence.format(share.share.name))
        tallies.append(tally)
    used = {box.category_id for state in becoming.values() for box in state.boxes}
    made = (edit for edit in categories.edits if edit.row.id in used)
    edits = (*made, *_edits(store, records, becoming))
    names = ", ".join(one.share.name for one in shares)
    command = Command(tr("merge the share of {}").format(names), None, edits) if edits else None
    return MergePlan(command, tuple(tallies), tuple(_agreements(shares, categories)), categories.names)


class _Categories:
    """The categories of the project, and those that come with the shares."""

    def __init__(self, store: ProjectStore) -> None:
        own = store.categories()
        self._by_id = {merged: one.id for one in own for merged, _ in one.merged} | {one.id: one.id for one in own}
        self._by_name = {one.name: one.id for one in own}
        self.names = {one.id: one.name for one in own}
        self._next_id = store.next_id(Category)
        self._position = max((one.position for one in own), default=-1) + 1
        self.edits: list[Edit] = []

    def ids_of(self, share: OpenShare) -> dict[int, int]:
        """Return category id in the share -> in the project; what the project lacks gets a number that is free."""
        known = {**share.given_categories, **{one.id: one for one in share.categories}}
        return {one.id: self._id_of(one, given=one.id in share.given_categories) for one in known.values()}

    def renamed(self, share: OpenShare) -> Iterator[tuple[str, str]]:
        """Yield (name given, name now) of what the labeler has renamed, which the project does not take over."""
        for category in share.categories:
            before = share.given_categories.get(category.id)
            if before is not None and before.name != category.name:
                yield before.name, category.name

    def _id_of(self, category: Category, *, given: bool) -> int:
        if given and category.id in self._by_id:
            return self._by_id[category.id]
        if category.name not in self._by_name:
            new = replace(
                category, id=self._next_id, position=self._position, color=default_color(self._position), merged=()
            )
            self._next_id, self._position = self._next_id + 1, self._position + 1
            self._by_name[new.name], self.names[new.id] = new.id, new.name
            self.edits.append(Edit(None, new))
        return self._by_name[category.name]


def _decide(
    ours: State, states: Sequence[State | None], path: str, tally: Tally, *, prefer_share: bool
) -> State | None:
    """Return what becomes of an image, None where it stays as it is, and count what was found."""
    theirs, given, merged = states
    assert theirs is not None, "the image is in the share"
    was_before = [one.content for one in (given, merged) if one is not None]
    is_untouched = theirs.content in was_before[-1:]
    if theirs.content == ours.content:
        tally.untouched += is_untouched
        tally.present += not is_untouched
        return None
    if ours.content not in was_before:
        if is_untouched:
            tally.untouched += 1
            return None
        mine, yours = Counter(map(unsigned, ours.boxes)), Counter(map(unsigned, theirs.boxes))
        tally.conflicts.append(Conflict(path, tally.share.name, (mine - yours).total(), (yours - mine).total()))
        if not prefer_share:
            tally.left.append(path)
            return None
    tally.taken += 1
    return _signed(theirs, given, tally.share.name)


def _signed(theirs: State, given: State | None, name: str) -> State:
    """Return a state in which every box that its labeler made or changed says who that is.

    A name that was not given is that of somebody who worked on a share of the share.
    """
    before = Counter(map(unsigned, given.boxes)) if given is not None else Counter[Annotation]()
    authors = {one.author for one in given.boxes} | {""} if given is not None else {""}
    boxes = []
    for box in theirs.boxes:
        is_new = before[unsigned(box)] == 0
        before[unsigned(box)] -= 1
        boxes.append(replace(box, author=name) if is_new and box.author in authors else box)
    return replace(theirs, boxes=tuple(boxes))


def _edits(store: ProjectStore, records: dict[str, ImageRecord], becoming: dict[str, State]) -> Iterator[Edit]:
    """Yield what makes the images of the project so; what stays keeps its row."""
    next_box, next_rejection = store.next_id(Annotation), store.next_id(Rejection)
    for path, state in becoming.items():
        record = records[path]
        mark = replace(record.mark, reviewed=state.reviewed, unsure=state.unsure, extra=state.extra)
        if mark != record.mark:
            yield Edit(record.mark, mark)
        wanted = Counter(map(unsigned, state.boxes))
        for row in store.annotations_of(record.id):
            wanted[unsigned(row)] -= 1
            if wanted[unsigned(row)] < 0:
                yield Edit(row, None)
        for box in state.boxes:
            if wanted[unsigned(box)] > 0:
                wanted[unsigned(box)] -= 1
                yield Edit(None, replace(box, id=next_box, image_id=record.id))
                next_box += 1
        origins = Counter(state.rejections)
        for rejection in store.rejections_of(record.id):
            origins[rejection.origin] -= 1
            if origins[rejection.origin] < 0:
                yield Edit(rejection, None)
        for origin in (+origins).elements():
            yield Edit(None, Rejection(next_rejection, record.id, origin))
            next_rejection += 1


def _agreements(shares: Sequence[OpenShare], categories: _Categories) -> Iterator[tuple[Share, Share, Agreement]]:
    """Yield how far any two labelers agree on the images that both have reviewed since the split."""
    for first, second in combinations(shares, 2):
        agreement, theirs = Agreement(), set(second.paths)
        ids = categories.ids_of(first), categories.ids_of(second)
        for path in filter(theirs.__contains__, first.paths):
            one, other = _reviewed(first.states(path, ids[0])), _reviewed(second.states(path, ids[1]))
            if one is not None and other is not None:
                agreement.add(one.boxes, other.boxes)
        if agreement.images:
            yield first.share, second.share, agreement


def _reviewed(states: Sequence[State | None]) -> State | None:
    """Return what a labeler has reviewed, None where they have not, or it was given so and they left it as it was."""
    now, given, _ = states
    is_given = given is not None and given.reviewed and now is not None and now.content == given.content
    return now if now is not None and now.reviewed and not is_given else None
