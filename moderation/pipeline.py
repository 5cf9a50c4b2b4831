"""The way of a message through screening: classify, pass every phase, decide. Anything unexpected holds it."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from moderation.classifier.base import Classifier, checked
from moderation.decide import decide
from moderation.findings import Candidate, Decision, Finding, Scores, Screened
from moderation.phases.contacts import check_contacts
from moderation.phases.dosages import check_dosages
from moderation.phases.money import check_money
from moderation.phases.repetition import check_repetition
from moderation.phases.scores import check_scores
from moderation.phases.size import check_size
from moderation.phases.unread import check_unread
from moderation.phases.watched import check_watched_phrases
from moderation.taxonomy import ReasonCode

__all__ = ["PHASES", "Candidate", "Decision", "Finding", "Screened", "judge", "screen"]

Phase = Callable[[Candidate, Scores | None], list[Finding]]

log = logging.getLogger(__name__)

# Every message passes every phase, whoever wrote it. The order is the order of the reasons people read.
PHASES: tuple[Phase, ...] = (
    check_scores,  # what it may do to others, and how its author is: by the classifier
    check_unread,  # whether the classifier could read it at all
    check_watched_phrases,  # what this circle asked to see first
    check_contacts,  # details that would lead people out of the circle
    check_money,  # payment details and requests
    check_dosages,  # amounts that can harm whoever reads them
    check_repetition,  # the same thing again and again
    check_size,  # nothing to read, or too much
)


def screen(candidates: Sequence[Candidate], classifier: Classifier) -> list[Screened]:
    """Screen messages together, in order; `milliseconds` is each message's share of the time."""
    if not candidates:
        return []
    began = time.perf_counter()
    scores = _score_all([candidate.text for candidate in candidates], classifier)
    decisions = [judge(replace(c, unread=s is not None and not _reads(c.text, classifier)), s) for c, s in zip(candidates, scores, strict=True)]
    share = (time.perf_counter() - began) * 1000 / len(candidates)
    return [Screened(s, d, share) for s, d in zip(scores, decisions, strict=True)]


def judge(candidate: Candidate, scores: Scores | None) -> Decision:
    """Pass one message with known scores through every phase and decide; also replays old scores by new rules."""
    findings = [finding for phase in PHASES for finding in _findings(phase, candidate, scores)]
    return decide(findings, candidate.rules, scores)


def _findings(phase: Phase, candidate: Candidate, scores: Scores | None) -> list[Finding]:
    try:
        return phase(candidate, scores)
    except Exception as error:  # noqa: BLE001 - a phase that breaks must hold the message, not lose it
        log.error("phase %s failed: %s", phase.__name__, type(error).__name__)
        return [Finding(ReasonCode.SCREENER_UNAVAILABLE, phase.__name__)]


def _reads(text: str, classifier: Classifier) -> bool:
    try:
        return classifier.reads(text) is True
    except Exception as error:  # noqa: BLE001 - as below
        log.warning("classifier could not say what it reads: %s", type(error).__name__)
    return False


def _score_all(texts: Sequence[str], classifier: Classifier) -> list[Scores | None]:
    together = _try_score(texts, classifier)
    if together is not None:
        return list(together)
    if len(texts) == 1:
        return [None]
    # One text that breaks the classifier must not hold the others.
    alone = [_try_score([text], classifier) for text in texts]
    return [None if scores is None else scores[0] for scores in alone]


def _try_score(texts: Sequence[str], classifier: Classifier) -> Sequence[Scores] | None:
    try:
        return checked(classifier.score(texts), len(texts))
    except Exception as error:  # noqa: BLE001 - whatever a runtime raises, the answer is: not screened
        # Only the kind of error is logged: a runtime's own message may quote what it was given.
        log.warning("classifier failed for %d texts: %s", len(texts), type(error).__name__)
    return None
