"""The default runtime: a small int8 network on one core, without torch or transformers in the process."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from moderation.classifier.base import ClassifierError, WeightsError, checked
from moderation.classifier.manifest import read_manifest
from moderation.taxonomy import Label
from moderation.text import normalise

MODEL_FILE = "model.int8.onnx"
TOKENIZER_FILE = "tokenizer.json"
OVERLAP = 24  # tokens that two neighbouring windows of a long message share
MOST_WINDOWS = 300  # per message; beyond any length a circle can allow

_Window = tuple[int, Sequence[int]]  # index of the text, token ids
_Row = np.ndarray[Any, np.dtype[np.float32]]


class OnnxClassifier:
    """Scores texts with onnxruntime; a long text is read in overlapping windows and the worst one counts."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        manifest = read_manifest(folder)
        if manifest.labels != tuple(Label):
            message = f"{folder}: the labels must be {', '.join(Label)}, in this order"
            raise WeightsError(message)
        self.name = manifest.name
        self.revision = manifest.revision
        for needed in (MODEL_FILE, TOKENIZER_FILE):
            if needed not in manifest.files:
                message = f"{folder}: the manifest does not name {needed}"
                raise WeightsError(message)
        self._tokenizer = _tokenizer(folder / TOKENIZER_FILE, manifest.max_tokens)
        self._session = _session(folder / MODEL_FILE, threads)

    def score(self, texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        """Return one mapping per text, in the same order."""
        if not texts:
            return []
        worst = np.zeros((len(texts), len(Label)), dtype=np.float32)
        for index, ids in self._windows(texts):
            scores = self._run(ids)
            if not np.isfinite(scores).all():  # before the maximum, which could hide it
                message = "the network returned a score that is not a number"
                raise ClassifierError(message)
            np.maximum(worst[index], scores, out=worst[index])
        rows = [dict(zip(Label, map(float, row), strict=True)) for row in worst]
        return checked(rows, len(texts))

    def windows_of(self, text: str) -> int:
        """Return in how many windows a text is read."""
        return sum(1 for _ in self._windows([text]))

    def _windows(self, texts: Sequence[str]) -> Iterator[_Window]:
        encodings = self._tokenizer.encode_batch([normalise(text) for text in texts])
        for index, encoding in enumerate(encodings):
            parts = [encoding, *encoding.overflowing]
            if len(parts) > MOST_WINDOWS:
                message = "a text is too long to be read whole"
                raise ClassifierError(message)
            yield from ((index, part.ids) for part in parts)

    def _run(self, token_ids: Sequence[int]) -> _Row:
        # One window at a time: 8-bit numbers are scaled by everything in the pass, so that a neighbour would
        # change a message's scores; on a processor, sharing a pass saves no time either.
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
        row: _Row = scores[0]
        return row


def _tokenizer(file: Path, max_tokens: int) -> Any:
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception:  # noqa: BLE001 - the library raises the bare class
        message = f"{file} is not a tokenizer"
        raise WeightsError(message) from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, stride=min(OVERLAP, max_tokens // 2))
    return tokenizer


def _session(file: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle threads must not spin on the cores that serve web requests.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime raises many kinds
        message = f"{file} cannot be opened by onnxruntime: {type(error).__name__}"
        raise WeightsError(message) from None
