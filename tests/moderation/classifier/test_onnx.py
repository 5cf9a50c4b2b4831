"""The default runtime: order, batching, long messages and the sentences the shipped weights must get right."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
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


class Network:
    """A network in place of the shipped one, which answers as a function of the token ids says."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer

    def run(self, _outputs: list[str], inputs: Mapping[str, Any]) -> list[Any]:
        return [self.answer(inputs["input_ids"])]


@pytest.fixture
def of_two_threads() -> OnnxClassifier:
    """The shipped weights, read by two threads at once."""
    loaded = load_classifier("onnx", None, threads=2)
    assert isinstance(loaded, OnnxClassifier)
    return loaded


def test_two_threads_score_like_one(classifier: OnnxClassifier, of_two_threads: OnnxClassifier) -> None:
    """Exactly, in the same order, long messages among short ones."""
    assert of_two_threads.score(TEXTS * 3) == classifier.score(TEXTS * 3)


def test_two_threads_work_at_the_same_time(of_two_threads: OnnxClassifier) -> None:
    """Two messages are in the network at once, and afterwards no thread is left."""
    both_are_here = threading.Barrier(2, timeout=30)

    def answer(_ids: Any) -> Any:
        both_are_here.wait()
        return np.zeros((1, len(Label)), dtype=np.float32)

    before = threading.active_count()
    of_two_threads._session = Network(answer)
    assert len(of_two_threads.score(["one", "two"])) == 2
    assert threading.active_count() == before


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("value", ["raise", "shape", np.nan, np.inf, 1.5, -0.5])
def test_one_bad_answer_spoils_the_whole(threads: int, value: Any) -> None:
    """No other window's scores can hide it, and no thread is left behind."""

    def answer(ids: Any) -> Any:
        if ids.shape[1] > 10:
            return np.zeros((1, len(Label)), dtype=np.float32)
        if value == "raise":
            raise RuntimeError(value)
        return np.zeros((2, 2)) if value == "shape" else np.full((1, len(Label)), value, dtype=np.float32)

    classifier = load_classifier("onnx", None, threads=threads)
    assert isinstance(classifier, OnnxClassifier)
    classifier._session = Network(answer)
    before = threading.active_count()
    with pytest.raises(ClassifierError):
        classifier.score(["so it was a long day and " * 3, "short", "and then it went on for a longer while " * 3])
    assert threading.active_count() == before


def test_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    """It keeps what it wants to send to its maker in the home folder, and a thread that sends it: neither is there."""
    program = (
        "import threading, os; from moderation.classifier.loading import load_classifier; "
        "load_classifier('onnx', None).score(['hello']); "
        "raise SystemExit(len(os.listdir('/proc/self/task')) - threading.active_count() if os.path.exists('/proc/self/task') else 0)"
    )
    # Wherever tests run for each change it is silent by itself, so the test must not look like that.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_", "GITHUB_")) and "CI" not in name.split("_")}
    environ |= {"HOME": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr, list(tmp_path.rglob("*"))) == (0, "", [])


def test_a_forked_process_can_score() -> None:
    """Threads do not survive a fork; the child must not wait for them."""
    program = (
        "import os; from moderation.classifier.loading import load_classifier; "
        "classifier = load_classifier('onnx', None, threads=2); texts = ['hello', 'how was today?', 'bye']; "
        "scores = classifier.score(texts); child = os.fork(); "
        "os._exit(classifier.score(texts) != scores) if not child else None; "
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "ዛሬ በጣም መጥፎ ስሜት ይሰማኛል",
        "วันนี้ฉันรู้สึกแย่มาก",
        "сегодня мне очень плохо и я больше не могу",
        "σήμερα νιώθω πολύ άσχημα",
        "我今天感觉很糟糕",
        "去死吧",
        "ᚠᚢᚦᚨᚱᚲ",
        "hello, никто тебя не любит, уходи отсюда и не возвращайся",
        "ꜰᴜᴄᴋ ʏᴏᴜ",  # noqa: RUF001 - the disguise under test
        "youareworthlessandnobodywouldmissyou" * 4,
        "ab" * 1000,
    ],
)
def test_what_the_classifier_cannot_read_is_held(classifier: OnnxClassifier, text: str) -> None:
    """Another alphabet, letters without entry, one endless word: scored as harmless, and yet not delivered."""
    (screened,) = screen([Candidate(text, Rules())], classifier)
    assert screened.decision.verdict is Verdict.HOLD
    assert ReasonCode.UNREAD in {reason.code for reason in screened.decision.reasons}


@pytest.mark.parametrize("text", ["🤍", "❤️", "🙂🙂😂", "🤗 🤗"])
def test_a_heart_alone_is_delivered_at_once(classifier: OnnxClassifier, text: str) -> None:
    """Pictures are nobody's foreign writing."""
    (screened,) = screen([Candidate(text, Rules())], classifier)
    assert screened.decision.verdict is Verdict.DELIVER


@pytest.mark.parametrize(
    "text",
    [
        "¯\\_(ツ)_/¯",
        "(ノ◕ヮ◕)ノ",  # noqa: RUF001 - a face that people type
        "ಠ_ಠ",
        "Danke😊",
        "hahaha😂😂",
        "Наташа helped me a lot",
        "12:30?",
        "…",
        "grüß dich, schön dass du da bist",
        "a naïve café in Łódź",
        "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    ],
)
def test_faces_names_and_signs_can_be_read(classifier: OnnxClassifier, text: str) -> None:
    """Few letters of another alphabet do not make a foreign message."""
    assert classifier.reads(text)


def test_an_emoji_at_a_word_hides_nothing(classifier: OnnxClassifier) -> None:
    """The word is read as if the emoji stood apart."""
    attached, apart = classifier.score(["kill yourself😂", "kill yourself 😂"])
    assert attached == apart


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u2060\ufeff", "\ud800", "\u202e", "x" * 10_000, "word " * 200_000, "\ud800 " * 500_000])
def test_nothing_to_read_or_far_too_much_is_not_delivered(classifier: OnnxClassifier, text: str) -> None:
    """Whatever it is, it comes to a verdict, and the verdict is not to deliver."""
    (screened,) = screen([Candidate(text, Rules())], classifier)
    assert screened.decision.verdict in {Verdict.NUDGE, Verdict.HOLD}


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
