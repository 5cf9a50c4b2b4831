"""From labelled lines to finished weights: train once per seed, average, export."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moderation.training.average import average
from moderation.training.export import HeldOut, export
from moderation.training.network import TRAINED_FILE
from moderation.training.shipped import known_sources
from moderation.training.train import Recipe, read_lines, train_into


def build(out: Path, weights: Path, *, data: Path, external: Path | None, recipe: Recipe, seeds: Sequence[int], start: Path | None = None) -> None:
    """Write everything under `out` and the finished weights; runs that are finished there are not trained again."""
    known = known_sources(start) if start else {}
    runs = [out / f"seed-{seed}" for seed in seeds]
    for seed, run in zip(seeds, runs, strict=True):
        if not (run / TRAINED_FILE).exists():
            train_into(run, read_lines(data, external, seed, recipe.share, known), replace(recipe, seed=seed), start)
    trained = out / "mean" if len(runs) > 1 else runs[0]
    if len(runs) > 1:
        average(runs, trained)
    export(trained, weights, HeldOut.read(data, external))
