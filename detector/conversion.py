"""Detectors of torchvision, mmdetection and Detectron2 as models of this program (reference, section 9).

Names are changed by the table of the format, values by a few rules, and what system it is follows from the shapes. A
file is converted as a whole or not at all.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from detector.checkpoint_header import HEADER
from detector.coco_names import COCO_NAMES, HIGHEST_ID
from detector.conversion_formats import FORMATS, Format, Renamed, recognise, rename
from detector.conversion_report import ConversionError, Report, compare, require_half, require_numbers
from detector.conversion_values import as_system, background_first, fold_extreme_norms, rows_of_head, with_rows
from detector.model import OBJECT, Network, ProposalNetwork, build
from detector.systems import SYSTEMS
from detector.types import DetectorError
from detector.unpickling import read_weights

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Size, Tensor

    from detector.system import System
    from detector.unpickling import Weights

CLASS_BIAS = "roi_heads.box_predictor.cls_score.bias"
CAFFE = re.compile(r"""style['"]?\s*[=:]\s*['"]caffe""")  # in the configuration of mmdetection
CLASSIFIER = re.compile(r"^((fc|classifier\.\d+)\.weight|(fc1000|pred)_w)$", re.MULTILINE)
DETECTRON_1 = re.compile(r"^conv_rpn_.*w$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Converted:
    """A network in eval mode, the names of its labels 1..K, and what became of each weight of the file."""

    model: Network
    categories: tuple[str, ...]
    report: Report


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of another program: its weights as they were `renamed`, and their `values` as they come to be."""

    path: Path
    form: Format
    renamed: Renamed
    values: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Head:
    """The names of labels 1..K; the `rows` of the file's head to keep, background first, where not all are."""

    categories: tuple[str, ...]
    rows: tuple[int, ...] | None = None
    note: str = ""


def convert_file(path: Path, system: str | None = None, categories: Sequence[str] | None = None) -> Converted:
    """Return the detector in a file of torchvision, mmdetection or Detectron2.

    `system` is the id of what it is. Where it is not given it follows from the weights, but for what they do not tell:
    a MobileNet is taken for the one with the larger input, and mmdetection's for pytorch style unless the file has a
    configuration that says caffe. `categories` are the names of labels 1..K, by default those in the file or those of
    COCO. torchvision's files for COCO have rows for ten ids that were never given: the rows with names are kept, or
    those of `categories`.

    Raises DetectorError with a sentence; where weights do not fit a system it is a ConversionError with the report.
    """
    weights = read_weights(path)
    form = _format(path, weights)
    names = rename(weights.state, form.rows)
    file = Foreign(path, form, names, names.values)
    head = _head(file, categories, weights.categories)
    values = {name: background_first(name, value, form) for name, value in file.values.items()}
    if head.rows is not None:
        values = {name: with_rows(name, value, head.rows) for name, value in values.items()}
    file = replace(file, values=values)
    row, report = _choose(file, len(head.categories), system, weights.configuration)
    require_numbers(path, {file.renamed.sources[name]: value for name, value in values.items()})
    model = build(row, len(head.categories)).eval()
    # Not strict: what is missing are the counters of live norms, see `expected_shapes`.
    model.load_state_dict({name: as_system(name, value, form, row) for name, value in values.items()}, strict=False)
    fold_extreme_norms(model)
    require_half(path, model.state_dict())
    notes = [note for note in (form.note, head.note) if note]
    return Converted(model, head.categories, replace(report, notes=(*report.notes, *notes)))


def _format(path: Path, weights: Weights) -> Format:
    if HEADER in weights.metadata:
        raise DetectorError(f"{path} is a model of this program already: use it as it is.")
    form = recognise(weights.state)
    if form is not None:
        return form
    names = "\n".join(weights.state)
    if DETECTRON_1.search(names):
        raise DetectorError(
            f"{path} is a model of the first Detectron, whose anchors and pooling differ from those of every system "
            "here: take one of Detectron2."
        )
    if CLASSIFIER.search(names):
        raise DetectorError(f"{path} classifies whole images: start a training with it, by --backbone-weights.")
    known = ", ".join(each.title for each in FORMATS)
    raise DetectorError(f"{path} is not a Faster R-CNN or RPN of a program that is known here: {known}.")


def _head(file: Foreign, given: Sequence[str] | None, stated: Sequence[str]) -> Head:
    """Return what the labels mean: by the user, else as `stated` in the file, else as COCO or by their number."""
    if CLASS_BIAS not in file.values:
        if given:
            raise DetectorError(f"{file.path} only proposes, it has no categories: leave --categories out.")
        return Head((OBJECT,))
    count, names = _count_categories(file), tuple(given or stated)
    if len(set(names)) < len(names):
        raise DetectorError(f"Two of the names of categories for {file.path} are the same: give each its own.")
    coco = {name: number for number, name in COCO_NAMES.items()}
    has_ids = file.form.family == "torchvision" and count == HIGHEST_ID  # its rows are COCO's ids
    if has_ids and len(names) != count and coco.keys() >= set(names):
        names = names or tuple(coco)
        note = f"Its {count} categories were taken for the ids of COCO, and the {len(names)} with these names kept."
        return Head(names, (0, *(coco[name] for name in names)), note)
    if not names and count == len(coco) and file.form.family != "torchvision":
        return Head(tuple(coco), note="The file does not name its categories: they were taken for the 80 of COCO.")
    if not names:
        numbered = tuple(f"category {label}" for label in range(1, count + 1))
        return Head(numbered, note="The file does not name its categories: name them with --categories.")
    if len(names) != count:
        whose = "were given" if given else "are in it: name them with --categories"
        raise DetectorError(f"{file.path} knows {count} categories, but {len(names)} names {whose}.")
    return Head(names)


def _count_categories(file: Foreign) -> int:
    """Return K. Raises DetectorError unless there are K + 1 class rows, and boxes for each category."""
    count = file.values[CLASS_BIAS].numel() - 1
    for name, value in file.values.items():
        want = rows_of_head(name, count, file.form)
        rows = value.shape[0] if value.dim() else 0
        if want is not None and (count < 1 or rows != want):
            raise DetectorError(
                f"The head in {file.path} has {rows} rows in {name}, where {count} categories have {want}. (Boxes that "
                "categories share are not known here.)"
            )
    return count


def _choose(file: Foreign, num_categories: int, wanted: str | None, configuration: str) -> tuple[System, Report]:
    """Return the system that the weights fit, and the report. Raises ConversionError where they fit none."""
    says_caffe = bool(CAFFE.search(configuration))
    proposes = CLASS_BIAS not in file.values
    family = [each for each in SYSTEMS.values() if each.family == file.form.family]
    family = [each for each in family if each.proposals_only == proposes] or family
    reports = {each.id: _report(file, each, num_categories) for each in family}
    # Stable: else in the order of the table.
    family.sort(key=lambda each: (reports[each.id].differences, each.caffe_stride != says_caffe))
    best = reports[family[0].id]
    if wanted is not None:
        return _wanted(file, num_categories, wanted, best)
    if best.differences:
        sentence = (
            f"{file.path} is a file of {file.form.title} that fits no system here. The nearest is {best.system}: "
        )
        raise ConversionError(f"{sentence}{best.difference()}.", best)
    others = [each.id for each in family[1:] if not (reports[each.id].differences or configuration)]
    notes = (f"The weights fit {' and '.join(others)} as well: if that is what they are, say --system.",) * bool(others)
    return family[0], replace(best, notes=notes)


def _wanted(file: Foreign, num_categories: int, wanted: str, best: Report) -> tuple[System, Report]:
    """Return the system that the user wants, if the weights fit; `best` is the report of the one that they fit best."""
    if wanted not in SYSTEMS:
        raise DetectorError(f"There is no system {wanted}: the verb systems lists them.")
    system = SYSTEMS[wanted]
    report = _report(file, system, num_categories)
    fits = "" if best.differences else f" It fits {best.system}."
    if system.family != file.form.family:
        raise ConversionError(
            f"{file.path} is a file of {file.form.title}, and {wanted} is not one of its systems.{fits}", report
        )
    if report.differences:
        raise ConversionError(f"{file.path} does not fit the system {wanted}: {report.difference()}.{fits}", report)
    return system, report


def _report(file: Foreign, system: System, num_categories: int) -> Report:
    """Return what becomes of each weight if the file is `system`."""
    count = ProposalNetwork.num_categories if system.proposals_only else num_categories
    return compare(file.form.title, system.id, file.renamed, file.values, expected_shapes(system.id, count))


@functools.lru_cache(maxsize=64)
def expected_shapes(system: str, num_categories: int) -> dict[str, Size]:
    """Return the shape of every weight of a system by name, without the counters of live norms: no result needs them.

    Nobody may change the dict.
    """
    with torch.device("meta"):  # shapes without memory
        state = build(SYSTEMS[system], num_categories).state_dict()
    return {name: value.shape for name, value in state.items() if not name.endswith(".num_batches_tracked")}
