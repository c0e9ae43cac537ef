"""Which images the findings of the detector answer a question about: those it has not looked at never match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.image_filter import Disagrees, Figure, Figured, Scored, Unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.model.findings import Finding
    from app.model.image_filter import FoundTerm


def found_where(term: FoundTerm, findings: Iterable[Finding]) -> Iterator[int]:
    """Yield the ids of the images that a term holds for."""
    match term:
        case Disagrees():
            return (one.image_id for one in findings if one.differences)
        case Unfinished():
            return (one.image_id for one in findings if one.unfinished)
        case Figured(Figure.SUGGESTIONS, number):
            return (one.image_id for one in findings if number.has(len(one.suggestions)))
        case Figured(figure, number):
            return (one.image_id for one in findings if number.has(getattr(one, figure)))
        case Scored():
            return (one.image_id for one in findings if _is_scored(one, term))


def _is_scored(finding: Finding, term: Scored) -> bool:
    scored = {name.casefold() for name, score in finding.suggestions if term.span.has(score)}
    return scored.issuperset(name.casefold() for name in term.names) if term.names else bool(scored)
