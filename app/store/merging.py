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
from app.model.words import tr
from app.store.share_states import State, store_state, unsigned

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.store.project_store import ProjectStore
    from app.store.share_states import OpenShare
    from app.store.shares import Share


@dataclass(frozen=True, slots=True)
class Conflict:
    """An image that was changed on both sides. `project` and `share` are the boxes that only that side has.

    `taken` says whether the project takes that of the share.
    """

    path: str
    project: int
    share: int
    taken: bool


@dataclass(slots=True)
class ShareTally:
    """What became of the images of one share. `unknown` are not in the project, `present` were there already."""

    share: Share
    taken: int = 0
    present: int = 0
    untouched: int = 0
    unknown: int = 0
    conflicts: list[Conflict] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def left(self) -> list[str]:
        """The images of the conflicts in which the project keeps its own."""
        return [one.path for one in self.conflicts if not one.taken]


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What bringing the shares back would do. `command` is None where nothing would change."""

    command: Command | None
    tallies: tuple[ShareTally, ...]
    agreements: tuple[tuple[Share, Share, Agreement], ...]
    names: dict[int, str]
    """Of the categories, those that would be new too."""
    new_categories: tuple[str, ...]
    ids: list[dict[int, int]]
    """For each share, category id there -> in the project."""


def plan_merge(store: ProjectStore, shares: Sequence[OpenShare], *, prefer_share: bool = False) -> MergePlan:
    """Return the one command that brings back what the shares' labelers did; nothing changes yet.

    Where both sides changed an image differently the project's stays, or that of the last share if `prefer_share`.
    A box that a labeler made or changed gets the name of the share as its `author`. Raises StoreError.
    """
    records = {record.path: record for record in store.images()}
    categories = _Categories(store)
    becoming: dict[str, State] = {}
    tallies, mappings = [], []
    for share in shares:
        tally, ids = ShareTally(share.share), categories.ids_of(share)
        tally.renamed += categories.renamed(share)
        for path in share.paths:
            if path not in records:
                tally.unknown += 1
                continue
            ours = becoming.get(path) or store_state(store, records[path])
            theirs, base = share.states(path, ids)
            if _decide(ours, theirs, base, path, tally, prefer_share=prefer_share):
                becoming[path] = _signed(theirs, share.given_state(path, ids), share.share.name)
        tallies.append(tally)
        mappings.append(ids)
    used = {box.category_id for state in becoming.values() for box in state.boxes}
    new = tuple(edit for edit in categories.edits if edit.row.id in used)
    edits = (*new, *_edits(store, records, becoming))
    names = ", ".join(one.share.name for one in shares)
    command = Command(tr("merge the share of {}").format(names), None, edits) if edits else None
    made = tuple(categories.names[edit.row.id] for edit in new)
    known = [{one: ids[one] for one in ids if ids[one] in used or ids[one] not in _ids(categories)} for ids in mappings]
    agreements = tuple(_agreements(shares, categories))
    return MergePlan(command, tuple(tallies), agreements, categories.names, made, known)


def _ids(categories: _Categories) -> set[int]:
    """Return the ids of the categories that would be new."""
    return {edit.row.id for edit in categories.edits}


class _Categories:
    """The categories of the project, and those that come with the shares."""

    def __init__(self, store: ProjectStore) -> None:
        own = store.categories()
        self._by_id = {merged: one.id for one in own for merged, _ in one.merged} | {one.id: one.id for one in own}
        merged = {name: one.id for one in own for number, name in one.merged if number != one.id}
        self._by_name = merged | {one.name: one.id for one in own}
        self.names = {one.id: one.name for one in own}
        self._next_id = store.next_id(Category)
        self._position = max((one.position for one in own), default=-1) + 1
        self.edits: list[Edit] = []

    def ids_of(self, share: OpenShare) -> dict[int, int]:
        """Return category id in the share -> in the project; what the project lacks gets a number that is free.

        A category that was given, or came with an earlier merge, is the one that it was, whatever it is called by now.
        """
        known = share.known_categories
        found = {one: self._by_id[one] for one in share.given_categories if one in self._by_id}
        found |= {one: self._by_id[then] for one, then in share.ids.items() if one in known and then in self._by_id}
        given_away = set(found.values())
        for category in known.values():
            if category.id not in found:
                found[category.id] = self._id_of(category, share, given_away)
        return found

    def renamed(self, share: OpenShare) -> Iterator[tuple[str, str]]:
        """Yield (name given, name now) of what the labeler has renamed, which the project does not take over."""
        for category in share.categories.values():
            before = share.given_categories.get(category.id)
            if before is not None and before.name != category.name:
                yield before.name, category.name

    def _id_of(self, category: Category, share: OpenShare, given_away: Collection[int]) -> int:
        """Return the category of that name; a new one where there is none, or it means another one in the share."""
        name = category.name
        if self._by_name.get(name) in given_away:
            name = f"{name} ({share.share.name})"
        if name not in self._by_name:
            color = default_color(self._position)
            new = replace(category, id=self._next_id, name=name, position=self._position, color=color, merged=())
            self._next_id, self._position = self._next_id + 1, self._position + 1
            self._by_name[name], self.names[new.id], self._by_id[new.id] = new.id, name, new.id
            self.edits.append(Edit(None, new))
        return self._by_name[name]


def _decide(ours: State, theirs: State, base: State, path: str, tally: ShareTally, *, prefer_share: bool) -> bool:
    """Return whether the project takes an image as the share has it, and count what was found.

    `base` is what was given or merged last.
    """
    is_untouched = theirs.content == base.content
    if theirs.content == ours.content:
        tally.untouched += is_untouched
        tally.present += not is_untouched
        return False
    if is_untouched:
        tally.untouched += 1
        return False
    if ours.content != base.content:
        mine, yours = Counter(map(unsigned, ours.boxes)), Counter(map(unsigned, theirs.boxes))
        tally.conflicts.append(Conflict(path, (mine - yours).total(), (yours - mine).total(), taken=prefer_share))
        return prefer_share
    tally.taken += 1
    return True


def _signed(theirs: State, given: State, name: str) -> State:
    """Return a state in which every box that its labeler made or changed says who that is.

    A name that was not given is that of somebody who worked on a share of the share.
    """
    before = Counter(map(unsigned, given.boxes))
    authors = {one.author for one in given.boxes} | {""}
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
            one, other = _reviewed(first, path, ids[0]), _reviewed(second, path, ids[1])
            if one is not None and other is not None:
                agreement.add(one.boxes, other.boxes)
        if agreement.images:
            yield first.share, second.share, agreement


def _reviewed(share: OpenShare, path: str, ids: Mapping[int, int]) -> State | None:
    """Return what a labeler has reviewed, None where they have not, or it was given so and they left it as it was."""
    now, given = share.states(path, ids)[0], share.given_state(path, ids)
    return now if now.reviewed and not (given.reviewed and now.content == given.content) else None
