"""Rules worth saying twice, checked against the source and the documents."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.testing import CapturingLoggerFactory

from models.event import EventKind
from support_app import create_app
from support_app.core import core_of
from support_app.logs import NEVER_LOGGED, configure_logs
from support_app.settings import Settings
from tests.factories import World
from tests.settings_page import PAGE, settings_page
from tests.source import ROOT, SOURCES, TESTS, TREES, calls, where


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    path = tmp_path / "site.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    app = create_app(Settings(secret_key="x" * 40, data_dir=tmp_path, database_url=f"sqlite:///{path}"))
    yield app
    core_of(app).db.dispose()


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

    def test_database_errors_quote_nothing(self, small_world: World) -> None:
        """The database's own errors name the statement and never its values."""
        message_id = small_world.send(small_world.robin, "what somebody wrote").id
        change = "UPDATE messages SET state = 'held', text = :text WHERE id = :id"
        with pytest.raises(IntegrityError) as fault, small_world.db.engine.begin() as connection:
            connection.execute(text(change), {"text": "what somebody wrote", "id": message_id})
        assert "what somebody wrote" not in str(fault.value)

    def test_nothing_is_too_long(self) -> None:
        """No file over 300 lines, tests included, and no function of the source over 60."""
        files = [f"{path.relative_to(ROOT)}: {count}" for path in SOURCES + TESTS if (count := len(path.read_text().splitlines())) > 300]
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
