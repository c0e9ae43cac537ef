"""Boxwright as people get it: built, and installed in an environment away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WINDOWS = os.name == "nt"
FOLDERS_OF_A_USER = (
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
)
NOT_OF_A_NEW_USER = ("PYTHON", "VIRTUAL_ENV", "XDG_", "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
_BUILD = "import sys; from hatchling import build; print(getattr(build, sys.argv[1])(sys.argv[2]))"


def build(kind: str, source: Path, out: Path) -> Path:
    """Build the `wheel` or the `sdist` of a source tree into a folder, by its own backend and without a network."""
    said = subprocess.run(
        [sys.executable, "-c", _BUILD, f"build_{kind}", str(out)],
        cwd=source,
        capture_output=True,
        text=True,
        check=True,
    )
    return out / said.stdout.splitlines()[-1]


@dataclass(frozen=True)
class Installed:
    """A fresh environment with the wheel in it. What Boxwright needs comes from this one; the checkout does not."""

    prefix: Path
    scripts: Path
    site: Path
    user: Path

    def run(self, *command: str, cwd: Path, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment as a new user would, no display, and nothing else on the path."""
        program = self.scripts / (f"{command[0]}.exe" if WINDOWS else command[0])
        kept = {name: text for name, text in os.environ.items() if not name.startswith(NOT_OF_A_NEW_USER)}
        environment = kept | dict.fromkeys(FOLDERS_OF_A_USER, str(self.user))
        environment["PATH"] = os.pathsep.join([str(self.scripts), *([os.environ["PATH"]] if WINDOWS else [])])
        return subprocess.run(
            [str(program), *command[1:]],
            cwd=cwd,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=seconds,
            check=False,
        )


def install(wheel: Path, folder: Path) -> Installed:
    """Install a wheel in a new environment in `folder`, which sees the packages of this one but not its checkouts."""
    prefix, user = folder / "environment", folder / "user"
    user.mkdir()
    venv.create(prefix, symlinks=not WINDOWS)
    scripts = prefix / ("Scripts" if WINDOWS else "bin")
    python = scripts / ("python.exe" if WINDOWS else "python")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--isolated", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    ask = "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"
    asked = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True)
    site = Path(json.loads(asked.stdout))
    # Not site.addsitedir: the .pth files in these folders, editable installs among them, are to be left alone.
    others = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "of_the_tests.pth").write_text("\n".join(others), encoding=sys.getfilesystemencoding())
    return Installed(prefix, scripts, site, user)
