"""What a pickle and the archive around it would take, found out before anything is made of them.

That no program runs is up to the readers in `detector.unpickling`. This is about memory and time: a place in the memo
with the number 4 billion, a million copies of one long text, a record of 1 GB that takes 1 MB in its archive.
"""

from __future__ import annotations

import pickletools
import zipfile
from typing import IO, TYPE_CHECKING

from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

MAX_STEPS = 5_000_000  # of a pickle: some seconds, and 400 MB where all of them make empty lists
MAX_PLACES = 1_000_000  # of the memo, beyond those that are filled one after the other
MAX_COPIED = 2**30  # bytes of text that calls get, beyond four times the file
MAX_RECORDS = 100_000  # of an archive
MAX_UNPACKED = 16 * 2**20  # bytes by which its records may be larger: PyTorch packs nothing but the text of programs
LEGACY_PICKLES = 5  # of PyTorch's older files: magic number, protocol, machine, weights, names of the storages
_MARK = -1
_CALLS = frozenset({"REDUCE", "NEWOBJ", "NEWOBJ_EX", "INST", "OBJ", "BUILD"})


def check_pickle(path: Path, file: IO[bytes], size: int) -> None:
    """Go through the next pickle of `file`, which has `size` bytes, making nothing.

    Raises DetectorError that names `path` where it would take too much, ValueError or LookupError where it is damaged.
    """
    stack: list[int] = []
    memo: dict[int, int] = {}
    copied = 0
    for step, (operation, argument, _) in enumerate(pickletools.genops(file)):
        longest = _popped(stack, operation)
        place = argument if isinstance(argument, int) else 0
        if isinstance(argument, str | bytes | bytearray):
            longest = max(longest, len(argument))
        if operation.name.endswith("GET"):
            longest = memo.get(place, 0)
        elif operation.name == "MEMOIZE":
            memo[len(memo)] = longest
        elif operation.name.endswith("PUT"):
            memo[place] = stack[-1]
            if place > len(memo) + MAX_PLACES:
                raise refusal(path)
        if operation.name in _CALLS:
            copied += longest
        marks = pickletools.markobject
        stack.extend(_MARK if one is marks else longest for one in operation.stack_after)
        if step > MAX_STEPS or copied > MAX_COPIED + 4 * size:
            raise refusal(path)


def check_archive(path: Path, file: BinaryIO) -> None:
    """Look at the archive that a file of PyTorch is, and at the pickles in it. Raises as `check_pickle`."""
    size = file.seek(0, 2)
    try:
        with zipfile.ZipFile(file) as archive:
            records = archive.infolist()
            if len(records) > MAX_RECORDS or sum(record.file_size for record in records) > size + MAX_UNPACKED:
                raise refusal(path)
            for record in records:
                if record.filename.endswith(".pkl"):
                    with archive.open(record) as pickled:
                        check_pickle(path, pickled, size)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError(f"{path} is not a whole archive") from error


def check_legacy(path: Path, file: BinaryIO) -> None:
    """Look at the pickles that an older file of PyTorch begins with. Raises as `check_pickle`."""
    size = file.seek(0, 2)
    file.seek(0)
    for _ in range(LEGACY_PICKLES):
        check_pickle(path, file, size)


def _popped(stack: list[int], operation: pickletools.OpcodeInfo) -> int:
    """Take what an operation takes from the stack of the lengths of texts; return the longest. Raises IndexError."""
    before, longest = list(operation.stack_before), 0
    if pickletools.markobject in before:
        while (length := stack.pop()) != _MARK:
            longest = max(longest, length)
        before = before[: before.index(pickletools.markobject)]
    for _ in before:
        longest = max(longest, stack.pop())
    return longest


def refusal(path: Path) -> DetectorError:
    """Return the error of a file that would take too much."""
    return DetectorError(
        f"{path} would take far more memory than its size explains: it was refused. Save the plain state_dict of the "
        "model, or use another file."
    )
