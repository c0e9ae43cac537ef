"""Remote detectors that this person uses: each a small file with address and token, where a model file may be named.

Such a file sends images to whoever it names. So only those in one folder of this person's are taken: one that came with
somebody's images is not.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from detector.remote_address import place_of
from detector.tokens import checked
from detector.types import DetectorError

if TYPE_CHECKING:
    from detector.remote_address import Place

REMOTE_SUFFIX = ".remote"

_MOST_BYTES = 4096


def remotes_folder() -> Path:
    """Return the folder of these files, not shared as that of models may be; it need not be there yet."""
    return platformdirs.user_config_path("boxwright") / "remote"


def is_remote(path: Path) -> bool:
    """Tell whether what is named like a model is a remote detector."""
    return path.suffix == REMOTE_SUFFIX


def kept_remotes() -> tuple[Path, ...]:
    """Return the files of all remote detectors that were kept, by name; none where the folder cannot be read."""
    try:
        return tuple(sorted(path for path in remotes_folder().iterdir() if is_remote(path)))
    except OSError:
        return ()


def keep_remote(place: Place, token: str) -> Path:
    """Write the file of a remote detector, which only its owner may read, and return it. Raises DetectorError."""
    secure = "" if place.scheme == "http" else "https-"
    path = remotes_folder() / f"{secure}{place.host.replace(':', '_')}-{place.port}{REMOTE_SUFFIX}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)  # nobody else may read it from the first moment on
        with os.fdopen(handle, "w") as file:
            json.dump({"url": place.url, "token": token}, file)
        Path(name).replace(path)
    except OSError as error:
        raise DetectorError(
            f"The address of the detector cannot be kept at {path}: {error.strerror or error}."
        ) from error
    return path


def kept_remote(path: Path) -> tuple[Place, str]:
    """Return where a remote detector is, and its token. Raises DetectorError, also for a file of somebody else's."""
    if path.parent != remotes_folder():
        raise DetectorError(
            f"{path} sends images to another machine, and is none of your own: to use it, start with --model and the "
            "address of a detector that you trust."
        )
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(_MOST_BYTES))
        return place_of(str(said["url"])), checked(str(said["token"]), str(path))
    except OSError as error:
        raise DetectorError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        raise DetectorError(f"{path} is damaged: start with --model and the address once more.") from error


def require_local(path: Path | None) -> None:
    """Raise DetectorError where a model is not on this machine, so that nothing can be trained from it."""
    if path is not None and is_remote(path):
        raise DetectorError(
            f"The detector {path.stem} is on another machine, and training needs a model on this one. Choose another "
            "in the list of models, then fine-tune."
        )
