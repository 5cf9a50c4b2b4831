"""Makes the pictures of the documents from a fresh demonstration: `python -m tests.browser.screenshots docs/images`."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.conftest import Demo, fill_in_registration, fill_in_sign_in, new_context, running_chromium, running_demo
from tests.browser.rooms import clear_the_desk, expect_state, open_room, say
from tests.browser.volunteers_way import NAME, Way, walk

WIDTH, HEIGHT = 1280, 800
SCALE = 8 / 9  # a little of everything smaller, so that more of the conversation is seen
PHONE: ViewportSize = {"width": 390, "height": 844}
ON_PHONES_TOO = ("training", "quiz", "simulator", "start-check", "on-duty", "revealed-case", "side-room", "closing")
COLOURS = 96


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


def picture_way(browser: Browser, demo: Demo, folder: Path) -> None:
    """What a new volunteer sees from the application to the first case; what waited before is looked after by somebody else."""
    newcomer, lead, member, other = (new_context(browser, demo.url, width=WIDTH, height=HEIGHT).new_page() for _ in range(4))
    fill_in_registration(newcomer, NAME)
    for page, person in ((lead, demo.person("lead")), (member, demo.person("member")), (other, demo.person("volunteer"))):
        fill_in_sign_in(page, person)
    clear_the_desk(other)
    folder.mkdir(exist_ok=True)
    walk(Way(newcomer, lead, member, photographer(folder)))


def photographer(folder: Path) -> Callable[..., None]:
    """Takes numbered pictures: of the top of a page, or from some part of it on."""
    taken: list[str] = []

    def look(name: str, page: Page, part: Locator | None = None) -> None:
        taken.append(name)
        page.wait_for_load_state()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        photograph(page, part, folder / f"{len(taken):02}-{name}.png")
        if name in ON_PHONES_TOO:
            desk = page.viewport_size
            page.set_viewport_size(PHONE)
            photograph(page, part, folder / f"{len(taken):02}-{name}-phone.png")
            page.set_viewport_size(desk or PHONE)

    return look


def photograph(page: Page, part: Locator | None, path: Path) -> None:
    """One picture with few colours, so that many of them are small."""
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    if part is not None:
        part.evaluate("(element) => element.scrollIntoView({ block: 'start', behavior: 'instant' })")
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


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
        picture_way(browser, demo, folder / "volunteer")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
