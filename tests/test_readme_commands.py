"""Each command in a code block of README.md, run as it stands there, in a home that has what it names.

Only what takes long is shortened, by options that its help has. What a command writes has to be there afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import tomllib
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from local_server import LocalServer
from readme import INLINE, ROOT, lines, make_commands, make_home, run, started, until, words, write_checkpoint
from served import free_port, needs_ray, one_thread

import main
from detector import sharded_run, training_run
from detector.attempts import Attempts
from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.published import FOLDER_VARIABLE, PUBLISHED
from detector.shard_detection import ShardDetector

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from detector.shard_detection import Sight
    from detector.shards import Shard, ShardFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the lines of the README are for a POSIX shell")
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it looks into processes by /proc")

LINES = lines()
SHORTER = {
    "boxwright replay": ["--batch", "4"],
    "boxwright train": ["--epochs", "1", "--workers", "0"],
    "boxwright finetune": ["--second-stage", "never", "--insist"],
    "torchrun": ["--epochs", "1", "--workers", "0"],
}
"""Options that make a command short; all else is the README's own."""
NAME = "fasterrcnn_resnet50_fpn"
PORT = "8645"
VERBS = [line for line in LINES if line.startswith("boxwright ") and line.split()[1] in main.VERBS]
WINDOWS = [line for line in LINES if line.split()[0] == "boxwright" and line not in VERBS]
RAY = [line for line in VERBS if "--engine ray" in line]
SERVE = [line for line in VERBS if line.split()[1] == "serve"]
HEAVY = [line for line in VERBS if "vgg16" in line]
TORCHRUN = [line for line in LINES if line.startswith("torchrun ")]
HERE = [line for line in VERBS if line not in (*RAY, *SERVE, *HEAVY)]
INSTALLING = [line for line in LINES if ".venv/bin/" in line]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home, with a project whose images are reviewed, and its annotations as Pascal VOC."""
    folder = tmp_path_factory.mktemp("home")
    make_home(folder)
    make_commands(folder / "bin")
    write_checkpoint(folder / "checkpoint.pth")
    assert main.main(["import", str(folder / "photos"), str(folder / "annotations.json"), "--reviewed"]) == 0
    assert main.main(["export", str(folder / "photos"), "-o", str(folder / "voc"), "--format", "voc"]) == 0
    return folder


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let `~`, the folders of the user and the commands be those of the home, and nothing go to the network."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv(FOLDER_VARIABLE, str(home / "models"))
    monkeypatch.setenv("PATH", os.pathsep.join((str(home / "bin"), os.environ["PATH"])))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # of processes that take turns on the same two cores
    for name in ("BOXWRIGHT_TOKEN", "http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with one_thread():  # two that wait for each other on a busy machine take ten times as long
        yield


@pytest.fixture
def published(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """Let the table of weights say that a server of this machine has those that the README downloads."""
    content = (home / "checkpoint.pth").read_bytes()
    with LocalServer(content) as server:
        url = f"{server.url}/{NAME}-{sha256(content).hexdigest()[:8]}.pth"
        monkeypatch.setitem(PUBLISHED, NAME, replace(PUBLISHED[NAME], url=url, size=len(content)))
        yield server


def full(line: str) -> list[str]:
    """Return the words of a command, with what makes it short."""
    more = next((options for start, options in SHORTER.items() if line.startswith(start)), [])
    return words(line) + more


def written(line: str) -> list[Path]:
    """Return what a command writes, by its options, and take away what another one has left there."""
    given = words(line)
    named = [Path(given[at + 1]) for at, word in enumerate(given) if word in ("-o", "--csv", "--plots", "--plot")]
    for path in named:
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    return named


def fetch(published: LocalServer) -> None:
    if not Path("models", f"{NAME}.safetensors").exists():
        assert main.main(["models", "get", NAME]) == 0
        assert published.requests


def prepare(line: str, published: LocalServer) -> None:
    """Do before a command what the README has done before it."""
    if NAME in line and not line.startswith("boxwright models"):
        fetch(published)
    if line in WINDOWS:
        shutil.copy(EMBEDDED_WEIGHTS, "mine.safetensors")  # not what the last command has left there
    if line.startswith("boxwright merge") and not Path("shares").exists():
        assert main.main(words(next(one for one in VERBS if one.startswith("boxwright split")))[1:]) == 0


def test_that_every_command_is_run_by_one_of_these_tests() -> None:
    assert sorted(LINES) == sorted([*HERE, *RAY, *SERVE, *HEAVY, *TORCHRUN, *WINDOWS, *INSTALLING])
    assert len(LINES) > 30, "the README has more than that"
    assert {line.split()[1] for line in VERBS} == set(main.VERBS), "each verb has an example"


@pytest.mark.parametrize("line", HERE)
def test_that_a_verb_does_what_it_says(line: str, published: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(line, published)
    outputs = written(line)
    assert main.main(full(line)[1:]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    for path in outputs:
        assert path.is_dir() or path.stat().st_size > 50, path
        assert path.suffix != ".json" or json.loads(path.read_text())
    if "--json" in line:
        json.loads(said.splitlines()[-1])


@pytest.mark.parametrize("line", HEAVY)
def test_that_a_training_that_takes_long_begins(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dataset is read, the network built; the steps are not taken: one of VGG-16 is seconds."""
    trainings: list[training_run.Training] = []

    def take_none(training: training_run.Training, output: Path, *_: object) -> dict[str, object]:
        training.steps.close()
        trainings.append(training)
        return {"output": str(output)}

    monkeypatch.setattr(training_run, "follow", take_none)
    assert main.main(full(line)[1:]) == 0
    given = words(line)
    assert trainings[0].facts["system"] == given[given.index("--system") + 1]
    assert trainings[0].facts["schedule"] == given[given.index("--schedule") + 1]


@pytest.mark.slow  # minutes of a large network
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("line", HEAVY)
def test_that_a_training_that_takes_long_ends(line: str) -> None:
    outputs = written(line)
    assert main.main(full(line)[1:]) == 0
    assert all(path.stat().st_size > 1000 for path in outputs)


@pytest.mark.parametrize("line", RAY)
def test_that_detecting_on_ray_is_asked_for_as_it_is_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the work of the cluster done in this process: `test_ray_detection` has real ones."""

    def work_off(folder: ShardFolder, shards: list[Shard], sight: Sight, *_: object) -> sharded_run.Work:
        detector, attempts = ShardDetector(sight), Attempts()
        for shard in shards:
            folder.write(shard, detector.detect(shard, attempts).text)
        return sharded_run.Work(1, 0.2, 0.1, ("cpu",))

    monkeypatch.setattr(sharded_run, "_worked_off", work_off)
    (output,) = written(line)
    assert main.main(full(line)[1:]) == 0
    assert json.loads(output.read_text())["annotations"]


@pytest.mark.slow  # some 20 seconds until Ray has started, of which the other tests have enough
@needs_ray
@pytest.mark.parametrize("line", RAY)
def test_that_detecting_on_ray_does_what_it_says(line: str) -> None:
    (output,) = written(line)
    run(full(line))
    assert json.loads(output.read_text())["annotations"]


@pytest.mark.parametrize("line", TORCHRUN)
def test_that_two_processes_train(line: str) -> None:
    outputs = written(line)
    run(full(line))
    assert all(path.stat().st_size > 1000 for path in outputs)


# --- The window -------------------------------------------------------------------------------------------------------


def listens_for_the_end(process: subprocess.Popen[bytes]) -> bool:
    """Return whether the window has taken SIGTERM, which it does just before its event loop begins."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(next(one for one in status.splitlines() if one.startswith("SigCgt")).split()[1], 16)
    return bool(caught & 1 << (signal.SIGTERM - 1))


def models_that_looked(photos: Path) -> set[str]:
    """Return the versions of the models whose predictions a project has kept."""
    kept = photos / ".boxwright" / "cache" / "predictions.db"
    if not kept.exists():
        return set()
    with closing(sqlite3.connect(f"file:{kept}?mode=ro", uri=True)) as connection:
        try:
            return {version for (version,) in connection.execute("SELECT DISTINCT model_version FROM predictions")}
        except sqlite3.OperationalError:  # it is being made
            return set()


def looked(line: str, home: Path) -> Callable[[], bool]:
    """Return the fact that the model of a command has looked at an image; what others saw before is taken away."""
    shutil.rmtree(home / "photos" / ".boxwright" / "cache", ignore_errors=True)
    given = words(line)
    model = given[given.index("--model") + 1] if "--model" in given else "embedded"
    start = "embedded" if model.startswith("http") else Path(model).stem
    return lambda: any(version.startswith(start) for version in models_that_looked(home / "photos"))


@needs_proc
@pytest.mark.parametrize("line", [line for line in WINDOWS if "http" not in line])
def test_that_the_window_opens_and_looks(line: str, home: Path, published: LocalServer) -> None:
    prepare(line, published)
    log = home / "window.log"
    opens_a_folder = len(words(line)) > 1
    fact = looked(line, home) if opens_a_folder else lambda: True
    with started(words(line), log) as process:
        until(lambda: listens_for_the_end(process) and fact(), process, log)


@needs_proc
@needs_ray
@pytest.mark.parametrize("line", [line for line in WINDOWS if "http" in line])
@pytest.mark.parametrize("lends", SERVE)
def test_that_a_window_uses_the_detector_that_is_lent(lends: str, line: str, home: Path) -> None:
    port = str(free_port())
    log, token = home / "serve.log", home / "token"
    token.unlink(missing_ok=True)
    # The port of the README may be taken on this machine.
    with started([*words(lends), "--port", port, "--token-file", "token"], log) as server:
        until(lambda: "answers at" in log.read_text(), server, log)
        fact, said = looked(line, home), home / "window.log"
        with started([word.replace(PORT, port) for word in words(line)], said) as window:
            until(lambda: listens_for_the_end(window) and fact(), window, said)
    assert f"127.0.0.1:{port}" in log.read_text()


# --- Installing, and what is said in passing --------------------------------------------------------------------------


def test_that_what_is_installed_is_there_to_be_installed() -> None:
    """The two commands are run as they stand by `.ci/run`; here the extras that the README names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [one for one in (*INLINE, *INSTALLING) if "pip install" in one]
    extras = {one.partition("[")[2].partition("]")[0] for one in asked if "[" in one}
    assert extras
    assert extras <= set(project["optional-dependencies"])
    assert project["scripts"]["boxwright"] == "main:main"


@pytest.mark.parametrize("line", [line for line in INSTALLING if "--demo" in line])
def test_that_the_demo_plays_itself_without_a_display(line: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    demo = words(line.rsplit(" && ", maxsplit=1)[-1])
    assert demo[0] == ".venv/bin/python"
    run([sys.executable, str(ROOT / demo[1]), *demo[2:]])
    assert json.loads((home / "demo-out" / "annotations.json").read_text())["annotations"]
