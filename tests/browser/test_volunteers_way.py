"""Somebody who has never been here becomes a volunteer, and looks after their first person, without asking anybody for the way."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, ViewportSize

from tests.browser.conftest import Demo, running_demo
from tests.browser.rooms import clear_the_desk
from tests.browser.test_pages import CUT, OVERFLOW
from tests.browser.volunteers_way import NAME, Way, walk

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 860}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demonstration in which no other test leaves cases."""
    with running_demo(tmp_path_factory.mktemp("way")) as demo:
        yield demo


def test_from_the_application_to_the_first_case(demo: Demo, register: Callable[..., Page], sign_in: Callable[..., Page]) -> None:
    """Every page leads to the next one, only the lead decides anything, and all of it fits on a phone."""
    clear_the_desk(sign_in(demo.person("volunteer"), fresh=True))
    wrong: dict[str, list[str]] = {}

    def look(name: str, page: Page, _part: Locator | None = None) -> None:
        page.set_viewport_size(PHONE)
        wrong[name] = page.evaluate(OVERFLOW) + page.evaluate(CUT)
        page.set_viewport_size(DESK)

    walk(Way(register(NAME), sign_in(demo.person("lead"), fresh=True), sign_in(demo.person("member"), fresh=True), look))
    assert {name: found for name, found in wrong.items() if found} == {}
    assert (next(iter(wrong)), next(reversed(wrong))) == ("apply", "closed")
