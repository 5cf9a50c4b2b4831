"""Labelled lines: reading them from JSON lines and refusing a bad one by file and line number."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.taxonomy import Label

DATA = Path(__file__).parent / "data"
LANGUAGES = ("en", "de")


class BadRowError(ValueError):
    """A line of training data that cannot be used; the message names the file and the line, never the text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text. A label that is None is unknown and takes no part in training."""

    text: str
    lang: str
    labels: Mapping[Label, int | None]
    group: str  # lines that were written together; a group is never split between train and test
    source: str
    weight: float = 1.0


def read_own(folder: Path = DATA) -> list[Row]:
    """Read every `*.jsonl` of the project's own data, in a fixed order."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        message = f"{folder}: no .jsonl files"
        raise BadRowError(message)
    return [row for file in files for row in _read_file(file)]


def parse_row(raw: Any, source: str) -> Row:
    """Turn one decoded JSON value into a row; raise ValueError with a reason when it is not one."""
    if not isinstance(raw, dict):
        message = "not a JSON object"
        raise TypeError(message)
    text = raw.get("text")
    if not isinstance(text, str) or not text.strip():
        message = "text is missing or blank"
        raise ValueError(message)
    if raw.get("lang") not in LANGUAGES:
        message = "lang must be one of " + ", ".join(LANGUAGES)
        raise ValueError(message)
    labels = {label: _label(raw, label) for label in Label}
    theme = raw.get("circle") or raw.get("cat")
    if not isinstance(theme, str):
        message = "cat or circle is missing"
        raise ValueError(message)  # noqa: TRY004 - one kind of error for one kind of bad row
    return Row(text, raw["lang"], labels, f"{source}:{theme}", source)


def _label(raw: Mapping[str, Any], label: Label) -> int | None:
    if label not in raw:
        message = f"label {label} is missing"
        raise ValueError(message)
    value = raw[label]
    if value is not None and (isinstance(value, bool) or value not in (0, 1)):
        message = f"label {label} must be 0, 1 or null"
        raise ValueError(message)
    return None if value is None else int(value)


def _read_file(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield parse_row(json.loads(line), file.stem)
            except (ValueError, TypeError) as error:
                reason = "not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
                message = f"{file.name}:{number}: {reason}"
                raise BadRowError(message) from None
