"""Operators' own weights: read from disk only, mapped onto our labels completely or not at all."""

import json
from pathlib import Path

import pytest

from moderation.classifier.base import WeightsError
from moderation.classifier.loading import load_classifier
from moderation.classifier.torch import columns_by_label
from moderation.classifier.verify import verify
from moderation.taxonomy import Label
from moderation.training.foreign import export_foreign

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "everyone", "how", "are", "you", "today", "bye"]
NAMES = ["toxic", "goad", "sad", "danger", "worry", "insult", "neutral"]
MAP = {
    "toxic": "harassment",
    "insult": "harassment",
    "goad": "goading",
    "sad": "crisis",
    "danger": "imminent",
    "worry": "concern",
    "neutral": "ignore",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny sequence classifier with random weights, as Hugging Face libraries save one."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    where = tmp_path_factory.mktemp("tiny-classifier")
    (where / "vocab.txt").write_text("\n".join(WORDS))
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        problem_type="multi_label_classification",
        id2label=dict(enumerate(NAMES)),
        label2id={name: index for index, name in enumerate(NAMES)},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(where)
    transformers.BertTokenizerFast(vocab={word: i for i, word in enumerate(WORDS)}).save_pretrained(where)
    return where


def test_it_scores_every_label_in_order(folder: Path) -> None:
    """One by one or together, the scores are the same."""
    classifier = load_classifier("torch", folder, label_map=MAP)
    texts = ["hello everyone", "bye", "how are you today " * 60]
    together = classifier.score(texts)
    assert [set(scores) for scores in together] == [set(Label)] * 3
    for text, scores in zip(texts, together, strict=True):
        assert classifier.score([text])[0] == pytest.approx(scores, abs=1e-4)
    assert list(classifier.score([])) == []


def test_it_reads_what_its_tokenizer_knows(folder: Path) -> None:
    """Any alphabet, if it is the model's; an emoji is nobody's."""
    classifier = load_classifier("torch", folder, label_map=MAP)
    assert classifier.reads("hello everyone, how are you today 🤍")
    assert classifier.reads("🤍")
    assert not classifier.reads("ዛሬ በጣም መጥፎ")


def test_several_labels_may_feed_one_and_the_highest_counts(folder: Path) -> None:
    """A map that sends everything to one label cannot lower it."""
    own = load_classifier("torch", folder, label_map=MAP)
    wide = load_classifier("torch", folder, label_map=MAP | {"neutral": "harassment"})
    text = ["hello everyone"]
    assert wide.score(text)[0][Label.HARASSMENT] >= own.score(text)[0][Label.HARASSMENT]


def test_a_softmax_model_gives_shares(folder: Path, tmp_path: Path) -> None:
    """The problem type in the model's own configuration decides."""
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    config["problem_type"] = "single_label_classification"
    (tmp_path / "config.json").write_text(json.dumps(config))
    names = {name: label.value for name, label in zip(NAMES, Label, strict=False)}
    label_map = names | {"insult": "concern", "neutral": "ignore"}
    (scores,) = load_classifier("torch", tmp_path, label_map=label_map).score(["hello"])
    assert sum(scores.values()) < 1.0


@pytest.mark.parametrize(
    ("label_map", "sentence"),
    [
        ({}, "missing danger, goad"),
        ({k: v for k, v in MAP.items() if k != "sad"}, "missing sad"),
        (MAP | {"joy": "ignore"}, "not in the model joy"),
        (MAP | {"sad": "sadness"}, "not 'sadness'"),
        (MAP | {"sad": "ignore"}, "feeds nothing into crisis"),
    ],
)
def test_a_map_that_leaves_anything_open_is_refused(label_map: dict[str, str], sentence: str) -> None:
    """The sentence names what is missing."""
    with pytest.raises(WeightsError, match=sentence):
        columns_by_label(NAMES, label_map)


def test_one_label_may_feed_several() -> None:
    """A model that knows less than five things can still be used, if its operator says how."""
    columns = columns_by_label(["bad", "risk"], {"bad": "harassment,goading", "risk": "crisis, imminent, concern"})
    assert columns == {
        Label.HARASSMENT: [0],
        Label.GOADING: [0],
        Label.CRISIS: [1],
        Label.IMMINENT: [1],
        Label.CONCERN: [1],
    }


def test_a_manifest_beside_the_weights_is_checked(folder: Path, tmp_path: Path) -> None:
    """When an operator pins the files, a change is refused."""
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest = {"name": "own", "revision": "1234567", "labels": NAMES, "max_tokens": 64, "files": {"config.json": "0" * 64}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match="not the file"):
        load_classifier("torch", tmp_path, label_map=MAP)


def test_it_scores_the_same_exported_to_onnx(folder: Path, tmp_path: Path) -> None:
    """The label map travels inside the network; only quantisation moves a score a little."""
    manifest = export_foreign(folder, tmp_path / "exported", MAP)
    assert manifest["exported_from"]["label_map"] == MAP
    texts = ["hello everyone", "bye", "how are you today"]
    exported = load_classifier("onnx", tmp_path / "exported")
    for ours, theirs in zip(exported.score(texts), load_classifier("torch", folder, label_map=MAP).score(texts), strict=True):
        assert ours == pytest.approx(theirs, abs=0.02)
    assert verify(tmp_path / "exported").holds


def test_a_partial_label_map_is_not_exported(folder: Path, tmp_path: Path) -> None:
    """The sentence names what is missing, and nothing is written."""
    with pytest.raises(WeightsError, match="missing worry"):
        export_foreign(folder, tmp_path / "exported", {name: label for name, label in MAP.items() if name != "worry"})
    assert not (tmp_path / "exported").exists()
