"""JSON files from anybody: read whole, unless they are of a kind that takes far more memory than a dataset does."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from detector.types import DetectorError

DEEPEST = 100  # lists and objects in one another: datasets have ten, and Python's own functions end at a thousand
MOST_BYTES = 900_000_000  # of a file, which is in memory twice while it is read
MOST_FREE = 2**30  # bytes that any file may take as values
MOST_TIMES = 8  # what a file may take beyond that, in times of its size; datasets with outlines take five
_BYTES = {b"{": 232, b"[": 72, b",": 40}  # what Python takes for an object, a list and one value more


def read_json(path: str | Path) -> object:
    """Return the content of a JSON file in UTF-8, -16 or -32. Raises DetectorError that says which file and line."""
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            raise DetectorError(f"{path} is not a file.")
        if status.st_size > MOST_BYTES:
            raise DetectorError(f"{path} has more than {MOST_BYTES // 10**6} MB: split it by images.")
        text = Path(path).read_bytes()
        if not is_affordable(text):
            raise DetectorError(f"{path} is made of so many tiny values that it would take gigabytes of memory.")
        return json.loads(text)
    except OSError as error:
        raise DetectorError(f"The file {path} cannot be read: {error.strerror or error}.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise DetectorError(f"{path} is not valid JSON: {error.msg} in {place}.") from error
    except MemoryError as error:
        raise DetectorError(f"There is not enough memory to read {path}.") from error
    except RecursionError as error:
        raise DetectorError(f"{path} is nested too deeply: {DEEPEST} lists and objects in one another.") from error
    except ValueError as error:
        reason = "a number in it has thousands of digits" if "digits" in str(error) else str(error)
        raise DetectorError(f"{path} is not JSON that can be read: {reason}.") from error


def is_shallow(value: object) -> bool:
    """Return whether lists and objects are no deeper in one another than `DEEPEST`, so that every function takes it."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return True
    return False


def _inside(value: object) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def is_affordable(text: bytes) -> bool:
    """Return whether the values of a JSON text take no more memory than those of a dataset of its size do."""
    needed = sum(text.count(sign) * size for sign, size in _BYTES.items())
    return needed <= max(MOST_FREE, MOST_TIMES * len(text))
