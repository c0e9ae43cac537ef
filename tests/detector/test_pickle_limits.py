"""Pickles and archives that take far more than they are: refused before anything is made of them."""

from __future__ import annotations

import pickle
import struct
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from detector import pickle_limits
from detector.types import DetectorError
from detector.unpickling import read_weights

if TYPE_CHECKING:
    from pathlib import Path

PROTO, STOP, MARK = b"\x80\x04", b".", b"("
ENCODE = b"c_codecs\nencode\n"


def text(letters: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(letters)) + letters


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DetectorError) as refused:
        read_weights(path)
    return str(refused.value)


@pytest.mark.parametrize("protocol", [b"\x80\x02", b"\x80\x04"])
def test_that_a_place_far_out_in_the_memo_is_refused(tmp_path: Path, protocol: bytes) -> None:
    content = protocol + b"}r" + struct.pack("<I", 2**32 - 1) + STOP
    assert "would take far more memory" in refusal(tmp_path / "a.pkl", content)


def test_that_too_many_steps_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_limits, "MAX_STEPS", 1_000)
    assert "would take far more memory" in refusal(tmp_path / "a.pkl", PROTO + b"]" * 2_000 + STOP)


@pytest.mark.parametrize(
    "again",
    [
        ENCODE + b"h\x00" + text(b"latin1") + b"\x86R",  # the text itself
        ENCODE + b"h\x01R",  # a tuple that has it
        ENCODE + b"h\x01" + b"R" + b"2",  # what came of it, twice
    ],
)
def test_that_copies_of_one_long_text_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bytes
) -> None:
    monkeypatch.setattr(pickle_limits, "MAX_COPIED", 2**20)
    long = text(b"a" * 10_000) + b"q\x00" + text(b"latin1") + b"\x86q\x01"
    content = PROTO + b"}" + MARK + long + again * 2_000 + STOP
    assert "would take far more memory" in refusal(tmp_path / "a.pkl", content)
    once = PROTO + b"}" + text(b"w") + long + b"0" + ENCODE + b"h\x01Rs" + STOP
    assert "There are no weights" in refusal(tmp_path / "b.pkl", once)


def test_that_a_pickle_that_takes_what_is_not_there_is_damaged(tmp_path: Path) -> None:
    for content in (PROTO + b"R" * 20 + STOP, PROTO + b"\x86" * 20 + STOP, PROTO + b"h\x09" * 20 + STOP):
        assert "is damaged or not whole" in refusal(tmp_path / "a.pkl", content)


def test_that_arrays_that_share_their_content_are_refused(tmp_path: Path) -> None:
    shared = np.zeros(400_000, dtype=np.float32)
    few, many = tmp_path / "few.pkl", tmp_path / "many.pkl"
    few.write_bytes(pickle.dumps({"a": shared, "b": shared}))
    assert set(read_weights(few).state) == {"a", "b"}
    assert "would take far more memory" in refusal(many, pickle.dumps(dict.fromkeys(map(str, range(500)), shared)))


def test_that_a_tensor_of_one_number_is_no_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"a": torch.zeros(1).expand(100_000, 10_000)}, path)
    assert "refused" in refusal(path, path.read_bytes()) or "damaged" in refusal(path, path.read_bytes())


def test_that_wrappers_in_wrappers_come_to_an_end(tmp_path: Path) -> None:
    inner: dict[str, object] = {}
    for _ in range(40):
        inner = dict.fromkeys(("state_dict", "model", "ema", "module", "blobs"), inner)
    assert "There are no weights" in refusal(tmp_path / "a.pkl", pickle.dumps(inner, 4))


def test_that_an_archive_that_unpacks_to_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(pickle_limits.MAX_UNPACKED + 2**20))
        archive.writestr("archive/version", "3")
    assert "would take far more memory" in refusal(path, path.read_bytes())


def test_that_an_older_file_of_pytorch_is_looked_at_too(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"a": torch.zeros(3)}, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    start = content.index(b"}q\x00")
    evil = content[:start] + b"}r" + struct.pack("<I", 2**32 - 1) + content[start + 3 :]
    assert "would take far more memory" in refusal(path, evil)
