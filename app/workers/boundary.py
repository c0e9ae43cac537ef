"""The one place where a background thread catches whatever its work raises, so that the application lives on."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from app.model.storage import StoreError
from app.model.words import tr
from app.workers.messages import Crash
from detector.types import AwayError, DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why work has no result: a sentence to show and, only if nobody foresaw the error, its traceback.

    `origin` is the same for the same fault, whatever data it met. `is_away`: the detector was not to be had, and the
    same may be asked again.
    """

    sentence: str
    traceback: str = ""
    origin: str = ""
    is_away: bool = False


def attempt(work: Callable[[], T], name: str) -> T | Failure:
    """Return what `work` returns, or the `Failure` of what it raised; `name` starts the sentence of an unforeseen one.

    A `DetectorError` or a `StoreError` is its own sentence, and what memory does not suffice for is foreseen. Anything
    else is a fault of the program and is logged with its traceback.
    """
    try:
        return work()
    except (DetectorError, StoreError) as error:
        logger.info("%s: %s", name, error)
        return Failure(str(error), is_away=isinstance(error, AwayError))
    except MemoryError:
        logger.warning("%s: there was not enough memory", name)
        return Failure(tr("{} needs more memory than there is: close other programs and try again.").format(name))
    except Exception as error:
        logger.exception("%s failed", name)
        kind = type(error).__name__
        return Failure(
            tr("{} failed because of a fault in Boxwright ({}); the log has the details.").format(name, kind),
            traceback="".join(traceback.format_exception(error)),
            origin="".join((*traceback.format_tb(error.__traceback__), kind)),
        )


class CrashReports:
    """Lets each fault be reported once: one that every image of a folder meets is one crash, not thousands."""

    def __init__(self) -> None:
        self._origins: set[str] = set()

    def first(self, failure: Failure) -> Crash | None:
        """Return the crash to report; None if the error was foreseen or is reported already."""
        if not failure.traceback or failure.origin in self._origins:
            return None
        self._origins.add(failure.origin)
        return Crash(failure.sentence, failure.traceback)
