"""Which lines are held out: decided by the group they were written in, so that near-twins never straddle the split."""

import hashlib
from collections.abc import Iterable
from enum import StrEnum

from moderation.training.rows import Row

# Chosen once so that every label has examples in test and dev in both languages; changing it makes old metrics void.
SALT = "circles-5665"
TEST_SHARE = 0.075
DEV_SHARE = 0.05
TRAIN_ONLY_SUFFIX = "_supplement"
STRANGERS_SUFFIX = "_strangers"


class Part(StrEnum):
    """The uses of a labelled line."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"
    STRANGERS = "strangers"  # lines of writers who saw no other line, so that they share no habits with those trained on


def part_of(row: Row) -> Part:
    """Place a row by its group alone, so that adding data never moves a line between parts."""
    if row.source.endswith(TRAIN_ONLY_SUFFIX):
        return Part.TRAIN
    if row.source.endswith(STRANGERS_SUFFIX):
        return Part.STRANGERS
    place = _place(row.group)
    if place < TEST_SHARE:
        return Part.TEST
    return Part.DEV if place < TEST_SHARE + DEV_SHARE else Part.TRAIN


def split(rows: Iterable[Row]) -> dict[Part, list[Row]]:
    """Split rows into parts; a training line whose text is also held out is dropped."""
    parts: dict[Part, list[Row]] = {part: [] for part in Part}
    for row in rows:
        parts[part_of(row)].append(row)
    held_out = {_key(row) for part in Part if part is not Part.TRAIN for row in parts[part]}
    parts[Part.TRAIN] = [row for row in parts[Part.TRAIN] if _key(row) not in held_out]
    return parts


def sample(rows: Iterable[Row], share: float) -> list[Row]:
    """Return the rows of a share of the groups, the same ones every time, in the rows' order."""
    return [row for row in rows if _place(f"share/{row.group}") < share]


def _place(text: str) -> float:
    """Return a number from 0 to 1 that the text alone decides."""
    digest = hashlib.sha256(f"{SALT}/{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _key(row: Row) -> str:
    return " ".join(row.text.casefold().split())
