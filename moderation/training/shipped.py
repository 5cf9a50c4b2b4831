"""Read finished weights back for more training: only 8-bit numbers are shipped, and they stand for 32-bit ones closely enough to go on from."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.lexicon import LEXICON_FILE
from moderation.classifier.manifest import MANIFEST
from moderation.classifier.onnx import MODEL_FILE, TOKENIZER_FILE
from moderation.training.network import Network, empty_network, read_tokenizer

if TYPE_CHECKING:
    import torch

_MATRICES = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense")
_OFF = "_quantized"


class UnreadableWeightsError(ValueError):
    """The folder holds no weights of this project's own network."""


def read_shipped(folder: Path) -> Network:
    """Return the network in a folder of finished weights, in 32 bits; raises `UnreadableWeightsError` for weights of another kind."""
    import torch

    stored = _stored(folder / MODEL_FILE)
    layers = sum(name.endswith("attention.self.query.bias") for name in stored)
    words = (folder / LEXICON_FILE).read_text(encoding="utf-8").split()
    network = empty_network(words, read_tokenizer(folder / TOKENIZER_FILE), layers)
    named = dict(_named(stored, layers))
    try:
        for part, module in (("encoder.", network.encoder), ("head.", network.head)):
            wanted = {name: _of_shape(named.pop(part + name), like) for name, like in module.state_dict().items()}
            module.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in wanted.items()})
    except KeyError as missing:
        raise UnreadableWeightsError(f"{folder}: no {missing.args[0]} in {MODEL_FILE}") from None
    network.train(learning=False)
    return network


def known_sources(folder: Path) -> Mapping[str, int]:
    """Return the names of the sets that weights were trained on, each with its lines."""
    known: dict[str, int] = json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("training", {}).get("lines_by_source", {})
    return known


def _stored(file: Path) -> dict[str, NDArray[Any]]:
    import onnx
    from onnx import numpy_helper

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(file).graph.initializer}


def _named(stored: Mapping[str, NDArray[Any]], layers: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Give every number its name in the network. The exporter names a layer's matrices by their place in the graph only, in the order they are used."""
    for name, values in stored.items():
        if name.startswith(("encoder.", "head.")) and not name.endswith(("_scale", "_zero_point", _OFF)):
            yield name, values
    tables = [name for name in stored if name.startswith(("encoder.", "head.")) and name.endswith(_OFF)]
    for name in tables:
        values = _unpacked(stored, name)
        yield name.removesuffix(_OFF), values.T if name.startswith("head.") else values
    matrices = [name for name in stored if name.endswith(_OFF) and name not in tables]
    if len(matrices) != layers * len(_MATRICES):
        raise UnreadableWeightsError(f"{len(matrices)} matrices in {layers} layers")
    for place, name in enumerate(matrices):
        layer, matrix = divmod(place, len(_MATRICES))
        yield f"encoder.encoder.layer.{layer}.{_MATRICES[matrix]}.weight", _unpacked(stored, name).T


def _unpacked(stored: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    stem = name.removesuffix(_OFF)
    scale, zero = (stored[stem + ending].astype(np.float32) for ending in ("_scale", "_zero_point"))
    values: NDArray[np.float32] = (stored[name].astype(np.float32) - zero) * scale  # one scale a column, or one for all
    return values


def _of_shape(values: NDArray[Any], like: "torch.Tensor") -> NDArray[Any]:
    if values.shape != tuple(like.shape):
        raise UnreadableWeightsError(f"numbers of shape {values.shape}, expected {tuple(like.shape)}")
    return values
