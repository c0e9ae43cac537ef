"""How differences between the detector and the person look and what they are called, in the image and in the strip."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.model.differences import Kind
from app.numbers import fixed, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.model.differences import Difference

# Of the palette of Okabe and Ito, so that no two of them are alike to colour-blind eyes; the labels say it in words.
KIND_COLORS: Mapping[Kind, str] = {
    Kind.EXTRA: "#56b4e9",
    Kind.DOUBT: "#cc79a7",
    Kind.LOOSE: "#f0e442",
    Kind.MISSED: "#d55e00",
}
AGREED_COLOR = "#9aa7b8"
"""Of the boxes that nobody differs about: quiet beside the others, and without a label."""


def difference_label(difference: Difference, name: str) -> str:
    """Return what the label of a box of the category `name` says."""
    score = fixed(difference.score or 0.0, 2)
    words = {
        Kind.EXTRA: _tr("extra: {} {}").format(name, score),
        Kind.DOUBT: f"→ {name} {score}",
        Kind.LOOSE: _tr("loose: {} IoU {}").format(name, fixed(difference.overlap or 0.0, 2)),
        Kind.MISSED: (_tr("missed: {}") if difference.overlap is None else _tr("twice: {}")).format(name),
    }
    return words[difference.kind]


def difference_counts(differences: Iterable[Difference]) -> str:
    """Return how many there are of each kind, in a few words."""
    counts = Counter(one.kind for one in differences)
    words = {
        Kind.EXTRA: _tr("{} extra"),
        Kind.DOUBT: _tr("{} of another category"),
        Kind.LOOSE: _tr("{} loose"),
        Kind.MISSED: _tr("{} missed"),
    }
    said = [words[kind].format(whole(counts[kind])) for kind in Kind if counts[kind]]
    return ", ".join(said) or _tr("no differences")


def _tr(text: str) -> str:
    return QCoreApplication.translate("differences", text)
