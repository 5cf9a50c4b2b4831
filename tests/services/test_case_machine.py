"""Volunteers at their desk, in any order and with crashes between any two writes: one decision wins, no case is lost, the ladder pages once per step."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import event, select

from models import Case, CaseActivity, Message, MessageState, Page, Role
from models.activity import CaseAction
from models.case import CaseOutcome, CaseState, Consequence, Decision
from moderation.taxonomy import Label, Lane, Level
from support_app.database import AnyRow, open_database
from support_app.errors import Refusal
from support_app.services import appeals, care, decisions, leases, next_case, paging, reports, sharing
from support_app.services.care import FollowUp
from support_app.services.decisions import Ruling
from support_app.services.invariants import check_invariants
from tests.factories import IN_CRISIS, UNKIND, World, scripted
from tests.services.steps import REASON, case_row

HARMLESS, DANGER = "how was today?", "goodbye everybody, this is the last evening"
TEXTS = (HARMLESS, UNKIND, IN_CRISIS, f"{UNKIND}. {IN_CRISIS}", DANGER)
UNDO = timedelta(seconds=10)
people = st.integers(0, 2)
pick = st.integers(0, 10**6)
crashes = st.sampled_from((99, 99, 99, 99, 0, 1, 2, 3, 5, 8, 13))  # after so many writes; 99: not at all
waits = st.sampled_from((1, 10, 61, 121, leases.LEASE_SECONDS, 3600, 7200))


class CrashError(Exception):
    """The process is gone."""


@contextmanager
def crashing(world: World, after: int) -> Iterator[None]:
    """Have the database's connection fail at one of the next statements that write, as if the process were killed there."""
    left = [after]

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            left[0] -= 1
            if left[0] < 0:
                raise CrashError

    event.listen(world.db.engine, "before_cursor_execute", count)
    try:
        yield
    except CrashError:
        pass
    finally:
        event.remove(world.db.engine, "before_cursor_execute", count)


class Desk(RuleBasedStateMachine):
    """Two authors, two volunteers and a lead, the watch that lets things take effect, and a page ladder."""

    template: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "db.sqlite3")
        self.world = World(open_database(f"sqlite:///{self.folder / 'db.sqlite3'}"))
        self.world.classify_with(lambda text: dict(scripted(text)) | ({Label.IMMINENT: 0.95} if DANGER in text else {}))
        self.desk = (self.world.volunteer, self.world.other_volunteer, self.world.person("Kestrel", role=Role.LEAD))
        self.said = 0
        for text in TEXTS:
            self.say(True, text)
        for who in range(len(self.desk)):
            self.next_case(who, 99)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.db.dispose()
            shutil.rmtree(self.folder)

    @rule(author=st.booleans(), text=st.sampled_from(TEXTS))
    def say(self, author: bool, text: str) -> None:
        self.said += 1  # no text twice: what a person released is not held again
        self.world.say(self.world.robin if author else self.world.willow, f"{text} {self.said}")

    @rule(who=people, crash=crashes)
    def next_case(self, who: int, crash: int) -> None:
        with crashing(self.world, crash):
            self.tried(lambda: next_case.claim_next(self.world.db, self.desk[who], now=self.world.now, although_resting=True))
            self.with_case(who, 1, lambda case: leases.reveal(self.world.db, self.desk[who], case.id, now=self.world.now))

    @rule(who=people, which=pick, crash=crashes)
    def read(self, who: int, which: int, crash: int) -> None:
        with crashing(self.world, crash):
            self.with_case(who, which, lambda case: leases.reveal(self.world.db, self.desk[who], case.id, now=self.world.now))

    @rule(who=people, which=pick, gives_back=st.booleans(), undo=st.booleans(), crash=crashes)
    def decide(self, who: int, which: int, gives_back: bool, undo: bool, crash: int) -> None:
        act = {"undo_for": UNDO if undo else timedelta(), "now": self.world.now}

        def decide(case: AnyRow) -> None:
            held = self.world.message(case.message_id).state is MessageState.HELD
            stays = Ruling(Decision.RELEASE if held else Decision.KEEP)
            goes = Ruling(Decision.RETURN, REASON, "kindness", Consequence.WARNING)
            decisions.decide(self.world.db, self.desk[who], case.id, goes if gives_back else stays, version=case.version, **act)

        with crashing(self.world, crash):
            self.with_case(who, which, decide)

    @rule(who=people, which=pick)
    def undo(self, who: int, which: int) -> None:
        self.with_case(who, which, lambda case: decisions.undo(self.world.db, self.desk[who], case.id, now=self.world.now))

    @rule(who=people, which=pick, follow_up=st.booleans(), crash=crashes)
    def look_after(self, who: int, which: int, follow_up: bool, crash: int) -> None:
        actor, now = self.desk[who], self.world.now
        promised = FollowUp(now + timedelta(hours=1), actor.user_id) if follow_up else None

        def act(case: AnyRow) -> None:
            care.set_level(self.world.db, actor, case.id, level=Level.C3, version=case.version, now=now)
            version = case_row(self.world, case.id).version
            care.close_care(self.world.db, actor, case.id, outcome=CaseOutcome.SUPPORTED, note="", follow_up=promised, version=version, now=now)

        with crashing(self.world, crash):
            self.with_case(who, which, act)

    @rule(who=people, to=people, which=pick, crash=crashes)
    def share(self, who: int, to: int, which: int, crash: int) -> None:
        actor, receiver, now = self.desk[who], self.desk[to], self.world.now
        acts: list[Callable[[AnyRow], None]] = [
            lambda case: leases.give_back(self.world.db, actor, case.id, now=now),
            lambda case: sharing.hand_over(self.world.db, actor, case.id, to_id=receiver.user_id, version=case.version, now=now),
            lambda case: sharing.escalate(self.world.db, actor, case.id, note="please look", version=case.version, now=now),
            lambda case: sharing.ask_opinion(self.world.db, actor, case.id, note="what do you think?", version=case.version, now=now),
        ]
        with crashing(self.world, crash):
            self.with_case(who, which, acts[which % len(acts)])

    @rule(which=pick, crash=crashes)
    def report_or_appeal(self, which: int, crash: int) -> None:
        with self.world.db.read() as connection:
            message = connection.execute(select(Message.__table__).order_by(Message.id)).all()[which % self.said]
        author = self.world.robin if message.author_id == self.world.robin.user_id else self.world.willow
        other = self.world.willow if author is self.world.robin else self.world.robin
        with crashing(self.world, crash):
            if message.state is MessageState.RETURNED:
                self.tried(lambda: appeals.appeal(self.world.db, author, message.id, note="", version=message.version, now=self.world.now))
            else:
                self.tried(lambda: reports.report(self.world.db, other, message.id, limiter=self.world.limiter, now=self.world.now))

    @rule(seconds=waits, crash=crashes)
    def time_passes(self, seconds: int, crash: int) -> None:
        """And the watch of one process dies at some write, that of another goes on."""
        self.world.pass_time(seconds=seconds)
        with crashing(self.world, crash):
            self.watch()
        self.watch()

    def watch(self) -> None:
        for work in (leases.expire_leases, decisions.apply_due, care.reopen_due, paging.page_due):
            work(self.world.db, now=self.world.now)

    @invariant()
    def every_invariant_holds(self) -> None:
        if hasattr(self, "world"):
            assert check_invariants(self.world.db).problems == []

    @invariant()
    def one_decision_wins(self) -> None:
        """A case is decided, undone or has taken effect in turns; never two at once, and nothing takes effect that was not decided."""
        if not hasattr(self, "world"):
            return
        effects = {CaseAction.RELEASED, CaseAction.RETURNED, CaseAction.KEPT, CaseAction.UNDONE, CaseAction.WITHDRAWN}
        with self.world.db.read() as connection:
            rows = connection.execute(select(CaseActivity.case_id, CaseActivity.action).order_by(CaseActivity.id)).all()
            states = {row.id: row.state for row in connection.execute(select(Case.id, Case.state))}
        for case_id, state in states.items():
            open_decisions = 0
            for row in rows:
                if row.case_id == case_id:
                    open_decisions += (row.action is CaseAction.DECIDED) - (row.action in effects and open_decisions > 0)
                    assert open_decisions in {0, 1}
            assert (open_decisions == 1) is (state is CaseState.DECIDED), case_id

    @invariant()
    def no_case_is_lost(self) -> None:
        """Every open case is somebody's, or comes to somebody as their next one, at the latest when an offer to one person has run out."""
        if not hasattr(self, "world"):
            return
        later = self.world.now + timedelta(seconds=leases.LEASE_SECONDS)
        with self.world.db.read() as connection:
            waiting = set(connection.execute(select(Case.id).where(Case.state == CaseState.OPEN)).scalars())
            reached: set[int] = set()
            for actor in self.desk:
                reached |= {row.id for row in next_case._front(connection, actor, later)}
            held = connection.execute(select(Message.id).where(Message.state == MessageState.HELD)).scalars().all()
            seen = set(connection.execute(select(Case.message_id).where(Case.state != CaseState.CLOSED, Case.lane == Lane.CONDUCT)).scalars())
        assert waiting <= reached, waiting - reached
        assert set(held) <= seen

    @invariant()
    def every_step_pages_once(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.world.db.read() as connection:
            pages = Counter((row.case_id, row.waiting_since, row.step) for row in connection.execute(select(Page.case_id, Page.waiting_since, Page.step)))
        assert all(count == 1 for count in pages.values())

    def with_case(self, who: int, which: int, act: Callable[[AnyRow], None]) -> None:
        """Do something with a case: mostly one's own, sometimes any."""
        with self.world.db.read() as connection:
            cases = connection.execute(select(Case.__table__).where(Case.state != CaseState.CLOSED).order_by(Case.id)).all()
        own = [case for case in cases if case.owner_id == self.desk[who].user_id]
        chosen = own if own and which % 5 else cases
        if chosen:
            self.tried(lambda: act(chosen[which % len(chosen)]))

    @staticmethod
    def tried(act: Callable[[], object]) -> None:
        """Do what somebody wants; a refusal is a fine answer."""
        try:
            act()
        except Refusal:
            return


@pytest.mark.timeout(180)
def test_the_desk_in_any_order(sqlite_template: Path) -> None:
    """Hypothesis looks for an order of events, and for a place to die at, that breaks a promise."""
    Desk.template = sqlite_template
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    chosen = settings(max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=checks, derandomize=True, phases=[Phase.generate])
    run_state_machine_as_test(Desk, settings=chosen)
