"""Screening as a whole: whatever goes wrong, an unscreened message is held and nothing is lost or reordered."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from moderation import pipeline
from moderation.classifier.base import ScriptedClassifier, harmless
from moderation.findings import Candidate, Finding, Scores
from moderation.pipeline import screen
from moderation.rules import Rules
from moderation.taxonomy import Label, Lane, Level, ReasonCode, Verdict

RULES = Rules()


def of(*texts: str) -> list[Candidate]:
    """Return candidates under default rules."""
    return [Candidate(text, RULES) for text in texts]


class Broken:
    """A classifier that answers with whatever a function makes of the texts."""

    name = "broken"
    revision = "1"

    def __init__(self, answer: Callable[[Sequence[str]], Any]) -> None:
        self.answer = answer
        self.calls: list[int] = []

    def score(self, texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        """Return the made-up answer."""
        self.calls.append(len(texts))
        answer: Sequence[Mapping[Label, float]] = self.answer(texts)
        return answer

    def reads(self, _text: str) -> bool:
        """Know every writing."""
        return True


def _raise(_texts: Sequence[str]) -> None:
    message = "out of order"
    raise RuntimeError(message)


NONSENSE: dict[str, Callable[[Sequence[str]], Any]] = {
    "raises": _raise,
    "nothing": lambda _texts: None,
    "too few": lambda _texts: [],
    "too many": lambda texts: [harmless()] * (len(texts) + 1),
    "not a number": lambda texts: [harmless(crisis=math.nan)] * len(texts),
    "infinite": lambda texts: [harmless(crisis=math.inf)] * len(texts),
    "negative": lambda texts: [harmless(goading=-0.1)] * len(texts),
    "above one": lambda texts: [harmless(goading=1.1)] * len(texts),
    "label missing": lambda texts: [{Label.CRISIS: 0.1}] * len(texts),
    "label unknown": lambda texts: [{**harmless(), "joy": 0.1}] * len(texts),
    "not a mapping": lambda texts: [[0.0] * 5] * len(texts),
    "text for a score": lambda texts: [{**harmless(), Label.CRISIS: "0.1"}] * len(texts),
    "none for a score": lambda texts: [{**harmless(), Label.CRISIS: None}] * len(texts),
    "true for a score": lambda texts: [{**harmless(), Label.CRISIS: True}] * len(texts),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_from_the_classifier_holds_the_message(kind: str) -> None:
    """Unknown is never allow."""
    (screened,) = screen(of("hello everyone"), Broken(NONSENSE[kind]))
    decision = screened.decision
    assert screened.scores is None
    assert decision.verdict is Verdict.HOLD
    assert (decision.lane, decision.level) == (Lane.CONDUCT, Level.H1)
    assert [reason.code for reason in decision.reasons] == [ReasonCode.SCREENER_UNAVAILABLE]


def test_what_the_classifier_cannot_read_is_held() -> None:
    """However harmless its scores."""
    classifier = ScriptedClassifier(lambda _text: harmless(), legible=lambda text: text == "hello")
    known, unknown = screen(of("hello", "ሰላም"), classifier)
    assert known.decision.verdict is Verdict.DELIVER
    assert (unknown.decision.verdict, unknown.decision.level) == (Verdict.HOLD, Level.H1)
    assert [reason.code for reason in unknown.decision.reasons] == [ReasonCode.UNREAD]


@pytest.mark.parametrize("answer", [_raise, lambda _text: None, lambda _text: "yes"])
def test_a_classifier_that_cannot_say_what_it_reads_reads_nothing(answer: Callable[[str], Any]) -> None:
    """Unknown is never allow."""
    (screened,) = screen(of("hello"), ScriptedClassifier(lambda _text: harmless(), legible=answer))
    assert screened.decision.verdict is Verdict.HOLD


def test_one_poisonous_text_does_not_hold_the_others() -> None:
    """The batch is tried as a whole, then text by text."""

    def answer(texts: Sequence[str]) -> list[dict[Label, float]]:
        if "poison" in texts:
            _raise(texts)
        return [harmless() for _ in texts]

    classifier = Broken(answer)
    screened = screen(of("one", "poison", "three"), classifier)
    assert [s.decision.verdict for s in screened] == [Verdict.DELIVER, Verdict.HOLD, Verdict.DELIVER]
    assert classifier.calls == [3, 1, 1, 1]


def test_answers_come_back_in_order() -> None:
    """Each message gets its own scores."""
    classifier = ScriptedClassifier(lambda text: harmless(crisis=float(text)))
    screened = screen(of("0.9", "0.1", "0.5"), classifier)
    assert [s.scores and s.scores[Label.CRISIS] for s in screened] == [0.9, 0.1, 0.5]
    assert all(s.milliseconds >= 0 for s in screened)


def test_nothing_to_screen_asks_nothing() -> None:
    """An empty batch does not reach the classifier."""
    classifier = Broken(_raise)
    assert screen([], classifier) == []
    assert classifier.calls == []


def test_a_phase_that_breaks_holds_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """No phase can fail open."""

    def broken_phase(_candidate: Candidate, _scores: Scores | None) -> list[Finding]:
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline, "PHASES", (*pipeline.PHASES, broken_phase))
    (screened,) = screen(of("hello"), ScriptedClassifier(lambda _text: harmless()))
    assert screened.decision.verdict is Verdict.HOLD
    assert screened.decision.reasons[-1].code is ReasonCode.SCREENER_UNAVAILABLE


def test_message_text_never_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Not even when a runtime quotes the text in its error."""

    def quoting(texts: Sequence[str]) -> None:
        raise ValueError(texts[0])

    with caplog.at_level(logging.DEBUG):
        screen(of("a very private sentence"), Broken(quoting))
    assert caplog.records
    assert "private" not in caplog.text


HOSTILE = [
    *("a", "1 ", "a.", "a@", "(1", "a_a ", "at dot ", "x at ", "send me a a ", "DE89 ", "ab ", "i d "),
    *("\u200b", "ä", "insta is is ", "twenty ", "$", "!", "1" * 30 + " ", "www", "@", "my paypal "),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_of_full_length_is_screened(piece: str) -> None:
    """Four thousand characters of anything come to a verdict."""
    rules = Rules(max_length=4000, watched_phrases=("i d i d", "aaa", "ein langer satz"))
    text = (piece * 4000)[:4000]
    (screened,) = screen([Candidate(text, rules, recent=(text,) * 5)], ScriptedClassifier(lambda _text: harmless()))
    assert screened.decision.verdict in Verdict
