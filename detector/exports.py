"""A folder of exported first stages, one for each backbone: what is not ours, not whole or not faster is not used."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs
import torch

from detector.durable import write_whole
from detector.precision import sixteen_bit_type

LAYOUT = 1  # of the files; those of another number are never looked for
LIBRARY = "openvino"
WORTH_IT = 0.9
"""Of torch's time: less than a tenth is no gain that anybody would notice."""
MOST_EXPORTS = 8
"""Those of a ResNet-101 take 230 MB; the ones that were not used for the longest time go first."""
FOLDER_VARIABLE = "BOXWRIGHT_EXPORTS"
_STEM = re.compile("[0-9a-f]{16}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of an export: the names of its levels, SHA-256 of its two files, and its share of torch's time.

    `problem` says why there are no files: that is kept too, so that it is not tried again at each start.
    """

    names: tuple[str, ...] = ()
    xml: str = ""
    weights: str = ""
    ratio: float = 0.0
    problem: str = ""

    @property
    def is_worth_it(self) -> bool:
        """Whether it can be used, and should be."""
        return not self.problem and self.ratio <= WORTH_IT


class Exports:
    """The export of one backbone in `folder`; `digest` is its `backbone_digest`.

    Another version of the library, other abilities of the processor, another layout: another export.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        abilities = f"{torch.backends.cpu.get_cpu_capability()} {sixteen_bit_type(torch.device('cpu'))}"
        made_for = hashlib.sha256(f"{LAYOUT} {library_version()} {abilities}".encode()).hexdigest()[:8]
        self.folder, self.digest = folder, digest
        self._stem = f"{digest}-{made_for}"

    @property
    def xml(self) -> Path:
        """The graph."""
        return self.folder / f"{self._stem}.xml"

    @property
    def weights(self) -> Path:
        """Its constants."""
        return self.folder / f"{self._stem}.bin"

    @property
    def _about(self) -> Path:
        return self.folder / f"{self._stem}.json"

    def manifest(self) -> Manifest | None:
        """Return what is known of the export; None where there is none, or its description is damaged."""
        try:
            said = json.loads(self._about.read_text(encoding="utf-8"))
            names = tuple(map(str, said["names"]))
            return Manifest(
                names, str(said["xml"]), str(said["weights"]), float(said["ratio"]), problem=str(said["problem"])
            )
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def is_whole(self, manifest: Manifest) -> bool:
        """Return whether both files are what was written, and note that they are used. Takes a second for a large one.

        A file that is not whole is never handed to the library.
        """
        try:
            if (manifest.xml, manifest.weights) != (_digest(self.xml), _digest(self.weights)):
                return False
            os.utime(self._about)
        except OSError:
            return False
        return True

    def keep(self, xml: Path, weights: Path, names: tuple[str, ...], ratio: float) -> Manifest:
        """Take two files of this file system into the folder, if that is worth it, and say what is known of them."""
        manifest = Manifest(names, _digest(xml), _digest(weights), ratio)
        if manifest.is_worth_it:
            xml.replace(self.xml)
            weights.replace(self.weights)
        self._write(manifest)
        return manifest

    def refuse(self, problem: str) -> None:
        """Remember that there can be no export here. Raises OSError."""
        self._write(Manifest(problem=problem))

    def forget(self) -> None:
        """Let the export go: the next one who asks for it makes it anew."""
        for path in (self._about, self.xml, self.weights):
            with suppress(OSError):
                path.unlink()

    def _write(self, manifest: Manifest) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._about, json.dumps(asdict(manifest)).encode())
        # The folder may be anybody's: what else is in it is not ours to delete.
        ours = (path for path in self.folder.glob("*.json") if _STEM.fullmatch(path.stem))
        known = sorted(ours, key=lambda path: path.stat().st_mtime)
        for old in known[:-MOST_EXPORTS]:
            for suffix in (".json", ".xml", ".bin"):
                old.with_suffix(suffix).unlink(missing_ok=True)


def library_version() -> str:
    """Return the version of OpenVINO that is installed, or nothing; it is not imported."""
    try:
        return importlib.metadata.version(LIBRARY)
    except importlib.metadata.PackageNotFoundError:
        return ""


def exports_folder() -> Path | None:
    """Return the folder of this user's exports, or None where the package that they need is not installed.

    An empty environment variable `BOXWRIGHT_EXPORTS` means that there shall be none, any other another folder.
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    if not library_version() or chosen == "":
        return None
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_cache_path("boxwright") / "exports"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
