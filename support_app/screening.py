"""The screener process: `python -m support_app.screening`. Puts a classifier, the database and the loop together; knows no web."""

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from models import ScreenerState
from moderation.classifier.base import Classifier, ClassifierError, WeightsError
from moderation.classifier.loading import load_classifier
from moderation.pipeline import Screened
from moderation.screener import Claimed, Flagged, StoreBusy, run
from moderation.why import Raised
from support_app.core import utc_now
from support_app.database import Database, open_database
from support_app.errors import Busy
from support_app.logs import configure_logs
from support_app.services import rationales, screening
from support_app.settings import Settings, load_settings

POLL_SECONDS = 0.25
BEAT_SECONDS = 1.0
SETTLE_ATTEMPTS = 5
log = structlog.get_logger()


class DatabaseStore:
    """`ScreeningStore` over the services; bytes on standard output tell the supervisor what happened."""

    def __init__(self, db: Database, classifier: Classifier, *, supervised: bool, now: Callable[[], datetime] = utc_now) -> None:
        self.db = db
        self.classifier = classifier
        self.supervised = supervised
        self.now = now
        self.instance = instance_name()
        self.beaten_at = 0.0

    def claim(self) -> Sequence[Claimed]:
        """Take what waits."""
        try:
            return screening.claim(self.db, now=self.now())
        except Busy as busy:
            raise StoreBusy from busy

    def settle(self, results: Sequence[tuple[Claimed, Screened]]) -> None:
        """Write the results and tell the supervisor; a busy database is asked again while the claim lasts."""
        names = {"classifier": self.classifier.name, "revision": self.classifier.revision}
        for attempt in range(SETTLE_ATTEMPTS):
            try:
                screening.settle_screened(self.db, results, **names, now=self.now())
            except Busy as busy:
                if attempt == SETTLE_ATTEMPTS - 1:
                    raise StoreBusy from busy
                self._tell(b".")
            else:
                self._tell(b"s")
                return

    def take_flagged(self) -> Flagged | None:
        """Take the next flagged message whose words were not looked for."""
        try:
            return rationales.take_flagged(self.db, revision=self.classifier.revision)
        except Busy as busy:
            raise StoreBusy from busy

    def keep_why(self, flagged: Flagged, raised: Sequence[Raised]) -> None:
        """Write where the words are."""
        try:
            rationales.keep_why(self.db, flagged, raised)
        except Busy as busy:
            raise StoreBusy from busy

    def beat(self) -> None:
        """A sign of life, to the supervisor at every turn and to the database once a second."""
        self._tell(b".")
        if time.monotonic() - self.beaten_at >= BEAT_SECONDS:
            self.beaten_at = time.monotonic()
            self._report()

    def _report(self) -> None:
        values = {"classifier": self.classifier.name, "revision": self.classifier.revision}
        try:
            screening.report_screener(self.db, instance=self.instance, state=ScreenerState.READY, now=self.now(), **values)
        except Busy as busy:
            raise StoreBusy from busy

    def _tell(self, byte: bytes) -> None:
        if self.supervised:
            os.write(sys.stdout.fileno(), byte)


def instance_name() -> str:
    """Names this process among all screeners."""
    return f"{socket.gethostname()}:{os.getpid()}"


def waiter(*, supervised: bool) -> Callable[[], bool]:
    """The loop's `wait`: until a wake-up or for a while; False when the supervisor is gone."""

    def wait() -> bool:
        if not supervised:
            time.sleep(POLL_SECONDS)
            return True
        readable, _, _ = select.select([sys.stdin], [], [], POLL_SECONDS)
        return not readable or os.read(sys.stdin.fileno(), 4096) != b""

    return wait


def screen_forever(settings: Settings, *, supervised: bool, now: Callable[[], datetime] = utc_now) -> None:
    """Load the classifier and screen until told to end; a classifier that cannot be loaded is reported, then exit."""
    db = open_database(settings.resolved_database_url)
    try:
        classifier = load_classifier(settings.classifier, settings.weights, threads=settings.classifier_threads, label_map=settings.label_map)
        classifier.score(["ready?"])
    except (WeightsError, ClassifierError) as error:
        screening.report_screener(db, instance=instance_name(), state=ScreenerState.FAILED, now=now(), error=str(error)[:300])
        log.error("screener.weights_refused", error=str(error))
        raise SystemExit(3) from None
    store = DatabaseStore(db, classifier, supervised=supervised, now=now)
    screening.retry_at_once(db)
    store.beat()
    if supervised:
        os.write(sys.stdout.fileno(), b"r")
    log.info("screener.ready", classifier=classifier.name, weights_revision=classifier.revision)
    run(classifier, store, wait=waiter(supervised=supervised))


def main() -> None:
    """Entry point of the supervised process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal goes to the supervisor, which ends this one
    settings = load_settings()
    configure_logs(settings.log_level)
    screen_forever(settings, supervised=True)


if __name__ == "__main__":
    main()
