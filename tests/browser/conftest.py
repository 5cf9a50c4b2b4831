"""The demonstration, started as a new user starts it, and real browsers with their own sessions."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
PASS_PHRASE = "harbour lantern forty two"
WAIT_MS = 20_000  # only ever reached by a test that fails
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@dataclass(frozen=True)
class Demo:
    """A running demonstration."""

    url: str
    data_dir: Path
    printed: Callable[[], str]
    pid: int

    @property
    def people(self) -> list[dict[str, str]]:
        """Who one can sign in as."""
        people: list[dict[str, str]] = json.loads((self.data_dir / "demo-people.json").read_text())
        return people

    def person(self, role: str, number: int = 0) -> dict[str, str]:
        """One of the people with this role."""
        return [person for person in self.people if person["role"] == role][number]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demonstration that all tests of a run share."""
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """`make run`, and nothing else."""
    port = free_port()
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))} | {
        "PORT": str(port),
        "DATA_DIR": str(folder / "data"),
        "PEER_CIRCLES_UNDO_SECONDS": "2",
    }
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(["make", "run"], cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        yield Demo(f"http://127.0.0.1:{port}", folder / "data", log.read_text, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser that all tests of a run share."""
    with running_chromium() as browser:
        yield browser


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Debian's Chromium where there is one, else Playwright's own."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser, demo: Demo) -> Iterator[Callable[..., Page]]:
    """Opens a browser of its own; fails the test when a page logs an error or breaks the content policy."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(**options: Any) -> Page:
        context = new_context(chromium, demo.url, **options)
        contexts.append(context)
        context.on("page", lambda page: watch(page, faults))
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, faults


def new_context(
    browser: Browser, url: str, *, language: str = "en", scheme: str = "light", width: int = 1280, height: int = 860, **options: Any
) -> BrowserContext:
    """A browser of its own, with its own cookies."""
    context = browser.new_context(
        base_url=url, locale=language, color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce", **options
    )
    context.set_default_timeout(WAIT_MS)
    return context


def watch(page: Page, faults: list[str]) -> None:
    """Collect what goes wrong on a page; answers that refuse something are no fault."""
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" and is_fault(message.text) else None)


def is_fault(logged: str) -> bool:
    """Chromium logs every refusal and every lost connection as an error of the page."""
    return "status of 4" not in logged and "net::ERR_INTERNET_DISCONNECTED" not in logged


@pytest.fixture(scope="session")
def signed_in() -> dict[str, tuple[str, StorageState]]:
    """By name: the language somebody was signed in with last, and the cookies; one account signs in only so often a minute."""
    return {}


@pytest.fixture
def sign_in(new_page: Callable[..., Page], signed_in: dict[str, tuple[str, StorageState]]) -> Callable[..., Page]:
    """Opens a browser in which somebody is signed in; `fresh` makes a session of its own that a test may end."""

    def enter(person: dict[str, str], *, fresh: bool = False, language: str = "en", **options: Any) -> Page:
        known_language, state = signed_in.get(person["name"], ("", None))
        if state is not None and known_language == language and not fresh:
            page = new_page(language=language, storage_state=state, **options)
            page.goto("/circles")
            return page
        page = new_page(language=language, **options)
        fill_in_sign_in(page, person)
        if not fresh:
            signed_in[person["name"]] = (language, page.context.storage_state())
        return page

    return enter


def fill_in_sign_in(page: Page, person: dict[str, str]) -> None:
    """Sign in by the form."""
    page.goto("/login")
    page.fill("[name=name]", person["name"])
    page.fill("[name=pass_phrase]", person["pass_phrase"])
    page.get_by_test_id("sign-in").click()
    page.wait_for_url("**/circles")


@pytest.fixture
def register(new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a browser and makes an account by the form, for tests that use one up."""

    def enter(name: str, **options: Any) -> Page:
        page = new_page(**options)
        fill_in_registration(page, name)
        return page

    return enter


def fill_in_registration(page: Page, name: str) -> None:
    """Make an account by the form."""
    page.goto("/register")
    page.fill("[name=name]", name)
    page.fill("[name=pass_phrase]", PASS_PHRASE)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_test_id("create-account").click()
    page.wait_for_url("**/circles")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until messages can be screened."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
                if json.load(answer)["screener"]["state"] == "ready":
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text())
