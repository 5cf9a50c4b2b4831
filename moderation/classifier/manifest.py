"""The list of files that make up a set of weights: nothing is loaded that does not match it byte for byte."""

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moderation.classifier.base import WeightsError
from moderation.classifier.calibration import LabelCalibration
from moderation.taxonomy import Label

MANIFEST = "manifest.json"
SAMPLE_FILE = "sample.jsonl"
_SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """The part of `manifest.json` that loading depends on; the rest is for readers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, Field(min_length=1)]
    revision: Annotated[str, Field(min_length=7)]
    labels: tuple[str, ...]
    max_tokens: Annotated[int, Field(ge=16, le=512)]
    files: Annotated[dict[str, _SHA256], Field(min_length=1)]
    calibration: dict[Label, LabelCalibration] = {}
    reading: int | None = None  # of `spelling.py`; None: as typed, but for disguises


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest and check every file it names; raise WeightsError at the first difference."""
    file = folder / MANIFEST
    if not file.is_file():
        message = f"{file} is missing: {folder} is not a folder of weights"
        raise WeightsError(message)
    try:
        manifest = Manifest.model_validate_json(file.read_bytes())
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "it"
        message = f"{file} cannot be read: {where} is missing or malformed"
        raise WeightsError(message) from None
    for name, expected in manifest.files.items():
        _check_file(folder, name, expected)
    return manifest


def sha256_of(file: Path) -> str:
    """Return the file's sha256 in hex."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _check_file(folder: Path, name: str, expected: str) -> None:
    file = folder / name
    if Path(name).name != name or not file.is_file():
        message = f"{file} is named in {MANIFEST} but missing: install the weights again"
        raise WeightsError(message)
    if sha256_of(file) != expected:
        message = f"{file} is not the file that {MANIFEST} describes: install the weights again"
        raise WeightsError(message)
