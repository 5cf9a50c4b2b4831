"""Average several training runs into one network.

Runs that start from the same base encoder end close enough together for the mean of their parameters to be
better than each of them, at no cost when scoring.
"""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderation.classifier.lexicon import LEXICON_FILE
from moderation.training.network import TOKENIZER_FILE, TRAINED_FILE
from moderation.training.train import RECORD


def average(runs: Sequence[Path], out: Path) -> None:
    """Write the mean of the runs' parameters, and the record of every run."""
    import torch
    from safetensors.torch import load_file, save_file

    loaded = [load_file(run / TRAINED_FILE) for run in runs]
    tokenizers = {(run / TOKENIZER_FILE).read_bytes() for run in runs}
    if len(tokenizers) > 1 or len({(run / LEXICON_FILE).read_bytes() for run in runs}) > 1:
        message = "runs of different vocabularies cannot be averaged"
        raise ValueError(message)
    mean = {name: torch.stack([tensors[name] for tensors in loaded]).mean(dim=0) for name in loaded[0]}
    out.mkdir(parents=True, exist_ok=True)
    save_file(mean, out / TRAINED_FILE)
    (out / TOKENIZER_FILE).write_bytes(tokenizers.pop())
    (out / LEXICON_FILE).write_bytes((runs[0] / LEXICON_FILE).read_bytes())
    records = [json.loads((run / RECORD).read_text()) for run in runs]
    (out / RECORD).write_text(json.dumps(combined(records), indent=2) + "\n")


def combined(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one record: every recipe, and for each source the most lines that any run used."""
    sources = sorted({source for record in records for source in record["lines_by_source"]})
    return {
        "averaged_recipes": [record["recipe"] for record in records],
        "lines_by_source": {source: max(record["lines_by_source"].get(source, 0) for record in records) for source in sources},
        "entries": records[0]["entries"],
    }
