"""Lines in, lines out: same order, bad lines answered and passed over."""

import json
from typing import Any

import pytest

from moderation.batch import screen_lines
from moderation.classifier.base import ScriptedClassifier, harmless
from moderation.rules import Rules

CLASSIFIER = ScriptedClassifier(lambda text: harmless(harassment=0.8 if "rude" in text else 0.0))


def answers(*lines: str, batch_size: int = 2) -> list[Any]:
    """Return the decoded answers to the lines."""
    return [json.loads(line) for line in screen_lines(lines, CLASSIFIER, Rules(), batch_size=batch_size)]


def test_each_line_is_answered_in_order() -> None:
    """Across batches too."""
    lines = [json.dumps({"text": text}) for text in ("hello", "rude", "hi", "rude again", "bye")]
    verdicts = [answer["verdict"] for answer in answers(*lines)]
    assert verdicts == ["deliver", "hold", "deliver", "hold", "deliver"]


def test_an_answer_carries_scores_levels_and_reasons() -> None:
    """In the words of the protocol."""
    (answer,) = answers('{"text": "rude"}')
    assert answer == {
        "scores": harmless(harassment=0.8),
        "levels": {"conduct": "H2", "care": None},
        "verdict": "hold",
        "reasons": [{"code": "harassment", "phase": "classifier", "label": "harassment", "score": 0.8}],
    }


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "invalid_json"),
        ("{secret", "invalid_json"),
        ("[" * 60_000, "invalid_json"),
        ('["secret"]', "not_an_object"),
        ("{}", "no_text"),
        ('{"text": 5}', "no_text"),
        ('{"text": "  \\n"}', "blank_text"),
        (json.dumps({"text": "secret " * 400}), "text_too_long"),
        (json.dumps({"text": "secret " * 40_000}), "line_too_long"),
    ],
)
def test_a_bad_line_gets_an_error_and_the_rest_go_on(line: str, code: str) -> None:
    """The message is in plain words and repeats nothing of the line."""
    first, second = answers(line, '{"text": "hello"}')
    assert first["error"]["code"] == code
    assert "secret" not in first["error"]["message"]
    assert second["verdict"] == "deliver"
