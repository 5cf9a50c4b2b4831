"""How long it takes from a cry for help until the page of a volunteer on duty shows that somebody waits."""

import http.cookiejar
import json
import re
import statistics
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from bench import server
from bench.server import Server
from tests.live.client import LiveClient

CRIES = 30
GIVEN_UP = 30.0
PAGE_WAITS = 0.15  # that the page itself waits, so that several changes ask for the list once
_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)">')
_CRIES = ("I do not want to live any more", "I keep thinking about killing myself", "I want to die", "ich will nicht mehr leben", "ich möchte tot sein")


class Volunteer:
    """A browser without a screen in which somebody of the demonstration is signed in and on duty."""

    def __init__(self, running: Server, person: dict[str, str]) -> None:
        self._url, self._cookies = running.url, http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self._post("/login", {"name": person["name"], "pass_phrase": person["pass_phrase"]})
        self._post("/review/shift/start", {"check": "4"})
        cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)
        self.socket = LiveClient(running.port, cookie=cookie, auth={"v": 1, "csrf": self._token()})

    def cases(self) -> set[int]:
        """The cases as the page's script asks for them."""
        with self._opener.open(f"{self._url}/api/cases") as answer:
            return {case["id"] for case in json.load(answer)["cases"]}

    def _token(self) -> str:
        found = _TOKEN.search(self._opener.open(f"{self._url}/help").read().decode())
        assert found
        return found[1]

    def _post(self, path: str, form: dict[str, str]) -> None:
        body = urllib.parse.urlencode(form | {"csrf_token": self._token()}).encode()
        self._opener.open(urllib.request.Request(f"{self._url}{path}", data=body, headers={"Origin": self._url}))


def measure(folder: Path) -> list[float]:
    """Seconds for each of `CRIES` messages, one after the other, on an installation of its own."""
    with server.product(folder) as running:
        server.flask(running.environ, "seed-demo")
        circles = server.seed(running, folder, circles=CRIES, members=1)
        people: list[dict[str, str]] = json.loads((folder / "data" / "demo-people.json").read_text())
        volunteer = Volunteer(running, next(person for person in people if person["role"] == "volunteer"))
        with volunteer.socket:
            return [_until_shown(running, volunteer, circle, _CRIES[number % len(_CRIES)]) for number, circle in enumerate(circles)]


def p95_ms(seconds: list[float]) -> float:
    """The 95th percentile in milliseconds, with the moment that the page waits."""
    return (statistics.quantiles(seconds, n=20)[-1] + PAGE_WAITS) * 1000


def _until_shown(running: Server, volunteer: Volunteer, circle: dict[str, Any], text: str) -> float:
    known, number = volunteer.cases(), circle["circle"]
    author = circle["members"][0]
    with LiveClient(running.port, cookie=author["cookie"], auth={"v": 1, "csrf": author["csrf"]}) as member:
        member.enter(number)
        begin = time.perf_counter()
        member.emit_only("message.send", {"circle": number, "client_id": f"00000000-0000-4000-8000-{number:012d}", "text": text})
        while time.perf_counter() - begin < GIVEN_UP:
            volunteer.socket.wait_for("case.changed")
            volunteer.socket.events.clear()
            if volunteer.cases() - known:
                return time.perf_counter() - begin
    message = "a cry for help did not reach the volunteers' page"
    raise RuntimeError(message)
