"""What it costs to ask a detector on another machine: per image, ten at once, and beside a client that misbehaves.

`boxwright serve` runs on the loopback with the embedded detector, in as many threads as the predictor here, which is
the peer: what the wire adds to an image is the difference. Bytes are those of the bodies. Then ten clients ask at once,
each for image after image, alone and beside one that means harm: half requests that never go on, headers that never
end, and fifty times a second garbage and a claim of 400 megapixels. Both machines are one here, so ten clients take the
processor from the detector too; a network adds its own time. `python -m bench.remote_detection`
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from bench.canvas_gestures import percentile
from bench.figures import Figure, show
from detector import packing, wire
from detector.remote import RUN, open_remote
from detector.scenes import draw_scene
from detector.tokens import read_token
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detector.remote import RemoteDetector
    from detector.types import ByteArray, Prediction

SIZES = ((480, 640), (1080, 1920), (3000, 4000))
IMAGES, QUICK = 100, 10
CLIENTS = 10
HALVES = 40
TURN = 10
HARM_SECONDS = 0.02
ROOT = Path(__file__).resolve().parent.parent


class Served(NamedTuple):
    """Where a `serve` answers, and to whom."""

    port: int
    token: str

    def open(self) -> RemoteDetector:
        """Return a client of its own."""
        return open_remote(f"http://127.0.0.1:{self.port}", self.token, RUN, one_model=True)


def figures(*, quick: bool = False, device: str = "cpu") -> Iterator[Figure]:
    """Yield what an image costs, and what becomes of it beside others."""
    from detector.predictor import open_predictor  # noqa: PLC0415 - torch

    count = QUICK if quick else IMAGES
    with tempfile.TemporaryDirectory() as folder, _serving(Path(folder), device) as served:
        remote, local = served.open(), open_predictor(device=device)
        for height, width in SIZES[: 1 if quick else None]:
            image = draw_scene(height, (height, width)).image
            yield from _one_by_one(image, local.predict, remote, max(count * 480 * 640 // (height * width), QUICK))
        image = draw_scene(1, SIZES[0]).image
        alone = _crowd(served, image, count)
        with _misbehaving(served) as done:
            beside = _crowd(served, image, count)
        remote.close()
    yield Figure(f"{CLIENTS} clients at once: all images a second", alone.rate, "/s")
    yield Figure("  the wait for one of them: p50", alone.p50, "ms")
    yield Figure("  the wait for one of them: p95", alone.p95, "ms")
    said = f"{done.halves:,} half requests, {HALVES} at a time"
    said += f", {done.garbage:,} times garbage, {done.claims:,} claims of 400 megapixels"
    yield Figure("  beside clients that misbehave: images a second", beside.rate, "/s", alone.rate, "alone", note=said)
    yield Figure("  beside clients that misbehave: p95", beside.p95, "ms", alone.p95, "alone")
    yield Figure("  images lost, of those asked for", float(alone.lost + beside.lost), f"of {2 * CLIENTS * count}")


def _one_by_one(
    image: ByteArray, local: Callable[[ByteArray], Prediction], remote: RemoteDetector, count: int
) -> Iterator[Figure]:
    """Ask here and there in turns of `TURN`, so that both meet the same machine.

    Not after each image: threads of a predictor that has just ended still spin for a while, and here on the same cores.
    """
    here: list[float] = []
    there: list[float] = []
    for _ in range(max(count // TURN, 2)):
        for look, times in ((local, here), (remote.predict, there)):
            look(image)
            for _ in range(TURN):
                start = time.perf_counter()
                look(image)
                times.append(1e3 * (time.perf_counter() - start))
    prediction, answer = local(image), remote.predict(image)
    size = f"{image.shape[1]} x {image.shape[0]}"
    equal = "equal to the bit" if packing.encode(prediction) == packing.encode(answer) else "another prediction"
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        ours, peer = percentile(there, share), percentile(here, share)
        yield Figure(f"{size}, {name}", ours, "ms", peer, "the predictor here", note=f"{ours - peer:+.1f} ms; {equal}")
    yield Figure("  bytes there", image.nbytes / 1e6, "MB")
    yield Figure("  bytes back", len(packing.encode(answer)) / 1e3, "kB")


class Crowd(NamedTuple):
    """What ten clients saw: images a second of all of them, milliseconds of one image, images without a prediction."""

    rate: float
    p50: float
    p95: float
    lost: int


def _crowd(served: Served, image: ByteArray, count: int) -> Crowd:
    def ask(_number: int) -> list[float]:
        client, waits = served.open(), []
        for _ in range(count):
            start = time.perf_counter()
            try:
                client.predict(image)
            except DetectorError as error:
                print(f"lost: {error}", file=sys.stderr)
                continue
            waits.append(1e3 * (time.perf_counter() - start))
        client.close()
        return waits

    start = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        waits = [wait for one in pool.map(ask, range(CLIENTS)) for wait in one]
    seconds = time.perf_counter() - start
    lost = CLIENTS * count - len(waits)
    if not waits:
        raise SystemExit(f"All {lost} images were lost.")
    return Crowd(len(waits) / seconds, percentile(waits, 0.5), percentile(waits, 0.95), lost)


class Harm:
    """How often harm was tried."""

    def __init__(self) -> None:
        self.halves = self.garbage = self.claims = 0


@contextmanager
def _misbehaving(served: Served) -> Iterator[Harm]:
    """Let others do harm as long as this lasts."""
    over, done = threading.Event(), Harm()
    pixels = f"Content-Type: {wire.PIXELS_TYPE}\r\nAuthorization: Bearer {served.token}\r\n"
    half = f"POST /predict HTTP/1.1\r\nHost: x\r\n{pixels}{wire.SIZE_HEADER}: 1000x1000\r\nContent-Length: 3000000\r\n"
    claim = f"POST /predict HTTP/1.1\r\nHost: x\r\n{pixels}{wire.SIZE_HEADER}: 20000x20000\r\nContent-Length: 9\r\n\r\n"
    threads = [
        threading.Thread(target=_harm, args=(served.port, claim.encode() + b"x" * 9, over, done)),
        threading.Thread(target=_hold, args=(served.port, half.encode(), over, done)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _harm(port: int, claim: bytes, over: threading.Event, done: Harm) -> None:
    """Send garbage, and claims of too many pixels, until it is over."""

    def send(raw: bytes) -> None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 10) as one:
            one.sendall(raw)
            one.recv(100)

    while not over.wait(HARM_SECONDS):
        send(os.urandom(2000) + b"\r\n\r\n")
        done.garbage += 1
        send(claim)
        done.claims += 1


def _hold(port: int, half: bytes, over: threading.Event, done: Harm) -> None:
    """Keep `HALVES` half requests under way until it is over: one that is given up over there is begun anew.

    Every other one stops within its headers, the others within their body.
    """
    wanted = deque([b"", b"\r\n" + b"x" * 5000] * (HALVES // 2))
    with ExitStack() as ends, selectors.DefaultSelector() as held:
        while not over.is_set():
            for _ in range(len(wanted)):
                more = wanted.popleft()
                try:
                    one = ends.enter_context(socket.create_connection(("127.0.0.1", port), 10))
                    one.sendall(half + more)
                except OSError:
                    wanted.append(more)
                    continue
                held.register(one, selectors.EVENT_READ, more)
                done.halves += 1
            for key, _ in held.select(HARM_SECONDS):  # it is answered, or its connection is ended
                held.unregister(key.fileobj)
                cast("socket.socket", key.fileobj).close()
                wanted.append(key.data)


@contextmanager
def _serving(folder: Path, device: str) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "main.py", "serve", "--port", str(port), "--token-file", str(folder / "token")]
    process = subprocess.Popen([*command, "--device", device, "--json"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = ""
        for said in process.stderr:
            if "answers at" in said:
                break
        if "answers at" not in said:
            raise SystemExit(f"serve does not answer: {said}")
        # Nobody reads what it says from now on, so it must not wait for that.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield Served(port, read_token(folder / "token"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser("python -m bench.remote_detection", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: to see that it works")
    parser.add_argument("--device", default="cpu", help="where the detectors run, here and there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    found = show(figures(quick=options.quick, device=options.device))
    if options.json is not None:
        options.json.write_text(json.dumps([one.to_fields() for one in found], indent=1))


if __name__ == "__main__":
    main()
