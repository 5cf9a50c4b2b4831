"""Weights are loaded only when every file is exactly what the manifest says, and otherwise refused in a clear sentence."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moderation.classifier.base import WeightsError
from moderation.classifier.loading import SHIPPED_WEIGHTS, load_classifier
from moderation.classifier.manifest import MANIFEST
from moderation.rules import Rules


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the shipped weights that a test may damage."""
    copy = tmp_path / "weights"
    shutil.copytree(SHIPPED_WEIGHTS, copy)
    return copy


def refusal(kind: str, folder: Path | None, **options: object) -> str:
    """Return the sentence with which loading is refused."""
    with pytest.raises(WeightsError) as refused:
        load_classifier(kind, folder, **options)  # type: ignore[arg-type]
    return str(refused.value)


def test_the_shipped_weights_load() -> None:
    """They carry their name and the beginning of their own checksum."""
    classifier = load_classifier("onnx", None)
    assert classifier.name == SHIPPED_WEIGHTS.name
    assert len(classifier.revision) == 12


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json"])
def test_an_altered_file_is_refused(weights: Path, name: str) -> None:
    """One byte is enough."""
    with (weights / name).open("ab") as file:
        file.write(b" ")
    assert f"{name} is not the file" in refusal("onnx", weights)


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json"])
def test_a_missing_file_is_refused(weights: Path, name: str) -> None:
    """Named in the manifest, gone from the folder."""
    (weights / name).unlink()
    assert f"{name} is named in manifest.json but missing" in refusal("onnx", weights)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"labels": ["harassment"]}, "labels must be"),
        ({"labels": None}, "labels is missing or malformed"),
        ({"files": {}}, "files is missing or malformed"),
        ({"files": {"../escape": "0" * 64}}, "missing"),
        ({"max_tokens": 4}, "max_tokens is missing or malformed"),
        ({"reading": 1}, "read texts in way 1"),
    ],
)
def test_a_strange_manifest_is_refused(weights: Path, change: dict[str, object], sentence: str) -> None:
    """The sentence says what is wrong with it."""
    file = weights / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert sentence in refusal("onnx", weights)


@pytest.mark.parametrize("name", ["model.int8.onnx", "words.txt"])
def test_a_manifest_must_name_what_scores_depend_on(weights: Path, name: str) -> None:
    """An unlisted network or list of words would be unchecked."""
    file = weights / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest["files"][name]
    file.write_text(json.dumps(manifest))
    assert f"does not name {name}" in refusal("onnx", weights)


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    """It is not a folder of weights."""
    assert "manifest.json is missing" in refusal("onnx", tmp_path)


def test_settings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    """Unknown kind, no threads, a map without use, torch without a folder."""
    assert "unknown kind" in refusal("magic", None)
    assert "one thread" in refusal("onnx", None, threads=0)
    assert "label map is for torch" in refusal("onnx", None, label_map={"a": "crisis"})
    assert "needs the folder" in refusal("torch", None)
    assert "model.safetensors is missing" in refusal("torch", tmp_path)


def test_the_default_runtime_needs_neither_torch_nor_transformers() -> None:
    """The process that screens stays small."""
    program = (
        "import sys; from moderation.classifier.loading import load_classifier; "
        "from moderation import pipeline, batch, explain; "
        "load_classifier('onnx', None).score(['hello']); "
        "heavy = {'torch', 'transformers', 'flask', 'sqlalchemy'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_default_thresholds_are_those_chosen_for_the_shipped_weights() -> None:
    """Other weights, other thresholds: neither changes without the other."""
    chosen = json.loads((SHIPPED_WEIGHTS / MANIFEST).read_text())["thresholds"]
    assert {setting: getattr(Rules(), setting) for setting in chosen} == {setting: choice["threshold"] for setting, choice in chosen.items()}
