"""Fetching a published file: resumed, checked, and with a sentence for everything that can go wrong on the way.

What has come stays in `NAME.part` beside the file, whatever ended the download, and the next one goes on from there.
Only a whole file with the right checksum gets the name. The standard library's urllib does it: it knows the proxies of
the environment and of the system, redirects and byte ranges, and an HTTP library would bring nothing more.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener, getproxies, proxy_bypass

from filelock import FileLock, Timeout

from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from http.client import HTTPResponse
    from pathlib import Path

    from detector.published import Published

    Steps = Generator["DownloadProgress", None, None]

TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as dead."""

_CHUNK = 2**20
_GOES_ON = "Start again: it goes on from there."
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download is, in bytes, those of earlier attempts included; `rate` is bytes/s since this one began.

    `total` is what the server says, or else the size of the table. Only the last progress has `path`, the file.
    """

    done: int
    total: int
    rate: float
    path: Path | None = None


def download(published: Published, folder: Path, *, timeout: float = TIMEOUT) -> Steps:
    """Fetch a file into `folder`, which is made if need be; the last progress has the path of the whole, checked file.

    A file that is there with the right checksum is taken without the network; one with another is replaced. `timeout`
    is in seconds without a byte. Closing the generator keeps what has come. Raises DetectorError that says what to do:
    no network, a proxy that refuses, no such file, half a file, wrong content, a full disk, no permission.
    """
    return _Download(published, folder, timeout).run()


class _Download:
    """One file on its way: `_part` grows beside `_target` and takes its name in the end."""

    def __init__(self, published: Published, folder: Path, timeout: float) -> None:
        self._published = published
        self._timeout = timeout
        self._target = folder / published.file_name
        self._part = folder / f"{published.file_name}.part"
        self._host = urlsplit(published.url).hostname or ""

    def run(self) -> Steps:
        if not self._is_whole(self._target):
            with self._alone():
                if not self._is_whole(self._part):
                    yield from self._complete()
                with self._writing():
                    self._part.replace(self._target)
        size = self._target.stat().st_size
        yield DownloadProgress(size, size, 0.0, self._target)

    def _complete(self) -> Steps:
        """Make the part whole. If it goes on from earlier bytes and is wrong, they may be to blame: start afresh."""
        goes_on = True
        while goes_on:
            goes_on = yield from self._append()
            if self._is_whole(self._part):
                return
            with self._writing():
                self._part.unlink()
        raise self._failed("What came is not the file that was published (its checksum differs), and was deleted.")

    def _append(self) -> Generator[DownloadProgress, None, bool]:
        """Fetch what the part lacks; return whether it still has bytes of earlier attempts."""
        have = self._part.stat().st_size if self._part.exists() else 0
        response = self._open(have)
        if response is None:
            return True
        with response, self._writing():
            if response.status != HTTPStatus.PARTIAL_CONTENT:
                have = 0  # this server knows no ranges, and sends the whole
            done, total = have, self._published.size if response.length is None else have + response.length
            is_known, began = response.length is not None, time.monotonic()
            with self._part.open("ab" if have else "wb") as file:
                yield DownloadProgress(done, total, 0.0)
                for chunk in self._chunks(response):
                    file.write(chunk)
                    file.flush()  # of a process that is killed it is kept too
                    done += len(chunk)
                    yield DownloadProgress(done, total, (done - have) / max(time.monotonic() - began, 1e-6))
                os.fsync(file.fileno())
        if is_known and done < total:
            raise self._failed(f"The connection ended after {done} of {total} bytes. {_GOES_ON}")
        return have > 0

    def _open(self, have: int) -> HTTPResponse | None:
        """Ask for the bytes from `have` on. Return None where the server has nothing that would go on from there."""
        request = Request(self._published.url, headers={"User-Agent": "boxwright"})  # noqa: S310 - https in the table
        if have:
            request.add_header("Range", f"bytes={have}-")
        try:
            # An opener of its own: the one behind `urlopen` looks for proxies once in the life of the process.
            response: HTTPResponse = build_opener().open(request, timeout=self._timeout)
        except HTTPError as error:
            error.close()
            if have and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return None
            raise self._failed(self._refusal(error)) from error
        except (OSError, HTTPException) as error:
            raise self._failed(self._unreachable(getattr(error, "reason", error))) from error
        if response.headers.get_content_type() == "text/html":
            response.close()
            raise self._failed(
                f"Instead of the file a web page came, of {self._host} or of something on the way to it: "
                "the network's login, or the notice of a proxy."
            )
        is_part = response.status == HTTPStatus.PARTIAL_CONTENT
        if is_part and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            response.close()
            return None
        return response

    def _chunks(self, response: HTTPResponse) -> Iterator[bytes]:
        """Yield bytes as they come: a connection that breaks takes none with it."""
        try:
            while chunk := response.read1(_CHUNK):
                yield chunk
        except TimeoutError as error:
            raise self._failed(f"{self._host} has sent nothing for {self._timeout:g} seconds. {_GOES_ON}") from error
        except (OSError, HTTPException) as error:
            raise self._failed(f"The connection to {self._host} broke. {_GOES_ON}") from error

    def _refusal(self, error: HTTPError) -> str:
        if error.code in _GONE:
            return f"{self._host} does not have the file. A newer version of this program may know where it is."
        if error.code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return _proxy_login(self._published.url)
        return f"{self._host}, or a proxy before it, answers “{error.code} {error.reason}” instead of the file."

    def _unreachable(self, reason: object) -> str:
        if isinstance(reason, SSLCertVerificationError):
            return (
                f"The certificate of {self._host} is not known here: {reason.verify_message}. If a proxy opens what is "
                "sent, name the file of its certificate in the environment variable SSL_CERT_FILE."
            )
        if "Tunnel connection failed: 407" in str(reason):  # an OSError with nothing else to know it by
            return _proxy_login(self._published.url)
        if isinstance(reason, TimeoutError):
            reason = f"no answer in {self._timeout:g} seconds"
        way = " through the proxy that is set" if _has_proxy(self._published.url) else ""
        return f"{self._host} cannot be reached{way}: {getattr(reason, 'strerror', None) or reason}."

    def _failed(self, sentence: str) -> DetectorError:
        """Return the error with the way that is always open."""
        return DetectorError(
            f"{sentence} Where there is no way through, fetch {self._published.url} on another machine, put it at "
            f"{self._target} and start again."
        )

    def _is_whole(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise DetectorError(f"{path} cannot be read: {error.strerror or error}.") from error
        return checksum.startswith(self._published.sha256_prefix)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep another process from writing the same part."""
        # A lock for any thread: the one that closes a generator need not be the one that ran it.
        lock = FileLock(self._target.with_name(f".{self._target.name}.lock"), timeout=0, thread_local=False)
        try:
            with self._writing():
                self._target.parent.mkdir(parents=True, exist_ok=True)
                lock.acquire()
        except Timeout:
            raise DetectorError(f"Another Boxwright is fetching {self._published.name}: let it finish.") from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn what the disk says into a sentence."""
        try:
            yield
        except Timeout:  # of the lock; to Python it is an OSError
            raise
        except OSError as error:
            folder = self._target.parent
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DetectorError(
                    f"The disk is full: {folder} must take {self._published.size / 1e6:.0f} MB. "
                    "What has come is kept; make room and start again: it goes on from there."
                ) from error
            raise DetectorError(
                f"Nothing can be written to {folder}: {error.strerror or error}. "
                "The environment variable BOXWRIGHT_MODELS can name another folder."
            ) from error


def _has_proxy(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in getproxies() and not proxy_bypass(parts.hostname or "")


def _proxy_login(url: str) -> str:
    variable = f"{urlsplit(url).scheme}_proxy"
    return (
        "The proxy asks for a name and a password: put both into the environment variable "
        f"{variable}, as http://NAME:PASSWORD@HOST:PORT."
    )
