"""Any Hugging Face sequence classifier from a local folder, for operators who bring their own weights."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.classifier.base import ClassifierError, WeightsError, checked
from moderation.classifier.legible import is_legible
from moderation.classifier.manifest import MANIFEST, read_manifest, sha256_of
from moderation.taxonomy import Label
from moderation.text import normalise

if TYPE_CHECKING:
    import torch

IGNORE = "ignore"  # the explicit way to say that a label of the model means nothing to us
CHUNK = 16
OVERLAP = 32
LONGEST_WINDOW = 256


class TorchClassifier:
    """Scores texts with torch; several labels of the model may feed one of ours, the highest counts."""

    def __init__(self, folder: Path, *, threads: int, label_map: Mapping[str, str]) -> None:
        import torch

        self._model, self._tokenizer = load_model(folder)
        torch.set_num_threads(threads)
        names = [self._model.config.id2label[i] for i in range(self._model.config.num_labels)]
        self._columns = columns_by_label(names, label_map)
        self._sigmoid = uses_sigmoid(self._model.config, folder)
        self.name = folder.name
        self.revision = sha256_of(folder / "model.safetensors")[:12]

    def score(self, texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        """Return one mapping per text, in the same order."""
        import torch

        if not texts:
            return []
        worst = torch.zeros(len(texts), self._model.config.num_labels)
        windows = self._windows([normalise(text) for text in texts])
        owners = windows.pop("overflow_to_sample_mapping")
        try:
            with torch.inference_mode():
                for start in range(0, len(owners), CHUNK):
                    self._raise_worst(worst, owners, windows, slice(start, start + CHUNK))
        except RuntimeError as error:
            message = f"torch failed: {type(error).__name__}"
            raise ClassifierError(message) from None
        return checked([self._by_label(row) for row in worst.tolist()], len(texts))

    def reads(self, text: str) -> bool:
        """Return whether the model's tokenizer has entries for what the text is written in."""
        text = normalise(text)
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        unknown = self._tokenizer.unk_token_id
        spans = (span for token_id, span in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True) if token_id == unknown)
        return is_legible(text, spans, latin_only=False)

    def _raise_worst(self, worst: "torch.Tensor", owners: "torch.Tensor", windows: Any, part: slice) -> None:
        import torch

        logits = self._model(**{name: value[part] for name, value in windows.items()}).logits
        scores = logits.sigmoid() if self._sigmoid else logits.softmax(dim=-1)
        if not torch.isfinite(scores).all():
            message = "the network returned a score that is not a number"
            raise ClassifierError(message)
        for owner, row in zip(owners[part].tolist(), scores, strict=True):
            worst[owner] = torch.maximum(worst[owner], row)

    def _windows(self, texts: list[str]) -> Any:
        longest = min(LONGEST_WINDOW, self._model.config.max_position_embeddings)
        return self._tokenizer(
            texts,
            truncation=True,
            max_length=longest,
            stride=min(OVERLAP, longest // 4),
            return_overflowing_tokens=True,
            padding=True,
            return_tensors="pt",
        )

    def _by_label(self, row: Sequence[float]) -> dict[Label, float]:
        return {label: max(row[c] for c in columns) for label, columns in self._columns.items()}


def columns_by_label(names: Sequence[str], label_map: Mapping[str, str]) -> dict[Label, list[int]]:
    """Return which of the model's outputs feed each of our labels; refuse a map that leaves anything open.

    A map reads {"its label": "ours"} or {"its label": "ours,ours"}, or "ignore".
    """
    unmapped = sorted(set(names) - set(label_map))
    unknown = sorted(set(label_map) - set(names))
    if unmapped or unknown:
        message = (
            f"the label map must name each of the model's labels ({', '.join(names)}): "
            f"missing {', '.join(unmapped) or 'none'}, not in the model {', '.join(unknown) or 'none'}"
        )
        raise WeightsError(message)
    columns: dict[Label, list[int]] = {label: [] for label in Label}
    for index, name in enumerate(names):
        for target in _targets(label_map[name]):
            columns[target].append(index)
    uncovered = [label for label, found in columns.items() if not found]
    if uncovered:
        message = f"the label map feeds nothing into {', '.join(uncovered)}: all labels are needed"
        raise WeightsError(message)
    return columns


def _targets(value: str) -> list[Label]:
    if value == IGNORE:
        return []
    try:
        return [Label(part.strip()) for part in value.split(",")]
    except ValueError:
        message = f"the label map knows {', '.join(Label)} and {IGNORE}, not {value!r}"
        raise WeightsError(message) from None


def uses_sigmoid(config: Any, folder: Path) -> bool:
    """Return whether the outputs are independent of each other; raise WeightsError when they are no probabilities."""
    if config.problem_type == "regression":
        message = f"{folder} holds a regression model: its outputs are not probabilities"
        raise WeightsError(message)
    return bool(config.problem_type == "multi_label_classification" or config.num_labels == 1)


def load_model(folder: Path, **options: Any) -> tuple[Any, Any]:
    """Return model and tokenizer from a folder on disk, ready to score; raise WeightsError when it holds anything else."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    if not (folder / "model.safetensors").is_file():
        # Pickled weights can run code when loaded, so only safetensors are accepted.
        message = f"{folder}/model.safetensors is missing"
        raise WeightsError(message)
    if (folder / MANIFEST).exists():
        read_manifest(folder)
    try:
        model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, **options)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False, use_fast=True)
    except Exception as error:  # noqa: BLE001 - whatever a strange folder makes the library raise
        message = f"{folder} is not a sequence classifier with a tokenizer: {type(error).__name__}"
        raise WeightsError(message) from None
    return model.eval(), tokenizer
