"""Every page of the site, as the people see it who may: what tests of looks and of accessibility walk through."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.browser.rooms import CRISIS, EVENING, RUDE, UNKIND, expect_live, expect_state, message, newest_case, open_room, say, set_longest_message, start_shift

Step = Callable[[Page], None]


@dataclass(frozen=True)
class Visit:
    """A page, and what is done there before it is looked at."""

    name: str
    path: str
    steps: tuple[Step, ...] = field(default=())

    def __str__(self) -> str:
        """How a failing test names it."""
        return self.name


def open_folds(page: Page) -> None:
    """Open everything that can be opened, popovers aside."""
    page.evaluate("for (const fold of document.querySelectorAll('details.fold')) fold.open = true")


def submit_nothing(page: Page) -> None:
    """Send an empty form past the browser's own checks, so that the server's words are seen."""
    with page.expect_navigation():
        page.evaluate("const form = document.querySelector('main form'); form.noValidate = true; form.requestSubmit()")


def wait_until_live(page: Page) -> None:
    """Wait for the room and the conversation."""
    expect_live(page)


def open_menu(page: Page) -> None:
    """Open the menu, where the page is so narrow that it has one."""
    if page.get_by_test_id("menu-button").is_visible():
        page.get_by_test_id("menu-button").click()


def open_about(page: Page) -> None:
    """Open what the circle is about."""
    page.get_by_test_id("about-circle").click()


def open_leave_dialog(page: Page) -> None:
    """Open the question before leaving."""
    open_about(page)
    page.get_by_test_id("leave-circle").click()


STRANGERS = (
    Visit("landing", "/"),
    Visit("help", "/help", (open_folds,)),
    Visit("help in Germany", "/help?country=DE"),
    Visit("sign in", "/login", (open_folds,)),
    Visit("sign in, refused", "/login", (submit_nothing,)),
    Visit("register", "/register"),
    Visit("register, refused", "/register", (submit_nothing,)),
    Visit("neutral page", "/away"),
    Visit("no such page", "/nothing-here"),
)
ADMINS = (
    Visit("administration", "/admin"),
    Visit("people", "/admin/people", (open_folds,)),
    Visit("nobody found", "/admin/people?q=zzzz"),
    Visit("new circle", "/admin/circles/new"),
    Visit("new circle, refused", "/admin/circles/new", (submit_nothing,)),
    Visit("rules", "/admin/circles/1/rules", (open_folds,)),
    Visit("helplines", "/admin/helplines", (open_folds,)),
    Visit("new helpline", "/admin/helplines/new"),
    Visit("new helpline, refused", "/admin/helplines/new", (submit_nothing,)),
    Visit("emergency number", "/admin/helplines/emergency/DE"),
    Visit("pages", "/admin/pages", (open_folds,)),
    Visit("agreement with the software", "/admin/quality", (open_folds,)),
    Visit("training of volunteers", "/training/team", (open_folds,)),
)


def members_visits(circle: str) -> tuple[Visit, ...]:
    """What a member sees, with messages of every state in the room."""
    return (
        Visit("circles", "/circles", (open_folds,)),
        Visit("menu", "/circles", (open_menu,)),
        Visit("room", circle, (wait_until_live,)),
        Visit("room, about", circle, (wait_until_live, open_about)),
        Visit("room, leaving", circle, (wait_until_live, open_leave_dialog)),
        Visit("my account", "/me"),
        Visit("volunteers' page, refused", "/review"),
    )


def volunteers_visits(care: str, conduct: str) -> tuple[Visit, ...]:
    """What a volunteer sees."""
    return (
        Visit("queue", "/review"),
        Visit("care case", care, (open_folds,)),
        Visit("conduct case", conduct, (open_folds,)),
        Visit("for myself", "/review/shift", (open_folds,)),
        Visit("how to reach me", "/review/reach-me", (open_folds,)),
        Visit("training", "/training", (open_folds,)),
    )


def open_notices(page: Page) -> str:
    """Write messages that are asked about, held, and bring a care card; answers with the room's path."""
    page.goto("/circles")
    open_room(page)
    for text, state in ((CRISIS, "delivered"), (UNKIND, "held"), (RUDE, "nudged")):
        own = message(page, text)
        if not own.count() or own.get_attribute("data-state") != state:
            own = say(page, text)
        expect_state(own, state)
    expect(page.get_by_test_id("care-card")).to_have_count(1)
    return page.url


def reveal_cases(page: Page) -> tuple[str, str]:
    """Claim the newest case of each lane and show its text; answers with their paths."""
    start_shift(page)
    paths = (newest_case(page, "care"), newest_case(page, "conduct"))
    for path in paths:
        page.goto(path)
        if page.get_by_test_id("claim").count():
            page.get_by_test_id("claim").click()
        expect(page.get_by_test_id("lease")).to_be_visible()
        if page.get_by_test_id("reveal").count():
            page.get_by_test_id("reveal").click()
        expect(page.get_by_test_id("case-text")).to_be_visible()
    return paths


def walk(page: Page, visits: tuple[Visit, ...]) -> Iterator[Visit]:
    """Go through pages one by one; each is ready to be looked at when it is yielded."""
    for visit in visits:
        page.goto(visit.path)
        for step in visit.steps:
            step(page)
        yield visit


def people(demo: Demo, sign_in: Callable[..., Page], new_page: Callable[..., Page]) -> dict[str, Callable[..., tuple[Page, tuple[Visit, ...]]]]:
    """For each kind of people: opens a browser, and says what there is to see."""

    def stranger(**options: object) -> tuple[Page, tuple[Visit, ...]]:
        return new_page(**options), STRANGERS

    def member(**options: object) -> tuple[Page, tuple[Visit, ...]]:
        page = sign_in(demo.person("member"), **options)
        return page, members_visits(open_notices(page))

    def volunteer(**options: object) -> tuple[Page, tuple[Visit, ...]]:
        page = sign_in(demo.person("volunteer"), **options)
        return page, volunteers_visits(*reveal_cases(page))

    def admin(**options: object) -> tuple[Page, tuple[Visit, ...]]:
        page = sign_in(demo.person("admin"), **options)
        page.goto("/admin/circles/1/rules")
        if page.get_by_test_id("rule-version").count() == 1:
            set_longest_message(page, EVENING, 1999)
        return page, ADMINS

    return {"stranger": stranger, "member": member, "volunteer": volunteer, "admin": admin}


KINDS = ("stranger", "member", "volunteer", "admin")
