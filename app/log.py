"""The program's log: a file of the user's that turns over at a few megabytes. It may name files; it has no image.

No Qt here, no torch: what goes wrong before those are loaded is logged too.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections import deque
from pathlib import Path

import platformdirs

logger = logging.getLogger(__name__)

LOG_BYTES = 1_000_000
LOGS_KEPT = 3
OWN = ("app", "detector")
"""The loggers whose ordinary news are worth keeping; of others only warnings are."""

_FILE = "boxwright.log"
_FORM = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def folder() -> Path:
    """Return where the log is, made or not."""
    return platformdirs.user_log_path("boxwright")


def write_log(to: Path | None = None) -> logging.Handler | None:
    """Keep the log in a file from now on, by default in `folder()`; where it cannot be written, say so and go on."""
    to = folder() if to is None else to
    try:
        to.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            to / _FILE, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8", errors="backslashreplace"
        )
    except OSError as error:
        logger.warning("There is no log file: %s", error)
        return None
    _take(handler, logging.INFO)
    return handler


def say_all() -> logging.Handler:
    """Say on the standard error stream, too, all that there is to say: for `--verbose`."""
    handler = logging.StreamHandler(sys.stderr)
    _take(handler, logging.DEBUG)
    return handler


def tail(lines: int, of: Path | None = None) -> str:
    """Return the last lines of the log, without the user's name in paths; empty where there is no log."""
    try:
        with ((folder() if of is None else of) / _FILE).open(encoding="utf-8", errors="replace") as file:
            return without_home("".join(deque(file, lines)))
    except OSError:
        return ""


def without_home(text: str, home: Path | None = None) -> str:
    """Return `text` with a tilde for the folder of the user, however its path is spelled."""
    home = Path.home() if home is None else home
    if home == Path(home.anchor):  # a user without a folder of their own has no name in paths
        return text
    for spelled in (str(home), home.as_posix(), str(home).replace("\\", "\\\\")):
        text = text.replace(spelled, "~")
    return text


def _take(handler: logging.Handler, level: int) -> None:
    handler.setFormatter(_FORM)
    handler.setLevel(level)
    logging.getLogger().addHandler(handler)
    for name in OWN:
        own = logging.getLogger(name)
        own.setLevel(min(level, own.level or level))
