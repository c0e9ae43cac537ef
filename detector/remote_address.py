"""The address of a remote detector, as people write it."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from detector.types import DetectorError
from detector.wire import DEFAULT_PORT

HTTPS_PORT = 443
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

    @property
    def is_overheard(self) -> bool:
        """Whether token and images can be read by who listens on the way there."""
        return self.scheme == "http" and not is_loopback(self.host)


def is_address(text: str) -> bool:
    """Tell whether a model that is named so is a remote detector."""
    return text.lower().startswith(SCHEMES)


def place_of(url: str) -> Place:
    """Return where an address such as `http://127.0.0.1:8645` leads. Raises DetectorError for any that says more.

    Without a port https leads to that of https, where a proxy before a `serve` answers, and http to that of a `serve`.
    """
    try:
        parts = urlsplit(url)
        usual = HTTPS_PORT if parts.scheme == "https" else DEFAULT_PORT
        host, port = parts.hostname or "", parts.port or usual
        is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    except ValueError:
        host, port, is_bare = "", 0, False
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not is_bare or not _HOST.fullmatch(host):
        raise DetectorError(
            f"{url[:200]} is not the address of a remote detector: that is like http://127.0.0.1:{DEFAULT_PORT}."
        )
    return Place(parts.scheme, host, port)


def overheard(place: Place) -> str:
    """Return the sentence on a place that `is_overheard`."""
    return (
        f"What is sent to {place.url} is not encrypted: whoever listens on the way can read the token and the images. "
        "Use https, or a tunnel of ssh to an address of this machine."
    )


def is_loopback(host: str) -> bool:
    """Tell whether only programs on this machine reach a host, which is an address or `localhost`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
