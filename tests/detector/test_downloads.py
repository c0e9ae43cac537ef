"""Downloads against a server of this machine that does everything that servers, proxies and networks do wrong."""

from __future__ import annotations

import errno
import gc
import hashlib
import io
import os
import random
import socket
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import pytest
from local_server import Answer, LocalServer

from detector import downloads
from detector.downloads import DownloadProgress, download
from detector.published import Published
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT = random.Random(0).randbytes(300_000)
HALF = len(CONTENT) // 2
FILE_NAME = f"thing-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
PATIENT, IMPATIENT = 60.0, 3.0  # seconds: where all goes well it does not matter, and where not, it is not waited for


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(CONTENT) as server:
        yield server


def published(base_url: str) -> Published:
    return Published(
        "thing", "a thing", "backbone", None, f"{base_url}/models/{FILE_NAME}", len(CONTENT), 1000, "none", ()
    )


def fetch(server: LocalServer, folder: Path, timeout: float = PATIENT) -> list[DownloadProgress]:
    return list(download(published(server.url), folder, timeout=timeout))


def failure(base_url: str, folder: Path, timeout: float = PATIENT) -> str:
    with pytest.raises(DetectorError) as caught:
        list(download(published(base_url), folder, timeout=timeout))
    return str(caught.value)


def files(folder: Path) -> dict[str, bytes]:
    """What a download has left, but for its lock."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


# --- it goes well -----------------------------------------------------------------------------------------------------


def test_that_the_whole_file_comes_and_the_last_progress_says_where_it_is(server: LocalServer, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    *earlier, last = fetch(server, folder)
    assert last.path == folder / FILE_NAME
    assert files(folder) == {FILE_NAME: CONTENT}
    assert (last.done, last.total) == (len(CONTENT), len(CONTENT))
    assert [step.done for step in earlier] == sorted(step.done for step in earlier)
    assert {step.total for step in earlier} == {len(CONTENT)}
    assert {step.path for step in earlier} == {None}
    assert earlier[-1].rate > 0


def test_that_a_file_that_is_there_is_taken_without_a_request(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(CONTENT)
    (only,) = fetch(server, tmp_path)
    assert only == DownloadProgress(len(CONTENT), len(CONTENT), 0.0, tmp_path / FILE_NAME)
    assert server.requests == []
    assert files(tmp_path) == {FILE_NAME: CONTENT}


def test_that_a_damaged_file_is_replaced_only_by_a_whole_one(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"damaged")
    server.answers.append(Answer(status=503))
    failure(server.url, tmp_path)
    assert files(tmp_path) == {FILE_NAME: b"damaged"}
    fetch(server, tmp_path)
    assert files(tmp_path) == {FILE_NAME: CONTENT}


def test_that_a_slow_download_is_shown_as_it_comes_and_ends_well(server: LocalServer, tmp_path: Path) -> None:
    piece = 100_000
    server.answers.append(Answer(piece=piece))
    seen = []
    for step in download(published(server.url), tmp_path, timeout=PATIENT):
        seen.append(step.done)
        if step.done % piece == 0:  # all that was sent has been shown
            server.tokens.release()
    assert {0, piece, 2 * piece, 3 * piece} <= set(seen)
    assert files(tmp_path) == {FILE_NAME: CONTENT}


@pytest.mark.parametrize("answer", [Answer(says_length=False), Answer(chunked=True)])
def test_that_a_server_that_says_no_length_will_do(server: LocalServer, tmp_path: Path, answer: Answer) -> None:
    server.answers.append(answer)
    assert fetch(server, tmp_path)[0].total == len(CONTENT), "the size of the table"
    assert files(tmp_path) == {FILE_NAME: CONTENT}


def test_that_a_redirect_is_followed_and_keeps_the_place(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.part").write_bytes(CONTENT[:HALF])
    server.answers.append(Answer(status=302, location=f"{server.url}/mirror"))
    fetch(server, tmp_path)
    assert [request.path for request in server.requests] == [f"/models/{FILE_NAME}", "/mirror"]
    assert server.sent == [(HALF, len(CONTENT))]
    assert files(tmp_path) == {FILE_NAME: CONTENT}


# --- it is interrupted, and goes on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
def test_that_half_a_download_is_said_kept_and_gone_on_with(
    server: LocalServer, tmp_path: Path, *, chunked: bool
) -> None:
    server.answers.append(Answer(send=HALF, chunked=chunked))
    said = failure(server.url, tmp_path)
    assert "it goes on from there" in said
    assert files(tmp_path) == {f"{FILE_NAME}.part": CONTENT[:HALF]}
    steps = fetch(server, tmp_path)
    assert steps[0] == DownloadProgress(HALF, len(CONTENT), 0.0)
    assert server.sent == [(0, HALF), (HALF, len(CONTENT))], "no byte twice"
    assert files(tmp_path) == {FILE_NAME: CONTENT}


def test_that_a_silent_connection_is_given_up_and_what_came_is_kept(server: LocalServer, tmp_path: Path) -> None:
    server.answers.append(Answer(send=HALF, stalls=True))
    said = failure(server.url, tmp_path, IMPATIENT)
    assert "has sent nothing for 3 seconds" in said
    assert files(tmp_path) == {f"{FILE_NAME}.part": CONTENT[:HALF]}
    fetch(server, tmp_path)
    assert server.sent == [(0, HALF), (HALF, len(CONTENT))]


def test_that_a_server_that_never_answers_is_given_up(server: LocalServer, tmp_path: Path) -> None:
    server.answers.append(Answer(stalls=True))
    assert "no answer in 3 seconds" in failure(server.url, tmp_path, IMPATIENT)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, GeneratorExit])
def test_that_ctrl_c_keeps_what_came(server: LocalServer, tmp_path: Path, ending: type[BaseException]) -> None:
    server.answers.append(Answer(send=HALF, stalls=True))
    steps = download(published(server.url), tmp_path, timeout=PATIENT)
    while next(steps).done < HALF:
        pass
    with pytest.raises(ending):
        steps.throw(ending)
    assert files(tmp_path) == {f"{FILE_NAME}.part": CONTENT[:HALF]}
    fetch(server, tmp_path)
    assert server.requests[-1].range == f"bytes={HALF}-"
    assert files(tmp_path) == {FILE_NAME: CONTENT}


def test_that_a_server_without_ranges_sends_all_of_it_again(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.part").write_bytes(CONTENT[:HALF])
    server.answers.append(Answer(knows_ranges=False))
    assert fetch(server, tmp_path)[0].done == 0
    assert server.sent == [(0, len(CONTENT))]
    assert files(tmp_path) == {FILE_NAME: CONTENT}


def test_that_a_part_that_was_whole_already_needs_no_request(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.part").write_bytes(CONTENT)
    fetch(server, tmp_path)
    assert server.requests == []
    assert files(tmp_path) == {FILE_NAME: CONTENT}


@pytest.mark.parametrize(
    ("part", "answer"),
    [
        (bytes(HALF), Answer()),  # of another file, or of one that has changed since
        (bytes(len(CONTENT)), Answer()),  # nothing is left to ask for: 416
        (CONTENT[:HALF], Answer(shifts_range=1)),
    ],
    ids=["another file", "too long", "another range"],
)
def test_that_a_part_that_leads_nowhere_is_started_afresh(
    server: LocalServer, tmp_path: Path, part: bytes, answer: Answer
) -> None:
    (tmp_path / f"{FILE_NAME}.part").write_bytes(part)
    server.answers.append(answer)
    fetch(server, tmp_path)
    assert [request.range for request in server.requests] == [f"bytes={len(part)}-", None]
    assert files(tmp_path) == {FILE_NAME: CONTENT}


# --- it goes wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"something else", CONTENT + b"more"])
def test_that_wrong_content_is_said_and_deleted(server: LocalServer, tmp_path: Path, body: bytes) -> None:
    server.answers.append(Answer(body=body))
    said = failure(server.url, tmp_path)
    assert "its checksum differs" in said
    assert len(server.requests) == 1
    assert files(tmp_path) == {}


def test_that_wrong_content_after_a_resume_is_asked_for_once_more_and_not_for_ever(
    server: LocalServer, tmp_path: Path
) -> None:
    (tmp_path / f"{FILE_NAME}.part").write_bytes(CONTENT[:HALF])
    server.content = bytes(len(CONTENT))
    assert "its checksum differs" in failure(server.url, tmp_path)
    assert len(server.requests) == 2
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=404), "does not have the file"),
        (Answer(status=403), "403 Forbidden"),
        (Answer(status=503), "503 Service Unavailable"),
        (Answer(status=407), "http_proxy, as http://NAME:PASSWORD@HOST:PORT"),
        (Answer(content_type="text/html; charset=utf-8", body=b"<p>Log in</p>", knows_ranges=False), "a web page came"),
        (Answer(status=302, location="/round/and/round"), "302"),
    ],
)
def test_that_another_answer_than_the_file_is_a_sentence_and_leaves_the_part(
    server: LocalServer, tmp_path: Path, answer: Answer, words: str
) -> None:
    (tmp_path / f"{FILE_NAME}.part").write_bytes(CONTENT[:HALF])
    server.answers.extend([answer] * 12)
    said = failure(server.url, tmp_path)
    assert words in said
    assert str(tmp_path / FILE_NAME) in said
    assert files(tmp_path) == {f"{FILE_NAME}.part": CONTENT[:HALF]}


def test_that_offline_the_file_and_its_place_are_named_and_bringing_it_is_enough(tmp_path: Path) -> None:
    base_url = f"http://127.0.0.1:{closed_port()}"
    said = failure(base_url, tmp_path)
    assert "127.0.0.1 cannot be reached: Connection refused." in said
    assert published(base_url).url in said
    assert str(tmp_path / FILE_NAME) in said
    (tmp_path / FILE_NAME).write_bytes(CONTENT)
    assert [step.path for step in download(published(base_url), tmp_path)] == [tmp_path / FILE_NAME]


def test_that_an_unknown_certificate_names_the_variable_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Distrust:
        def open(self, *_args: object, **_options: object) -> None:
            error = SSLCertVerificationError(1, "certificate verify failed")
            error.verify_message = "self-signed certificate in certificate chain"
            raise URLError(error)

    monkeypatch.setattr(downloads, "build_opener", Distrust)
    said = failure("https://weights.example", tmp_path)
    assert "self-signed certificate" in said
    assert "SSL_CERT_FILE" in said


class FullDisk(io.FileIO):
    """A file on a disk that has no room for another byte."""

    def write(self, _data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_that_a_full_disk_is_said_and_room_is_all_it_needs(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.part").write_bytes(CONTENT[:HALF])

    def open_on_full_disk(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        writes = path.suffix == ".part" and mode in ("ab", "wb")
        return FullDisk(path, mode) if writes else path_open(path, mode, *args, **options)

    path_open = Path.open
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", open_on_full_disk)
        said = failure(server.url, tmp_path)
    assert "The disk is full" in said
    assert files(tmp_path) == {f"{FILE_NAME}.part": CONTENT[:HALF]}
    fetch(server, tmp_path)
    assert server.requests[-1].range == f"bytes={HALF}-"
    assert files(tmp_path) == {FILE_NAME: CONTENT}


def test_that_a_folder_that_cannot_be_made_is_a_sentence_before_any_request(
    server: LocalServer, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_bytes(b"")
    said = failure(server.url, tmp_path / "taken")
    assert f"Nothing can be written to {tmp_path / 'taken'}" in said
    assert "BOXWRIGHT_MODELS" in said
    assert server.requests == []


def test_that_a_folder_in_the_place_of_the_file_is_a_sentence(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    assert f"{tmp_path / FILE_NAME} cannot be read" in failure(server.url, tmp_path)
    assert server.requests == []


def test_that_two_downloads_of_one_file_do_not_mix(server: LocalServer, tmp_path: Path) -> None:
    first = download(published(server.url), tmp_path, timeout=PATIENT)
    next(first)
    assert "Another Boxwright is fetching thing" in failure(server.url, tmp_path)
    assert [step.path for step in first][-1] == tmp_path / FILE_NAME
    assert len(fetch(server, tmp_path)) == 1


# --- there is a proxy -------------------------------------------------------------------------------------------------


def test_that_the_proxy_of_the_environment_is_asked(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.answers.append(Answer(send=HALF))
    assert "it goes on from there" in failure("http://weights.example", tmp_path)
    assert list(download(published("http://weights.example"), tmp_path))[-1].path == tmp_path / FILE_NAME
    assert {request.path for request in server.requests} == {f"http://weights.example/models/{FILE_NAME}"}
    assert server.sent == [(0, HALF), (HALF, len(CONTENT))]


def test_that_a_host_without_proxy_is_asked_itself(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    said = failure(server.url, tmp_path)
    assert "cannot be reached through the proxy that is set: Connection refused." in said
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert "cannot be reached: " in failure(f"http://127.0.0.1:{closed_port()}", tmp_path), "the proxy is not to blame"
    fetch(server, tmp_path)
    assert files(tmp_path) == {FILE_NAME: CONTENT}


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_that_a_proxy_that_wants_a_password_is_told_apart_behind_https_too(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", server.url)
    server.answers.append(Answer(status=407))
    said = failure("https://weights.example", tmp_path)
    assert "https_proxy, as http://NAME:PASSWORD@HOST:PORT" in said
    assert server.requests[0].path == "weights.example:443"
    gc.collect()  # http.client of Python 3.11.2 keeps what it has read of a proxy's refusal, which is garbage now


def test_that_the_password_of_a_proxy_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:secret@127.0.0.1:{closed_port()}")
    assert "secret" not in failure("http://weights.example", tmp_path)
