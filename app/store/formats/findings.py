"""What is wrong with a dataset, one line each: where, what, and what to do about it. For the command line: English."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Severity(StrEnum):
    """An error keeps something from being imported or makes another program read it wrongly; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing. `kind` is the same for all things of one kind, so that they can be counted."""

    severity: Severity
    kind: str
    place: str
    what: str
    advice: str

    @property
    def line(self) -> str:
        """The whole as a person reads it."""
        return f"{self.severity}: {self.place}: {self.what}. {self.advice}."


def error(kind: str, place: str, what: str, advice: str) -> Finding:
    """Return a finding that counts."""
    return Finding(Severity.ERROR, kind, place, what, advice)


def warning(kind: str, place: str, what: str, advice: str) -> Finding:
    """Return a finding that does not count."""
    return Finding(Severity.WARNING, kind, place, what, advice)


def lines(findings: Iterable[Finding], most: int) -> Iterator[str]:
    """Yield the line of each finding, of those of one kind the first `most`, and then how many more there are."""
    counts: Counter[tuple[Severity, str]] = Counter()
    for finding in findings:
        counts[finding.severity, finding.kind] += 1
        if counts[finding.severity, finding.kind] <= most:
            yield finding.line
    for (severity, kind), count in counts.items():
        if count > most:
            yield f"{severity}: {count - most} more like these: {kind}."
