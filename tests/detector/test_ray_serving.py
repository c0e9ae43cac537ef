"""The real `boxwright serve` on the loopback: the same predictions as here, for many at once, whatever others do."""

from __future__ import annotations

import http.client
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
import trustme
from served import needs_ray, one_thread, serving

from detector import packing, ray_serving, wire
from detector.predictor import open_predictor
from detector.remote import open_remote
from detector.remote_line import Patience
from detector.scenes import draw_scene
from detector.types import DetectorError

pytestmark = [needs_ray, pytest.mark.timeout(500)]  # the first pays for the start of Ray

CLIENTS = 10
PATIENT = Patience(connect=60.0, begin=60.0, retry=30.0)  # with a handshake on a busy machine


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("serve")) as one:
        yield one


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    return [draw_scene(seed, (120 + 8 * seed, 160)).image for seed in range(4)]


@pytest.fixture(scope="module")
def expected(images) -> list[bytes]:
    with one_thread():
        predictor = open_predictor(device="cpu", precision="exact")
        return [packing.encode(predictor.predict(image)) for image in images]


@pytest.fixture
def client(served):
    one = open_remote(served.url, served.token, Patience(retry=30.0))
    yield one
    one.close()


def test_that_it_says_what_the_predictor_here_says_to_the_byte(client, images, expected):
    assert [packing.encode(client.predict(image)) for image in images] == expected
    assert [packing.encode(one) for one in client.predict_batch(images)] == expected
    assert client.device == "cpu"
    assert client.numerics == ("exact", "float32")


def test_that_a_second_look_is_taken_at_what_was_kept(client, images):
    local = open_predictor(device="cpu", precision="exact")
    boxes = np.array([[10, 12, 60, 50], [80, 30, 120.5, 90]], dtype=np.float32)
    with one_thread():
        for one in (client, local):
            one.predict(images[0], "key")
        there, here = client.refine("key", boxes), local.refine("key", boxes)
    for name in ("boxes", "labels", "scores", "foreground"):
        np.testing.assert_array_equal(getattr(there, name), getattr(here, name))


def test_that_ten_clients_at_once_are_all_served_while_one_misbehaves(served, images, expected):
    def look(_number: int) -> list[bytes]:
        one = open_remote(served.url, served.token, Patience(retry=60.0))
        try:
            return [packing.encode(one.predict(image)) for image in images]
        finally:
            one.close()

    half = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(40)]
    try:
        for one in half:  # a request that never becomes whole
            head = f"POST /predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n"
            head += (
                f"Content-Type: {wire.PIXELS_TYPE}\r\n{wire.SIZE_HEADER}: 1000x1000\r\nContent-Length: 3000000\r\n\r\n"
            )
            one.sendall(head.encode() + b"x" * 5000)
        with ThreadPoolExecutor(CLIENTS) as pool:
            assert list(pool.map(look, range(CLIENTS))) == [expected] * CLIENTS
    finally:
        for one in half:
            one.close()


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux tells here who works for whom")
def test_that_who_is_one_too_many_is_told_when_to_come_again(served, images, expected):
    pixels = {"Content-Type": wire.PIXELS_TYPE, wire.SIZE_HEADER: wire.size_text(images[0])}

    def ask(_number: int) -> tuple[int, str | None]:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        said = {**pixels, "Authorization": f"Bearer {served.token}"}
        connection.request("POST", wire.PREDICT, images[0].tobytes(), said)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.getheader("Retry-After")

    def look(_number: int) -> bytes:
        with closing(open_remote(served.url, served.token, Patience(retry=60.0))) as one:
            return packing.encode(one.predict(images[0]))

    crowd = 2 * ray_serving.MOST_QUEUED
    with ThreadPoolExecutor(crowd + CLIENTS) as pool:
        with stopped(replica_of(served)):  # it answers nobody before some have heard that they are too many
            asked = [pool.submit(ask, number) for number in range(crowd)]
            done = as_completed(asked, timeout=60)
            assert {next(done).result() for _ in range(CLIENTS)} == {(503, "1")}
            looked = [pool.submit(look, number) for number in range(CLIENTS)]
        answers = [one.result(60) for one in asked]
        assert set(answers) == {(200, None), (503, "1")}
        assert answers.count((200, None)) >= ray_serving.MOST_QUEUED, "who waits in line is served"
        assert {one.result(90) for one in looked} == {expected[0]}, "and who comes again"


def test_that_whoever_misbehaves_gets_a_sentence_and_harms_nobody(served, client, images, expected):
    huge = {"Content_Type": wire.PIXELS_TYPE, "Boxwright_Image_Size": "20000x20000"}
    png = {"Content_Type": "image/png"}
    for asked, status, words in (
        (served.ask(wire.PREDICT, b"x" * 100, "a-token-of-somebody-else", **huge), 401, "token"),
        (served.ask("/-/routes", token="a-token-of-somebody-else"), 401, "token"),
        (served.ask("/-/routes"), 404, "/predict"),
        (served.ask(wire.PREDICT, b"x" * 100, **huge), 413, "100 megapixels"),
        (served.ask(wire.PREDICT, b"\x00" * 500, **png), 422, "not an image"),
        (served.ask(wire.REFINE, b"[[[", Content_Type=wire.JSON_TYPE), 400, "not JSON"),
    ):
        assert asked[0] == status
        assert words in asked[1]
    with socket.create_connection(("127.0.0.1", served.port)) as garbage:
        garbage.sendall(os.urandom(2000) + b"\r\n\r\n")
    assert packing.encode(client.predict(images[0])) == expected[0]
    with pytest.raises(DetectorError, match="does not know this token"):
        open_remote(served.url, "a-token-of-somebody-else")


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux tells here who works for whom")
def test_that_a_detector_killed_in_the_middle_loses_nothing(served, images, expected):
    client = open_remote(served.url, served.token, Patience(retry=200.0))

    def look(_number: int) -> list[bytes]:
        return [packing.encode(client.predict(image)) for image in images * 3]

    with ThreadPoolExecutor(3) as pool:
        under_way = [pool.submit(look, number) for number in range(3)]
        client.predict(images[0])
        os.kill(replica_of(served), signal.SIGKILL)
        assert [one.result(250) for one in under_way] == [expected * 3] * 3
    client.close()


def test_that_https_is_served_with_the_certificate_given(tmp_path, images, expected, monkeypatch):
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(tmp_path / "chain.pem", append=True)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    pem = ("--certificate", str(tmp_path / "chain.pem"), "--key", str(tmp_path / "key.pem"))
    with serving(tmp_path, *pem, scheme="https") as served:
        with pytest.raises(DetectorError, match="is not to be trusted"):
            open_remote(served.url, served.token, PATIENT)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        client = open_remote(served.url, served.token, PATIENT)
        assert packing.encode(client.predict(images[0])) == expected[0]
        client.close()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells here who listens")
def test_that_others_reach_none_of_its_ports_without_the_secret_of_its_own(served):
    import grpc

    family = descendants(served.process.pid)
    listening = [(host, port) for inode, host, port in listeners() if inode in sockets_of(family)]
    assert ("127.0.0.1", served.port) in listening
    open_ports = [port for host, port in listening if host != "127.0.0.1"]
    assert len(open_ports) <= 1, "the replica's, which Ray binds to every address"
    for port in open_ports:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/ray.serve.ASGIService/HandleRequest")
            with pytest.raises(grpc.RpcError) as refused:
                call(b"", timeout=120)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def replica_of(served) -> int:
    """Return the process that detects."""
    (looking,) = (pid for pid in descendants(served.process.pid) if b"ServeReplica" in command_of(pid))
    return looking


@contextmanager
def stopped(pid: int):
    """Let a process do nothing as long as this lasts."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def descendants(pid: int) -> list[int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
    family = [pid]
    for one in family:
        family += [child for child, parent in parents.items() if parent == one]
    return family


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def sockets_of(pids: list[int]) -> set[str]:
    found = set()
    for pid in pids:
        for file in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                found.add(str(file.readlink()).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                continue  # it was closed
    return found


def listeners() -> list[tuple[str, str, int]]:
    """Return (inode, address, port) of whatever waits for a connection on this machine."""
    found = []
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            address, _, port = fields[1].partition(":")
            if fields[3] == "0A":
                number = b"".join(bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8))
                mapped = number.removeprefix(b"\x00" * 10 + b"\xff\xff")
                host = socket.inet_ntop(socket.AF_INET if len(mapped) == 4 else socket.AF_INET6, mapped)
                found.append((fields[9], host, int(port, 16)))
    return found
