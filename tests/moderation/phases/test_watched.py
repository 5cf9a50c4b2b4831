"""Watched phrases are found in every spelling, and not inside other words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.findings import Candidate
from moderation.phases.watched import check_watched_phrases
from moderation.rules import Rules

RULES = Rules(watched_phrases=("Fat Pig", "Mörder", "loser", "dumm wie brot", "1488"))


def found(text: str) -> list[str]:
    """Return the phrases that the phase finds in a text."""
    return [f.detail for f in check_watched_phrases(Candidate(text, RULES), None)]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("you fat pig", "Fat Pig"),
        ("you F4T P1G!", "Fat Pig"),
        ("fat-pig", "Fat Pig"),
        ("fatpig", "Fat Pig"),
        ("f a t p i g", "Fat Pig"),
        ("faaaat piiig", "Fat Pig"),
        ("du Mörder", "Mörder"),
        ("du moerder.", "Mörder"),
        ("MORDER", "Mörder"),
        ("m.ö.r.d.e.r", "Mörder"),
        ("such a 1oser", "loser"),
        ("lo se r", "loser"),
        ("l\u200boser", "loser"),
        ("du bist d.u.m.m wie brot", "dumm wie brot"),
        ("d u m m w i e b r o t", "dumm wie brot"),
        ("about 1488 then", "1488"),
        ("about 14 88 then", "1488"),
    ],
)
def test_a_phrase_is_found_in_any_spelling(text: str, phrase: str) -> None:
    """Case, digits, gaps, doubled letters, umlauts, invisible characters."""
    assert found(text) == [phrase]


@pytest.mark.parametrize("text", ["closer to you", "the lo serves", "fat the pig", "Mörderisch gut", "brot wie dumm", "14:08", ""])
def test_other_words_are_not_mistaken_for_it(text: str) -> None:
    """Whole words only, in the order of the phrase."""
    assert found(text) == []


@given(st.text(max_size=60), st.sampled_from(RULES.watched_phrases))
def test_a_phrase_between_other_words_is_always_found(text: str, phrase: str) -> None:
    """Whatever stands around it."""
    assert phrase in found(f"{text} {phrase} {text}")
