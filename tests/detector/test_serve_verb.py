from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from served import needs_ray

import main
from detector import ray_serving, serve_verb
from detector.remote_address import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_that_this_machine_alone_reaches_a_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "gpu.example", "", "localhost.example"])
def test_that_others_reach_any_other_host(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "choose a token for them with --token-file"),
        (["--certificate", __file__], "https needs both"),
    ],
)
def test_that_serving_is_refused_with_a_sentence(arguments, sentence, capsys):
    assert main.main(["serve", *arguments]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="other systems keep no such modes")
def test_that_a_token_that_others_may_read_is_refused(tmp_path, capsys):
    token = tmp_path / "token"
    token.write_text("a-token-for-tests-only")
    token.chmod(0o644)
    assert main.main(["serve", "--token-file", str(token)]) == 1
    assert "chmod 600" in capsys.readouterr().err


def test_that_an_address_where_another_answers_is_refused(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert main.main(["serve", "--token-file", str(tmp_path / "token"), "--port", port]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"cannot be served at http://127.0.0.1:{port}" in said
    assert "Choose another --host or --port" in said


def test_that_an_address_of_another_machine_is_refused(tmp_path, capsys):
    assert main.main(["serve", "--token-file", str(tmp_path / "token"), "--host", "192.0.2.7"]) == 1
    assert "cannot be served at http://192.0.2.7:8645" in " ".join(capsys.readouterr().err.split())


def test_that_the_end_is_looked_for_again_and_again(tmp_path, capsys, monkeypatch):
    class Deaf(threading.Event):
        """What waits without an end hears of no signal, as on Windows; one arrives at the third look."""

        looks = 0

        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None, "Ctrl-C would end nothing"
            self.looks += 1
            if self.looks == 3:
                signal.raise_signal(signal.SIGINT)
            return self.is_set()

    monkeypatch.setattr(ray_serving, "serving", lambda _: nullcontext())
    monkeypatch.setattr(serve_verb, "threading", SimpleNamespace(Event=Deaf))
    assert main.main(["serve", "--token-file", str(tmp_path / "token"), "--json"]) == 0
    assert "127.0.0.1" in capsys.readouterr().out


def test_that_without_ray_it_is_said_how_to_get_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ray_serving, "_tell_ray", lambda _: None)  # this process never starts it
    monkeypatch.setitem(sys.modules, "ray", None)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    assert main.main(["serve", "--token-file", str(tmp_path / "token"), "--port", port]) == 1
    assert "boxwright[serve]" in capsys.readouterr().err


@needs_ray
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Ray's own, when it is imported
@pytest.mark.parametrize("failure", [RuntimeError("no room"), KeyboardInterrupt()], ids=["failed", "interrupted"])
def test_that_a_start_that_came_to_nothing_ends_nothing_that_others_serve(tmp_path, monkeypatch, failure):
    from ray import serve

    def fail(*_: object) -> None:
        raise failure

    shut: list[str] = []
    monkeypatch.setattr(ray_serving, "_tell_ray", lambda _: None)  # this process never starts it
    monkeypatch.setattr(ray_serving, "_start", fail)
    monkeypatch.setattr(serve, "shutdown", lambda: shut.append("Serve"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    assert main.main(["serve", "--token-file", str(tmp_path / "token"), "--port", port]) != 0
    assert shut == [], "it would join the Ray that runs here, and delete its applications"


@needs_ray
def test_that_ray_is_told_to_wait_for_a_busy_machine(tmp_path):
    program = (
        "from pathlib import Path; from detector import ray_serving; "
        f"ray_serving._tell_ray(ray_serving.ServeOrder(Path({str(tmp_path / 'token')!r}))); "
        "from ray.serve._private import constants as they; "
        "print(they.PROXY_READY_CHECK_TIMEOUT_S, they.PROXY_HEALTH_CHECK_TIMEOUT_S)"
    )
    command = [sys.executable, "-c", program]
    seconds = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()[-2:]
    assert [float(one) for one in seconds] == [60, 60]
