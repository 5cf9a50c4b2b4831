"""Measuring a classifier: calibration, thresholds, the behavioural suite, fairness and robustness, on scripted scores."""

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from moderation.classifier.base import ScriptedClassifier, harmless
from moderation.classifier.calibration import LabelCalibration, calibrate, log_odds, probability
from moderation.taxonomy import Label
from moderation.training import evaluate, fairness, robustness, suite
from moderation.training.calibration import calibration_error, fit_calibration, reliability
from moderation.training.flags import flagged
from moderation.training.metrics import FALSE_ALARMS, measure
from moderation.training.rows import LANGUAGES, BadRowError, Row
from moderation.training.thresholds import ALLOWANCES, HIGHEST, LOWEST, choose_thresholds


def row(text: str, lang: str = "en", **truths: int) -> Row:
    """Return a row whose unnamed labels are 0."""
    return Row(text, lang, {label: truths.get(label.value, 0) for label in Label}, "group", "source")


def overconfident(count: int, seed: int = 3) -> tuple[list[Row], list[dict[Label, float]]]:
    """Return rows whose crisis score claims twice the log-odds that are true, and half a point more."""
    dice = random.Random(seed)
    rows, scores = [], []
    for number in range(count):
        odds = dice.uniform(-3, 3)
        rows.append(row(str(number), crisis=int(dice.random() < probability(odds))))
        scores.append(harmless(crisis=probability(2 * odds + 0.5)))
    return rows, scores


def test_calibration_makes_scores_frequencies() -> None:
    """The fitted line undoes what made the scores wrong, for the label that has enough positives alone."""
    rows, scores = overconfident(6000)
    calibration = fit_calibration(rows, scores)
    assert set(calibration) == {Label.CRISIS}
    assert calibration[Label.CRISIS].scale == pytest.approx(0.5, abs=0.06)
    assert calibration[Label.CRISIS].shift == pytest.approx(-0.25, abs=0.12)
    truths = [line.labels[Label.CRISIS] or 0 for line in rows]
    before = calibration_error(list(zip([s[Label.CRISIS] for s in scores], truths, strict=True)))
    after = calibration_error(list(zip([calibrate(s, calibration)[Label.CRISIS] for s in scores], truths, strict=True)))
    assert before is not None
    assert after is not None
    assert after < before / 2


def test_calibration_keeps_the_order_and_stays_between_0_and_1() -> None:
    """Also for scores that claim certainty."""
    line = LabelCalibration(scale=0.7, shift=-0.4)
    calibrated = [line.apply(score) for score in (0.0, 0.2, 0.5, 0.9, 1.0)]
    assert calibrated == sorted(calibrated)
    assert all(0 < score < 1 for score in calibrated)
    assert math.isfinite(log_odds(0.0))
    assert LabelCalibration().apply(0.3) == pytest.approx(0.3)


def test_reliability_of_an_empty_bin_is_nothing() -> None:
    """Every bin that holds anything is reported, with its count."""
    assert reliability([(0.05, 0), (0.95, 1), (1.0, 1)]) == [(0.05, 0.0, 1), (0.975, 1.0, 2)]
    assert calibration_error([]) is None


def test_recall_is_measured_at_the_false_alarms_allowed() -> None:
    """One negative in a hundred above half the positives: five per cent may, so all are found."""
    negatives = [row(f"n{number}") for number in range(100)]
    positives = [row(f"p{number}", crisis=1) for number in range(10)]
    scores = [harmless(crisis=0.9 if number == 0 else 0.1) for number in range(100)] + [harmless(crisis=0.5 + number / 20) for number in range(10)]
    measured = measure([*negatives, *positives], scores)["en"]["crisis"]
    assert measured.recall is not None
    assert (measured.recall.value, measured.positives, measured.false_alarms_allowed) == (1.0, 10, FALSE_ALARMS[Label.CRISIS])
    assert measure([], [])["de"]["crisis"].recall is None


def test_thresholds_keep_false_alarms_rare_in_both_kinds_of_lines() -> None:
    """Whichever asks for more decides: near misses here, ordinary talk there."""
    rows = [row(f"n{number}") for number in range(200)] + [row(f"p{number}", crisis=1) for number in range(20)]
    scores = [harmless(crisis=number / 400) for number in range(200)] + [harmless(crisis=0.8)] * 20
    by_near_misses = choose_thresholds(rows, scores, [], [])["alert_crisis"]
    assert by_near_misses.threshold == pytest.approx(0.5 * (1 - ALLOWANCES["alert_crisis"].near_misses), abs=0.011)
    assert by_near_misses.recall["en"] is not None
    assert by_near_misses.recall["en"].value == 1.0
    assert by_near_misses.recall["de"] is None
    talk = [row(f"t{number}") for number in range(100)]
    loud = [harmless(crisis=0.7 if number < 3 else 0.1) for number in range(100)]
    by_talk = choose_thresholds(rows, scores, talk, loud)["alert_crisis"]
    assert by_talk.threshold == pytest.approx(0.71, abs=0.011)
    for source, heeded in (("counsel_chat", True), ("goemotions", False)):
        nudge = choose_thresholds(rows, scores, [replace(row, source=source) for row in talk], loud)["nudge_harassment"]
        assert (nudge.ordinary is not None) is heeded
    assert all(LOWEST <= chosen.threshold <= HIGHEST + 0.01 for chosen in choose_thresholds([], [], [], []).values())


def test_imminent_counts_as_found_crisis() -> None:
    """A person who is about to act is treated at least as one who thinks of it."""
    assert flagged("crisis", harmless(imminent=0.95))
    assert not flagged("imminent", harmless(crisis=0.95))
    assert flagged("conduct", harmless(goading=0.95))
    assert not flagged("care", harmless(goading=0.95))


def test_the_suite_is_large_enough_and_its_cases_are_good() -> None:
    """At least 40 functionalities with at least 10 cases in each language, no text twice, one expectation each."""
    cases = suite.read_cases()
    names = {case.functionality for case in cases}
    assert len(names) >= 40
    for name in names:
        of_name = [case for case in cases if case.functionality == name]
        assert all(sum(case.lang == lang for case in of_name) >= 10 for lang in LANGUAGES)
        assert len({(case.about, case.expected) for case in of_name}) == 1
    texts = [case.text.casefold() for case in cases]
    assert len(texts) == len(set(texts))


def test_the_suite_fails_for_a_classifier_that_sees_nothing() -> None:
    """And the table names what failed."""
    cases = suite.read_cases()
    rows = suite.run_suite(ScriptedClassifier(lambda _text: harmless()), cases)
    assert not suite.suite_passes(rows)
    by_name = {functionality.name: functionality for functionality in rows}
    assert by_name["goading_direct"].share() == 0.0
    assert by_name["everyday_chat"].share("de") == 1.0
    table = "\n".join(suite.table(rows, with_texts=True))
    assert "goading_direct" in table
    assert table.count("failed: ") == sum(case.expected for case in cases)


@pytest.mark.parametrize("bad", ["{", '{"functionality": "x"}', '{"functionality": "x", "lang": "fr", "about": "any", "expected": true, "text": "a"}'])
def test_a_bad_case_is_refused_by_its_line(tmp_path: Path, bad: str) -> None:
    """Without its text."""
    good = {"functionality": "x", "lang": "en", "about": "any", "expected": False, "text": "hello"}
    (tmp_path / "cases.jsonl").write_text(json.dumps(good) + "\n" + bad + "\n")
    with pytest.raises(BadRowError, match=r"^cases\.jsonl:2: not a case"):
        suite.read_cases(tmp_path / "cases.jsonl")


def test_a_classifier_that_minds_a_word_is_seen_to() -> None:
    """Its term is the most often flagged, far above the mean."""
    rates = fairness.term_rates(ScriptedClassifier(lambda text: harmless(harassment=0.99 if "gay" in text else 0.0)))
    assert rates[0].term == "gay"
    assert rates[0].conduct == 1.0
    assert fairness.mean_rate(rates).conduct < 0.1


def test_perturbations_change_what_they_should_and_flips_are_counted() -> None:
    """A classifier that reads letters as typed flips; one that looks at nothing does not."""
    rows = [row("Ich möchte heute wirklich nicht mehr reden!", "de"), row("please leave them alone tonight")]
    reader = ScriptedClassifier(lambda text: harmless(harassment=0.0 if text in {r.text for r in rows} else 0.99))
    flips = robustness.measure_flips(reader, rows)
    assert set(flips) == set(robustness.PERTURBATIONS)
    assert all(kind.flipped == kind.changed for kind in flips.values())
    assert flips["umlauts left out"].changed == 1
    assert all(kind.share == 0.0 for kind in robustness.measure_flips(ScriptedClassifier(lambda _text: harmless()), rows).values())


def test_an_evaluation_holds_everything_the_report_needs() -> None:
    """For a classifier that sees nothing: no recall, no flags."""
    measured = evaluate.evaluate(ScriptedClassifier(lambda _text: harmless()))
    assert set(measured) == {"weights", "part", "labels", "strangers", "verdicts", "stranger_verdicts", "ordinary_talk", "suite", "fairness", "flips"}
    assert measured["ordinary_talk"] is None
    assert measured["fairness"]["mean"]["conduct"] == 0.0
    assert json.loads(json.dumps(measured)) == measured
