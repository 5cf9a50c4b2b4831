"""Makes the pictures of the README from a fresh demonstration: `python -m tests.browser.screenshots docs/images`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect

from tests.browser.conftest import fill_in_sign_in, new_context, running_chromium, running_demo
from tests.browser.rooms import expect_state, open_room, say

WIDTH, HEIGHT = 1280, 800
SCALE = 8 / 9  # a little of everything smaller, so that more of the conversation is seen


def picture_room(page: Page, other: Page, path: Path) -> None:
    """A circle in progress, seen by a member one of whose messages waits for a person, while somebody else is writing."""
    open_room(other)
    open_room(page)
    expect_state(say(page, "Yes please, two sugars. Thank you, Willow"), "delivered")
    expect_state(say(page, "If it gets late you can write to me at robin@example.org"), "held")
    expect(page.get_by_test_id("notice")).to_be_visible()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    other.get_by_test_id("composer-input").press_sequentially("Lemon")
    expect(page.get_by_test_id("typing")).not_to_be_empty()
    page.screenshot(path=path)


def main(folder: Path) -> None:
    """Start the demonstration and make every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data, running_demo(Path(data)) as demo, running_chromium() as browser:
        pages = []
        for number in range(2):
            context = new_context(browser, demo.url, width=round(WIDTH / SCALE), height=round(HEIGHT / SCALE), device_scale_factor=SCALE)
            pages.append(context.new_page())
            fill_in_sign_in(pages[-1], demo.person("member", number))
        picture_room(*pages, path=folder / "room.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
