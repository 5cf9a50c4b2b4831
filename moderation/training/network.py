"""The network being trained: the base encoder, mean pooling and five independent outputs."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

from moderation.classifier.lexicon import LEXICON_FILE
from moderation.classifier.spelling import Spelling, readable
from moderation.taxonomy import Label
from moderation.training.encoder_file import EncoderFile, read_encoder
from moderation.training.vocabulary import chosen_pieces, lexicon, tokenizer_of

if TYPE_CHECKING:
    import torch

MAX_TOKENS = 128
WINDOW_TOKENS = 40  # that the runtime reads at once: a hurtful sentence must not drown in friendly ones around it
POSITIONS = 128
HIDDEN = 384
HEADS = 12
BETWEEN = 1536
LAYERS = (0, 1, 2, 3, 4, 5, 6, 7)  # of the base encoder's 12
ENTRIES = 40_000  # of the base encoder's 250,000
DROPOUT = 0.1
TRAINED_FILE = "trained.safetensors"
TOKENIZER_FILE = "tokenizer.json"

# The package's names, BertModel's, and for a layer's matrices the length of a row.
_EMBEDDINGS = (("word", "word_embeddings.weight"), ("pos", "position_embeddings.weight"), ("type", "token_type_embeddings.weight"))
_NUMBERS = (("w", "weight"), ("b", "bias"))
_LAYER = (
    ("q", "attention.self.query", HIDDEN),
    ("k", "attention.self.key", HIDDEN),
    ("v", "attention.self.value", HIDDEN),
    ("ao", "attention.output.dense", HIDDEN),
    ("aln", "attention.output.LayerNorm", 0),
    ("fi", "intermediate.dense", HIDDEN),
    ("fo", "output.dense", BETWEEN),
    ("oln", "output.LayerNorm", 0),
)


@dataclass(frozen=True, slots=True)
class Network:
    """The encoder and the linear head, trained together, and what they read through: a list of words and a tokenizer."""

    encoder: Any
    head: Any
    words: Sequence[str]
    tokenizer: Tokenizer
    spelling: Spelling = field(init=False)

    def __post_init__(self) -> None:
        """Learn the words' spelling."""
        object.__setattr__(self, "spelling", Spelling(self.words))

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


def read_tokenizer(file: Path) -> Tokenizer:
    """Read a tokenizer for training: no padding, cut after `MAX_TOKENS`."""
    return _for_training(Tokenizer.from_file(str(file)))


def build_network(texts: Sequence[str], layers: Sequence[int] = LAYERS, entries: int = ENTRIES, own: Sequence[str] = ()) -> Network:
    """Put an untrained head on the named layers of the base encoder, with the part of its vocabulary that these texts need.

    The words that spelling knows beside the dictionaries' are those of the project's `own` texts, or of all.
    """
    base = read_encoder()
    kept = chosen_pieces(base.pieces, texts, most=entries)
    tokenizer = _for_training(tokenizer_of([base.pieces[index] for index in kept]))
    network = empty_network(lexicon(own or texts), tokenizer, len(layers))
    network.encoder.load_state_dict(_state(base, kept, layers))
    return network


def _for_training(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def empty_network(words: Sequence[str], tokenizer: Tokenizer, layers: int) -> Network:
    """Return a network of the right shape whose numbers are still to be filled in."""
    import torch
    from torch import nn
    from transformers import BertConfig, BertModel

    settings: dict[str, Any] = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": HIDDEN,
        "num_hidden_layers": layers,
        "num_attention_heads": HEADS,
        "intermediate_size": BETWEEN,
        "max_position_embeddings": POSITIONS,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        # Eager attention: exporting needs it, and on a processor its backward pass is several times faster.
        "attn_implementation": "eager",
        "dtype": torch.float32,
    }
    encoder: Any = BertModel(BertConfig(**settings), add_pooling_layer=False)
    for layer in encoder.encoder.layer:
        layer.attention.output.dropout = _feature_dropout()
        layer.output.dropout = _feature_dropout()
    head = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(HIDDEN, len(Label)))
    return Network(encoder, head, words, tokenizer)


def _state(base: "EncoderFile", kept: Sequence[int], layers: Sequence[int]) -> "dict[str, torch.Tensor]":
    """Return the base encoder's parameters under the names that BertModel gives them."""
    import torch

    rows = {"word": kept, "pos": range(POSITIONS)}
    named = {f"embeddings.{ours}": base.matrix(f"emb.{theirs}", HIDDEN, rows.get(theirs)) for theirs, ours in _EMBEDDINGS}
    named |= {f"embeddings.LayerNorm.{ours}": base.vector(f"emb.ln.{theirs}") for theirs, ours in _NUMBERS}
    for new, old in enumerate(layers):
        for theirs, ours, width in _LAYER:
            name = f"encoder.layer.{new}.{ours}"
            named[f"{name}.weight"] = base.matrix(f"l{old}.{theirs}.w", width) if width else base.vector(f"l{old}.{theirs}.w")
            named[f"{name}.bias"] = base.vector(f"l{old}.{theirs}.b")
    return {name: torch.from_numpy(values.copy()) for name, values in named.items()}


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
    """Write the trained parameters as one safetensors file, and the tokenizer and the words beside it."""
    from safetensors.torch import save_file

    tensors = {f"encoder.{k}": v.contiguous() for k, v in network.encoder.state_dict().items()}
    tensors |= {f"head.{k}": v.contiguous() for k, v in network.head.state_dict().items()}
    save_file(tensors, folder / TRAINED_FILE)
    network.tokenizer.save(str(folder / TOKENIZER_FILE))
    (folder / LEXICON_FILE).write_text("\n".join(network.words) + "\n", encoding="utf-8")


def load_network(folder: Path) -> Network:
    """Read back what `save_network` wrote, ready to score."""
    from safetensors.torch import load_file

    tensors = load_file(folder / TRAINED_FILE)
    layers = sum(name.endswith("attention.self.query.weight") for name in tensors)
    words = (folder / LEXICON_FILE).read_text(encoding="utf-8").split()
    network = empty_network(words, read_tokenizer(folder / TOKENIZER_FILE), layers)
    for part, module in (("encoder.", network.encoder), ("head.", network.head)):
        module.load_state_dict({k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)})
    network.train(learning=False)
    return network


def token_ids(network: Network, texts: Sequence[str]) -> list[list[int]]:
    """Return token ids for texts as typed, read as the runtimes read them."""
    return [encoding.ids for encoding in network.tokenizer.encode_batch([readable(text, network.spelling) for text in texts])]


def score_texts(network: Network, texts: Sequence[str]) -> list[list[float]]:
    """Return fp32 probabilities, one list of labels per text, each text alone."""
    import torch

    with torch.inference_mode():
        batches = (pad([ids]) for ids in token_ids(network, texts))
        return [forward(network, *batch).sigmoid()[0].tolist() for batch in batches]


def pad(token_ids: Sequence[Sequence[int]]) -> "tuple[torch.Tensor, torch.Tensor]":
    """Return ids and mask [batch, longest] as int64 tensors."""
    import torch

    longest = max(len(ids) for ids in token_ids)
    padded = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in token_ids])
    return padded, (padded != 0).long()
