"""Remote detectors that this person uses: each a small file with address and token, where a model file may be named.

Such a file sends images to whoever it names. So only those in one folder of this person's are taken: one that came with
somebody's images is not.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from detector.remote_address import place_of
from detector.tokens import checked
from detector.types import DetectorError

if TYPE_CHECKING:
    from detector.remote_address import Place

REMOTE_SUFFIX = ".remote"

_MOST_BYTES = 4096
_URL, _TOKEN, _UNTRIED = "url", "token", "untried"  # a token that was never answered is not known to be one


def remotes_folder() -> Path:
    """Return the folder of these files, not shared as that of models may be; it need not be there yet."""
    return platformdirs.user_config_path("boxwright") / "remote"


def is_lent(path: Path) -> bool:
    """Tell whether what is named like a model is a remote detector."""
    return path.suffix == REMOTE_SUFFIX


def kept_remotes() -> tuple[Path, ...]:
    """Return the files of all remote detectors that were kept, by name; none where the folder cannot be read."""
    try:
        return tuple(sorted(path for path in remotes_folder().iterdir() if is_lent(path)))
    except OSError:
        return ()


def keep_remote(place: Place, token: str) -> Path:
    """Write the file of a remote detector, which only its owner may read, and return it. Raises DetectorError.

    A token that was answered stays beside one that is new, until `settle_token` knows whether that is one.
    """
    secure = "" if place.scheme == "http" else "https-"
    path = remotes_folder() / f"{secure}{place.host.replace(':', '_')}-{place.port}{REMOTE_SUFFIX}"
    try:
        known = _read(path)
    except (OSError, ValueError):
        known = {}
    good = known.get(_TOKEN) if known.get(_URL) == place.url else None
    _write(path, {_URL: place.url, _TOKEN: good, _UNTRIED: token} if good != token else {_URL: place.url, _TOKEN: good})
    return path


def settle_token(path: Path, token: str, *, is_good: bool) -> None:
    """Keep a token of `keep_remote` in place of the old one, now that it was answered; or else forget it.

    A detector whose only token was refused is forgotten. What cannot be written stays as it is: it is tried again.
    """
    with suppress(OSError, ValueError, DetectorError):
        known = _read(path)
        if known.pop(_UNTRIED, None) != token:
            return  # it is the old one, or another window has written meanwhile
        if is_good:
            known[_TOKEN] = token
        if known.get(_TOKEN):
            _write(path, known)
        else:
            path.unlink()


def forget_remote(path: Path) -> None:
    """Delete the file of a remote detector of this person's. Raises DetectorError; one that is gone is forgotten."""
    if path.parent != remotes_folder():
        raise DetectorError(f"{path} is none of your own detectors on other machines: delete the file yourself.")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DetectorError(f"{path} cannot be deleted: {error.strerror or error}.") from error


def kept_remote(path: Path) -> tuple[Place, str]:
    """Return where a remote detector is, and its token. Raises DetectorError, also for a file of somebody else's."""
    if path.parent != remotes_folder():
        raise DetectorError(
            f"{path} sends images to another machine, and is none of your own: to use it, start with --model and the "
            "address of a detector that you trust."
        )
    try:
        said = _read(path)
        return place_of(str(said[_URL])), checked(str(said.get(_UNTRIED) or said[_TOKEN]), str(path))
    except OSError as error:
        raise DetectorError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (LookupError, ValueError) as error:
        raise DetectorError(f"{path} is damaged: start with --model and the address once more.") from error


def _read(path: Path) -> dict[str, Any]:
    """Return what a file says. Raises OSError, and ValueError where it is damaged."""
    with path.open("rb") as file:
        try:
            said = json.loads(file.read(_MOST_BYTES))
        except RecursionError as error:
            raise ValueError from error
    if not isinstance(said, dict):
        raise ValueError  # noqa: TRY004 - what is in a file, and no argument
    return said


def _write(path: Path, said: dict[str, Any]) -> None:
    """Write a file that only its owner may read, or leave it as it was. Raises DetectorError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)  # nobody else may read it from the first moment on
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(said, file)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()  # it has the token
            raise
    except OSError as error:
        raise DetectorError(
            f"The address of the detector cannot be kept at {path}: {error.strerror or error}."
        ) from error


def require_local(path: Path | None) -> None:
    """Raise DetectorError where a model is not on this machine, so that nothing can be trained from it."""
    if path is not None and is_lent(path):
        raise DetectorError(
            f"The detector {path.stem} is on another machine, and training needs a model on this one. Choose another "
            "in the list of models, then fine-tune."
        )
