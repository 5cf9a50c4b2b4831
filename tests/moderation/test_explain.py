"""Plain words exist for everything that can happen to a message."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.explain import notice_for_author, reason_words
from moderation.findings import Finding
from moderation.taxonomy import ReasonCode, Verdict


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_has_words(code: ReasonCode) -> None:
    """A short label and a whole sentence."""
    label, sentence = reason_words(code)
    assert label
    assert len(label.split()) <= 6
    assert sentence.endswith(".")


@given(verdict=st.sampled_from(Verdict), codes=st.lists(st.sampled_from(ReasonCode)))
def test_every_verdict_has_a_notice(verdict: Verdict, codes: list[ReasonCode]) -> None:
    """Whatever the reasons are, the author is told something, in words that hold no raw placeholder."""
    notice = notice_for_author(verdict, [Finding(code, "test") for code in codes])
    assert notice.title
    assert set(notice.code) <= set(string.ascii_lowercase + "_")
    assert "%" not in notice.title + notice.text


def test_a_held_author_reads_that_nothing_was_deleted() -> None:
    """The sentence that spares people from feeling erased."""
    for code in ReasonCode:
        notice = notice_for_author(Verdict.HOLD, [Finding(code, "test")])
        assert "not been deleted" in notice.title + notice.text


@pytest.mark.parametrize("code", [ReasonCode.CRISIS, ReasonCode.IMMINENT])
@pytest.mark.parametrize("verdict", [Verdict.HOLD, Verdict.DELIVER_ALERT])
def test_a_person_in_need_reads_no_blame(code: ReasonCode, verdict: Verdict) -> None:
    """A disclosure is never spoken of as an offence."""
    notice = notice_for_author(verdict, [Finding(code, "test")])
    assert "You did nothing wrong" in notice.text


def test_the_notice_names_the_reason_of_a_hold() -> None:
    """Details to stop are named, so that the author can change them."""
    notice = notice_for_author(Verdict.HOLD, [Finding(ReasonCode.CONTACT, "contacts")])
    assert notice.code == "held_contact"
    assert "contact details" in notice.text


def test_a_message_nobody_could_check_is_explained_as_that() -> None:
    """The author is not accused of anything when the software is down."""
    notice = notice_for_author(Verdict.HOLD, [Finding(ReasonCode.SCREENER_UNAVAILABLE, "classifier")])
    assert notice.code == "held_unchecked"


def test_worry_about_somebody_is_thanked() -> None:
    """It is not mistaken for the author's own crisis."""
    notice = notice_for_author(Verdict.DELIVER_ALERT, [Finding(ReasonCode.CONCERN, "classifier")])
    assert notice.code == "delivered_concern"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([ReasonCode.HARASSMENT], "nudged"),
        ([ReasonCode.REPEATED], "nudged_repeated"),
        ([ReasonCode.HARASSMENT, ReasonCode.REPEATED], "nudged"),
        ([ReasonCode.TOO_LONG], "nudged_too_long"),
    ],
)
def test_a_nudge_says_what_it_is_about(codes: list[ReasonCode], expected: str) -> None:
    """Only a message that may hurt is called one."""
    assert notice_for_author(Verdict.NUDGE, [Finding(c, "test") for c in codes]).code == expected
