"""XML from strangers: no entities, nothing fetched, no file too large or nested too deep; trouble is a sentence."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 512 * 2**20
MAX_DEPTH = 32
"""Annotations are about five deep; what is deeper is none, and Python frees nested elements by recursion."""
HEAD_BYTES = 4096


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
        require_regular(path, MAX_BYTES)
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


def _root(path: Path, file: object) -> Element:
    depth, root = 0, None
    for event, element in iterparse(file, ("start", "end"), forbid_dtd=False):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise DetectorError(f"{path} is nested more than {MAX_DEPTH} deep: it was not read.")
        root = element if root is None else root
    if root is None:
        raise DetectorError(f"{path} is not valid XML: it is empty.")
    return root  # type: ignore[no-any-return]
