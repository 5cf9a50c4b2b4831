"""Rules worth saying twice, checked against the source, the routes, the tables and the documents."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from sqlalchemy import CheckConstraint, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError
from structlog.testing import CapturingLoggerFactory

from models import Base
from models.event import EventKind
from support_app import create_app
from support_app.core import core_of
from support_app.database import Database
from support_app.logs import NEVER_LOGGED, configure_logs
from support_app.settings import Settings
from tests.factories import World
from tests.settings_page import PAGE, settings_page
from tests.web.browser import Browser, enter

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("support_app", "models", "moderation")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts)
TREES = {path: ast.parse(path.read_text()) for path in SOURCES}

# Whoever adds an endpoint for strangers adds it here, and says so in the change.
OPEN_TO_STRANGERS = {
    "static",
    "health.health",
    "pages.landing",
    "pages.help_now",
    "pages.away",
    "auth.login",
    "auth.register",
    "auth.logout",
    "auth.leave_quickly",
    "auth.set_language",
    "closed.ask_again",
}


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    path = tmp_path / "site.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    app = create_app(Settings(secret_key="x" * 40, data_dir=tmp_path, database_url=f"sqlite:///{path}"), now=lambda: World.now)
    yield app
    core_of(app).db.dispose()


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(core_of(app).db)
    monkeypatch.setattr(World, "now", world.now, raising=False)
    return world


def endpoints(app: Flask) -> list[tuple[str, str, str]]:
    """Every endpoint with an address and a method."""
    found = []
    for rule in app.url_map.iter_rules():
        values = {name: "css/base.css" if name == "filename" else 1 for name in rule.arguments}
        with app.test_request_context():
            address = rule.build(values, append_unknown=False)
        assert address is not None
        found += [(rule.endpoint, address[1], method) for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})]
    return found


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def calls() -> Iterator[tuple[Path, ast.Call]]:
    """Every call in our own source."""
    for path, tree in TREES.items():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


class TestDoors:
    def test_strangers_are_refused(self, app: Flask, world: World) -> None:
        """Every page and every write asks who one is, unless it stands on the list above."""
        browser, seen = Browser(app), set()
        for endpoint, address, method in endpoints(app):
            seen.add(endpoint)
            answer = (browser.get if method == "GET" else browser.post)(address)
            answer.close()
            refused = answer.status_code == 401 or (answer.status_code == 302 and answer.headers["Location"].startswith("/login"))
            assert refused is (endpoint not in OPEN_TO_STRANGERS), (endpoint, method, answer.status_code)
        assert seen >= OPEN_TO_STRANGERS

    def test_members_are_refused_where_they_have_no_business(self, app: Flask, world: World) -> None:
        """Everything under the volunteers' and the admins' addresses, for everybody who is neither."""
        people = {
            "review": (world.robin, world.admin),
            "shift": (world.robin, world.admin),
            "admin": (world.robin, world.volunteer),
            "training_team": (world.robin, world.volunteer),
        }
        for blueprint, actors in people.items():
            for actor in actors:
                browser = enter(app, world, actor)
                for endpoint, address, method in endpoints(app):
                    if endpoint.startswith(f"{blueprint}."):
                        form = {"version": 1, "reason": "a reason in words", "rule": "other", "role": "admin"}
                        answer = browser.get(address) if method == "GET" else browser.post(address, form)
                        assert answer.status_code == 403, (endpoint, method, actor.role, answer.status_code)

    def test_no_write_without_a_token(self, app: Flask, world: World) -> None:
        """Whoever is signed in, and whatever it is; only leaving quickly must work from a page that is out of date."""
        browser = enter(app, world, world.admin)
        writes = [(endpoint, address) for endpoint, address, method in endpoints(app) if method != "GET" and endpoint != "auth.leave_quickly"]
        assert writes
        for endpoint, address in writes:
            assert browser.client.post(address).status_code == 400, endpoint

    def test_reading_changes_nothing(self, app: Flask) -> None:
        """There is no address that writes on GET: each is one or the other, but for the forms of a page."""
        both = {endpoint for endpoint, _, method in endpoints(app) if method == "GET"} & {
            endpoint for endpoint, _, method in endpoints(app) if method == "POST"
        }
        forms = {"admin.helplines.add", "admin.helplines.change", "admin.helplines.emergency"}
        assert both == {"auth.login", "auth.register", "admin.new_circle", "admin.rules"} | forms


class TestSource:
    def test_one_module_emits(self) -> None:
        """Everything that reaches a socket goes through the broadcaster."""
        emitting = {path.name for path, call in calls() if isinstance(call.func, ast.Attribute) and call.func.attr == "emit"}
        assert emitting == {"broadcaster.py"}
        imported = [
            where(path, node)
            for path, tree in TREES.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and "emit" in {n.name for n in node.names}
        ]
        assert imported == []

    def test_nothing_is_printed(self) -> None:
        """Output goes through the commands and the log; the training scripts alone talk to a terminal."""
        printing = [
            where(path, call)
            for path, call in calls()
            if isinstance(call.func, ast.Name) and call.func.id in {"print", "pprint"} and "training" not in path.parts
        ]
        assert printing == []

    def test_no_text_is_logged(self) -> None:
        """No log call names a field that may hold what somebody wrote, nor builds its sentence from values."""
        for path, call in calls():
            if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id in {"log", "logger", "logging"}:
                assert not {keyword.arg for keyword in call.keywords} & NEVER_LOGGED, where(path, call)
                assert not any(isinstance(node, ast.JoinedStr) for argument in call.args for node in ast.walk(argument)), where(path, call)
                assert not any(keyword.arg == "exc_info" for keyword in call.keywords), where(path, call)
                assert call.func.attr != "exception", where(path, call)

    def test_the_guard_drops_texts(self) -> None:
        """And if somebody logs one all the same, it does not get out."""
        configure_logs("info")
        logs = CapturingLoggerFactory()
        structlog.configure(logger_factory=logs)
        structlog.get_logger().error("event", circle=7, **dict.fromkeys(NEVER_LOGGED, "what somebody wrote"))
        written = str(logs.logger.calls)
        assert "circle=7" in written
        assert "what somebody wrote" not in written

    def test_database_errors_quote_nothing(self, world: World) -> None:
        """The database's own errors name the statement and never its values."""
        message_id = world.send(world.robin, "what somebody wrote").id
        change = "UPDATE messages SET state = 'held', text = :text WHERE id = :id"
        with pytest.raises(IntegrityError) as fault, world.db.engine.begin() as connection:
            connection.execute(text(change), {"text": "what somebody wrote", "id": message_id})
        assert "what somebody wrote" not in str(fault.value)

    def test_nothing_is_too_long(self) -> None:
        """No file over 300 lines, no function over 60."""
        files = [f"{path.relative_to(ROOT)}: {count}" for path in SOURCES if (count := len(path.read_text().splitlines())) > 300]
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        functions = [
            where(path, node) for path, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, kinds) and node.end_lineno - node.lineno >= 60
        ]
        assert files + functions == []

    def test_every_module_says_why_it_exists(self) -> None:
        """In its first line."""
        assert [str(path.relative_to(ROOT)) for path, tree in TREES.items() if tree.body and not ast.get_docstring(tree)] == []

    def test_only_services_write(self) -> None:
        """Pages, sockets and jobs open no writing transaction."""
        outside = [path for path in SOURCES if path.is_relative_to(ROOT / "support_app") and "services" not in path.parts and path.name != "database.py"]
        writing = [
            where(path, node)
            for path in outside
            for node in ast.walk(TREES[path])
            if isinstance(node, ast.Attribute) and node.attr == "write" and is_database(node)
        ]
        assert writing == []

    def test_imports_go_one_way(self) -> None:
        """The contracts in pyproject.toml hold."""
        done = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout

    def test_no_address_of_a_package_registry(self) -> None:
        """Which registry is used is the installer's own setting, not the repository's."""
        hosts = ("registry." + "npmjs.org", "pypi.org/" + "simple", "files." + "pythonhosted.org")
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
        if tracked.returncode:
            pytest.skip("not a working copy")
        files = [ROOT / name.decode() for name in tracked.stdout.split(b"\0") if name]
        found = [str(path.relative_to(ROOT)) for path in files if path.is_file() and any(host.encode() in path.read_bytes() for host in hosts)]
        assert found == []


def is_database(node: ast.Attribute) -> bool:
    """Whether `x.write` is one of a database: `db.write`, `core.db.write`, `core().db.write`."""
    owner = node.value
    return (isinstance(owner, ast.Name) and owner.id == "db") or (isinstance(owner, ast.Attribute) and owner.attr == "db")


class TestTables:
    def test_migrations_make_what_the_models_say(self, db: Database) -> None:
        """On both databases: columns, types, indexes, keys."""
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []

    def test_and_the_same_checks(self, sqlite_db: Database) -> None:
        """What the database itself refuses is the same, whether made by migrations or from the models."""
        fresh = create_engine("sqlite://")
        Base.metadata.create_all(fresh)
        made, migrated = inspect(fresh), inspect(sqlite_db.engine)
        for table in Base.metadata.sorted_tables:
            assert checks(made, table.name) == checks(migrated, table.name), table.name
        fresh.dispose()

    def test_by_name_on_postgresql_too(self, postgres: Database) -> None:
        """Every check of the models is there."""
        found = inspect(postgres.engine)
        for table in Base.metadata.sorted_tables:
            wanted = {str(item.name) for item in table.constraints if isinstance(item, CheckConstraint)}
            assert {item["name"] for item in found.get_check_constraints(table.name)} == wanted, table.name


def checks(inspector: Any, table: str) -> dict[str, str]:
    """A table's checks by name, without regard to spaces."""
    return {item["name"]: re.sub(r"[\s()]+", "", item["sqltext"]) for item in inspector.get_check_constraints(table)}


class TestDocuments:
    def test_settings(self) -> None:
        """The table is made from the settings; `python -m tests.settings_page` writes it anew."""
        assert PAGE.read_text() == settings_page()

    def test_commands(self, app: Flask) -> None:
        """Every command stands in a document."""
        told = "\n".join(path.read_text() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
        own = {name for name, command in app.cli.commands.items() if command.callback.__module__ == "support_app.cli"}
        assert len(own) >= 7
        assert [name for name in sorted(own) if not re.search(rf"(flask|--app wsgi) [^`\n]*\b{name}\b|`{name}\b", told)] == []

    def test_events(self, app: Flask) -> None:
        """Every event of the protocol, in both directions, stands in docs/protocol.md."""
        protocol = (ROOT / "docs" / "protocol.md").read_text()
        from_clients = set(app.extensions["socketio"].server.handlers["/"]) - {"connect", "disconnect", "*"}
        emitted = {
            call.args[0].value
            for _, call in calls()
            if isinstance(call.func, ast.Attribute) and call.func.attr == "emit" and isinstance(call.args[0], ast.Constant)
        }
        kinds = {kind.value for kind in EventKind} - {EventKind.SESSIONS_ENDED, EventKind.MEMBERSHIP_ENDED}
        assert {"message.send", "circle.enter"} <= from_clients
        assert {"hello", "presence"} <= emitted
        assert [name for name in sorted(from_clients | emitted | kinds) if f"`{name}`" not in protocol] == []

    def test_error_codes(self) -> None:
        """Every refusal a program can meet is in the protocol's table."""
        from support_app.errors import Refusal  # noqa: PLC0415

        def all_of(kind: type[Refusal]) -> Iterator[type[Refusal]]:
            yield kind
            for child in kind.__subclasses__():
                yield from all_of(child)

        protocol = (ROOT / "docs" / "protocol.md").read_text()
        pages_only = {"sign_in_failed", "name_taken"}  # forms say these, no program meets them
        assert sorted({kind.code for kind in all_of(Refusal) if f"`{kind.code}`" not in protocol} - pages_only) == []


class TestTranslations:
    """Nobody meets a half-translated page in a bad hour."""

    def test_none_is_missing(self) -> None:
        """Every sentence has its German, and none is a guess."""
        german, sentences = catalogue(), extracted()
        assert len(sentences) > 200
        missing = [f"{places[0]}: {message!r}" for message, places in sentences.items() if not is_whole(german.get(message))]
        assert missing == []

    def test_placeholders_are_the_same(self) -> None:
        """What is filled in is filled in there too."""
        german = catalogue()
        wrong = [message for message in extracted() if (found := german.get(message)) and any(names(form) != names(message) for form in forms(found))]
        assert wrong == []


@cache
def extracted() -> dict[str | tuple[str, ...], list[str]]:
    """Every sentence marked for translation, with where it stands."""
    found: dict[str | tuple[str, ...], list[str]] = {}
    methods: dict[str, list[tuple[str, str]]] = {"templates": [("**.html", "jinja2")]} | {package: [("**.py", "python")] for package in PACKAGES}
    for folder, method in methods.items():
        keywords = DEFAULT_KEYWORDS | {"N_": None, "lazy_gettext": None}
        for file, line, message, _, _ in extract_from_dir(ROOT / folder, method_map=method, keywords=keywords, comment_tags=()):
            found.setdefault(message, []).append(f"{folder}/{file}:{line}")
    return found


def catalogue() -> Catalog:
    """The German sentences."""
    with (ROOT / "support_app" / "translations" / "de" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="de")


def forms(message: Message) -> list[str]:
    """The translation, in all its plural forms."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def is_whole(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(form.strip() for form in forms(message))


def names(message: str | tuple[str, ...]) -> set[str]:
    """The placeholders of a sentence; a plural's forms may leave the number out."""
    found = {name for form in ([message] if isinstance(message, str) else message) for name in re.findall(r"%\((\w+)\)[sd]", form)}
    return found - {"num"}
