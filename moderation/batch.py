"""Screening lines of JSON from a file or a pipe, for checking rules and weights against text one already has."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from moderation.classifier.base import Classifier
from moderation.findings import Candidate, Screened
from moderation.helplines import SHIPPED, Helplines
from moderation.pipeline import screen
from moderation.rules import Rules
from moderation.taxonomy import Lane

MAX_LINE = 100_000  # characters of one line, JSON included
_SURROGATE = re.compile("[\ud800-\udfff]")  # what a byte that is no UTF-8 is read as, and half of a pair in JSON

_ERRORS = {
    "line_too_long": "this line is too long to be read",
    "invalid_json": "this line is not JSON",
    "not_an_object": 'this line is not an object such as {"text": "..."}',
    "no_text": 'this line has no "text", or it is not a string',
    "not_unicode": "the text holds bytes or codes that are no characters: the lines must be UTF-8",
    "blank_text": "the text is blank",
    "text_too_long": "the text is longer than the rules allow",
}


def screen_lines(
    lines: Iterable[str],
    classifier: Classifier,
    rules: Rules,
    *,
    helplines: Helplines = SHIPPED,
    batch_size: int = 64,
    max_line: int = MAX_LINE,
) -> Iterator[str]:
    """Yield one JSON line per line read, in order; a line that cannot be screened yields its error."""
    remaining = iter(lines)
    while batch := list(islice(remaining, batch_size)):
        parsed = [_parse(line, rules, max_line) for line in batch]
        candidates = [replace(entry, helplines=helplines) for entry in parsed if isinstance(entry, Candidate)]
        screened = iter(screen(candidates, classifier))
        for entry in parsed:
            result = _error(entry) if isinstance(entry, str) else as_json(next(screened))
            yield json.dumps(result, ensure_ascii=False)


def as_json(screened: Screened) -> dict[str, object]:
    """Return the outcome in the words of the protocol; scores are null when the classifier gave none."""
    decision = screened.decision
    scores = screened.scores
    return {
        "scores": scores and {label.value: round(score, 6) for label, score in scores.items()},
        "levels": {lane.value: decision.levels.get(lane) for lane in Lane},
        "verdict": decision.verdict.value,
        "reasons": [{"code": f.code.value, "phase": f.phase, "label": f.label, "score": f.score} for f in decision.reasons],
    }


def _parse(line: str, rules: Rules, max_line: int) -> Candidate | str:
    """Return the candidate, or the code of what is wrong with the line."""
    if len(line) > max_line:
        return "line_too_long"
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "invalid_json"
    if not isinstance(value, dict):
        return "not_an_object"
    text = value.get("text")
    if not isinstance(text, str):
        return "no_text"
    return _text_error(text, rules) or Candidate(text, rules)


def _text_error(text: str, rules: Rules) -> str | None:
    if _SURROGATE.search(text):
        return "not_unicode"
    if not text.strip():
        return "blank_text"
    return "text_too_long" if len(text) > rules.max_length else None


def _error(code: str) -> dict[str, object]:
    return {"error": {"code": code, "message": _ERRORS[code]}}
