"""The address of a remote detector, as people write it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from detector.types import DetectorError
from detector.wire import DEFAULT_PORT

SCHEMES = ("http://", "https://")

_HOST = re.compile(r"[0-9A-Za-z._:-]{1,255}")


class Place(NamedTuple):
    """Where a remote detector is."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """What `place_of` makes this of."""
        return f"{self.scheme}://{self.netloc}"


def is_url(text: str) -> bool:
    """Tell whether a model that is named so is a remote detector."""
    return text.lower().startswith(SCHEMES)


def place_of(url: str) -> Place:
    """Return where an address such as `http://127.0.0.1:8645` leads. Raises DetectorError for any that says more."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORT
        is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    except ValueError:
        host, port, is_bare = "", 0, False
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not is_bare or not _HOST.fullmatch(host):
        raise DetectorError(
            f"{url[:200]} is not the address of a remote detector: that is like http://127.0.0.1:{DEFAULT_PORT}."
        )
    return Place(parts.scheme, host, port)
