"""The training step itself, on a handful of lines: it learns and masks the unknown."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from moderation.taxonomy import Label
from moderation.training import network
from moderation.training.average import average
from moderation.training.rows import Row
from moderation.training.train import Example, Lines, Recipe, targets, train, train_into, window


def row(text: str, value: int | None, weight: float = 1.0, lang: str = "en") -> Row:
    """Return a row with one value for every label."""
    return Row(text, lang, dict.fromkeys(Label, value), "group", "source", weight)


LINES = Lines([row("the sea is calm", 0), row("das feuer ist feuerlaut", 1, lang="de")] * 8, [])
QUICK = Recipe(epochs=8, batch=8, warm_up=0.1, mean_decay=0.5, learning_rate=2e-4)


def test_unknown_labels_weigh_nothing() -> None:
    """And a set's own weight counts for the rest."""
    examples = [Example([1], row("a", None)), Example([1], row("b", 1, 0.25))]
    wanted, weights = targets(examples)
    assert wanted.tolist() == [[0.0] * 5, [1.0] * 5]
    assert weights.tolist() == [[0.0] * 5, [0.25] * 5]


def test_a_long_harmless_line_is_learnt_as_the_windows_it_is_read_in() -> None:
    """Whatever part of it the runtime reads must be known to be harmless; what hurts in a harmful one could be in any part, so it stays whole."""
    ids, dice = [0, *range(10, 110), 2], Random(3)
    windows = [window(ids, row("long", 0), dice) for _ in range(400)]
    assert {len(part) for part in windows} == {network.WINDOW_TOKENS}
    assert {(part[0], part[-1]) for part in windows} == {(0, 2)}
    assert {token for part in windows for token in part[1:-1]} == set(range(10, 110))
    assert window(ids, row("long", 1), dice) == ids
    assert window(ids[:30], row("short", 0), dice) == ids[:30]


def test_a_run_learns_and_can_be_read_back(tmp_path: Path) -> None:
    """A few steps on two opposite lines pull them apart, and the folder holds what was learnt."""
    train_into(tmp_path, LINES, QUICK)
    calm, loud = network.score_texts(network.load_network(tmp_path), ["the sea is calm", "das feuer ist feuerlaut"])
    assert max(calm) < 0.5 < min(loud)
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["lines_by_source"] == {"source": 16}
    assert record["entries"] == network.ENTRIES
    assert not (tmp_path / "checkpoint.pt").exists()


def test_a_run_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    """Its result is that of a run that was not; a checkpoint of other lines is not gone on from."""
    whole = train(LINES, QUICK)
    halfway, checkpoint = QUICK.epochs // 2, tmp_path / "checkpoint.pt"
    with pytest.raises(KeyboardInterrupt):
        train(LINES, QUICK, checkpoint=checkpoint, on_epoch=interrupt_after(halfway))
    epochs: list[int] = []
    resumed = train(LINES, QUICK, checkpoint=checkpoint, on_epoch=epochs.append)
    assert epochs == list(range(halfway + 1, QUICK.epochs + 1))
    texts = ["the sea is calm", "das feuer ist feuerlaut"]
    for again, before in zip(network.score_texts(resumed, texts), network.score_texts(whole, texts), strict=True):
        assert again == pytest.approx(before, abs=1e-3)
    other: list[int] = []
    train(Lines(LINES.own[:-1], []), replace(QUICK, epochs=1), checkpoint=checkpoint, on_epoch=other.append)
    assert other == [1]


def interrupt_after(last: int) -> Callable[[int], None]:
    """Return what cuts a training off after so many epochs."""

    def interrupt(done: int) -> None:
        if done == last:
            raise KeyboardInterrupt

    return interrupt


def test_an_average_lies_between_its_runs(tmp_path: Path) -> None:
    """The mean of two heads scores between them, and the record names both recipes."""
    for name, bias in (("one", 0.0), ("two", 1.0)):
        run = network.build_network(["tea"], layers=(0,), entries=500)
        run.head[1].weight.data.zero_()
        run.head[1].bias.data.fill_(bias)
        (tmp_path / name).mkdir()
        network.save_network(run, tmp_path / name)
        (tmp_path / name / "training.json").write_text(json.dumps({"recipe": {"seed": bias}, "lines_by_source": {"de": 3}, "entries": 500}))
    average([tmp_path / "one", tmp_path / "two"], tmp_path / "mean")
    assert network.load_network(tmp_path / "mean").head[1].bias.tolist() == pytest.approx([0.5] * 5)
    record = json.loads((tmp_path / "mean" / "training.json").read_text())
    assert [recipe["seed"] for recipe in record["averaged_recipes"]] == [0.0, 1.0]
    assert record["lines_by_source"] == {"de": 3}
