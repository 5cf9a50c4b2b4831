"""From a trained network to one small file: the graph with pooling and sigmoid inside, in 8-bit numbers."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.training.network import Network, forward, pad

if TYPE_CHECKING:
    import torch

OPSET = 18


def write_int8(scorer: "torch.nn.Module", file: Path) -> None:
    """Export a module (ids, mask) -> scores, with eager attention, and quantise its weights channel by channel."""
    from onnxruntime.quantization import (
        QuantType,
        quantize_dynamic,
    )

    with tempfile.TemporaryDirectory() as scratch:
        fp32 = Path(scratch) / "model.onnx"
        write_fp32(scorer, fp32)
        quantize_dynamic(fp32, file, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


def write_fp32(scorer: "torch.nn.Module", file: Path) -> None:
    """Write input_ids and attention_mask [batch, length] -> scores [batch, labels] as ONNX."""
    import torch

    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", min=2, max=512)
    ids, mask = pad([[101, 2023, 102], [101, 2023, 2003, 1037, 102]])
    axes = {0: batch, 1: length}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own, about its own parts
        torch.onnx.export(
            scorer,
            (ids, mask),
            file,
            input_names=["input_ids", "attention_mask"],
            output_names=["scores"],
            dynamic_shapes={"ids": axes, "mask": axes},
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
        )
    _forget_shapes(file)


def _forget_shapes(file: Path) -> None:
    # The exporter notes shapes between layers that the quantiser's rewriting makes untrue; it infers them anew.
    import onnx

    model = onnx.load(file)
    del model.graph.value_info[:]
    onnx.save(model, file)


def scorer_of(network: Network) -> "torch.nn.Module":
    """Return the network as one module, probabilities out."""
    from torch import nn

    class Scorer(nn.Module):
        """Token ids and mask in, one probability per label out."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = network.encoder
            self.head = network.head

        def forward(self, ids: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
            return forward(network, ids, mask).sigmoid()

    return Scorer().eval()
