"""How often people agreed with the software, as leads and admins read it."""

from collections.abc import Callable

import pytest

from models import Role
from support_app.services import appeals
from tests.factories import UNKIND, World
from tests.services.steps import release, return_it, take
from tests.web.browser import Browser

PATH = "/admin/quality"


@pytest.fixture
def cloud(here: World, as_person: Callable[..., Browser]) -> Browser:
    return as_person(here.admin)


def returned(here: World, number: int) -> int:
    message_id = here.say(here.robin, f"{UNKIND} {number}")
    return_it(here, here.volunteer, take(here, here.volunteer, message_id))
    return message_id


def test_nothing_decided_yet(here: World, cloud: Browser) -> None:
    """Said in words, and no empty table."""
    here.say(here.robin, UNKIND)
    page = cloud.get(PATH).text
    assert 'data-testid="nothing-decided"' in page
    assert "<table" not in page


def test_counts_in_words_and_no_message(here: World, cloud: Browser) -> None:
    """What people decided stands there with its range; what somebody wrote does not."""
    messages = [returned(here, number) for number in range(3)]
    appeals.appeal(here.db, here.robin, messages[0], note="", version=here.message(messages[0]).version, now=here.now)
    release(here, here.other_volunteer, take(here, here.other_volunteer, messages[0]))
    page = cloud.get(PATH).text
    assert "In 2 of 3 decided messages people agreed with the software (21 to 94 %)" in page
    assert '<td class="number" data-label="Overturned on appeal">1</td>' in page
    assert page.count("Nothing decided yet") == 4
    assert "Small numbers say little." in page
    assert UNKIND not in page


@pytest.mark.parametrize(("asked", "shown"), [("", 90), ("?days=30", 30), ("?days=365", 365), ("?days=7", 90), ("?days=-1", 90), ("?days=often", 90)])
def test_how_far_back(cloud: Browser, asked: str, shown: int) -> None:
    """One of three spans, and the usual one for anything else."""
    page = cloud.get(PATH + asked).text
    assert f"in the last {shown} days" in page
    assert f'href="{PATH}?days={shown}" aria-current="page"' in page
    assert page.count(f'href="{PATH}?days=') == 3


def test_the_span_decides_what_is_counted(here: World, as_person: Callable[..., Browser]) -> None:
    """What was decided two months ago is no news of the last thirty days."""
    returned(here, 1)
    here.pass_time(days=60)
    cloud = as_person(here.admin)
    assert 'data-testid="nothing-decided"' in cloud.get(f"{PATH}?days=30").text
    assert "In 1 of 1 decided message people agreed with the software (21 to 100 %)" in cloud.get(PATH).text


def test_leads_find_it_and_nobody_else(here: World, cloud: Browser, as_person: Callable[..., Browser], browser: Browser) -> None:
    """From the volunteers' page and back there; admins from the administration."""
    lead = as_person(here.person("Kestrel", role=Role.LEAD))
    assert f'href="{PATH}"' in lead.get("/review").text
    page = lead.get(PATH)
    assert page.status_code == 200
    assert 'class="back-link" href="/review"' in page.text
    assert f'href="{PATH}"' in cloud.get("/admin").text
    assert 'class="back-link" href="/admin"' in cloud.get(PATH).text
    for actor in (here.robin, here.volunteer):
        assert as_person(actor).get(PATH).status_code == 403
    assert f'href="{PATH}"' not in as_person(here.volunteer).get("/review").text
    assert browser.get(PATH).headers["Location"] == f"/login?next={PATH}"
