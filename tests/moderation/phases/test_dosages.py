"""Amounts are found, in digits and words; talk about medicine without amounts is not."""

import pytest

from moderation.findings import Candidate
from moderation.phases.dosages import check_dosages
from moderation.rules import Rules
from moderation.taxonomy import ReasonCode


def found(text: str, rules: Rules | None = None) -> list[ReasonCode]:
    """Return what the phase finds in a text."""
    return [f.code for f in check_dosages(Candidate(text, rules or Rules()), None)]


@pytest.mark.parametrize(
    "text",
    ["50 mg", "now on 100mg", "2,5 ml", "10 tablets", "20 small pills", "zwanzig Tabletten", "zehn kleine Pillen", "ten mg"],
)
def test_amounts_are_found(text: str) -> None:
    """With a unit or a count of pieces."""
    assert found(text) == [ReasonCode.DOSAGE]


@pytest.mark.parametrize(
    "text",
    [
        "I took my meds today",
        "meine Tabletten machen müde",
        "one tablet in the morning",
        "I walked 5 km in 50 min",
        "ich habe zwanzig Minuten gewartet",
        "we are ten people",
    ],
)
def test_talk_without_amounts_passes(text: str) -> None:
    """Medicine is a topic, amounts are not."""
    assert found(text) == []


def test_a_circle_may_allow_amounts() -> None:
    """The rules decide."""
    assert found("50 mg", Rules(stop_dosages=False)) == []
