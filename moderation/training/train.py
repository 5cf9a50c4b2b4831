"""Train the classifier: `python -m moderation.training.train --out DIR [--external DIR]`.

Reads the project's own labelled lines (each seen twice an epoch, the second time with typing noise or
buried among harmless lines) and, when a folder is given, public research sets. Writes the trained
parameters and `training.json`.
"""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

import argparse
import json
import logging
import math
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.taxonomy import Label
from moderation.training.external import read_external
from moderation.training.network import (
    Network,
    build_network,
    forward,
    load_network,
    pad,
    save_network,
    token_encoder,
)
from moderation.training.noise import MOST_COMPANIONS, buried, noised
from moderation.training.rows import LANGUAGES, Row, read_own
from moderation.training.split import Part, split

if TYPE_CHECKING:
    import torch

BURIED_SHARE = 0.3  # of the varied copies; without them one friendly sentence hid an abusive one
log = logging.getLogger("moderation.training")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number of a training run; written beside its result."""

    seed: int = 7
    epochs: float = 3.0
    learning_rate: float = 1e-4
    warm_up: float = 0.06
    weight_decay: float = 0.01
    batch: int = 32
    bucket: int = 40  # batches sorted by length together
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Example:
    """A row as the network reads it."""

    ids: Sequence[int]
    row: Row


def train(rows: Sequence[Row], extra: Sequence[Row], recipe: Recipe, start: Path | None = None) -> Network:
    """Train on own rows (twice an epoch) and extra rows (once), from the base encoder or an earlier run."""
    import torch

    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    network = load_network(start) if start else build_network()
    network.train(learning=True)
    per_epoch = math.ceil((2 * len(rows) + len(extra)) / recipe.batch)
    steps = math.ceil(per_epoch * recipe.epochs)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps, recipe))
    began, losses = time.monotonic(), 0.0
    for step, batch in zip(range(1, steps + 1), _batches(rows, extra, recipe), strict=False):
        losses += _step(network, batch, optimiser)
        schedule.step()
        if step % 100 == 0:
            left = (time.monotonic() - began) / step * (steps - step) / 60
            log.info("step %d of %d, loss %.4f, %.0f minutes left", step, steps, losses / 100, left)
            losses = 0.0
    network.train(learning=False)
    return network


def _step(network: Network, batch: Sequence[Example], optimiser: "torch.optim.Optimizer") -> float:
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    ids, mask = pad([example.ids for example in batch])
    wanted, weights = targets(batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = forward(network, ids, mask)
    each = binary_cross_entropy_with_logits(logits.float(), wanted, weight=weights, reduction="sum")
    loss = each / len(batch) / len(Label)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return float(loss.detach())


def targets(batch: Sequence[Example]) -> "tuple[torch.Tensor, torch.Tensor]":
    """Return targets and weights [batch, labels]; an unknown label weighs nothing."""
    import torch

    values = [[example.row.labels[label] for label in Label] for example in batch]
    wanted = torch.tensor([[float(v or 0) for v in line] for line in values])
    weights = torch.tensor([[0.0 if v is None else example.row.weight for v in line] for example, line in zip(batch, values, strict=True)])
    return wanted, weights


def _rate(step: int, steps: int, recipe: Recipe) -> float:
    rising = max(1, int(steps * recipe.warm_up))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / (steps - rising))


def _batches(rows: Sequence[Row], extra: Sequence[Row], recipe: Recipe) -> Iterator[list[Example]]:
    """Yield batches of similar length for ever, with fresh noise and a fresh order every epoch."""
    dice = random.Random(recipe.seed)
    encode = token_encoder()
    harmless = {lang: [r.text for r in rows if r.lang == lang and not any(r.labels.values())] for lang in LANGUAGES}
    while True:
        texts = [(row, row.text) for row in (*rows, *extra)]
        texts += [(row, _varied(row, harmless, dice)) for row in rows]
        dice.shuffle(texts)
        ids = encode([text for _, text in texts])
        examples = [Example(i, row) for i, (row, _) in zip(ids, texts, strict=True)]
        yield from _bucketed(examples, dice, recipe)


def _varied(row: Row, harmless: Mapping[str, Sequence[str]], dice: random.Random) -> str:
    others = harmless[row.lang]
    if dice.random() < BURIED_SHARE and len(others) > MOST_COMPANIONS:
        return buried(row.text, others, dice)
    return noised(row.text, dice)


def _bucketed(examples: Sequence[Example], dice: random.Random, recipe: Recipe) -> list[list[Example]]:
    chunk = recipe.batch * recipe.bucket
    batches = []
    for start in range(0, len(examples), chunk):
        near = sorted(examples[start : start + chunk], key=lambda example: len(example.ids))
        batches += [near[i : i + recipe.batch] for i in range(0, len(near), recipe.batch)]
    dice.shuffle(batches)
    return batches


def main() -> None:
    """Read the arguments, train, write the result."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description="Train the message classifier.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the trained parameters")
    parser.add_argument("--external", type=Path, help="folder with public sets as NAME.jsonl.gz")
    parser.add_argument("--epochs", type=float, default=Recipe().epochs)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--learning-rate", type=float, default=Recipe().learning_rate)
    parser.add_argument("--start", type=Path, help="go on from this run or average")
    arguments = parser.parse_args()
    recipe = Recipe(seed=arguments.seed, epochs=arguments.epochs, learning_rate=arguments.learning_rate)
    rows = split(read_own())[Part.TRAIN]
    extra = read_external(arguments.external, recipe.seed) if arguments.external else []
    used = dict(Counter(row.source for row in (*rows, *extra)))
    log.info("training on %d own and %d external lines", len(rows), len(extra))
    network = train(rows, extra, recipe, arguments.start)
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_network(network, arguments.out)
    record: dict[str, Any] = {"recipe": asdict(recipe), "lines_by_source": used}
    if arguments.start:
        record["started_from"] = json.loads((arguments.start / "training.json").read_text())
    (arguments.out / "training.json").write_text(json.dumps(record, indent=2) + "\n")
    log.info("written to %s", arguments.out)


if __name__ == "__main__":
    main()
