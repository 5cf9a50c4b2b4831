"""`flask screen`: a line of JSON in, a verdict or an error out."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from moderation.rules import Rules
from support_app.core import core_of, utc_now
from support_app.services import circles
from support_app.services.circles import NewCircle
from tests.cli.process import flask
from tests.factories import UNKIND


class TestScreen:
    LINES = (
        '{"text": "how was today?"}',
        "not json",
        json.dumps({"text": UNKIND}),
        '["text"]',
        '{"text": 7}',
        '{"text": "  "}',
        json.dumps({"text": "x" * 2001}),
        '{"text": "grüße 🤗", "other": 1}',
    )

    @pytest.mark.usefixtures("_quick_classifier")
    def test_good_and_bad_lines_in_their_order(self, run: FlaskCliRunner) -> None:
        """One line of JSON for each line; a bad one is answered with its error and stops nobody."""
        result = run.invoke(args=["screen"], input="\n".join(self.LINES) + "\n")
        assert result.exit_code == 0
        answers = [json.loads(line) for line in result.output.splitlines()]
        assert [answer.get("verdict") or answer["error"]["code"] for answer in answers] == [
            "deliver",
            "invalid_json",
            "hold",
            "not_an_object",
            "no_text",
            "blank_text",
            "text_too_long",
            "deliver",
        ]
        assert set(answers[0]) == {"scores", "levels", "verdict", "reasons"}
        assert answers[2]["levels"] == {"conduct": "H2", "care": None}
        assert UNKIND not in result.output

    @pytest.mark.usefixtures("_quick_classifier")
    def test_by_the_rules_of_a_circle(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """The circle's thresholds judge; one that is not there is said."""
        new = NewCircle("Blunt circle", "Sleep", "For those who were awake all night.", "en", "mornings", 5)
        rules = Rules(hold_harassment=0.99, nudge_harassment=0.98)
        circle_id = circles.create_circle(core_of(app).db, circle=new, rules=rules, actor=None, now=utc_now())
        result = migrated.invoke(args=["screen", "--circle", str(circle_id)], input=json.dumps({"text": UNKIND}) + "\n")
        assert json.loads(result.output)["verdict"] == "deliver"
        unknown = migrated.invoke(args=["screen", "--circle", "999"], input="{}\n")
        assert unknown.exit_code == 1
        assert "no circle with this number" in unknown.output

    @pytest.mark.usefixtures("_quick_classifier")
    def test_nothing_in_nothing_out(self, run: FlaskCliRunner) -> None:
        """An empty pipe is no error."""
        result = run.invoke(args=["screen"], input="")
        assert (result.exit_code, result.output) == (0, "")

    def test_with_the_shipped_weights(self, tmp_path: Path) -> None:
        """As an operator types it: the real classifier, bytes in and bytes out, a line that is no UTF-8 among them."""
        lines = [b'{"text": "how was today?"}', b'{"text": "caf\xff"}', '{"text": "grüße"}'.encode()]
        done = flask(tmp_path, "screen", stdin=b"\n".join(lines) + b"\n", PYTHONIOENCODING="utf-8:strict")
        assert (done.returncode, done.stderr) == (0, b"")
        assert not list(tmp_path.glob("*.sqlite3*")), "looking makes no database"
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == 3
        assert [answer.get("verdict") or answer["error"]["code"] for answer in answers] == ["deliver", "not_unicode", "deliver"]
        assert set(answers[0]["scores"]) == {"harassment", "goading", "crisis", "imminent", "concern"}

    def test_bad_input_with_the_shipped_weights(self, tmp_path: Path) -> None:
        """Every line gets a verdict or an error of its own; what cannot be read is never delivered."""
        texts = {
            "": "blank_text",
            "x" * 1_000_000: "line_too_long",
            "a" * 10_000: "text_too_long",
            "\u200b\u2060": "nudge",
            "🤍🤍": "deliver",
            "I am tired, ich bin müde": "deliver",
            "ዛሬ በጣም መጥፎ ስሜት ይሰማኛል": "hold",
        }
        lines = [json.dumps({"text": text}).encode() for text in texts]
        done = flask(tmp_path, "screen", stdin=b"\n".join([*lines, b"\xff\xfe", b'{"text": "\xc3\x28 \xed\xa0\x80"}']) + b"\n")
        assert done.returncode == 0, done.stderr
        *answers, no_json, no_utf8 = [json.loads(line) for line in done.stdout.splitlines()]
        assert [answer.get("verdict") or answer["error"]["code"] for answer in answers] == list(texts.values())
        assert no_json["error"]["code"] == "invalid_json"
        assert no_utf8["error"]["code"] == "not_unicode"
