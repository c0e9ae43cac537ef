"""The secret that those who may ask a remote detector share with it: made, kept in a file, compared."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from typing import TYPE_CHECKING

from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "BOXWRIGHT_TOKEN"
SHORTEST, LONGEST = 16, 512

_TOKEN = re.compile(rf"[!-~]{{{SHORTEST},{LONGEST}}}")  # what may stand in a header


def make_token() -> str:
    """Return a secret that nobody guesses."""
    return secrets.token_urlsafe(32)


def read_token(path: Path) -> str:
    """Return the token in a file. Raises DetectorError where there is none, or one that is no secret."""
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 3).decode("ascii", "replace").strip()
    except OSError as error:
        raise DetectorError(f"The token in {path} cannot be read: {error.strerror or error}.") from error
    return checked(text, str(path))


def chosen_token(path: Path | None) -> str:
    """Return the token in the file `path`, or else that of the environment. Raises DetectorError where neither is."""
    if path is not None:
        return read_token(path)
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        raise DetectorError(
            f"A remote detector wants a token: name its file with --token-file, or set {VARIABLE}. "
            "`boxwright serve` says where it has written it."
        )
    return checked(text, VARIABLE)


def checked(text: str, source: str) -> str:
    """Return a token that can be one. Raises DetectorError, naming its source and not the token."""
    if not _TOKEN.fullmatch(text):
        raise DetectorError(
            f"{source} has no token: that is one line of {SHORTEST} to {LONGEST} letters, digits and signs."
        )
    return text


def write_token(path: Path, token: str) -> None:
    """Write a token to a new file that only its owner may read. Raises DetectorError; no file is replaced."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{token}\n")
    except OSError as error:
        raise DetectorError(f"The token cannot be written to {path}: {error.strerror or error}.") from error


def token_of_file(path: Path) -> str:
    """Return the token of a file, made where there is none. Raises DetectorError, also where others may read it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        token = make_token()
        write_token(path, token)
        return token
    except OSError as error:
        raise DetectorError(f"The token in {path} cannot be read: {error.strerror or error}.") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise DetectorError(f"Others may read the token in {path}: `chmod 600 {path}` keeps it secret.")
    return read_token(path)


def is_allowed(authorization: str, token: str) -> bool:
    """Tell whether a header `Authorization` carries the token, in a time that says nothing about it."""
    given = authorization.encode("utf-8", "replace")
    return hmac.compare_digest(given, f"Bearer {token}".encode())
