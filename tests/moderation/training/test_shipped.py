"""Finished weights go on learning: what is shipped in 8 bits is read back, learns new lines, and keeps most of what it knew."""

import json
from pathlib import Path

import pytest

from moderation.classifier.loading import SHIPPED_WEIGHTS
from moderation.classifier.manifest import MANIFEST
from moderation.classifier.onnx import MODEL_FILE, OnnxClassifier
from moderation.taxonomy import Label
from moderation.training.network import score_texts
from moderation.training.rows import DATA, Row
from moderation.training.shipped import UnreadableWeightsError, known_sources, read_shipped
from moderation.training.train import REPLAYED_SHARE, Lines, Recipe, read_lines, train, train_into

TEXTS = ("good morning, everyone", "you are worthless and nobody likes you", "I want to die", "ich will nicht mehr leben", "danke für alles")


def test_it_scores_as_the_shipped_file_does() -> None:
    """Quantised again while it runs, that file differs by a little."""
    classifier = OnnxClassifier(SHIPPED_WEIGHTS, threads=1, calibrated=False)
    for back, shipped in zip(score_texts(read_shipped(SHIPPED_WEIGHTS), TEXTS), classifier.score(TEXTS), strict=True):
        assert back == pytest.approx([shipped[label] for label in Label], abs=0.15)


def test_it_learns_a_line_it_did_not_know(tmp_path: Path) -> None:
    """A few steps are enough for two lines, the rest is as before, and the record says what it started from and all it has seen."""
    rows = [Row(text, "en", dict.fromkeys(Label, value), "group", "mine", 1.0) for text, value in (("the sea is calm", 0), ("frumious bandersnatch", 1))]
    train_into(tmp_path, Lines(rows * 8, []), Recipe(epochs=6, batch=8, mean_decay=0.5, start_from=SHIPPED_WEIGHTS.name), SHIPPED_WEIGHTS)
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["recipe"]["start_from"] == SHIPPED_WEIGHTS.name
    assert record["lines_by_source"] == {**known_sources(SHIPPED_WEIGHTS), "mine": 16}
    learnt = train(Lines(rows * 8, []), Recipe(epochs=6, batch=8, mean_decay=0.5), start=SHIPPED_WEIGHTS)
    calm, new = score_texts(learnt, [row.text for row in rows])
    assert max(calm) < 0.5 < min(new)


def test_of_what_is_known_a_part_is_learnt_again() -> None:
    """All that is new, and some of the groups of the other sets."""
    everything, new = read_lines(DATA, None, 7), "en_kind_supplement"
    known = {row.source for row in everything.own} - {new}
    lines = read_lines(DATA, None, 7, known=known)
    of_new, of_known = (sum((row.source == new) is wanted for row in lines.own) for wanted in (True, False))
    assert of_new == sum(row.source == new for row in everything.own)
    assert of_known / (len(everything.own) - of_new) == pytest.approx(REPLAYED_SHARE, abs=0.05)


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    """In a sentence, not by wrong numbers."""
    for name in (MANIFEST, "tokenizer.json", "words.txt"):
        (tmp_path / name).write_bytes((SHIPPED_WEIGHTS / name).read_bytes())
    import onnx  # noqa: PLC0415 - heavy

    other = onnx.load(SHIPPED_WEIGHTS / MODEL_FILE)
    del other.graph.initializer[-1]
    onnx.save(other, tmp_path / MODEL_FILE)
    with pytest.raises(UnreadableWeightsError, match="head"):
        read_shipped(tmp_path)
