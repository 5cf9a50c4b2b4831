"""How often people agreed with the software: which decisions count, for which labels, languages and days."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from models import Circle, Role
from models.activity import CaseAction
from models.case import CARE_OUTCOMES, CaseOutcome, Decision
from moderation.taxonomy import LANE_OF_LABEL, Label, Lane
from support_app.errors import Forbidden
from support_app.services import appeals, care, messages, precision, reports, screening
from support_app.services.care import FollowUp
from support_app.services.case_log import Step, close
from support_app.services.decisions import Ruling
from tests.factories import World
from tests.services.steps import case_row, decide, look_after, release, return_it, take

CONDUCT = [label for label, lane in LANE_OF_LABEL.items() if lane is Lane.CONDUCT]
CARE = [label for label, lane in LANE_OF_LABEL.items() if lane is Lane.CARE]


@pytest.fixture(autouse=True)
def labels(world: World) -> None:
    """Every label has a word that raises it, and nothing else does."""
    world.classify_with(lambda text: {label: 0.95 if label.value in text else 0.01 for label in Label})


def found(world: World, *, days: int = precision.DAYS) -> dict[tuple[str, str], tuple[int, int, int]]:
    """What was decided, confirmed and overturned, where anything was."""
    measured = precision.agreement(world.db, days=days, now=world.now)
    return {(lang, of.label.value): (of.decided, of.confirmed, of.overturned) for lang, all_of in measured.items() for of in all_of if of.decided}


def returned(world: World, text: str = "harassment") -> int:
    message_id = world.say(world.robin, text)
    return_it(world, world.volunteer, take(world, world.volunteer, message_id))
    return message_id


def released(world: World, text: str = "harassment") -> int:
    message_id = world.say(world.robin, text)
    release(world, world.volunteer, take(world, world.volunteer, message_id))
    return message_id


def looked_after(world: World, outcome: CaseOutcome, text: str = "crisis", follow_up: FollowUp | None = None) -> int:
    message_id = world.say(world.robin, text)
    case = take(world, world.volunteer, message_id, lane=Lane.CARE)
    look_after(world, world.volunteer, case, outcome=outcome, follow_up=follow_up)
    return case.id


def appeal(world: World, message_id: int) -> None:
    appeals.appeal(world.db, world.robin, message_id, note="", version=world.message(message_id).version, now=world.now)


def report(world: World, message_id: int) -> None:
    reports.report(world.db, world.willow, message_id, limiter=world.limiter, now=world.now)


class TestConduct:
    @pytest.mark.parametrize("label", CONDUCT)
    def test_a_return_agrees_and_a_release_does_not(self, world: World, label: Label) -> None:
        """Whatever was typed around it, and for this label alone."""
        returned(world, f"{label} one")
        returned(world, f"{label} two")
        released(world, f"{label} three")
        assert found(world) == {("en", label): (3, 2, 0)}

    def test_one_decision_counts_for_every_label_of_its_message(self, world: World) -> None:
        """A person decides about the message."""
        returned(world, "harassment and goading")
        assert found(world) == {("en", "harassment"): (1, 1, 0), ("en", "goading"): (1, 1, 0)}

    def test_an_open_case_and_a_decision_that_can_be_undone_are_none_yet(self, world: World) -> None:
        """Only what has taken effect is a decision."""
        case = take(world, world.volunteer, world.say(world.robin, "harassment"))
        assert found(world) == {}
        decide(world, world.volunteer, case, Ruling(Decision.RELEASE), undo_for=timedelta(seconds=10))
        assert found(world) == {}

    def test_what_its_author_took_back_was_decided_by_nobody(self, world: World) -> None:
        """The case is closed, and says nothing about the software."""
        message_id = world.say(world.robin, "harassment")
        messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        assert found(world) == {}

    def test_what_waited_in_an_outage_was_decided_by_nobody(self, world: World) -> None:
        """Its case ends when the software reads it after all; the one that follows counts."""
        message_id = world.send(world.robin, "harassment").id
        world.pass_time(seconds=10)
        screening.hold_overdue(world.db, now=world.now)
        world.screen()
        assert found(world) == {}
        return_it(world, world.volunteer, take(world, world.volunteer, message_id))
        assert found(world) == {("en", "harassment"): (1, 1, 0)}

    def test_what_no_software_read_was_not_flagged(self, world: World) -> None:
        """A person decided in the outage, about words that nothing was said of."""
        message_id = world.send(world.robin, "harassment").id
        world.pass_time(seconds=10)
        screening.hold_overdue(world.db, now=world.now)
        return_it(world, world.volunteer, take(world, world.volunteer, message_id))
        assert found(world) == {}


class TestAppeals:
    def test_a_release_by_another_person_overturns(self, world: World) -> None:
        """Counted once: as decided, as overturned, and not as agreed."""
        message_id = returned(world)
        appeal(world, message_id)
        assert found(world) == {("en", "harassment"): (1, 1, 0)}
        release(world, world.other_volunteer, take(world, world.other_volunteer, message_id))
        assert found(world) == {("en", "harassment"): (1, 0, 1)}

    def test_a_second_return_agrees_again(self, world: World) -> None:
        """Two people found the same: still one message."""
        message_id = returned(world)
        appeal(world, message_id)
        return_it(world, world.other_volunteer, take(world, world.other_volunteer, message_id))
        assert found(world) == {("en", "harassment"): (1, 1, 0)}

    def test_an_appeal_that_its_author_takes_back_leaves_the_decision(self, world: World) -> None:
        """The first person has decided, and nobody has decided otherwise."""
        message_id = returned(world)
        appeal(world, message_id)
        messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        assert found(world) == {("en", "harassment"): (1, 1, 0)}


class TestCasesThatPeopleBring:
    def test_a_report_of_what_was_not_flagged_does_not_count(self, world: World) -> None:
        """Nobody disagreed with the software about something it said."""
        message_id = world.say(world.robin, "quite harmless to a machine")
        report(world, message_id)
        return_it(world, world.volunteer, take(world, world.volunteer, message_id))
        assert found(world) == {}

    def test_a_report_of_what_was_flagged_in_the_other_lane_does_not_count(self, world: World) -> None:
        """Whether somebody needs care is not decided by how they spoke."""
        message_id = world.say(world.robin, "crisis")
        report(world, message_id)
        return_it(world, world.volunteer, take(world, world.volunteer, message_id))
        assert found(world) == {}

    @pytest.mark.parametrize(("decision", "confirmed"), [(Decision.KEEP, 0), (Decision.RETURN, 1)])
    def test_the_last_decision_about_a_message_counts(self, world: World, decision: Decision, confirmed: int) -> None:
        """What one person released and another member reported is decided by who looks last."""
        message_id = released(world)
        world.pass_time(minutes=1)
        report(world, message_id)
        ruling = Ruling(decision, "This reads as an attack on one person here.", "kindness") if decision is Decision.RETURN else Ruling(decision)
        decide(world, world.other_volunteer, take(world, world.other_volunteer, message_id), ruling)
        assert found(world) == {("en", "harassment"): (1, confirmed, 0)}

    @pytest.mark.parametrize(("text", "counted"), [("harassment", {("en", "harassment"): (1, 0, 0)}), ("said again and again", {})])
    def test_what_an_author_had_checked_counts_where_it_was_flagged(self, world: World, text: str, counted: dict) -> None:
        """The software asked the author to look again: for a label, or for something that no label is about."""
        world.classify_with(lambda text: {label: 0.55 if label.value in text else 0.01 for label in Label})
        for _ in range(1 if counted else 4):
            message_id = world.say(world.robin, text)
        assert world.message(message_id).state == "nudged"
        messages.send_on(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        release(world, world.volunteer, take(world, world.volunteer, message_id))
        assert found(world) == counted


class TestCare:
    @pytest.mark.parametrize("label", CARE)
    @pytest.mark.parametrize("outcome", CARE_OUTCOMES)
    def test_whoever_was_looked_after_was_meant(self, world: World, outcome: CaseOutcome, label: Label) -> None:
        """Every outcome agrees but one: it was not meant that way."""
        looked_after(world, outcome, label.value)
        assert found(world) == {("en", label): (1, int(outcome is not CaseOutcome.NOT_NEEDED), 0)}

    def test_cases_of_before_outcomes_were_asked_for_agree(self, world: World) -> None:
        """Somebody looked after the person, and said no more than that."""
        case = take(world, world.volunteer, world.say(world.robin, "crisis"), lane=Lane.CARE)
        with world.db.write() as connection:
            close(connection, [case.id], outcome=CaseOutcome.ACKNOWLEDGED, step=Step(CaseAction.LOOKED_AFTER), now=world.now)
        assert found(world) == {("en", "crisis"): (1, 1, 0)}

    def test_a_case_that_came_back_counts_when_it_ends_again(self, world: World) -> None:
        """A follow-up is the same case; while it is open nobody has said the last word."""
        follow_up = FollowUp(at=world.now + timedelta(days=1), by_id=world.volunteer.user_id)
        case_id = looked_after(world, CaseOutcome.SUPPORTED, follow_up=follow_up)
        assert found(world) == {("en", "crisis"): (1, 1, 0)}
        world.pass_time(days=1)
        care.reopen_due(world.db, now=world.now)
        assert case_row(world, case_id).outcome is None
        assert found(world) == {}

    def test_both_lanes_of_one_message_are_asked_each_for_itself(self, world: World) -> None:
        """The words were an attack, and the need was none."""
        message_id = world.say(world.robin, "harassment and crisis")
        return_it(world, world.volunteer, take(world, world.volunteer, message_id))
        assert found(world) == {("en", "harassment"): (1, 1, 0)}
        look_after(world, world.volunteer, take(world, world.volunteer, message_id, lane=Lane.CARE), outcome=CaseOutcome.NOT_NEEDED)
        assert found(world) == {("en", "harassment"): (1, 1, 0), ("en", "crisis"): (1, 0, 0)}


def test_languages_are_those_of_the_circles(world: World) -> None:
    """A classifier may be good in one and poor in another."""
    german = world.make_circle("Abendkreis")
    with world.db.write() as connection:
        connection.execute(update(Circle).where(Circle.id == german).values(language="de"))
    heron = world.person("Heron", seat_in=german)
    message_id = world.send(heron, "harassment", circle_id=german).id
    world.screen()
    release(world, world.volunteer, take(world, world.volunteer, message_id))
    returned(world)
    assert found(world) == {("de", "harassment"): (1, 0, 0), ("en", "harassment"): (1, 1, 0)}


def test_days_are_counted_from_the_decision(world: World) -> None:
    """The last moment belongs to them; what was decided before is left out."""
    returned(world)
    world.pass_time(days=90)
    assert found(world) == {("en", "harassment"): (1, 1, 0)}
    assert found(world, days=89) == {}
    world.pass_time(seconds=1)
    assert found(world) == {}


def test_shares_come_with_what_is_not_known(world: World) -> None:
    """Nothing decided is no share; three of three is far from certain."""
    for number in range(3):
        returned(world, f"harassment {number}")
    (measured,) = precision.agreement(world.db, now=world.now).values()
    assert [of.label for of in measured] == list(Label)
    shares = {of.label: of.share for of in measured}
    assert shares[Label.GOADING] is None
    assert (shares[Label.HARASSMENT].value, shares[Label.HARASSMENT].high) == (1.0, 1.0)
    assert shares[Label.HARASSMENT].low == pytest.approx(0.44, abs=0.01)


def test_is_for_leads_and_admins(world: World) -> None:
    """Members and volunteers have no business here."""
    lead = world.person("Kestrel", role=Role.LEAD)
    for actor in (lead, world.admin):
        assert precision.agreement_for(world.db, actor, now=world.now) == {}
    for actor in (world.robin, world.volunteer):
        with pytest.raises(Forbidden):
            precision.agreement_for(world.db, actor, now=world.now)
