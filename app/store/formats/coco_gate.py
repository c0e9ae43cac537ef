"""What a COCO file has to get past before it replaces another: the reader that everybody uses looks at it.

All of a small file is looked at. Of a very large one, whose reading takes gigabytes, entries all over the file are.
"""

from __future__ import annotations

import io
import json
import math
from contextlib import redirect_stdout
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from app.model.words import tr
from app.store.formats.export_report import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.store.formats.export_report import ExportReport

LOOKED_AT = 20_000
"""Entries of a list that are looked at, at least; all where it has no more."""
_SEPARATOR = b",\n"
_AT_ONCE = 2_000
"""Entries of one write. Of a longer list the first ones of each write are looked at."""


class EntryFile:
    """A COCO document, written entry by entry in ASCII, and never in memory as a whole.

    `passages` are the document without what nobody will look at: bytes, or offset and length of entries in the file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = 0
        self.passages: list[bytes | tuple[int, int]] = []
        self.looked_at: dict[str, int] = {}
        self.written: dict[str, int] = {}

    def write(self, text: bytes) -> None:
        """Write what is no entry."""
        self.passages.append(text)
        self._put(text)

    def write_list(self, name: str, entries: Iterable[bytes], count: int) -> None:
        """Write a list of entries, one a line, of which there are about `count`."""
        self.write(b"%s: [" % json.dumps(name).encode())
        share, written, looked_at = min(1.0, LOOKED_AT / max(1, count)), 0, 0
        remaining = iter(entries)
        while some := list(islice(remaining, _AT_ONCE)):
            self.write(_SEPARATOR if written else b"\n")
            first = some[: math.ceil(share * len(some))]
            self.passages.append((self._size, len(_SEPARATOR.join(first))))
            self._put(_SEPARATOR.join(some))
            written += len(some)
            looked_at += len(first)
        self.write(b"]")
        self.written[name], self.looked_at[name] = written, looked_at

    def _put(self, text: bytes) -> None:
        self._file.write(text)
        self._size += len(text)


def check(path: Path, written: EntryFile, report: ExportReport) -> None:
    """Raise ExportError unless pycocotools finds in the file at `path` what was written and the report says."""
    from pycocotools.coco import COCO  # noqa: PLC0415 - slow to import, and only an export needs it

    try:
        with redirect_stdout(io.StringIO()):
            dataset = COCO()
            dataset.dataset = json.loads(_looked_at(path, written).decode("ascii"))
            dataset.createIndex()
        found = {"images": len(dataset.imgs), "annotations": len(dataset.anns), "categories": len(dataset.cats)}
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise ExportError(
            tr("Nothing was exported: pycocotools does not load the file ({!r}).").format(error)
        ) from error
    said = {"images": report.images, "annotations": report.annotations, "categories": report.categories}
    for right, counts in ((written.looked_at, found), (said, written.written)):
        if counts != right:
            sentence = tr("Nothing was exported: pycocotools finds {} images, annotations and categories, not {}.")
            raise ExportError(sentence.format(*(tuple(one[name] for name in said) for one in (counts, right))))


def _looked_at(path: Path, written: EntryFile) -> bytes:
    """Return the document without the entries that nobody looks at, as it stands in the file."""
    with path.open("rb") as file:

        def read(passage: bytes | tuple[int, int]) -> bytes:
            if isinstance(passage, bytes):
                return passage
            file.seek(passage[0])
            return file.read(passage[1])

        return b"".join(map(read, written.passages))
