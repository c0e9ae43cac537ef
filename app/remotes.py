"""Detectors on other machines, as the window uses them: opened by their files, and interrupted when nobody waits."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from detector.remote import RemoteDetector
from detector.remote_line import Line, Patience
from detector.remote_places import kept_remote, settle_token
from detector.types import TokenError

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = Patience(answer=60.0, retry=2.0, begin=2.0)
"""Short tries: the detector's thread asks again later, and serves other orders until then."""


class Remotes:
    """The lines to all remote detectors that were opened and are still in use. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[weakref.ref[Line]] = []

    def open(self, path: Path) -> RemoteDetector:
        """Return the detector whose file this is; a new token in there is kept once it was answered.

        Raises DetectorError.
        """
        place, token = kept_remote(path)
        line = Line(place, token, PATIENCE)
        with self._lock:
            self._lines = [*(one for one in self._lines if one() is not None), weakref.ref(line)]
        try:
            detector = RemoteDetector(line)
        except TokenError:
            settle_token(path, token, is_good=False)
            raise
        settle_token(path, token, is_good=True)
        return detector

    def interrupt(self) -> None:
        """End what is under way with them: whoever waits for it hears that they are away."""
        with self._lock:
            lines = [one() for one in self._lines]
        for line in lines:
            if line is not None:
                line.interrupt()
