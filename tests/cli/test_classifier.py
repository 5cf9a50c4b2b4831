"""The operator's commands for the classifier, as they are typed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from moderation.classifier.loading import SHIPPED_WEIGHTS
from moderation.classifier.manifest import MANIFEST, SAMPLE_FILE, sha256_of
from moderation.taxonomy import Label
from support_app import create_app
from support_app.core import core_of
from support_app.settings import Settings


@pytest.fixture
def run(tmp_path: Path) -> Iterator[FlaskCliRunner]:
    """An app that owns nothing yet."""
    app: Flask = create_app(Settings(secret_key="x" * 40, data_dir=tmp_path / "data"))
    yield app.test_cli_runner()
    core_of(app).db.dispose()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the shipped weights that may be spoilt."""
    return Path(shutil.copytree(SHIPPED_WEIGHTS, tmp_path / "weights"))


def test_the_shipped_weights_verify(run: FlaskCliRunner) -> None:
    """Every file is the described one, and the sample scores here as it scored there."""
    result = run.invoke(args=["classifier", "verify"])
    assert result.exit_code == 0, result.output
    assert json.loads((SHIPPED_WEIGHTS / MANIFEST).read_text())["revision"] in result.output


def test_altered_weights_do_not_verify(run: FlaskCliRunner, weights: Path) -> None:
    """One byte is enough."""
    with (weights / SAMPLE_FILE).open("a") as sample:
        sample.write("\n")
    result = run.invoke(args=["classifier", "verify", "--weights", str(weights)])
    assert result.exit_code == 1
    assert f"{SAMPLE_FILE} is not the file" in result.output


def test_weights_that_score_differently_do_not_verify(run: FlaskCliRunner, weights: Path) -> None:
    """Files that match the manifest are not enough: the machine must compute the same."""
    lines = [json.loads(line) for line in (weights / SAMPLE_FILE).read_text().splitlines()]
    lines[2]["scores"]["crisis"] += 0.01
    (weights / SAMPLE_FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    manifest = json.loads((weights / MANIFEST).read_text())
    manifest["files"][SAMPLE_FILE] = sha256_of(weights / SAMPLE_FILE)
    (weights / MANIFEST).write_text(json.dumps(manifest))
    result = run.invoke(args=["classifier", "verify", "--weights", str(weights)])
    assert result.exit_code == 1
    assert "line 3 of the sample scores differently here" in result.output
    assert lines[2]["text"] not in result.output or not lines[2]["text"].strip("\u200b")


def test_the_suite_is_printed_as_a_table(run: FlaskCliRunner) -> None:
    """One row per functionality, then the failing cases, and a status that says whether it passed."""
    result = run.invoke(args=["classifier", "evaluate", "--suite"])
    assert "goading_direct" in result.output
    assert "all cases" in result.output
    assert (result.exit_code == 0) == ("the suite asks for" not in result.output)


def test_calibrating_writes_another_revision(run: FlaskCliRunner, weights: Path, tmp_path: Path) -> None:
    """Fitted to an operator's own lines, and the weights verify afterwards."""
    data = labelled_lines(tmp_path / "own", groups=12)
    before = json.loads((weights / MANIFEST).read_text())["revision"]
    result = run.invoke(args=["classifier", "calibrate", "--weights", str(weights), "--data", str(data)])
    assert result.exit_code == 0, result.output
    manifest = json.loads((weights / MANIFEST).read_text())
    assert manifest["revision"] != before
    assert set(manifest["calibration"]) == {"crisis"}
    assert run.invoke(args=["classifier", "verify", "--weights", str(weights)]).exit_code == 0


def test_a_bad_line_ends_training_by_its_number(run: FlaskCliRunner, tmp_path: Path) -> None:
    """Before anything is trained, without the text."""
    data = labelled_lines(tmp_path / "own", groups=2)
    with (data / "lines.jsonl").open("a") as lines:
        lines.write('{"text": "a secret", "lang": "xx"}\n')
    result = run.invoke(args=["classifier", "train", "--out", str(tmp_path / "run"), "--data", str(data)])
    assert result.exit_code == 1
    assert "lines.jsonl:21: lang must be one of en, de" in result.output
    assert "secret" not in result.output


def test_one_command_leads_from_lines_to_weights(run: FlaskCliRunner, tmp_path: Path) -> None:
    """Two seeds, averaged, quantised, with a sample that verifies; a second call trains nothing again."""
    data = labelled_lines(tmp_path / "own", groups=40)
    args = ["classifier", "train", "--out", str(tmp_path / "run"), "--data", str(data), "--epochs", "1", "--seed", "1", "--seed", "2"]
    result = run.invoke(args=args)
    assert result.exit_code == 0, result.output
    finished = tmp_path / "run" / "weights"
    manifest = json.loads((finished / MANIFEST).read_text())
    assert manifest["labels"] == list(Label)
    assert len(manifest["training"]["averaged_recipes"]) == 2
    assert run.invoke(args=["classifier", "verify", "--weights", str(finished)]).exit_code == 0
    trained = (tmp_path / "run" / "seed-1" / "trained.safetensors").stat().st_mtime_ns
    assert run.invoke(args=args).exit_code == 0
    assert (tmp_path / "run" / "seed-1" / "trained.safetensors").stat().st_mtime_ns == trained


def labelled_lines(folder: Path, *, groups: int) -> Path:
    """Write lines in as many groups, half of them in crisis, in both languages."""
    folder.mkdir()
    zeros = dict.fromkeys((label.value for label in Label), 0)
    with (folder / "lines.jsonl").open("w") as lines:
        for number in range(groups * 10):
            lang, crisis = ("en", "de")[number % 2], number // 2 % 2
            text = {"en": ("tea is ready", "i want to die"), "de": ("der tee ist fertig", "ich will sterben")}[lang][crisis]
            lines.write(json.dumps({**zeros, "text": f"{text} {number}", "lang": lang, "crisis": crisis, "cat": f"g{number // 10}"}) + "\n")
    return folder
