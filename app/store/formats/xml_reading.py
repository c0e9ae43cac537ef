"""XML from strangers: no entities, nothing fetched, no file too large or nested too deep; trouble is a sentence."""

from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 256 * 2**20
MAX_DEPTH = 32
"""Annotations are about five deep; what is deeper is none, and Python frees nested elements by recursion."""
MAX_PARTS = 5_000_000
"""Elements and attributes, which take up to 200 bytes of memory each: those of half a million boxes."""
MAX_BETWEEN = 2 * 2**20
"""Bytes from one tag to the next. Until a tag has ended, expat goes through all of it again with each piece it gets."""
HEAD_BYTES = 4096
_PIECE = 64 * 2**10


def read_xml(path: Path, max_bytes: int = MAX_BYTES) -> Element:
    """Return the root of an XML file. Raises DetectorError, which names the file and, where there is one, the line."""
    try:
        require_regular(path, max_bytes)
        with path.open("rb") as file:
            return _root(path, file)
    except OSError as error:
        raise DetectorError(f"The file {path} cannot be read: {error.strerror or error}.") from error
    except ParseError as error:
        raise DetectorError(f"{path} is not valid XML: {error}.") from error
    except DefusedXmlException as error:
        kind = "defines entities" if "ntit" in type(error).__name__ else "refers to files elsewhere"
        raise DetectorError(f"{path} {kind}, which annotations have no use for: it was not read.") from error
    except (ValueError, LookupError) as error:  # an encoding that does not exist, or that the bytes are not in
        raise DetectorError(f"{path} is not XML that can be read: {error}.") from error


def require_regular(path: Path, max_bytes: int) -> None:
    """Raise DetectorError for what is no ordinary file, or a larger one, and OSError where there is none."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise DetectorError(f"{path} is not a file.")
    if found.st_size > max_bytes:
        raise DetectorError(f"{path} is larger than {max_bytes // 2**20} MiB: it was not read.")


def begins_with_element(path: Path, name: str) -> bool:
    """Tell whether `<name` is the first element of a file, as far as its first bytes show."""
    try:
        require_regular(path, sys.maxsize)  # who reads it says that it is too large
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, DetectorError):
        return False
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace").lstrip()
    while text.startswith(("<?", "<!")):
        has_subset = text.startswith("<!") and "[" in text.partition(">")[0]
        end = "-->" if text.startswith("<!--") else "]>" if has_subset else ">"
        text = text.partition(end)[2].lstrip()
    after = text.removeprefix(f"<{name}")
    return after != text and after[:1] in (" ", ">", "/", "\t", "\r", "\n")


class _Pieces:
    """A file that is read piece by piece, as long as something comes of them."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self.since_tag = 0

    def read(self, _: int = -1) -> bytes:
        """Return the next piece. Raises DetectorError where the last ones were of no tag's end."""
        if self.since_tag > MAX_BETWEEN:
            raise DetectorError(f"{self._path} has more than {MAX_BETWEEN // 2**20} MiB in one tag or text.")
        piece = self._file.read(_PIECE)
        self.since_tag += len(piece)
        return piece


def _root(path: Path, file: BinaryIO) -> Element:
    depth, parts, root, pieces = 0, 0, None, _Pieces(path, file)
    for event, element in iterparse(pieces, ("start", "end"), forbid_dtd=False):
        pieces.since_tag = 0
        depth += 1 if event == "start" else -1
        parts += 1 + len(element.attrib) if event == "start" else 0
        if parts > MAX_PARTS:
            raise DetectorError(f"{path} has more than {MAX_PARTS} elements and attributes: split it by images.")
        if depth > MAX_DEPTH:
            raise DetectorError(f"{path} is nested more than {MAX_DEPTH} deep: it was not read.")
        root = element if root is None else root
    if root is None:
        raise DetectorError(f"{path} is not valid XML: it is empty.")
    return root  # type: ignore[no-any-return]
