"""The training step itself, on a handful of lines: it learns, masks the unknown and refuses a strange base encoder."""

import json
from pathlib import Path

import pytest

from moderation.taxonomy import Label
from moderation.training import network
from moderation.training.average import average
from moderation.training.rows import Row
from moderation.training.train import Example, Recipe, targets, train

pytest.importorskip("torch")


def row(text: str, value: int | None, weight: float = 1.0) -> Row:
    """Return a row with one value for every label."""
    return Row(text, "en", dict.fromkeys(Label, value), "group", "source", weight)


def test_unknown_labels_weigh_nothing() -> None:
    """And a set's own weight counts for the rest."""
    examples = [Example([1], row("a", None)), Example([1], row("b", 1, 0.25))]
    wanted, weights = targets(examples)
    assert wanted.tolist() == [[0.0] * 5, [1.0] * 5]
    assert weights.tolist() == [[0.0] * 5, [0.25] * 5]


def test_a_run_learns_and_can_be_read_back(tmp_path: Path) -> None:
    """A few steps on two opposite lines pull them apart, and the file holds what was learnt."""
    pytest.importorskip(network.BASE_PACKAGE)
    rows = [row("the sea is calm", 0), row("the fire is loud", 1)] * 8
    trained = train(rows, [], Recipe(epochs=10, batch=8, warm_up=0.1))
    network.save_network(trained, tmp_path)
    calm, loud = network.score_texts(network.load_network(tmp_path), ["the sea is calm", "the fire is loud"])
    assert max(calm) < 0.5 < min(loud)


def test_an_average_lies_between_its_runs(tmp_path: Path) -> None:
    """Parameter by parameter, and every run stays on record."""
    pytest.importorskip(network.BASE_PACKAGE)
    for name, value in (("one", 0.0), ("two", 1.0)):
        run = network.build_network()
        run.head[1].bias.data.fill_(value)
        (tmp_path / name).mkdir()
        network.save_network(run, tmp_path / name)
        record = {"recipe": {"seed": value}, "lines_by_source": {name: 3, "both": value}}
        (tmp_path / name / "training.json").write_text(json.dumps(record))
    average([tmp_path / "one", tmp_path / "two"], tmp_path / "mean")
    assert network.load_network(tmp_path / "mean").head[1].bias.tolist() == [0.5] * 5
    record = json.loads((tmp_path / "mean" / "training.json").read_text())
    assert [recipe["seed"] for recipe in record["averaged_recipes"]] == [0.0, 1.0]
    assert record["lines_by_source"] == {"one": 3, "two": 3, "both": 1.0}


def test_a_strange_base_encoder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the reviewed file is trained on."""
    pytest.importorskip(network.BASE_PACKAGE)
    monkeypatch.setattr(network, "BASE_SHA256", "0" * 64)
    with pytest.raises(network.BaseEncoderError, match="sha256"):
        network.base_folder()


def test_a_missing_base_encoder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    monkeypatch.setattr(network, "BASE_PACKAGE", "no_such_package")
    with pytest.raises(network.BaseEncoderError, match="no-such-package"):
        network.base_folder()
