"""The real `boxwright serve`, in a process of its own on the loopback, as a test asks for it."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import random
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import main
from detector import wire
from detector.tokens import read_token

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray, of the extra `serve`, is not installed"
)


class Served:
    """A running `serve`, and what it needs to be asked."""

    def __init__(self, process: subprocess.Popen[str], port: int, token: str) -> None:
        self.process, self.port, self.token = process, port, token
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, body: bytes = b"", token: str | None = None, **headers: str) -> tuple[int, str]:
        """Return status and sentence of an answer that refuses."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        said["Authorization"] = f"Bearer {token or self.token}"
        connection.request(wire.METHODS.get(path, "GET"), path, body, said)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, wire.read_error(content)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute as a `serving` does: in more threads sums are added up in another order."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def free_port() -> int:
    """Return a port that neither the system nor Ray gives to anybody else meanwhile."""
    for port in random.sample(range(20_001, 32_000), 200):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


@contextmanager
def serving(folder: Path, *more: str, scheme: str = "http") -> Iterator[Served]:
    """Serve the embedded detector as long as this lasts: on the processor, exactly, in one thread."""
    port = free_port()
    file = folder / "token"
    options = ["--port", str(port), "--token-file", str(file), "--device", "cpu", "--precision", "exact", "--json"]
    process = subprocess.Popen(
        [sys.executable, "main.py", "serve", *options, *more],
        cwd=Path(main.__file__).parent,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = []
    try:
        for line in process.stderr:  # until it answers, or ends
            said.append(line)
            if "answers at" in line:
                break
        assert said, "it says nothing"
        assert "answers at" in said[-1], "".join(said)
        served = Served(process, port, read_token(file))
        served.url = f"{scheme}://127.0.0.1:{port}"
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=150)
    assert json.loads(out.splitlines()[-1])["url"] == served.url
    assert process.returncode == 0
    assert served.token not in "".join(said) + out
