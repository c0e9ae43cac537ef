"""Where `detect` finds its images: folders, lists, COCO files, URLs."""

from __future__ import annotations

import errno
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import fsspec.asyn
import numpy as np
import pytest
from local_server import Answer, LocalServer
from PIL import Image

from detector import remote_images
from detector.image_files import ImageFile, open_or_error
from detector.image_sources import find_sources
from detector.images import read_image
from detector.reach import OutOfReachError
from detector.remote_images import NoRoomError, read_remote
from detector.shard_detection import is_within_reach
from detector.shards import digest_of
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for name in ("2.png", "10.png", "deep/3.png"):
        Image.fromarray(np.full((20, 30, 3), 7, np.uint8)).save(folder / name)
    return folder


def test_that_a_list_has_a_path_a_line_from_its_own_folder_on(photos: Path) -> None:
    listed = photos / "list.txt"
    listed.write_text("deep/3.png\n\n  10.png  \n" + str(photos / "2.png") + "\n10.png\n", encoding="utf-8-sig")
    files = find_sources([str(listed)])
    assert [file.name for file in files] == ["deep/3.png", "10.png", "2.png"]
    assert all(file.path.is_file() for file in files)


def test_that_what_is_not_there_is_found_out_on_reading(photos: Path) -> None:
    listed = photos / "list.txt"
    listed.write_text("2.png\nmissing.png\n")
    first, second = map(open_or_error, find_sources([str(listed)]))
    assert isinstance(first[1], np.ndarray)
    assert isinstance(second[1], DetectorError)
    assert "missing.png" in str(second[1])


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00x", None])
def test_that_a_list_of_nothing_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    listed = tmp_path / "list.txt"
    if content is not None:
        listed.write_bytes(content)
    with pytest.raises(DetectorError, match=r"list .*list\.txt"):
        find_sources([str(listed)])


def test_that_a_coco_file_gives_its_images_their_order_and_names(photos: Path, tmp_path: Path) -> None:
    names = ["deep/3.png", "10.png", "gone.png", "10.png"]
    file = tmp_path / "coco.json"
    file.write_text(json.dumps({"images": [{"id": 9 - n, "file_name": name} for n, name in enumerate(names)]}))
    files = find_sources([str(file)], photos)
    assert [one.name for one in files] == names[:3]
    assert [one.path for one in files] == [photos / name for name in names[:3]]
    file = file.rename(photos / "coco.json")
    assert [one.path for one in find_sources([str(file)])] == [photos / name for name in names[:3]]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "is not a COCO dataset"),
        ({"images": []}, "is not a COCO dataset"),
        ({"images": [{"file_name": "../secret.png"}]}, "leaves the image folder"),
        ({"images": [{"file_name": "a.png"}, 3]}, "Image 2 of"),
    ],
)
def test_that_a_coco_file_that_names_no_images_is_a_sentence(tmp_path: Path, document: object, said: str) -> None:
    (tmp_path / "coco.json").write_text(json.dumps(document))
    with pytest.raises(DetectorError, match=said):
        find_sources([str(tmp_path / "coco.json")])


@pytest.mark.parametrize("name", ["holiday.txt", "holiday.JSON"])
def test_that_a_folder_may_be_called_like_a_list_or_a_coco_file(photos: Path, name: str) -> None:
    folder = photos.rename(photos.with_name(name))
    assert [file.name for file in find_sources([str(folder)])] == ["2.png", "10.png", "deep/3.png"]
    assert len(find_sources([str(folder), str(folder / "deep")])) == 3
    with pytest.raises(DetectorError, match="--images is the folder of the images of a COCO file"):
        find_sources([str(folder)], folder)


def test_that_a_coco_file_or_a_url_stands_alone(photos: Path) -> None:
    (photos / "coco.json").write_text('{"images": [{"file_name": "2.png"}]}')
    for places in ([str(photos / "coco.json"), str(photos)], [str(photos), "memory://bucket"]):
        with pytest.raises(DetectorError, match="give it alone"):
            find_sources(places)
    with pytest.raises(DetectorError, match="--images is the folder of the images of a COCO file"):
        find_sources([str(photos)], photos)


@pytest.fixture
def bucket(photos: Path) -> Iterator[str]:
    """The photos in an object storage that is this process's memory."""
    storage = fsspec.filesystem("memory")
    for path in [*photos.rglob("*.png")]:
        storage.pipe(f"/bucket/photos/{path.relative_to(photos).as_posix()}", path.read_bytes())
    storage.pipe("/bucket/photos/notes.md", b"no image")
    storage.pipe("/bucket/photos/cut.png", (photos / "2.png").read_bytes()[:50])
    yield "memory://bucket/photos"
    storage.rm("/bucket", recursive=True)


def test_that_images_in_object_storage_are_looked_at_as_files_are(bucket: str, photos: Path) -> None:
    files = find_sources([bucket])
    assert [file.name for file in files] == ["10.png", "2.png", "cut.png", "deep/3.png"]
    found = {file.name: pixels for file, pixels in map(open_or_error, files)}
    broken = found.pop("cut.png")
    assert isinstance(broken, DetectorError)
    assert "memory://" in str(broken)
    assert tempfile.gettempdir() not in str(broken)
    here = {file.name: pixels for file, pixels in map(open_or_error, find_sources([str(photos)]))}
    assert found.keys() == here.keys()
    assert all(np.array_equal(found[name], here[name]) for name in found)  # type: ignore[arg-type]


def test_that_a_change_in_object_storage_changes_the_digest(bucket: str) -> None:
    before = digest_of(find_sources([bucket]))
    assert digest_of(find_sources([bucket])) == before
    fsspec.filesystem("memory").pipe("/bucket/photos/2.png", b"something else")
    assert digest_of(find_sources([bucket])) != before


@pytest.mark.parametrize("url", ["memory://nothing/here", "nosuchscheme://bucket/photos", "file:///nothing/here"])
def test_that_a_url_without_images_is_a_sentence(url: str) -> None:
    with pytest.raises(DetectorError, match=url):
        find_sources([url])


def test_that_a_list_may_be_of_urls_and_of_nothing_else(bucket: str, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text(f"{bucket}/deep/3.png\n{bucket}/10.png\r\n{bucket}/10.png\n{bucket}/gone.png\n")
    files = find_sources([str(listed)])
    assert [file.name for file in files] == ["deep/3.png", "10.png", "gone.png"]
    pixels = [what for _, what in map(open_or_error, files)]
    assert [isinstance(one, np.ndarray) for one in pixels] == [True, True, False]
    listed.write_text(f"{bucket}/10.png\nhere.png\n")
    with pytest.raises(DetectorError, match="nothing but URLs"):
        find_sources([str(listed)])


def test_that_a_full_disk_is_not_the_fault_of_an_image(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, *_) = find_sources([bucket])

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "get_file", fail)
    with pytest.raises(NoRoomError, match=r"no room on .* to fetch memory://.*10\.png to: .* run the same command"):
        open_or_error(first)


@pytest.fixture(scope="module")
def loop() -> None:
    """Start the thread in which fsspec waits for the network, and which it never ends."""
    pytest.importorskip("aiohttp", reason="the extra `ray`, which brings it, is not installed")
    fsspec.asyn.get_loop()


@pytest.fixture
def web(loop: None, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A storage that says in words of its own why it gives nothing, and after which nobody waits."""
    monkeypatch.setattr(remote_images, "PAUSES", (0.0, 0.0))
    with LocalServer((photos / "2.png").read_bytes()) as server:
        yield server


def test_that_a_storage_that_is_busy_is_asked_again(web: LocalServer, photos: Path) -> None:
    web.answers += [Answer(status=503), Answer(status=503)]
    pixels = read_remote(f"{web.url}/2.png")
    assert len(web.requests) == 3
    assert np.array_equal(pixels, read_image(photos / "2.png"))


@pytest.mark.parametrize(("status", "said"), [(503, "503"), (403, "403")])
def test_that_a_storage_that_gives_nothing_is_no_fault_of_the_image(web: LocalServer, status: int, said: str) -> None:
    web.answers += [Answer(status=status)] * 3
    file = ImageFile(Path("2.png"), "2.png", f"{web.url}/2.png")
    failure = open_or_error(file)[1]
    assert isinstance(failure, OutOfReachError)
    assert str(failure).startswith(f"The image {web.url}/2.png cannot be fetched: {said}")
    web.answers += [Answer(status=status)] * 3
    assert is_within_reach(file)
    assert len(web.requests) == 6


def test_that_an_image_that_the_storage_does_not_have_is_asked_for_once(web: LocalServer) -> None:
    web.answers += [Answer(status=404)] * 2
    file = ImageFile(Path("2.png"), "2.png", f"{web.url}/2.png")
    assert "it is not there" in str(open_or_error(file)[1])
    assert len(web.requests) == 1
    assert not is_within_reach(file)


def test_that_a_storage_that_cannot_be_listed_is_a_sentence_whatever_it_raises(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Token has expired.\nGo elsewhere.")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "find", fail)
    with pytest.raises(DetectorError, match=r"^memory://bucket/photos cannot be listed: Token has expired\.$"):
        find_sources([bucket])


def test_that_a_storage_out_of_reach_is_not_called_empty(bucket: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/photos/"
        with pytest.raises(DetectorError, match=f"^{url} cannot be listed: Cannot connect to host"):
            find_sources([url])
    with pytest.raises(DetectorError, match=r"^memory://bucket/elsewhere cannot be listed: it is not there\.$"):
        find_sources([bucket.replace("photos", "elsewhere")])


def test_that_an_image_that_went_from_the_storage_is_a_sentence(bucket: str) -> None:
    (first, *_) = find_sources([bucket])
    fsspec.filesystem("memory").rm("/bucket/photos/10.png")
    assert "cannot be fetched" in str(open_or_error(first)[1])
