"""What the window says about filters and orders of the image list."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from app.model.shown_images import SortOrder


class Example(NamedTuple):
    """What can be typed, and what it finds."""

    text: str
    meaning: str


def order_words(order: SortOrder) -> str:
    """Return what people call an order."""
    return {
        SortOrder.NAME: _tr("By name"),
        SortOrder.USEFUL: _tr("Most useful first"),
        SortOrder.DIFFERENCES: _tr("Most differences first"),
        SortOrder.MOST_BOXES: _tr("Most boxes first"),
        SortOrder.FEWEST_BOXES: _tr("Fewest boxes first"),
        SortOrder.CHANGED: _tr("Last changed first"),
    }[order]


def ready_filters() -> dict[str, str]:
    """Return the filters that every project has, name -> text."""
    return {
        _tr("Unreviewed"): "state:unreviewed",
        _tr("Reviewed"): "state:reviewed",
        _tr("Reviewed, no objects"): "state:empty",
        _tr("Unsure"): "state:unsure",
        _tr("Unreadable"): "state:unreadable",
        _tr("The model disagrees"): "state:reviewed disagrees",
        _tr("Reviewed, looks unfinished"): "unfinished",
        _tr("Doubtful suggestions"): "score:<0.7",
    }


def examples() -> dict[str, tuple[Example, ...]]:
    """Return what can be typed, by heading."""
    return {
        _tr("Names"): (
            Example("bolt", _tr("names with “bolt”, in any case")),
            Example('"two words"', _tr("with a space between them")),
            Example(r"/^img_\d+/", _tr("names that a regular expression is found in")),
            Example("#12", _tr("the twelfth image of the folder")),
        ),
        _tr("Images"): (
            Example("state:unreviewed", _tr("or reviewed, empty, unsure, missing, unreadable")),
            Example("boxes:0", _tr("no box; or boxes:>10, boxes:2..5")),
        ),
        _tr("Boxes"): (
            Example("category:bolt", _tr("a box of this category")),
            Example("category:bolt>=3", _tr("so many of them; or <3, =0, =2..5")),
            Example("flag:difficult", _tr("or occluded, truncated, crowd, locked, note")),
            Example("provenance:drawn", _tr("or accepted, moved, relabelled, imported")),
            Example('model:"Version 2"', _tr("a box that came from this model version")),
        ),
        _tr("What the detector says"): (
            Example("score:0.3..0.6", _tr("an undecided suggestion of such a score; or [0.3,0.6), >=0.5")),
            Example("category:bolt score:<0.6", _tr("an undecided suggestion of this category below 0.6")),
            Example("suggestions:>0", _tr("so many undecided suggestions")),
            Example("disagrees", _tr("boxes and detections differ")),
            Example("unfinished", _tr("reviewed, but most of what the detector sees has no box")),
            Example("extra:>0", _tr("detections that no box has")),
            Example("missed:>0", _tr("boxes that no detection has")),
            Example("loose:>0", _tr("pairs that overlap, but not well")),
        ),
    }


def _tr(text: str) -> str:
    return QCoreApplication.translate("filters", text)
