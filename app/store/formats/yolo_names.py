"""What describes a YOLO dataset: `data.yaml`, or a plain list of names as labelImg and Darknet have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from reprlib import repr as short
from typing import TYPE_CHECKING

import yaml

from app.model.words import tr
from app.store.formats.folder_walk import GLANCE, files_below
from app.store.formats.xml_reading import require_regular
from detector.coco import is_text
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DATA_FILE = "data.yaml"
DESCRIPTIONS = (DATA_FILE, "data.yml", "dataset.yaml", "dataset.yml")
LISTS = ("classes.txt", "obj.names")
YAML = (".yaml", ".yml")
MAX_BYTES = 2**20
MAX_NODES = 100_000
"""Values in a description, of which PyYAML reads some ten thousand a second: 50,000 named classes."""
LONGEST_NUMBER = 100
LEVELS_UP = 2
"""From `dataset/images/train` to `dataset`."""
_UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What PyYAML raises, beside its own errors, where a value is not of the type that it is said to be."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """The safe one, without what takes minutes: a few lines of merged mappings can stand for a billion entries."""

    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        """Refuse one value too many."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, f"it has more than {MAX_NODES} values", mark)
        return super().compose_node(parent, index)

    def construct_scalar(self, node: yaml.ScalarNode) -> object:
        """Refuse long numbers: those of base 60 take a time that grows with the square of their length."""
        if node.tag != "tag:yaml.org,2002:str" and len(node.value) > LONGEST_NUMBER:
            raise yaml.constructor.ConstructorError(None, None, "it has a number that is too long", node.start_mark)
        return super().construct_scalar(node)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Refuse what would be merged here."""
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
            raise yaml.constructor.ConstructorError(None, None, "it merges mappings", node.start_mark)


@dataclass(frozen=True, slots=True)
class Description:
    """A dataset: the folder below which its text files are, and class number -> name; no names where none are said.

    `keypoints` is how many numbers of keypoints follow each box.
    """

    root: Path
    names: Mapping[int, str] = field(default_factory=dict)
    keypoints: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def looks_like_data(path: Path) -> bool:
    """Tell whether a file is YAML that names classes."""
    if path.suffix.lower() not in YAML:
        return False
    try:
        return isinstance(_load(path).get("names"), list | dict)
    except DetectorError:
        return False


def describe(path: Path, image_folder: Path) -> Description:
    """Return what describes the dataset of a file `data.yaml`, or of a folder. Raises DetectorError.

    Only `image_folder`, what is in it and where it is may a description point to, beside its own folder.
    """
    path = path.resolve()
    if path.is_file() and path.suffix.lower() in YAML:
        return _of_yaml(path, image_folder)
    if path.is_file():
        raise DetectorError(f"{path} is no description of a dataset: choose its data.yaml or its folder.")
    for name in DESCRIPTIONS:
        if (path / name).is_file():
            return _of_yaml(path / name, image_folder)
    for file in (*(folder / name for folder in (path, path.parent) for name in LISTS), *_elsewhere(path)):
        if file.is_file():
            return Description(path, _of_list(file))
    for folder in (path.parent, path.parent.parent):  # of a folder `labels`, or of its `train`
        if looks_like_data(folder / DATA_FILE):
            names = _of_yaml(folder / DATA_FILE, image_folder)
            return Description(path, names.names, names.keypoints, names.problems)
    return Description(path)


def parts_of(path: Path, images: str) -> frozenset[str] | None:
    """Return which folders in `images` a description names as parts of a split; None where it cannot be read."""
    try:
        said = _load(path).values()
    except DetectorError:
        return None
    return frozenset(one.removeprefix(f"{images}/") for one in said if is_text(one) and one.startswith(f"{images}/"))


def _elsewhere(folder: Path) -> list[Path]:
    """Return the lists of names in the folder of the labels: labelImg puts it there."""
    return [file for file in islice(files_below(folder, ".txt", folders_read=GLANCE), GLANCE) if file.name in LISTS]


def _of_yaml(path: Path, image_folder: Path) -> Description:
    data = _load(path)
    said = data.get("names")
    if isinstance(said, list):
        said = dict(enumerate(said))
    if not isinstance(said, dict):
        raise DetectorError(f"{path} names no classes: its names are {short(said)}.")
    names, problems = {}, []
    for number, name in said.items():
        text = str(name) if isinstance(name, int | float) else name  # a class may be called 7, or yes, which is true
        if isinstance(number, int) and number >= 0 and is_text(text) and text.strip():
            names[number] = text.strip()
        else:
            problems.append(tr("{}: class {} is named {}.").format(path.name, short(number), short(name)))
    shape = data.get("kpt_shape")
    is_shape = isinstance(shape, list) and len(shape) == 2 and all(isinstance(one, int) for one in shape)
    keypoints = shape[0] * shape[1] if is_shape and isinstance(shape, list) else 0
    root, notes = _root(path, data.get("path"), image_folder.resolve())
    return Description(root, names, keypoints, tuple(problems), notes)


def _root(path: Path, said: object, image_folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Return the folder of a dataset, and notes: what its description says, where that exists, or where that lies.

    A description from a stranger may say `/`: then every folder of the computer would be gone through. So what it says
    counts in its own folder, and among and around the images.
    """
    own = path.parent.resolve()
    if not is_text(said) or "\0" in said:
        return own, ()
    try:
        folder = (own / said).resolve()
        if not folder.is_dir() or folder == own:
            return own, ()
    except (OSError, RuntimeError):  # too long a name, links that lead to themselves
        return own, ()
    around = image_folder.parents[:LEVELS_UP]
    if folder.is_relative_to(own) or folder.is_relative_to(image_folder) or (folder in around and folder.name):
        return folder, ()
    sentence = tr("{} says that its dataset is in {}, where your images are not. Only {} was looked through.")
    return own, (sentence.format(path.name, short(str(folder)), own),)


def _of_list(path: Path) -> dict[int, str]:
    """Return the names of a list, one a line."""
    try:
        require_regular(path, MAX_BYTES)
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DetectorError(f"The file {path} cannot be read: {error}.") from error
    return {number: line.strip() for number, line in enumerate(lines) if line.strip()}


def _load(path: Path) -> dict[object, object]:
    """Return the object in a YAML file. Raises DetectorError."""
    try:
        require_regular(path, MAX_BYTES)
        data = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 - a safe one
    except OSError as error:
        raise DetectorError(f"The file {path} cannot be read: {error.strerror or error}.") from error
    except (yaml.YAMLError, *_UNFORESEEN) as error:
        reason = " ".join(str(error).split())
        raise DetectorError(f"{path} is not YAML that can be read: {reason[:200]}.") from error
    if not isinstance(data, dict):
        raise DetectorError(f"{path} describes no dataset: it holds no names at its top level.")
    return data
