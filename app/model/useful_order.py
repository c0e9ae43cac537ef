"""Which unreviewed image comes next where the most useful one comes first."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.model.findings import Finding
    from app.model.view import Change
    from app.model.workspace import Workspace

_Rank = tuple[float, int, int]


class UsefulOrder:
    """The unreviewed images of a workspace by falling usefulness, in file order where that is the same.

    An image that the person has left unreviewed comes after all others, and one that is flagged as unsure too: what
    was put off must not come again at once.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._ranks: dict[int, _Rank] = {}
        self._ranking: list[_Rank] = []
        self._seen: set[int] = set()
        self._current = _current_id(workspace)
        self.close = workspace.subscribe(self._follow)

    def put(self, findings: Mapping[int, Finding | None]) -> None:
        """Take over what was found out about images; None and what teaches nothing take no part."""
        for image_id in findings:
            self._drop(image_id)
        ranks = [self._rank(finding) for finding in findings.values() if finding is not None and finding.usefulness > 0]
        self._ranks.update((rank[2], rank) for rank in ranks)
        if len(ranks) > len(self._ranking) // 8:
            self._ranking = sorted((*self._ranking, *ranks))
        else:
            for rank in ranks:
                insort(self._ranking, rank)

    def clear(self) -> None:
        """Forget all findings."""
        self._ranks.clear()
        self._ranking.clear()

    def upcoming(self, count: int) -> list[int]:
        """Return the ids of the next images, the most useful first, without the one on screen; at most `count`."""
        chosen: list[int] = []
        put_off: list[int] = []
        for _, _, image_id in self._ranking:
            record = self._workspace.images[self._workspace.index_of(image_id)]
            if record.reviewed or record.missing or image_id == self._current:
                continue
            (put_off if record.unsure or image_id in self._seen else chosen).append(image_id)
            if len(chosen) == count:
                return chosen
        return [*chosen, *put_off][:count]

    def _rank(self, finding: Finding) -> _Rank:
        return -finding.usefulness, self._workspace.index_of(finding.image_id), finding.image_id

    def _drop(self, image_id: int) -> None:
        rank = self._ranks.pop(image_id, None)
        if rank is not None:
            del self._ranking[bisect_left(self._ranking, rank)]

    def _follow(self, change: Change) -> None:
        if change.current_image:
            if self._current is not None:
                self._seen.add(self._current)
            self._current = _current_id(self._workspace)
        if change.order:
            self._seen.clear()


def _current_id(workspace: Workspace) -> int | None:
    current = workspace.current_image
    return None if current is None else current.id
