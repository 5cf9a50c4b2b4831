"""`flask seed-demo` and `flask seed-load`: people to look around with, and people for a load generator."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from support_app import create_app
from support_app.core import core_of, utc_now
from support_app.services import accounts, helplines
from support_app.settings import replace_settings


class TestSeedLoad:
    def test_shape_and_that_it_signs_in(self, run: FlaskCliRunner, app: Flask, tmp_path: Path) -> None:
        """What a load generator needs: circles, members, cookies that are signed in and tokens that belong to them."""
        out = tmp_path / "load.json"
        assert run.invoke(args=["seed-load", "--circles", "2", "--members", "3", "--out", str(out)]).exit_code == 0
        seeded = json.loads(out.read_text())
        assert [len(entry["members"]) for entry in seeded] == [3, 3]
        assert {frozenset(member) for entry in seeded for member in entry["members"]} == {frozenset({"id", "name", "cookie", "csrf"})}
        member, circle_id = seeded[0]["members"][0], seeded[0]["circle"]
        client = app.test_client(use_cookies=False)
        signed_in = {"Cookie": member["cookie"]}
        assert client.get(f"/api/circles/{circle_id}/events", headers=signed_in).json["last_event"] == 0
        written = client.post("/api/messages/1/withdraw", json={"version": 1}, headers=signed_in | {"X-CSRFToken": member["csrf"]})
        assert written.json["error"]["code"] == "not_found"
        other = seeded[1]["members"][0]["csrf"]
        assert client.post("/api/messages/1/withdraw", json={"version": 1}, headers=signed_in | {"X-CSRFToken": other}).json["error"]["code"] == "csrf"

    def test_twice(self, run: FlaskCliRunner, tmp_path: Path) -> None:
        """A second run makes more of them; names do not collide."""
        for number in range(2):
            assert run.invoke(args=["seed-load", "--circles", "1", "--members", "1", "--out", str(tmp_path / f"{number}.json")]).exit_code == 0

    @pytest.mark.parametrize("arguments", [["--circles", "0", "--members", "3"], ["--circles", "1", "--members", "16"], ["--circles", "1"]])
    def test_what_cannot_be(self, run: FlaskCliRunner, tmp_path: Path, arguments: list[str]) -> None:
        """Said before anything is made."""
        assert run.invoke(args=["seed-load", *arguments, "--out", str(tmp_path / "load.json")]).exit_code == 2
        assert not (tmp_path / "load.json").exists()

    @pytest.mark.parametrize("command", [["seed-load", "--circles", "1", "--members", "3", "--out", "load.json"], ["seed-demo"]])
    def test_never_in_production(self, app: Flask, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No account whose secrets lie in a file gets into a real installation."""
        monkeypatch.chdir(tmp_path)
        settings = replace_settings(core_of(app).settings, mode="production", origins=("https://circles.example.org",))
        real = create_app(settings)
        result = real.test_cli_runner().invoke(args=command)
        core_of(real).db.dispose()
        assert result.exit_code == 1
        assert "demo mode only" in result.output


class TestSeedDemo:
    @pytest.mark.usefixtures("_quick_classifier")
    def test_once(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """Prints people who can really sign in; a second time it prints the same ones and makes nobody."""
        first, second = (migrated.invoke(args=["seed-demo"]) for _ in range(2))
        assert first.exit_code == second.exit_code == 0
        assert first.output == second.output
        people = json.loads((core_of(app).settings.data_dir / "demo-people.json").read_text())
        assert {person["role"] for person in people} == {"member", "facilitator", "volunteer", "learner", "lead", "admin"}
        for person in people:
            assert accounts.sign_in(core_of(app).db, name=person["name"], pass_phrase=person["pass_phrase"], now=utc_now(), days=1)
        assert "every invariant holds" in migrated.invoke(args=["check-invariants"]).output

    @pytest.mark.usefixtures("_quick_classifier")
    def test_helplines(self, migrated: FlaskCliRunner, app: Flask) -> None:
        """One was looked at, and one expires soon, so that the administration has something to say."""
        migrated.invoke(args=["seed-demo"])
        lines = helplines.in_use(core_of(app).db, now=utc_now())
        assert {line.country for line in lines if line.verified_by} == {"DE", "GB"}
        assert [line.country for line in lines if line.expires_soon and line.verified_by] == ["GB"]
