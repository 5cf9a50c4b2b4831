"""Train the network: from the base encoder and labelled lines to trained parameters in a folder.

Reads the project's own labelled lines (each seen once an epoch, every other time with typing noise or
buried among harmless lines) and, when a folder is given, public research sets. After every epoch the state is
written, so that a training that was cut off goes on where it was.
"""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

import hashlib
import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.classifier.spelling import READING
from moderation.taxonomy import Label
from moderation.training.external import read_external
from moderation.training.network import WINDOW_TOKENS, Network, build_network, forward, pad, save_network, token_ids
from moderation.training.noise import MOST_COMPANIONS, buried, noised
from moderation.training.optimiser import Optimiser
from moderation.training.rows import LANGUAGES, Row, read_own
from moderation.training.shipped import known_sources, read_shipped
from moderation.training.split import Part, sample, split

if TYPE_CHECKING:
    import torch

VARIED_SHARE = 0.5
BURIED_SHARE = 0.25  # of the varied lines; without them one friendly sentence hid an abusive one
VOCABULARY_SEED = 7  # of the draw from public sets
EXTRA_SHARE = 0.8  # in an epoch; with less, ordinary talk and harmless words about groups were flagged several times as often
REPLAYED_SHARE = 0.4  # of the groups that finished weights know already, when they learn new ones: without them they forget
GOING_ON: dict[str, float] = {"epochs": 1, "learning_rate": 4e-5}  # what a recipe has when nothing else is asked for and finished weights go on
CHECKPOINT = "checkpoint.pt"
RECORD = "training.json"
log = logging.getLogger("moderation.training")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number of a training run; written beside its result."""

    seed: int = 7
    epochs: int = 4
    learning_rate: float = 1e-4
    warm_up: float = 0.06  # part of all steps
    weight_decay: float = 0.01
    mean_decay: float = 0.998  # of the running mean of the parameters, per step
    batch: int = 64
    bucket: int = 20  # batches sorted by length together
    threads: int = 2
    share: float = 1.0  # of the groups of lines: less shows what more lines would bring
    start_from: str = ""  # the finished weights that learning went on from; empty is the base encoder


@dataclass(frozen=True, slots=True)
class Example:
    """A row as the network reads it."""

    ids: Sequence[int]
    row: Row


@dataclass(frozen=True, slots=True)
class Lines:
    """What is trained on: an epoch sees every own row and a fresh part of the extra rows."""

    own: Sequence[Row]
    extra: Sequence[Row]
    texts: Sequence[str] = ()  # what the vocabulary is made from, the same for every seed

    def digest(self) -> str:
        """Return what tells these lines, labels and weights from any others."""
        content = repr([(row.text, [row.labels[label] for label in Label], row.weight) for row in (*self.own, *self.extra)])
        return hashlib.sha256(content.encode()).hexdigest()


def read_lines(data: Path, external: Path | None, seed: int, share: float = 1.0, known: Collection[str] = ()) -> Lines:
    """Return the training part of the own lines and, if a folder is given, of the public sets; a smaller share is part of a larger one.

    Of own sets that are `known` already only some groups are read.
    """
    own = sample(split(read_own(data))[Part.TRAIN], share)
    if known:
        own = [*sample([row for row in own if row.source in known], REPLAYED_SHARE), *(row for row in own if row.source not in known)]
    extra, fixed = (sample(split(read_external(external, s))[Part.TRAIN], share) if external else [] for s in (seed, VOCABULARY_SEED))
    return Lines(own, extra, [row.text for row in (*own, *fixed)])


def train_into(out: Path, lines: Lines, recipe: Recipe, start: Path | None = None) -> None:
    """Train, going on from a checkpoint of the same recipe and lines if there is one, and write the result; `start` is a folder of finished weights."""
    out.mkdir(parents=True, exist_ok=True)
    log.info("training on %d own and %d external lines", len(lines.own), len(lines.extra))
    network = train(lines, recipe, checkpoint=out / CHECKPOINT, start=start)
    save_network(network, out)
    used = {**Counter(row.source for row in (*lines.own, *lines.extra)), **(known_sources(start) if start else {})}
    record = {
        "recipe": asdict(recipe),
        "lines_by_source": used,
        "lines_sha256": lines.digest(),
        "entries": network.tokenizer.get_vocab_size(),
    }
    (out / RECORD).write_text(json.dumps(record, indent=2) + "\n")
    (out / CHECKPOINT).unlink(missing_ok=True)
    log.info("written to %s", out)


def train(
    lines: Lines, recipe: Recipe, *, checkpoint: Path | None = None, start: Path | None = None, on_epoch: Callable[[int], object] = lambda _done: None
) -> Network:
    """Train from the base encoder, or from finished weights; `on_epoch` is told after every epoch how many are done."""
    import torch

    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    network = read_shipped(start) if start else build_network(lines.texts or [row.text for row in lines.own], own=[row.text for row in lines.own])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    optimiser = Optimiser(network, learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay, mean_decay=recipe.mean_decay)
    run = {"recipe": asdict(recipe), "lines": lines.digest(), "reading": READING}
    for epoch in range(_restored(checkpoint, optimiser, run), recipe.epochs):
        torch.manual_seed(recipe.seed * 1000 + epoch)
        _train_epoch(network, optimiser, lines, recipe, epoch)
        if checkpoint:
            torch.save({"run": run, "epoch": epoch + 1, "optimiser": optimiser.state()}, checkpoint)
        on_epoch(epoch + 1)
    optimiser.finish(network)
    network.to(torch.device("cpu"))
    network.train(learning=False)
    return network


def _restored(checkpoint: Path | None, optimiser: Optimiser, run: Mapping[str, Any]) -> int:
    import torch

    if checkpoint is None or not checkpoint.exists():
        return 0
    saved = torch.load(checkpoint, weights_only=True)
    if saved["run"] != run:
        log.info("the checkpoint is of another recipe or other lines: starting anew")
        return 0
    optimiser.restore(saved["optimiser"])
    log.info("going on after epoch %d", saved["epoch"])
    return int(saved["epoch"])


def _train_epoch(network: Network, optimiser: Optimiser, lines: Lines, recipe: Recipe, epoch: int) -> None:
    from tqdm import tqdm

    network.train(learning=True)
    batches = _batches(network, lines, recipe, epoch)
    steps = recipe.epochs * len(batches)
    losses = 0.0
    for index, batch in enumerate(bar := tqdm(batches, desc=f"epoch {epoch + 1} of {recipe.epochs}", unit="batch", mininterval=5)):
        loss = _loss(network, batch)
        optimiser.step(loss, _rate(epoch * len(batches) + index, steps, recipe.warm_up))
        losses += float(loss.detach())
        if index % 50 == 0:
            bar.set_postfix_str(f"loss {losses / (index + 1):.4f}")


def _loss(network: Network, batch: Sequence[Example]) -> "torch.Tensor":
    from torch.nn.functional import binary_cross_entropy_with_logits

    device = next(network.head.parameters()).device
    ids, mask = (tensor.to(device) for tensor in pad([example.ids for example in batch]))
    wanted, weights = (tensor.to(device) for tensor in targets(batch))
    logits = forward(network, ids, mask)
    return binary_cross_entropy_with_logits(logits, wanted, weight=weights, reduction="sum") / len(batch) / len(Label)


def targets(batch: Sequence[Example]) -> "tuple[torch.Tensor, torch.Tensor]":
    """Return targets and weights [batch, labels]; an unknown label weighs nothing."""
    import torch

    values = [[example.row.labels[label] for label in Label] for example in batch]
    wanted = torch.tensor([[float(v or 0) for v in line] for line in values])
    weights = torch.tensor([[0.0 if v is None else example.row.weight for v in line] for example, line in zip(batch, values, strict=True)])
    return wanted, weights


def _rate(step: int, steps: int, warm_up: float) -> float:
    rising = max(1, int(steps * warm_up))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / (steps - rising))


def _batches(network: Network, lines: Lines, recipe: Recipe, epoch: int) -> list[list[Example]]:
    """Return an epoch's batches, each of similar length, with fresh noise and a fresh order."""
    dice = random.Random(f"{recipe.seed}/{epoch}")
    harmless = {lang: [r.text for r in lines.own if r.lang == lang and not any(r.labels.values())] for lang in LANGUAGES}
    texts = [(row, _varied(row, harmless, dice) if dice.random() < VARIED_SHARE else row.text) for row in lines.own]
    texts += [(row, row.text) for row in dice.sample(lines.extra, int(len(lines.extra) * EXTRA_SHARE))]
    dice.shuffle(texts)
    ids = token_ids(network, [text for _, text in texts])
    return _bucketed([Example(window(i, row, dice), row) for i, (row, _) in zip(ids, texts, strict=True)], dice, recipe)


def window(ids: Sequence[int], row: Row, dice: random.Random) -> Sequence[int]:
    """Return a harmless line as the runtime may read it: a long one in windows, which start and end inside a sentence."""
    if len(ids) <= WINDOW_TOKENS or any(row.labels.values()):
        return ids
    start = dice.randrange(1, len(ids) - WINDOW_TOKENS + 2)
    return [ids[0], *ids[start : start + WINDOW_TOKENS - 2], ids[-1]]


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
