"""The words about models: sizes, speeds, and where one comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.catalogue import Kind
from app.numbers import fixed, whole

if TYPE_CHECKING:
    from app.catalogue import Model
    from app.speeds import Speed

_DEVICES = {"cpu": "CPU", "cuda": "GPU", "mps": "Apple GPU"}
_NAMES_IN_HINT = 40
_LONGEST_NAME = 16
_MEGABYTE, _KILOBYTE = 10**6, 10**3  # as the pages that offer the files count them


def device(name: str) -> str:
    """Return what people call a device, such as "GPU" or "GPU 1"."""
    kind, _, index = name.partition(":")
    known = _DEVICES.get(kind, kind)
    return f"{known} {index}" if index and index != "0" else known


def numerics(parts: tuple[str, ...]) -> str:
    """Return how a detector computes, such as "Fast precision, bfloat16, backbone by OpenVINO"; nothing for nothing."""
    if not parts:
        return ""
    precision, *others = parts
    words = [_tr("Exact precision") if precision == "exact" else _tr("Fast precision"), *others[:1]]
    return ", ".join([*words, *(_tr("backbone by {}").format(library) for library in others[1:])])


def size(size_bytes: int) -> str:
    """Return a file size; nothing for none."""
    if not size_bytes:
        return ""
    megabytes = size_bytes / _MEGABYTE
    if megabytes < 1:
        return f"{max(size_bytes // _KILOBYTE, 1)} KB"
    return f"{fixed(megabytes, 1 if megabytes < 10 else 0)} MB"


def speed(measured: Speed | None) -> str:
    """Return how long a detection takes here."""
    if measured is None:
        return _tr("not measured yet")
    seconds = measured.seconds
    time = f"{fixed(seconds * 1000, 0)} ms" if seconds < 1 else f"{fixed(seconds, 1)} s"
    return f"{time}, {device(measured.device)}"


def origin(model: Model) -> str:
    """Return where a model comes from, in a few words."""
    words = {
        Kind.EMBEDDED: _tr("comes with Boxwright"),
        Kind.VERSION: _tr("trained in this project"),
        Kind.DOWNLOADED: _tr("downloaded"),
        Kind.FOLDER: _tr("models folder"),
        Kind.FILE: _tr("file"),
        Kind.REMOTE: _tr("another machine"),
        Kind.ABSENT: _tr("not downloaded"),
    }
    return words[model.kind]


def categories(model: Model) -> str:
    """Return how many categories a model knows."""
    return _tr("regions only") if model.proposals_only else whole(model.category_count) if model.category_count else ""


def category_hint(model: Model) -> str:
    """Return the names of the categories, as many as a tool tip can hold."""
    if model.proposals_only:
        return _tr("It finds objects without saying what they are: each gets the category that you draw in.")
    names = ", ".join(model.categories[:_NAMES_IN_HINT])
    more = len(model.categories) - _NAMES_IN_HINT
    return names + (_tr(" and {} more").format(whole(more)) if more > 0 else "")


def licence(model: Model) -> str:
    """Return the name of a licence; of terms that take a sentence where that sentence is."""
    return model.licence if len(model.licence) <= _LONGEST_NAME else _tr("see below")


def line(model: Model) -> str:
    """Return what there is to know about a model besides its row."""
    if model.published is not None:
        fetch = _tr("It is downloaded once. In a terminal: boxwright models get {}.").format(model.published.name)
        return f"{fetch}\n{_licence(model)}"
    return model.problem or "\n".join(one for one in (" · ".join(model.details.splitlines()), _licence(model)) if one)


def _licence(model: Model) -> str:
    return _tr("Licence: {}").format(model.licence) if model.licence else ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("models", text)
