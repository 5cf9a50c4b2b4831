"""Weights from elsewhere: any Hugging Face sequence classifier, with a label map, as int8 weights for the default runtime."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.classifier.base import WeightsError
from moderation.classifier.manifest import sha256_of
from moderation.classifier.onnx import MODEL_FILE, TOKENIZER_FILE
from moderation.classifier.torch import columns_by_label, load_model, uses_sigmoid
from moderation.taxonomy import Label
from moderation.training.export import revision_of, write_manifest, write_sample
from moderation.training.onnx_file import write_int8
from moderation.training.rows import read_own
from moderation.training.split import Part, split

if TYPE_CHECKING:
    import torch

LONGEST_WINDOW = 256


def export_foreign(folder: Path, out: Path, label_map: Mapping[str, str]) -> dict[str, Any]:
    """Write weights that answer with our labels, the map inside the network, and return their manifest."""
    model, tokenizer = load_model(folder, attn_implementation="eager")
    names = [model.config.id2label[index] for index in range(model.config.num_labels)]
    columns = columns_by_label(names, label_map)
    out.mkdir(parents=True, exist_ok=True)
    _write_network(_mapped(model, list(columns.values()), sigmoid=uses_sigmoid(model.config, folder)), out / MODEL_FILE, folder)
    backend = tokenizer.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(out / TOKENIZER_FILE))
    manifest = {
        "name": out.name,
        "revision": revision_of(out, {}),
        "labels": list(Label),
        "max_tokens": min(LONGEST_WINDOW, getattr(model.config, "max_position_embeddings", LONGEST_WINDOW)),
        "files": {name: sha256_of(out / name) for name in (MODEL_FILE, TOKENIZER_FILE)},
        "licence": "the exported model's own",
        "exported_from": {"name": folder.name, "sha256": sha256_of(folder / "model.safetensors"), "label_map": dict(label_map)},
    }
    write_manifest(out, manifest)
    write_sample(out, manifest, split(read_own())[Part.TEST])
    return manifest


def _write_network(scorer: "torch.nn.Module", file: Path, folder: Path) -> None:
    try:
        write_int8(scorer, file)
    except Exception as error:  # noqa: BLE001 - whatever a strange network makes the exporter raise
        message = f"{folder} cannot be exported to ONNX ({type(error).__name__}): use the torch runtime for it"
        raise WeightsError(message) from None


def _mapped(model: Any, columns: Sequence[Sequence[int]], *, sigmoid: bool) -> "torch.nn.Module":
    import torch
    from torch import nn

    class Mapped(nn.Module):
        """The model with, for each of our labels, the highest of the outputs that feed it."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
            logits = self.model(input_ids=ids, attention_mask=mask).logits
            scores = logits.sigmoid() if sigmoid else logits.softmax(dim=-1)
            return torch.stack([scores[:, list(fed)].amax(dim=-1) for fed in columns], dim=-1)

    return Mapped().eval()
