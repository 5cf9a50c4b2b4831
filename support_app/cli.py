"""Commands for whoever runs the service: `flask --app wsgi COMMAND`."""

import json
import re
import sys
from pathlib import Path

import click
from flask import Flask, current_app, session
from flask.cli import with_appcontext
from flask_babel import force_locale
from flask_login import login_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import SQLAlchemyError

from models import Role
from moderation.classifier.base import Classifier, WeightsError
from moderation.classifier.loading import load_classifier
from moderation.helplines import SHIPPED, Helplines
from moderation.rules import Rules
from support_app import audit as audit_log
from support_app.classifier_cli import classifier
from support_app.core import Core, core
from support_app.errors import Refusal
from support_app.services import accounts, demo, invariants, load, schema
from support_app.services import helplines as helpline_list
from support_app.services.accounts import OpenedSession
from support_app.services.helplines_in_messages import nameable
from support_app.services.precision import DAYS, LONGEST_DAYS, agreement
from support_app.services.rules import rules_in_force
from support_app.words import refusal_sentence


def register(app: Flask) -> None:
    """Add the commands to an app."""
    for command in (migrate, seed_demo, create_admin, screener, worker, screen, seed_load, check_invariants, helplines, precision, audit, classifier):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database to the tables this version needs."""
    _migrate(core())


@click.command("seed-demo")
@with_appcontext
def seed_demo() -> None:
    """Make the demonstration's circle and people, and print who to sign in as."""
    if core().settings.production:
        raise click.ClickException("demo accounts exist in demo mode only")
    people = demo.seed_demo(core().db, _classifier(core()), data_dir=core().settings.data_dir, now=core().now())
    click.echo("\nDemo people (this machine only):\n")
    for person in people:
        click.echo(f"  {person['role']:<12} {person['name']:<16} {person['pass_phrase']}")
    click.echo(f"\nPeer Circles: http://127.0.0.1:{core().settings.port}\n")


@click.command("create-admin")
@click.option("--name", prompt=True)
@click.option("--pass-phrase", prompt=True, hide_input=True, confirmation_prompt=True)
@with_appcontext
def create_admin(name: str, pass_phrase: str) -> None:
    """Make an account that may administer the service."""
    try:
        accounts.register(core().db, name=name, pass_phrase=pass_phrase, locale="en", now=core().now(), role=Role.ADMIN)
    except Refusal as refusal:
        with force_locale("en"):  # there is no request whose language it could be
            raise click.ClickException(refusal_sentence(refusal)) from None
    click.echo("The account is there.")


@click.command()
@with_appcontext
def screener() -> None:
    """Run a screener of its own, for installations with PEER_CIRCLES_SCREENER=external."""
    from support_app.screening import screen_forever  # noqa: PLC0415 (only this command needs it)

    screen_forever(core().settings, supervised=False, now=core().now)


@click.command()
@click.option("--supervised", is_flag=True, hidden=True, help="Started by the web process; ends with it.")
@with_appcontext
def worker(*, supervised: bool) -> None:
    """Run a worker of its own that sends pages, for installations with PEER_CIRCLES_WORKER=external."""
    from support_app.paging.worker import work_forever  # noqa: PLC0415 (only this command needs it)

    _require_tables(core())
    work_forever(current_app._get_current_object(), supervised=supervised)  # type: ignore[attr-defined]  # noqa: SLF001


@click.command()
@click.option("--circle", "circle_id", type=int, help="Judge by this circle's rules instead of the default ones.")
@with_appcontext
def screen(circle_id: int | None) -> None:
    """Screen JSON lines from standard input: {"text": ...} in; scores, levels, verdict and reasons out."""
    from moderation.batch import screen_lines  # noqa: PLC0415

    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]  # a line in another encoding must not end the run
    for line in screen_lines(sys.stdin, _classifier(core()), _rules(core(), circle_id), helplines=_helplines(core())):
        sys.stdout.write(line.rstrip("\n") + "\n")
    sys.stdout.flush()


@click.command("seed-load")
@click.option("--circles", "count", type=click.IntRange(1, 10000), required=True)
@click.option("--members", type=click.IntRange(1, 15), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@with_appcontext
def seed_load(count: int, members: int, out: Path) -> None:
    """Make load-test accounts, circles and seats, and write what a Socket.IO client needs to use them."""
    if core().settings.production:
        raise click.ClickException("load-test accounts are made in demo mode only")
    _migrate(core())
    seeded = load.seed_load(core().db, count=count, members=members, credentials=_credentials, now=core().now(), days=core().settings.session_days)
    out.write_text(json.dumps(seeded, indent=1))
    click.echo(f"{count} circles with {members} members each: {out}")


@click.command("check-invariants")
@with_appcontext
def check_invariants() -> None:
    """Prove from the database that no message was lost, doubled or shown unscreened; exit status 1 when not."""
    _require_tables(core())
    report = invariants.check_invariants(core().db)
    states = " + ".join(f"{count} {state}" for state, count in report.by_state.items())
    click.echo(f"accepted {report.accepted} = {states}")
    click.echo(f"unscreened {report.unscreened}")
    for problem in report.problems:
        click.echo(f"BROKEN: {problem}", err=True)
    if not report.holds:
        raise SystemExit(1)
    click.echo("every invariant holds")


@click.command()
@with_appcontext
def helplines() -> None:
    """List helplines and emergency numbers with the day each expires; exit status 1 when somebody would see only expired helplines or such a number."""
    _require_tables(core())
    with core().db.read() as connection:
        lines = helpline_list.lines_in_use(connection, now=core().now())
        emergency = helpline_list.emergency_numbers(connection, now=core().now()).values()
    for line in lines:
        _echo_expiry(line, line.name)
    for number in emergency:
        _echo_expiry(number, f"Emergency number {number.number}")
    health = helpline_list.health_of(lines, emergency)
    for country in health.only_expired:
        click.echo(f"ONLY EXPIRED: {country}", err=True)
    for country in health.emergency_expired:
        click.echo(f"EMERGENCY NUMBER EXPIRED: {country}", err=True)
    if health.only_expired or health.emergency_expired:
        raise SystemExit(1)


@click.command()
@click.option("--days", type=click.IntRange(1, LONGEST_DAYS), default=DAYS, show_default=True, help="How far back decisions count.")
@with_appcontext
def precision(days: int) -> None:
    """Say how often people agreed with what the software flagged, by language and label; with 95 % intervals, and without any text."""
    _require_tables(core())
    measured = agreement(core().db, days=days, now=core().now())
    if not measured:
        click.echo(f"nobody decided about anything that the software flagged in the last {days} days")
        return
    click.echo(f"{'language':<9} {'label':<11} {'decided':>7} {'confirmed':>9}  {'share (95 % interval)':<22} {'overturned':>10}")
    for language, labels in measured.items():
        for of in labels:
            click.echo(f"{language:<9} {of.label:<11} {of.decided:>7} {of.confirmed:>9}  {of.share or '-'!s:<22} {of.overturned:>10}")


@click.group()
def audit() -> None:
    """Look after the record of who did what."""


@audit.command()
@click.option("--noted", metavar="NUMBER:DIGEST", help="A place that an earlier run printed: the chain must still go through it.")
@with_appcontext
def verify(noted: str | None) -> None:
    """Prove that no entry was changed, moved or taken out; exit status 1 when one was. Keep the place it prints somewhere else."""
    place = _place(noted) if noted else None
    _require_tables(core())
    with core().db.read() as connection:
        found = list(audit_log.problems(connection, place))
        last = audit_log.last_place(connection)
    for problem in found:
        click.echo(f"BROKEN: {problem}", err=True)
    if found:
        raise SystemExit(1)
    click.echo(f"{last.number} entries, none changed or missing; the chain ends at {last}")


def _echo_expiry(item: helpline_list.Line | helpline_list.Emergency, name: str) -> None:
    state = "EXPIRED" if item.expired else "expires soon" if item.expires_soon else "up to date"
    click.echo(f"{item.country}  {item.expires_at:%Y-%m-%d}  {state:<12}  {name}{'' if item.verified_by else ' (as released; not checked here yet)'}")


def _place(noted: str) -> audit_log.Place:
    number, _, digest = noted.partition(":")
    if not number.isdecimal() or not re.fullmatch("[0-9a-f]{64}", digest):
        raise click.BadParameter("a place looks like 17:3f7c... (a number and 64 hexadecimal digits)", param_hint="--noted")
    return audit_log.Place(int(number), digest)


def _migrate(shared: Core) -> None:
    shared.settings.data_dir.mkdir(parents=True, exist_ok=True)
    schema.migrate(shared.db.engine)


def _require_tables(shared: Core) -> None:
    if not schema.is_current(shared.db.engine):
        raise click.ClickException("this database does not have this version's tables: run `flask --app wsgi migrate` first")


def _helplines(shared: Core) -> Helplines:
    """Those of the operator's table, or the shipped ones where nothing is set up yet; looking makes no database."""
    url = shared.db.engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return SHIPPED
    try:
        return nameable(shared.db) if schema.is_current(shared.db.engine) else SHIPPED
    except SQLAlchemyError:
        return SHIPPED


def _classifier(shared: Core) -> Classifier:
    settings = shared.settings
    try:
        return load_classifier(settings.classifier, settings.weights, threads=settings.classifier_threads, label_map=settings.label_map)
    except WeightsError as error:
        raise click.ClickException(str(error)) from None


def _rules(shared: Core, circle_id: int | None) -> Rules:
    if circle_id is None:
        return Rules()
    try:
        with shared.db.read() as connection:
            return rules_in_force(connection, circle_id)[1]
    except Refusal:
        raise click.ClickException("there is no circle with this number") from None


def _credentials(opened: OpenedSession) -> dict[str, str]:
    """A session's cookie header and csrf token, as a browser would have them."""
    from support_app.web.identity import SignedIn  # noqa: PLC0415

    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    with app.app_context(), app.test_request_context("/"):  # a fresh `g`, where Flask-WTF keeps one token for each request
        login_user(SignedIn(opened.actor, opened.token))
        csrf = generate_csrf()
        serializer = app.session_interface.get_signing_serializer(app)
        return {"cookie": f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(dict(session))}", "csrf": csrf}
