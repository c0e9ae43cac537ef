"""Weights made to harm: pickles that run or swell, archives that unpack, headers of safetensors that lie."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import detector.checkpoints  # noqa: F401 - here, so that each cell need not
from bench.hostile_case import Case, flipped, shortened, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

    from bench.hostile_case import Made

DAMAGED = 8
_SYSTEM = b"cos\nsystem\n(S'touch pwned'\ntR."


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for name, make in (*_pickles(), *_archives(), *_headers()):
        yield Case(name, "weights", partial(_made, name, make))
    for name, whole in (
        ("plain.pkl", _plain_pickle),
        ("torch.pth", _plain_torch),
        ("plain.safetensors", _plain_header),
    ):
        for number in range(DAMAGED):
            yield Case(f"cut off {number} {name}", "weights", partial(_damaged, name, whole, shortened))
            yield Case(f"bits flipped {number} {name}", "weights", partial(_damaged, name, whole, flipped))
    yield Case("a device", "weights", lambda _folder, _pick: _path("/dev/zero"))


def _pickles() -> Iterator[Made]:
    start = b"\x80\x04"
    yield "a command.pkl", lambda: b"\x80\x02" + _SYSTEM
    yield "a command by its parts.pkl", lambda: start + b"\x8c\x02os\x8c\x06system\x93\x8c\x0btouch pwned\x85R."
    yield "eval.pkl", lambda: b'\x80\x02cbuiltins\neval\n(S\'open("pwned","w")\'\ntR.'
    yield "a method of a method.pkl", lambda: b"\x80\x02cbuiltins\ngetattr\n(cos\npath\nS'os'\ntR."
    yield "a memo of 4 billion places.pkl", lambda: start + b"}r\xff\xff\xff\xff."
    yield "20 million lists.pkl", lambda: start + b"]" * 20_000_000 + b"."
    yield "a text of 4 GB that is not there.pkl", lambda: start + b"X\xff\xff\xff\xffa."
    yield "bytes of 2 to the 62.pkl", lambda: start + b"\x8e" + struct.pack("<Q", 2**62) + b"a."
    yield "a byte array of 1 TB.pkl", lambda: b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"a."
    yield "a number of a million digits.pkl", lambda: b"\x80\x02L" + b"9" * 1_000_000 + b"L\n."
    yield "tuples in tuples.pkl", lambda: start + b")" + b"\x85" * 1_000_000 + b"."
    yield "a dictionary of itself.pkl", _itself
    yield "wrappers in wrappers.pkl", lambda: pickle.dumps(_wrapped(60), 4)
    yield (
        "copies of a text of 10 MB.pkl",
        lambda: (
            start
            + b"}(X"
            + struct.pack("<I", 10**7)
            + b"a" * 10**7
            + b"q\0X\6\0\0\0latin1\x86q\1"
            + b"c_codecs\nencode\nh\1R" * 999
            + b"."
        ),
    )
    yield (
        "10000 arrays of one content.pkl",
        lambda: pickle.dumps(dict.fromkeys(map(str, range(10_000)), np.zeros(2**20, dtype=np.float32))),
    )
    yield "an array of objects.pkl", lambda: pickle.dumps({"a": np.array([print], dtype=object)})


def _archives() -> Iterator[Made]:
    yield "a command.pth", lambda: _archive({"archive/data.pkl": b"\x80\x02" + _SYSTEM, "archive/version": b"3\n"})
    yield "a record of 1 GB.pth", lambda: _archive({"archive/data.pkl": bytes(2**30), "archive/version": b"3\n"})
    yield (
        "a record above.pth",
        lambda: _archive({"../../outside/precious.txt": b"x", "archive/data.pkl": b"\x80\x02}."}),
    )
    yield "200000 records.pth", lambda: _archive({f"archive/{number}": b"" for number in range(200_000)})
    yield "a tensor of one number.pth", lambda: _torch({"a": torch.zeros(1).expand(100_000, 100_000)})
    yield "a sparse tensor.pth", lambda: _torch({"a": torch.sparse_coo_tensor(size=(2**20, 2**20))})  # type: ignore[call-arg]
    yield (
        "a byte array of 10 GB.pth",
        lambda: _archive(
            {"archive/data.pkl": b"\x80\x02cbuiltins\nbytearray\n\x8a\x05\0\0\0\0\2\x85R.", "archive/version": b"3\n"}
        ),
    )
    yield "no end of an archive.pth", lambda: b"PK\x03\x04" + bytes(9_999)
    yield "two ends of an archive.pth", lambda: _plain_torch() + _plain_torch()


def header(entries: Any, data: bytes = b"", length: int | None = None) -> bytes:
    """Return a safetensors file whose header is JSON of `entries`, or these bytes."""
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _headers() -> Iterator[Made]:
    def one(kind: str = "F32", shape: list[int] | None = None, ends: tuple[int, int] = (0, 4)) -> dict[str, Any]:
        return {"dtype": kind, "shape": [1] if shape is None else shape, "data_offsets": ends}

    about = {"boxwright": json.dumps({"format": 1, "system": "embedded", "categories": ["a"]})}
    yield "a header of 2 to the 63.safetensors", lambda: header({}, length=2**63)
    yield "a header of all bytes.safetensors", lambda: header(b"{" + b" " * 99_999_999)
    yield "a header of empty lists.safetensors", lambda: header(b'{"a":[' + b"[]," * 30_000_000 + b"[]]}")
    yield "a header nested without end.safetensors", lambda: header(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
    yield "weights on top of each other.safetensors", lambda: header({"a": one(), "b": one()}, bytes(4))
    yield "a gap between weights.safetensors", lambda: header({"a": one(), "b": one(ends=(8, 12))}, bytes(12))
    yield "weights behind the end.safetensors", lambda: header({"a": one(ends=(0, 2**60))}, bytes(4))
    yield (
        "offsets without end.safetensors",
        lambda: header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1e999]}}'),
    )
    yield "shapes that overflow.safetensors", lambda: header({"a": one(shape=[2**32, 2**32])}, bytes(4))
    yield "negative shapes.safetensors", lambda: header({"a": one(shape=[-1])}, bytes(4))
    yield "100000 weights.safetensors", lambda: header({str(n): one(shape=[0], ends=(0, 0)) for n in range(100_000)})
    for kind in ("F8_E4M3", "F8_E5M2", "BF16", "C64", "BOOL", "U64", "F4", "NONE"):
        yield (
            f"numbers of the kind {kind}.safetensors",
            lambda kind=kind: header({"__metadata__": about, "a": one(kind, [4])}, bytes(4)),  # type: ignore[misc]
        )
    for word, text in (
        ("nested", "[" * 100_000),
        ("a list", "[]"),
        ("categories of numbers", '{"format":1,"system":"embedded","categories":[1]}'),
        ("an unknown system", json.dumps({"format": 1, "system": "a" * 10**6})),
        ("a million categories", json.dumps({"format": 1, "system": "embedded", "categories": ["a"] * 10**6})),
        (
            "endless input",
            '{"format":1,"system":"embedded","categories":["a"],"input":{"min_size":1e999,"max_size":1,"enlarges":true}}',
        ),
    ):
        yield (
            f"metadata that is {word}.safetensors",
            lambda text=text: header({"__metadata__": {"boxwright": text}, "a": one()}, bytes(4)),  # type: ignore[misc]
        )


def _archive(records: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in records.items():
            archive.writestr(name, content)
    return target.getvalue()


def _torch(state: dict[str, torch.Tensor]) -> bytes:
    target = io.BytesIO()
    torch.save(state, target)
    return target.getvalue()


def _plain_torch() -> bytes:
    return _torch({"a": torch.zeros(3, 4), "b": torch.ones(5)})


def _plain_pickle() -> bytes:
    return pickle.dumps({"model": {"a": np.zeros((3, 4), dtype=np.float32)}})


def _plain_header() -> bytes:
    return header({"a": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}}, bytes(48))


def _itself() -> bytes:
    document: dict[str, object] = {}
    document["model"] = document
    return pickle.dumps(document)


def _wrapped(depth: int) -> dict[str, object]:
    inner: dict[str, object] = {}
    for _ in range(depth):
        inner = dict.fromkeys(("state_dict", "model", "ema", "module", "blobs"), inner)
    return inner


def _path(text: str) -> Path:
    from pathlib import Path  # noqa: PLC0415 - a type elsewhere

    return Path(text)


def _made(name: str, make: Callable[[], bytes], folder: Path, _: Random) -> Path:
    return written(folder, name, make())


def _damaged(
    name: str, whole: Callable[[], bytes], damage: Callable[[bytes, Random], bytes], folder: Path, pick: Random
) -> Path:
    return written(folder, name, damage(whole(), pick))
