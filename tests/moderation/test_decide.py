"""The policy: total, pure, and every line of the table holds what it promises."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifier.base import harmless
from moderation.decide import decide
from moderation.findings import Candidate, Decision, Finding
from moderation.pipeline import judge
from moderation.rules import Rules
from moderation.taxonomy import CrisisMode, Label, Lane, Level, ReasonCode, Verdict

SCORES = st.fixed_dictionaries({label: st.floats(0, 1) for label in Label})
THRESHOLDS = [
    "hold_goading",
    "hold_harassment",
    "nudge_harassment",
    "alert_crisis",
    "alert_imminent",
    "alert_concern",
]


# Round numbers of our own: the defaults change with the weights.
ROUND = {"hold_harassment": 0.6, "nudge_harassment": 0.35, "hold_goading": 0.5, "alert_crisis": 0.35, "alert_imminent": 0.3, "alert_concern": 0.5}


def judged(rules: Rules | None = None, text: str = "a few words", **scores: float) -> Decision:
    """Decide about a text by its scores alone."""
    return judge(Candidate(text, rules or Rules(**ROUND)), harmless(**scores))


def rules_in(mode: CrisisMode) -> Rules:
    """Return rules with this crisis mode."""
    return Rules(**ROUND, crisis_mode=mode)


@pytest.mark.parametrize(
    ("scores", "verdict", "lane", "level"),
    [
        ({}, Verdict.DELIVER, None, None),
        ({"harassment": 0.34}, Verdict.DELIVER, None, None),
        ({"harassment": 0.35}, Verdict.NUDGE, None, None),
        ({"harassment": 0.6}, Verdict.HOLD, Lane.CONDUCT, Level.H2),
        ({"harassment": 0.95}, Verdict.HOLD, Lane.CONDUCT, Level.H3),
        ({"goading": 0.5}, Verdict.HOLD, Lane.CONDUCT, Level.H3),
        ({"crisis": 0.4}, Verdict.DELIVER_ALERT, Lane.CARE, Level.C2),
        ({"crisis": 0.9}, Verdict.DELIVER_ALERT, Lane.CARE, Level.C2),
        ({"crisis": 0.9, "imminent": 0.2}, Verdict.DELIVER_ALERT, Lane.CARE, Level.C3),
        ({"crisis": 0.9, "imminent": 0.3}, Verdict.DELIVER_ALERT, Lane.CARE, Level.C4),
        ({"imminent": 0.3}, Verdict.DELIVER_ALERT, Lane.CARE, Level.C4),
        ({"concern": 0.5}, Verdict.DELIVER_ALERT, Lane.CARE, Level.C2),
    ],
)
def test_scores_lead_to_the_verdict_the_table_promises(scores: dict[str, float], verdict: Verdict, lane: Lane | None, level: Level | None) -> None:
    """Each label by itself, at and around its thresholds."""
    decision = judged(**scores)
    assert (decision.verdict, decision.lane, decision.level) == (verdict, lane, level)


def test_a_disclosure_is_never_nudged() -> None:
    """A doubt about tone never silences somebody in need."""
    decision = judged(crisis=0.7, harassment=0.5)
    assert decision.verdict is Verdict.DELIVER_ALERT


def test_a_repeated_cry_for_help_is_delivered_with_an_alert() -> None:
    """Saying it again and again is no offence."""
    text = "please, I cannot do this any more"
    candidate = Candidate(text, Rules(), recent=(text,) * 6)
    decision = judge(candidate, harmless(crisis=0.9))
    assert decision.verdict is Verdict.DELIVER_ALERT
    assert ReasonCode.REPEATED in {reason.code for reason in decision.reasons}


def test_hurtful_and_in_need_is_held_and_shows_both_levels() -> None:
    """The conduct lane leads, and the author's need is not lost."""
    decision = judged(harassment=0.95, crisis=0.5)
    assert decision.verdict is Verdict.HOLD
    assert decision.lane is Lane.CONDUCT
    assert decision.levels == {Lane.CONDUCT: Level.H3, Lane.CARE: Level.C2}
    assert ReasonCode.CRISIS in {reason.code for reason in decision.reasons}


def test_danger_beside_a_contact_detail_keeps_its_own_level() -> None:
    """Somebody in danger who leaves a number is held for the number, and the care level stands beside it."""
    decision = judged(text="my number is 0151 234 56789", imminent=0.9, crisis=0.9)
    assert decision.verdict is Verdict.HOLD
    assert decision.levels == {Lane.CONDUCT: Level.H1, Lane.CARE: Level.C4}
    assert decision.lane is Lane.CONDUCT


@pytest.mark.parametrize(
    ("mode", "scores", "verdict", "lane"),
    [
        (CrisisMode.DELIVER_AND_ALERT, {"crisis": 0.9, "imminent": 0.9}, Verdict.DELIVER_ALERT, Lane.CARE),
        (CrisisMode.DELIVER_AND_ALERT, {"crisis": 0.9, "goading": 0.9}, Verdict.HOLD, Lane.CONDUCT),
        (CrisisMode.HOLD_UNSAFE, {"crisis": 0.9}, Verdict.DELIVER_ALERT, Lane.CARE),
        (CrisisMode.HOLD_UNSAFE, {"imminent": 0.9}, Verdict.HOLD, Lane.CARE),
        (CrisisMode.HOLD_UNSAFE, {"crisis": 0.9, "goading": 0.9}, Verdict.HOLD, Lane.CARE),
        (CrisisMode.HOLD_UNSAFE, {"goading": 0.9}, Verdict.HOLD, Lane.CONDUCT),
        (CrisisMode.HOLD_ALL, {"crisis": 0.4}, Verdict.HOLD, Lane.CARE),
        (CrisisMode.HOLD_ALL, {"concern": 0.9}, Verdict.DELIVER_ALERT, Lane.CARE),
        (CrisisMode.HOLD_ALL, {"harassment": 0.4}, Verdict.NUDGE, None),
    ],
)
def test_the_crisis_mode_decides_what_is_held_for_care(mode: CrisisMode, scores: dict[str, float], verdict: Verdict, lane: Lane | None) -> None:
    """Only the circle's chosen mode holds a message for the author's own sake."""
    decision = judged(rules_in(mode), **scores)
    assert (decision.verdict, decision.lane) == (verdict, lane)


@pytest.mark.parametrize("code", [ReasonCode.BLANK, ReasonCode.TOO_LONG, ReasonCode.REPEATED])
def test_mild_findings_nudge_without_a_case(code: ReasonCode) -> None:
    """They go back to the author; nobody else is called."""
    decision = decide([Finding(code, "test")], Rules(), harmless())
    assert (decision.verdict, decision.lane, decision.levels) == (Verdict.NUDGE, None, {})


@pytest.mark.parametrize(
    "code",
    [
        ReasonCode.SCREENER_UNAVAILABLE,
        ReasonCode.UNREAD,
        ReasonCode.CONTACT,
        ReasonCode.MONEY,
        ReasonCode.DOSAGE,
        ReasonCode.WATCHED_PHRASE,
        ReasonCode.AUTHOR_ASKED,
    ],
)
def test_details_and_doubts_are_held_at_the_lowest_level(code: ReasonCode) -> None:
    """A person looks before anyone else does."""
    decision = decide([Finding(code, "test")], Rules(), None)
    assert (decision.verdict, decision.lane, decision.level) == (
        Verdict.HOLD,
        Lane.CONDUCT,
        Level.H1,
    )


@given(
    codes=st.lists(st.sampled_from(ReasonCode)),
    score=st.none() | st.floats(0, 1),
    mode=st.sampled_from(CrisisMode),
    scores=st.none() | SCORES,
)
def test_deciding_is_total_and_pure(codes: list[ReasonCode], score: float | None, mode: CrisisMode, scores: dict[Label, float] | None) -> None:
    """Any findings give a decision, twice the same, whose case and levels agree with each other."""
    findings = [Finding(code, "test", score=score) for code in codes]
    decision = decide(findings, rules_in(mode), scores)
    assert decision == decide(findings, rules_in(mode), scores)
    assert decision.reasons == tuple(findings)
    needs_case = decision.verdict in (Verdict.HOLD, Verdict.DELIVER_ALERT)
    assert (decision.lane is not None) is needs_case
    assert decision.level == (decision.levels[decision.lane] if decision.lane else None)
    if ReasonCode.SCREENER_UNAVAILABLE in codes:
        assert decision.verdict is Verdict.HOLD


@pytest.mark.parametrize("setting", THRESHOLDS)
@given(scores=SCORES, mode=st.sampled_from(CrisisMode), lower=st.floats(0.01, 0.99), by=st.floats(0, 1))
def test_raising_a_threshold_never_holds_more(setting: str, scores: dict[Label, float], mode: CrisisMode, lower: float, by: float) -> None:
    """A milder setting can only let more through, whatever the scores are."""
    higher = min(0.99, lower + by)
    # hold_harassment may not be set below nudge_harassment, so the other of the two stands aside
    aside = {"hold_harassment": {"nudge_harassment": 0.01}, "nudge_harassment": {"hold_harassment": 0.99}}
    fixed = {"crisis_mode": mode, **aside.get(setting, {})}
    strict = judge(Candidate("words", Rules.model_validate({**fixed, setting: lower})), scores)
    mild = judge(Candidate("words", Rules.model_validate({**fixed, setting: higher})), scores)
    assert not (mild.verdict is Verdict.HOLD and strict.verdict is not Verdict.HOLD)


def test_every_pair_of_reasons_is_at_least_as_strict_as_each_alone() -> None:
    """More reasons never lead to a milder verdict."""
    order = [Verdict.DELIVER, Verdict.NUDGE, Verdict.DELIVER_ALERT, Verdict.HOLD]
    for pair in combinations(ReasonCode, 2):
        findings = [Finding(code, "test", score=0.7) for code in pair]
        together = decide(findings, Rules(), None).verdict
        alone = [decide([finding], Rules(), None).verdict for finding in findings]
        assert order.index(together) >= max(map(order.index, alone))
