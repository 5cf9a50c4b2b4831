"""The queue and its worker: from a waiting case to a message outside, through processes that die."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from models import AttemptState, Channel, PageAttempt, Trouble
from moderation.taxonomy import Label
from support_app.core import core_of
from support_app.database import AnyRow
from support_app.errors import Busy
from support_app.jobs import page_once
from support_app.paging import deliver as sending
from support_app.paging.queue import QUEUE_FILE, page_queue
from support_app.services import page_attempts, reach, shift_ends
from support_app.settings import Settings, environ_of, replace_settings
from tests.factories import World
from tests.live.waiting import eventually
from tests.paging.outside import HttpServer
from tests.paging.test_push import Receiver

ROOT = Path(__file__).resolve().parent.parent.parent
DANGER = "a sentence that nobody outside may read"


def rows(world: World) -> list[AnyRow]:
    with world.db.read() as connection:
        return list(connection.execute(select(PageAttempt.__table__).order_by(PageAttempt.id)))


def states(world: World) -> list[tuple[Channel, AttemptState, Trouble | None]]:
    return [(row.channel, row.state, row.trouble) for row in rows(world)]


def work_off(app: Flask) -> int:
    """What a worker does, in this process: everything that the queue brings; answers with how much."""
    huey, done = page_queue(app).huey, 0
    while (task := huey.dequeue()) is not None:
        huey.execute(task)
        done += 1
    return done


@pytest.fixture
def harbour(here: World, outside: HttpServer) -> Receiver:
    """A volunteer who can be reached in one browser and by e-mail; somebody in danger has been waiting for a minute."""
    for actor in (here.volunteer, here.other_volunteer):
        shift_ends.end(here.db, actor, now=here.now)
    receiver = Receiver()
    browser = receiver.browser(f"{outside.address}/browser")
    reach.save_reach(here.db, here.volunteer, page_me=True, email="harbour@example.org", now=here.now)
    keys = {"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}
    reach.add_browser(here.db, here.volunteer, **keys, known=lambda _: True, now=here.now)
    here.classify_with(lambda _: dict.fromkeys(Label, 0.01) | {Label.IMMINENT: 0.95, Label.CRISIS: 0.95})
    here.say(here.robin, DANGER)
    here.pass_time(seconds=60)
    return receiver


class TestInOneProcess:
    def test_the_whole_way(self, app: Flask, here: World, harbour: Receiver, outside: HttpServer) -> None:
        """Found, queued, sent by each way, written down; nothing of what was written leaves the house."""
        page_once(app, page_queue(app))
        assert outside.got == []
        assert work_off(app) == 3
        assert states(here) == [
            (Channel.PUSH, AttemptState.SENT, None),
            (Channel.EMAIL, AttemptState.GIVEN_UP, Trouble.NOT_CONFIGURED),
            (Channel.WEBHOOK, AttemptState.SENT, None),
        ]
        posted = {got.path: got for got in outside.got}
        assert harbour.read(posted["/browser"])["body"] == "Open the volunteers' page."
        assert json.loads(posted["/hook"].body)["level"] == "C4"
        for private in (DANGER, "Robin", "Evening circle"):
            assert private not in str(harbour.read(posted["/browser"])) + str(posted)

    def test_a_server_that_fails_first(self, app: Flask, here: World, harbour: Receiver, outside: HttpServer) -> None:
        """It is asked again after a pause, and the outcome says so."""
        outside.answers = [503, 500, 503, 201]
        queue = page_queue(app)
        for seconds, done in ((0, 3), (4, 0), (1, 2), (30, 1)):
            here.pass_time(seconds=seconds)
            page_once(app, queue)
            assert work_off(app) == done, seconds
        sent = [row for row in rows(here) if row.channel is not Channel.EMAIL]
        assert {row.state for row in sent} == {AttemptState.SENT}
        assert sorted(len(row.tries) for row in sent) == [2, 3]

    def test_a_lost_queue(self, app: Flask, here: World, harbour: Receiver, outside: HttpServer) -> None:
        """The file is gone, with all that was in it: a moment later everything is sent all the same."""
        page_once(app, page_queue(app))
        for file in here_files(app):
            file.unlink()
        here.pass_time(seconds=page_attempts.QUEUE_SECONDS)
        page_once(app, page_queue(app))
        assert work_off(app) == 3
        assert len(outside.got) == 2

    def test_a_queue_that_repeats(self, app: Flask, here: World, harbour: Receiver, outside: HttpServer) -> None:
        """Each goes out once."""
        queue = page_queue(app)
        page_once(app, queue)
        queue.put(row.id for row in rows(here))
        assert work_off(app) == 6
        assert len(outside.got) == 2

    def test_what_a_stranger_puts_into_the_queue(self, app: Flask, here: World, harbour: Receiver, outside: HttpServer, settings: Settings) -> None:
        """Is not unpacked: entries are signed."""
        page_once(app, page_queue(app))
        core = core_of(app)
        object.__setattr__(core, "settings", replace_settings(core.settings, secret_key="y" * 40))
        huey = page_queue(app).huey
        with pytest.raises(ValueError, match="mismatch"):
            huey.dequeue()
        assert outside.got == []

    def test_a_browser_that_is_gone_is_forgotten(self, app: Flask, here: World, harbour: Receiver, outside: HttpServer) -> None:
        """And the attempt says that there is none."""
        outside.answers = [410]
        page_once(app, page_queue(app))
        work_off(app)
        assert states(here)[0] == (Channel.PUSH, AttemptState.GIVEN_UP, Trouble.NO_BROWSER)
        assert reach.reach_of(here.db, here.volunteer, now=here.now).browsers == 0

    def test_a_busy_database_is_asked_again(self, app: Flask, here: World, harbour: Receiver, outside: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was sent is written down, so that it is not sent twice."""
        page_once(app, page_queue(app))
        faults, record = [Busy()] * 3, page_attempts.record

        def busy_at_first(*arguments: object, **values: object) -> None:
            if faults:
                raise faults.pop()
            record(*arguments, **values)

        monkeypatch.setattr(page_attempts, "record", busy_at_first)
        monkeypatch.setattr(sending, "RECORD_PAUSE_SECONDS", 0)
        work_off(app)
        assert [state for channel, state, _ in states(here) if channel is not Channel.EMAIL] == [AttemptState.SENT] * 2


def here_files(app: Flask) -> list[Path]:
    return list(core_of(app).settings.data_dir.glob(f"{QUEUE_FILE}*"))


class TestWorkerProcess:
    @contextmanager
    def worker(self, settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        environ = os.environ | environ_of(settings)
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "worker", *arguments], cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def test_sends_what_an_earlier_one_left(
        self, app: Flask, here: World, harbour: Receiver, outside: HttpServer, settings: Settings, until_now: Callable[[], None]
    ) -> None:
        """One that is killed while it sends leaves nothing behind that the next one does not send."""
        outside.answers = [None]
        page_once(app, page_queue(app))
        with self.worker(settings) as first:
            eventually(lambda: len(outside.got) == 2 and AttemptState.GIVEN_UP in {row.state for row in rows(here)}, "for both servers to be asked")
            first.send_signal(signal.SIGKILL)
            first.wait()
        assert [state for _, state, _ in states(here)] == [AttemptState.WAITING, AttemptState.GIVEN_UP, AttemptState.WAITING]
        outside.answers = [201]
        until_now()
        page_once(app, page_queue(app))
        with self.worker(settings):
            eventually(lambda: [state for _, state, _ in states(here)] == [AttemptState.SENT, AttemptState.GIVEN_UP, AttemptState.SENT], "for both to be sent")

    def test_ends_with_its_supervisor(self, here: World, settings: Settings) -> None:
        """It gives signs of life, and none after whoever started it is gone."""
        with self.worker(settings, "--supervised") as process:
            assert process.stdout.read(2) == b"r."
            process.stdin.close()
            assert process.wait(60) == 0
            process.stdin = None


@pytest.fixture
def until_now(here: World) -> Callable[[], None]:
    """Makes what was begun by a process with a real clock due for a world whose clock stands still."""

    def due() -> None:
        with here.db.write() as connection:
            connection.execute(update(PageAttempt).where(PageAttempt.state == AttemptState.WAITING).values(next_try_at=here.now, queued_until=None))

    return due
