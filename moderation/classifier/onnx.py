"""The default runtime: a small int8 network on a core or two, without torch or transformers in the process."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from moderation.classifier.base import ClassifierError, WeightsError, checked
from moderation.classifier.calibration import Calibration, calibrate
from moderation.classifier.legible import Span, is_legible
from moderation.classifier.lexicon import LEXICON_FILE, covers
from moderation.classifier.manifest import Manifest, read_manifest
from moderation.classifier.spelling import READING, read_spelling, readable
from moderation.taxonomy import Label
from moderation.text import normalise

MODEL_FILE = "model.int8.onnx"
TOKENIZER_FILE = "tokenizer.json"
OVERLAP = 24  # tokens that two neighbouring windows of a long message share
MOST_WINDOWS = 300  # per message; beyond any length a circle can allow
SURELY_KNOWN = 100  # characters; some tokenizers give up on longer words, and none was taught them
LAST_PLAIN_LETTER = "\u00ff"  # up to here is all that the languages the weights were taught are written in
# On processors this fusion costs more than it saves: without it a pass takes 12 % less (docs/performance.md).
SLOW_FUSIONS = ["SkipLayerNormFusion"]

_ENDLESS_WORD = re.compile(rf"[^\W\d_]{{{SURELY_KNOWN + 1},}}")

_Window = tuple[int, Sequence[int]]  # index of the text, token ids
_Row = np.ndarray[Any, np.dtype[np.float32]]


class OnnxClassifier:
    """Scores texts with onnxruntime; a long text is read in overlapping windows and the worst one counts."""

    def __init__(self, folder: Path, *, threads: int = 1, calibrated: bool = True) -> None:
        manifest = _complete_manifest(folder)
        self.name = manifest.name
        self.revision = manifest.revision
        self._calibration: Calibration = manifest.calibration if calibrated else {}
        self._threads = threads
        self._tokenizer = _tokenizer(folder / TOKENIZER_FILE, manifest.max_tokens)
        self._session = _session(folder / MODEL_FILE)
        self._spelling = read_spelling(folder / LEXICON_FILE) if manifest.reading else None
        self._unknown_entry = _unknown_entry(self._tokenizer)

    def score(self, texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        """Return one mapping per text, in the same order."""
        # Longest first, so that no thread is left with a long window when the others are done.
        windows = sorted(self._windows(texts), key=lambda window: len(window[1]), reverse=True)
        worst = np.zeros((len(texts), len(Label)), dtype=np.float32)
        for (index, _), scores in zip(windows, self._run_all([ids for _, ids in windows]), strict=True):
            np.maximum(worst[index], scores, out=worst[index])
        rows = (dict(zip(Label, map(float, row), strict=True)) for row in worst)
        return checked([calibrate(row, self._calibration) for row in rows], len(texts))

    def reads(self, text: str) -> bool:
        """Return whether a text is in writing, and in a language, that these weights were taught."""
        plain = len(text) <= SURELY_KNOWN and all(letter <= LAST_PLAIN_LETTER for letter in text)
        text = normalise(text)
        if _ENDLESS_WORD.search(text):
            return False
        if not plain and not is_legible(text, self._unknown(text), latin_only=self._spelling is not None):
            return False
        return self._spelling is None or covers(text, self._spelling)

    def windows_of(self, text: str) -> int:
        """Return in how many windows a text is read."""
        return sum(1 for _ in self._windows([text]))

    def _windows(self, texts: Sequence[str]) -> Iterator[_Window]:
        for index, text in enumerate(texts):
            # One by one: it is as fast as the library's batches, which keep threads of their own on every core.
            encoding = self._tokenizer.encode(readable(text, self._spelling))
            parts = [encoding, *encoding.overflowing]
            if len(parts) > MOST_WINDOWS:
                message = "a text is too long to be read whole"
                raise ClassifierError(message)
            yield from ((index, part.ids) for part in parts)

    def _unknown(self, text: str) -> Iterator[Span]:
        """Yield where a normalised text holds what the tokenizer has no entry for."""
        if self._unknown_entry is None:
            return
        encoding = self._tokenizer.encode(text)
        for part in [encoding, *encoding.overflowing]:
            yield from (span for token_id, span in zip(part.ids, part.offsets, strict=True) if token_id == self._unknown_entry)

    def _run_all(self, windows: Sequence[Sequence[int]]) -> list[_Row]:
        # One window at a time: 8-bit numbers are scaled by everything in the pass, so that a neighbour would
        # change a message's scores; on a processor, sharing a pass saves no time either.
        threads = min(self._threads, len(windows))
        if threads < 2:  # noqa: PLR2004 - one thread is this one
            return [self._run(ids) for ids in windows]
        # Threads of this call only, started in a tenth of a millisecond: none is left idle, or missing after a fork.
        with ThreadPoolExecutor(threads, thread_name_prefix="classifier") as pool:
            return list(pool.map(self._run, windows))

    def _run(self, token_ids: Sequence[int]) -> _Row:
        ids = np.asarray([token_ids], dtype=np.int64)
        try:
            outputs = self._session.run(["scores"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        except Exception as error:  # noqa: BLE001 - onnxruntime raises many kinds; none may pass for an answer
            message = f"onnxruntime failed: {type(error).__name__}"
            raise ClassifierError(message) from None
        scores = np.asarray(outputs[0], dtype=np.float32)
        if scores.shape != (1, len(Label)):
            message = f"the network returned shape {scores.shape}"
            raise ClassifierError(message)
        # Here, because the maximum over windows and the calibration would hide it; NaN fails every comparison.
        if not ((scores >= 0) & (scores <= 1)).all():
            message = "the network returned a score that is not a number from 0 to 1"
            raise ClassifierError(message)
        row: _Row = scores[0]
        return row


def _complete_manifest(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    if manifest.labels != tuple(Label):
        message = f"{folder}: the labels must be {', '.join(Label)}, in this order"
        raise WeightsError(message)
    if manifest.reading not in {None, READING}:
        message = f"{folder}: the weights read texts in way {manifest.reading}, this version knows way {READING}"
        raise WeightsError(message)
    for needed in (MODEL_FILE, TOKENIZER_FILE, *([LEXICON_FILE] if manifest.reading else [])):
        if needed not in manifest.files:
            message = f"{folder}: the manifest does not name {needed}"
            raise WeightsError(message)
    return manifest


def _tokenizer(file: Path, max_tokens: int) -> Any:
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception:  # noqa: BLE001 - the library raises the bare class
        message = f"{file} is not a tokenizer"
        raise WeightsError(message) from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, stride=min(OVERLAP, max_tokens // 2))
    return tokenizer


def _unknown_entry(tokenizer: Any) -> int | None:
    """Return the entry that stands for what has none; tokenizers that go down to bytes need no such entry."""
    model = json.loads(tokenizer.to_str())["model"]
    token, entry = model.get("unk_token"), model.get("unk_id")
    found: int | None = tokenizer.token_to_id(token) if token is not None else entry
    return None if model.get("byte_fallback") else found


def _session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # Several windows at once are the classifier's own threads; inside a pass a second one is not worth its waiting.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS)
    except Exception as error:  # noqa: BLE001 - onnxruntime raises many kinds
        message = f"{file} cannot be opened by onnxruntime: {type(error).__name__}"
        raise WeightsError(message) from None
