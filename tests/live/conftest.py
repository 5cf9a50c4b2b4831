"""Servers: two that live as long as the test run, for tests that kill nothing, and fresh ones for tests that do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.server import Server
from tests.live.weights import word_weights

StartServer = Callable[..., Server]
FAST = {"PEER_CIRCLES_MESSAGE_RATE": "1000/second"}


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that judge by single words, see `tests.live.weights`."""
    return word_weights(tmp_path_factory.mktemp("weights") / "words")


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Server]:
    """A server as it is shipped: its own weights, its own limits."""
    server = Server(tmp_path_factory.mktemp("shipped"), sqlite_template)
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, words: Path) -> Iterator[Server]:
    """A server that judges by single words and lets people write fast; tests leave its processes alone."""
    running = Server(tmp_path_factory.mktemp("server"), sqlite_template, PEER_CIRCLES_WEIGHTS=str(words), **FAST)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
def fresh_server(tmp_path: Path, sqlite_template: Path, words: Path) -> Iterator[StartServer]:
    """Makes a server of the test's own, with other settings when asked, which it may harm; it is not started yet."""
    made = []

    def make(**settings: str) -> Server:
        folder = tmp_path / f"server-{len(made)}"
        folder.mkdir()
        made.append(Server(folder, sqlite_template, **({"PEER_CIRCLES_WEIGHTS": str(words)} | FAST | settings)))
        return made[-1]

    yield make
    for server in made:
        server.close()
