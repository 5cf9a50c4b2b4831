"""The default runtime: order, batching, long messages and the sentences the shipped weights must get right."""

import pytest

from moderation.classifier.base import ClassifierError
from moderation.classifier.loading import load_classifier
from moderation.classifier.onnx import OnnxClassifier
from moderation.findings import Candidate
from moderation.pipeline import screen
from moderation.rules import Rules
from moderation.taxonomy import Label, Lane, ReasonCode, Verdict

TEXTS = [
    "thanks, that helps",
    "I want to die",
    "nobody would miss you, do us all a favour",
    "ich bin heute müde und war lange spazieren, danach ging es ein bisschen besser",
    "I had a rough day. " * 20,
    "ok",
]


@pytest.fixture(scope="module")
def classifier() -> OnnxClassifier:
    """The shipped weights."""
    loaded = load_classifier("onnx", None)
    assert isinstance(loaded, OnnxClassifier)
    return loaded


def test_a_batch_scores_like_each_text_alone(classifier: OnnxClassifier) -> None:
    """A message's fate does not depend on what else arrived with it."""
    together = classifier.score(TEXTS)
    for text, scores in zip(TEXTS, together, strict=True):
        (alone,) = classifier.score([text])
        assert scores == pytest.approx(alone, abs=1e-3)


def test_order_is_kept(classifier: OnnxClassifier) -> None:
    """Sorting by length inside is undone."""
    forwards = classifier.score(TEXTS)
    backwards = classifier.score(TEXTS[::-1])
    for one, other in zip(forwards, reversed(backwards), strict=True):
        assert one == pytest.approx(other, abs=1e-3)


def test_nothing_gives_nothing(classifier: OnnxClassifier) -> None:
    """An empty list is no error."""
    assert list(classifier.score([])) == []


@pytest.mark.parametrize("text", ["", " ", "\u200b", "🌧️", "x" * 4000, "安安", "\ud800"])
def test_odd_texts_are_scored(classifier: OnnxClassifier, text: str) -> None:
    """Whatever a keyboard can send gets complete scores."""
    (scores,) = classifier.score([text])
    assert set(scores) == set(Label)


def test_abuse_at_the_end_of_a_long_message_is_seen(classifier: OnnxClassifier) -> None:
    """Padding a message with friendly words hides nothing."""
    friendly = "We had tea in the garden and talked about the weather for a while. " * 25
    (scores,) = classifier.score([friendly + "You are a worthless piece of trash and everyone hates you."])
    (plain,) = classifier.score([friendly])
    assert scores[Label.HARASSMENT] > 0.6 > plain[Label.HARASSMENT]


def test_a_text_beyond_any_limit_is_an_error(classifier: OnnxClassifier) -> None:
    """It is not cut in silence."""
    with pytest.raises(ClassifierError):
        classifier.score(["word " * 30_000])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("I want to die", Verdict.DELIVER_ALERT),
        ("ich will sterben", Verdict.DELIVER_ALERT),
        ("nobody would miss you, do us all a favour", Verdict.HOLD),
        ("dich würde keiner vermissen, tu uns allen einen gefallen", Verdict.HOLD),
        ("thanks, that helps", Verdict.DELIVER),
        ("danke, das hilft mir", Verdict.DELIVER),
        ("I had a rough day", Verdict.DELIVER),
        ("ich bin heute müde", Verdict.DELIVER),
        ("heute war ein schwerer tag", Verdict.DELIVER),
    ],
)
def test_the_shipped_weights_and_rules_agree_with_a_moderator(classifier: OnnxClassifier, text: str, verdict: Verdict) -> None:
    """The plainest sentences of each kind."""
    (screened,) = screen([Candidate(text, Rules())], classifier)
    assert screened.decision.verdict is verdict
    if verdict is Verdict.DELIVER_ALERT:
        assert screened.decision.lane is Lane.CARE


@pytest.mark.parametrize(
    "text",
    [
        "I want to die",
        "ich will sterben",
        "I hate myself, I'm so stupid",
        "ich hasse mich, ich bin so dumm",
        "someone told me to kill myself",
        "jemand hat mir gesagt, ich soll mich umbringen",
    ],
)
def test_words_about_oneself_or_received_are_no_offence(classifier: OnnxClassifier, text: str) -> None:
    """Direction decides: me to me and they to me are not me to you."""
    (screened,) = screen([Candidate(text, Rules())], classifier)
    codes = {reason.code for reason in screened.decision.reasons}
    assert not codes & {ReasonCode.HARASSMENT, ReasonCode.GOADING}
