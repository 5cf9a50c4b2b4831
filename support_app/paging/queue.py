"""The queue between the processes that find due pages and the workers that send them: a file in the data folder, or Redis."""

from collections.abc import Callable, Iterable

from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer

from support_app.core import core_of
from support_app.settings import Settings

QUEUE_FILE = "queue.sqlite3"
NAME = "peer-circles"
WAIT_FOR_FILE_SECONDS = 1


class PageQueue:
    """Carries the numbers of attempts, nothing else. It may lose or repeat them: the database knows what is due."""

    def __init__(self, settings: Settings, send: Callable[[int], None]) -> None:
        self.huey = _huey(settings)
        self._send = self.huey.task(name="send_page")(send)

    def put(self, attempt_ids: Iterable[int]) -> None:
        """Have workers send these."""
        for attempt_id in attempt_ids:
            self._send(attempt_id)


def page_queue(app: Flask) -> PageQueue:
    """The queue as both of its ends use it."""

    def send(attempt_id: int) -> None:
        from support_app.paging.deliver import deliver  # noqa: PLC0415 (the channels' libraries are loaded by workers only)

        deliver(app, attempt_id)

    return PageQueue(core_of(app).settings, send)


def _huey(settings: Settings) -> Huey:
    serializer = SignedSerializer(secret=settings.secret_key, salt=NAME)  # what a stranger puts into Redis is never unpacked
    if settings.redis_url:
        return RedisHuey(NAME, url=settings.redis_url, results=False, serializer=serializer)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    file = str(settings.data_dir / QUEUE_FILE)
    return SqliteHuey(NAME, filename=file, results=False, serializer=serializer, timeout=WAIT_FOR_FILE_SECONDS, fsync=False)
