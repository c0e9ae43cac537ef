"""Annotations of other programs made to harm: bombs of entities and aliases, text without end, links, pipes, paths."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from bench.hostile_case import Case, flipped, shortened, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

    from bench.hostile_case import Made

DAMAGED = 2
PICTURE = "a.png"
VOC = (
    "<annotation><filename>{name}</filename><size><width>32</width><height>24</height></size>{more}<object><name>die"
    "</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>{xmax}</xmax><ymax>20</ymax></bndbox></object></annotation>"
)
CVAT = (
    '<annotations><version>1.1</version><image id="{id}" name="{name}" width="32" height="24"><box label="die" '
    'xtl="1" ytl="2" xbr="{xbr}" ybr="20"/>{more}</image></annotations>'
)
YAML = "names:\n  0: die\n{more}\n"
LINE = "0 0.5 0.5 0.25 0.25\n"
LABELME = (
    '{{"version": "5.0.0", "imagePath": {path}, "imageData": {data}, "imageHeight": {height}, "imageWidth": 32, '
    '"shapes": [{{"label": {label}, "points": {points}, "shape_type": "rectangle", "flags": {{}}}}]}}'
)
STUDIO = (
    '[{{"id": {id}, "data": {{"image": {image}}}, "annotations": [{{"result": [{{"id": {region}, "type": '
    '"rectanglelabels", "original_width": {width}, "original_height": 24, "image_rotation": 0, "value": {{"x": 1, '
    '"y": 2, "width": {percent}, "height": 9, "rotation": 0, "rectanglelabels": {labels}}}}}{more}]}}]}}]'
)
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for ending, texts in ((".xml", _xml()), (".yaml", _yaml()), (".json", _json())):
        for name, make in texts:
            yield Case(f"{name}{ending}", "foreign", partial(_file, f"a{ending}", make))
    for name, make in _lines():
        yield Case(f"{name}.txt", "foreign", partial(_dataset, "", make))
    for name, text in _YAML_PATHS.items():
        yield Case(f"a folder that is {name}.yaml", "foreign", partial(_dataset, text, LINE.encode))
    for ending in (".txt", ".xml", ".json", ".yaml"):
        for place in ("precious", "zeros", "pipe", "itself", "nothing"):
            yield Case(f"{place} behind a{ending}", "foreign", partial(_linked, ending, place))
    yield Case("names that are no UTF-8", "foreign", _odd_names)
    yield Case("lists of images that lead away", "foreign", _image_lists)
    yield Case("a secret in a DTD.xml", "foreign", partial(_secret, '<!DOCTYPE annotation SYSTEM "{}">', ""))
    yield Case("a secret in an entity.xml", "foreign", partial(_secret, _DTD % '<!ENTITY s SYSTEM "{}">', "&s;"))
    yield Case("a secret in a parameter.xml", "foreign", partial(_secret, _DTD % '<!ENTITY % s SYSTEM "{}">%s;', ""))
    yield Case("a secret in an inclusion.xml", "foreign", partial(_secret, "", _INCLUDE))
    for damage, word in ((shortened, "cut off"), (flipped, "bits flipped")):
        for number in range(DAMAGED):
            for ending, whole in (("xml", voc()), ("cvat", cvat()), ("json", labelme()), ("studio", studio())):
                yield Case(f"{word} {number}.{ending}", "foreign", partial(_damaged, damage, whole))


def voc(name: str = PICTURE, more: str = "", xmax: str = "10") -> bytes:
    """Return a small file of VOC."""
    return VOC.format(name=name, more=more, xmax=xmax).encode()


def cvat(name: str = PICTURE, more: str = "", xbr: str = "10", number: str = "0") -> bytes:
    """Return a small file of CVAT."""
    return CVAT.format(name=name, more=more, xbr=xbr, id=number).encode()


def labelme(**values: str) -> bytes:
    """Return a small file of labelme, some of its values as the text that they are given."""
    whole = {"path": f'"{PICTURE}"', "data": "null", "height": "24", "label": '"die"', "points": "[[1, 2], [10, 20]]"}
    return LABELME.format(**(whole | values)).encode()


def studio(**values: str) -> bytes:
    """Return a small export of Label Studio, some of its values as the text that they are given."""
    whole = {"id": "1", "image": f'"{PICTURE}"', "region": '"r"', "width": "32", "percent": "30", "labels": '["die"]'}
    return STUDIO.format(**({"more": ""} | whole | values)).encode()


_DTD = "<!DOCTYPE annotation [%s]>"
_INCLUDE = '<source xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{}" parse="text"/></source>'


def _xml() -> Iterator[Made]:
    million = 1_000_000
    yield "a billion laughs", lambda: (_DTD % f'<!ENTITY l0 "ha">{_LAUGHS}').encode() + voc(more="<a>&l9;</a>")
    yield "a name of a billion laughs", lambda: (_DTD % f'<!ENTITY l0 "ha">{_LAUGHS}').encode() + cvat("&l9;")
    yield (
        "an entity 100000 times",
        lambda: (_DTD % f'<!ENTITY a "{"a" * 100_000}">').encode() + voc(more="<a>" + "&a;" * 100_000 + "</a>"),
    )
    yield "a default of 10 MB", lambda: (_DTD % f'<!ATTLIST box label CDATA "{"a" * 10**7}">').encode() + cvat()
    yield "nested 200000 deep", lambda: voc(more="<a>" * 200_000 + "</a>" * 200_000)
    yield "a million elements", lambda: voc(more="<a/>" * million)
    yield "60 million elements", lambda: cvat(more="<a/>" * 60 * million)
    yield "a million attributes", lambda: cvat(more="<box" + "".join(map(' a{}=""'.format, range(million))) + "/>")
    yield "12 million attributes", lambda: cvat(more='<a a="" b="" c="" d=""/>' * (3 * million))
    yield "a million boxes", lambda: cvat(more='<box label="a" xtl="1" ytl="1" xbr="9" ybr="9"/>' * million)
    yield "a million bad boxes", lambda: cvat(more="<box/>" * million)
    yield "a long name on a million bad boxes", lambda: cvat("a" * million, more="<box/>" * million)
    yield "a long number on a million bad boxes", lambda: cvat(number="7" * million, more="<box/>" * million)
    yield "text of 200 MB", lambda: cvat(more=f"<tag>{'a' * 200 * million}</tag>")
    yield "an attribute of 200 MB", lambda: cvat(more=f'<polygon label="a" points="{"1,1;" * 50 * million}"/>')
    yield "an attribute of 15 MB", lambda: voc(more=f'<a b="{"1" * 15 * million}"/>')
    yield "a comment of 400 MB", lambda: cvat(more=f"<!--{'a' * 400 * million}-->")
    yield "numbers that are none", lambda: cvat(xbr="NaN") + cvat(xbr="1e999")
    yield "a number of a million digits", lambda: voc(xmax="9" * million)
    yield "a number of no end", lambda: voc(xmax="inf")
    yield "UTF-7", lambda: b'<?xml version="1.0" encoding="utf-7"?>' + voc()
    yield "no encoding of that name", lambda: b'<?xml version="1.0" encoding="rot13"?>' + voc()
    yield "an encoding that it is not in", lambda: b'<?xml version="1.0" encoding="utf-16"?>' + voc()
    yield "UTF-16", lambda: voc().decode().encode("utf-16")
    yield "NUL", lambda: voc("a\0.png")
    yield "no UTF-8", lambda: voc().replace(b"die", b"\xff\xfe")
    yield "half", lambda: voc()[:-20]
    for number, name in enumerate(("/etc/passwd", "../../outside/precious.tif", "a/" * 10**5 + PICTURE, "&#10;", "..")):
        yield f"name {number} that leads away", partial(voc, name)


def _yaml() -> Iterator[Made]:
    def described(text: str) -> Callable[[], bytes]:
        return lambda: YAML.format(more=text).encode()

    lists = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    merges = "\n".join(f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}" for n in range(1, 12))
    yield "a bomb of aliases", described(f"a0: &a0 [a]\n{lists}\nkpt_shape: *a11")
    yield "names that are a bomb", f"a0: &a0 [a]\n{lists}\nnames: [*a11, *a11]".encode
    yield "a bomb of merges", described(f"m0: &m0 {{k: v}}\n{merges}")
    yield "an object of Python", described('x: !!python/object/apply:os.system ["touch pwned"]')
    yield "itself", described("path: &p [*p]")
    yield "nested without end", described("x: " + "[" * 100_000)
    yield "a megabyte of lists", described("x: [" + "[]," * 330_000 + "]")
    yield "a megabyte of names", lambda: b"names: [" + b"a, " * 340_000 + b"a]"
    yield "a number of 30000 hexadecimal digits", lambda: b"names:\n  0: 0x" + b"f" * 30_000
    yield "a class of 30000 hexadecimal digits", lambda: b"names:\n  -0x" + b"f" * 30_000 + b": die"
    yield "a number of 300000 minutes", described("x: 1" + ":1" * 300_000)
    yield "a fraction of 3000 minutes", described("x: 1" + ":1" * 3_000 + ".5")
    for name, text in (("truth", "!!bool die"), ("number", "!!int ''"), ("fraction", "!!float ''")):
        yield f"a {name} that is none", described(f"x: {text}")
    yield "a time that is none", described("x: !!timestamp die")
    yield "a time beyond the calendar", described("x: 2026-13-99 25:61:61 +99:99")
    yield "endless shapes", described("kpt_shape: [9223372036854775807, 9223372036854775807]")
    yield "NUL", lambda: b"names: [a\0b]"
    yield "UTF-32", lambda: YAML.encode("utf-32")


def _json() -> Iterator[Made]:
    million = 1_000_000
    yield "a picture of 400 MB", lambda: labelme(data='"' + "A" * 400 * million + '"')
    yield "a picture that is none of 400 MB", lambda: labelme(data='"' + "-" * 400 * million + '"')
    yield "300 MB of empty lists", lambda: labelme(points="[" + "[]," * 100 * million + "[]]")
    yield "points nested 900 deep", lambda: labelme(data="1", label='"a", "x": ' + "[" * 900 + "]" * 900)
    yield "points nested without end", lambda: labelme(points="[" * 100_000 + "]" * 100_000)
    for word, text in (("1e400", "1e400"), ("a list", "[[]]"), ("100000 digits", "9" * 100_000), ("NaN", "NaN")):
        yield f"a corner that is {word}", partial(labelme, points=f"[[1, 2], [{text}, 20]]")
        yield f"a height that is {word}", partial(labelme, height=text)
        yield f"a share that is {word}", partial(studio, percent=text, width=text)
    for word, text in (("half a character", '"\\ud800"'), ("an object", "{}"), ("10 MB", f'"{"a" * 10 * million}"')):
        yield f"a label that is {word}", partial(labelme, label=text)
        yield f"labels that are {word}", partial(studio, labels=f"[{text}]")
        yield f"a region that is {word}", partial(studio, region=text, percent="-1")
        yield f"a task that is {word}", partial(studio, id=text, percent="-1")
    names = ("/etc/passwd", "../../outside/precious.tif", "a\\u0000.png", "file:///etc/passwd", "http://[", "?d=%00")
    for number, name in enumerate((*names, "a/" * 10**6, "../" * 10**5 + PICTURE)):
        yield f"name {number} that leads away", partial(labelme, path=f'"{name}"')
        yield f"address {number} that leads away", partial(studio, image=f'"{name}"')
    bad = ', {"type": "rectangle", "value": {"labels": [1]}}' * 200_000
    yield "a task of 30000 letters with bad regions", lambda: studio(id=f'"{"a" * 30_000}"', more=bad)


def _lines() -> Iterator[Made]:
    million = 1_000_000
    yield "a million fields", lambda: b"0 " + b"0.5 " * million
    yield "5 million fields", lambda: b"0 " + b".5 " * (5 * million)
    yield "fields in 8 million lines", lambda: b"0\n" * (8 * million)
    yield "700000 boxes", lambda: LINE.encode() * 700_000
    yield "a number of 10 MB", lambda: b"0 0." + b"5" * 10 * million + b" 0.5 0.2 0.2"
    yield "exponents", lambda: b"0 1e-999999 5e-425000000 1e-999999999999999999 0e999999999999999999\n" * 1_000
    yield "exponents beyond", lambda: b"0 0.5 0.5 0e-1000000000000000000 1e-1999999\n0 .5 .5 1e-999999 0.1\n"
    yield "what is no number", lambda: b"0 nan 0.5 inf 0.2\n0 snan -inf 1_0 0.2\nnan 0.5 0.5 0.1 0.1\n1e999 1 1 1 1\n"
    yield "classes", lambda: b"99999999999999999999 0.5 0.5 0.1 0.1\n-1 0.5 0.5 0.1 0.1\n0.5 0.5 0.5 0.1 0.1\n"
    yield "NUL", lambda: b"0 0.5 0.5\0 0.1 0.1\n\0"
    yield "UTF-16", lambda: LINE.encode("utf-16")


_YAML_PATHS = {
    "the root": "path: /",
    "far above": "path: " + "../" * 40,
    "outside": "path: ../../outside",
    "a file": "path: /etc/passwd",
    "a pipe": "path: /dev/fd",
    "of 5000 letters": "path: " + "a" * 5_000,
    "NUL": 'path: "a\\0b"',
    "processes": "path: /proc",
}


def _file(name: str, make: Callable[[], bytes], folder: Path, _: Random) -> Path:
    return written(folder, name, make())


def _damaged(damage: Callable[[bytes, Random], bytes], whole: bytes, folder: Path, pick: Random) -> Path:
    return written(folder, "a.json" if whole[:1] != b"<" else "a.xml", damage(whole, pick))


def _dataset(more: str, make: Callable[[], bytes], folder: Path, _: Random) -> Path:
    labels = folder / "dataset" / "labels"
    labels.mkdir(parents=True)
    (folder.parent / "outside" / "a.txt").write_text(LINE)
    written(labels.parent, "data.yaml", YAML.format(more=more).encode())
    written(labels, "a.txt", make())
    return labels.parent


def _linked(ending: str, place: str, folder: Path, _: Random) -> Path:
    """Make a folder with one whole annotation, and beside it a link or a pipe that is called as if it were one."""
    whole = {".txt": LINE.encode(), ".xml": voc(), ".json": labelme(), ".yaml": LINE.encode()}[ending]
    dataset = folder / "dataset"
    dataset.mkdir()
    written(dataset, "a.txt" if ending == ".yaml" else f"a{ending}", whole)
    link = dataset / ("data.yaml" if ending == ".yaml" else f"b{ending}")
    outside = folder.parent / "outside"
    if place == "pipe":
        os.mkfifo(link)
    else:
        targets = {"precious": str(outside / "precious.txt"), "zeros": "/dev/zero", "itself": str(link)}
        link.symlink_to(targets.get(place, "none"))
    return dataset


def _odd_names(folder: Path, _: Random) -> Path:
    for ending, content in ((b".xml", voc("b.png")), (b".txt", b"x\n")):
        for name in (b"\xff\xfe", b"new\nline", b"a" * 200, "\u202egpj".encode()):
            with open(os.path.join(os.fsencode(folder), name + ending), "wb") as file:  # noqa: PTH118, PTH123 - bytes
                file.write(content)
    return folder


def _image_lists(folder: Path, _: Random) -> Path:
    outside = folder.parent / "outside"
    _dataset(f"train: {outside}/train.txt\nval: ../../outside\ntest: /", LINE.encode, folder, _)
    for name in ("train.txt", "val.txt", "classes.txt"):
        written(folder / "dataset", name, f"{outside}/precious.tif\n/etc/passwd\n/dev/zero\n".encode())
    return folder / "dataset"


def _secret(before: str, more: str, folder: Path, _: Random) -> Path:
    address = (folder.parent / "outside" / "precious.txt").as_uri()
    text = voc(more=more.format(address)).decode()
    return written(folder, "a.xml", (before.format(address) + text).encode())
