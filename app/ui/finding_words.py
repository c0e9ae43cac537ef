"""Why an image is worth a person's time, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.numbers import counted

if TYPE_CHECKING:
    from app.model.findings import Finding


def order_words(finding: Finding | None) -> tuple[str, str]:
    """Return what the strip says of an image while the most useful one comes first, and what explains it.

    None is an image that the detector has not looked at.
    """
    reasons = [] if finding is None else _reasons(finding)
    if not reasons:
        return _tr("Most useful first"), _tr(
            "After this image comes the one about which the detector is most in doubt."
        )
    explained = _tr("Most useful first. On this image there are {}, so it teaches the detector something.")
    return _tr("Most useful: {}").format(reasons[0]), explained.format(_tr(" and ").join(reasons))


def _reasons(finding: Finding) -> list[str]:
    """Return what of an image is in doubt, the most of it first."""
    counts = (
        (finding.doubtful, _tr("1 doubtful box"), _tr("{} doubtful boxes")),
        (finding.unseen, _tr("1 likely object without a box"), _tr("{} likely objects without a box")),
    )
    said = [(count, counted(count, one, many)) for count, one, many in counts if count]
    return [words for _, words in sorted(said, key=lambda reason: -reason[0])]


def _tr(text: str) -> str:
    return QCoreApplication.translate("findings", text)
