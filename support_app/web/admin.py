"""Administration: circles, their rules, people."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from models import AttemptState, Role, Trouble
from moderation.rules import Rules
from moderation.taxonomy import CrisisMode
from support_app.core import core
from support_app.database import AnyRow
from support_app.errors import N_, Conflict, Invalid, NameTaken, NotFound, Refusal
from support_app.services import accounts, administration, circles, helplines, rules, screening
from support_app.services.circles import NewCircle
from support_app.services.events import iso
from support_app.services.paging_overview import PagingOverview, paging_overview
from support_app.web.countries import country_name
from support_app.web.forms import CircleForm, RulesForm
from support_app.web.helplines import blueprint as helplines_pages
from support_app.web.identity import actor
from support_app.words import CHANNEL_WORDS, CRISIS_MODE_WORDS, RULE_WORDS, STEP_WORDS, TROUBLE_WORDS, refusal_sentence, rules_in_words

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.register_blueprint(helplines_pages)


@blueprint.before_request
def require_admin() -> None:
    """Whoever is no admin learns nothing, not even what a request should have looked like."""
    administration.require(core().db, actor(), now=core().now())


@blueprint.get("")
def index() -> str:
    """Circles, people, whether messages can be screened, and whether the helplines are looked after."""
    overview = administration.overview(core().db, actor(), now=core().now())
    health = helplines.health(core().db, now=core().now())
    return render_template(
        "admin/index.html",
        circles=overview.circles,
        people=overview.people,
        screener=screening.screener_status(core().db, now=core().now()),
        helplines=health,
        only_expired=[country_name(code) for code in health.only_expired],
        emergency_expired=[country_name(code) for code in health.emergency_expired],
    )


@blueprint.get("/pages")
def pages() -> str:
    """The newest pages, what came of each attempt, and which ways are set up."""
    settings = core().settings
    found = paging_overview(core().db, actor(), now=core().now())
    return render_template("admin/pages.html", pages=_shown_pages(found), stuck=found.stuck, mail=bool(settings.smtp_host), webhook=bool(settings.webhook_url))


@blueprint.route("/circles/new", methods=["GET", "POST"])
def new_circle() -> str | Response | tuple[str, int]:
    """Make a circle."""
    form = CircleForm()
    if form.validate_on_submit():
        values = {field: getattr(form, field).data for field in NewCircle.__slots__}
        try:
            circle_id = circles.create_circle(core().db, circle=NewCircle(**values), rules=Rules(), actor=actor(), now=core().now())
        except NameTaken as refusal:
            form.name.errors = [refusal_sentence(refusal)]
        else:
            flash(gettext("The circle is there. Look at its rules before people join."), "success")
            return redirect(url_for("admin.rules", circle_id=circle_id))
    return render_template("admin/circle.html", form=form), 400 if form.errors else 200


@blueprint.route("/circles/<int:circle_id>/rules", methods=["GET", "POST"], endpoint="rules")
def edit_rules(circle_id: int) -> str | Response | tuple[str, int]:
    """See and change a circle's rules; saving makes a new version."""
    circle = administration.circle(core().db, circle_id)
    form = RulesForm(data=None if request.method == "POST" else _form_data(circle.rules))
    if form.validate_on_submit() and _save(form, circle):
        return redirect(url_for("admin.rules", circle_id=circle_id))
    return render_template("admin/rules.html", form=form, circle=circle, versions=_versions(circle_id, circle.rules_version)), 400 if form.errors else 200


@blueprint.post("/circles/<int:circle_id>/rules/<int:number>/restore")
def restore_rules(circle_id: int, number: int) -> Response:
    """Go back to an earlier version by making a new one like it."""
    circle = administration.circle(core().db, circle_id)
    reason = gettext("back to version %(number)s", number=number)
    new = rules.restore_rules(
        core().db, actor(), circle_id, number=number, reason=reason, expected_version=_number("expected_version", circle.rules_version), now=core().now()
    )
    flash(gettext("Version %(new)s is in force; it says what version %(old)s said.", new=new, old=number), "success")
    return redirect(url_for("admin.rules", circle_id=circle_id))


@blueprint.post("/circles/<int:circle_id>/facilitators")
def set_facilitator(circle_id: int) -> Response:
    """Make a member a facilitator, or no longer."""
    name, facilitates = request.form.get("name", ""), request.form.get("facilitates") == "yes"
    try:
        circles.set_facilitator(core().db, actor(), circle_id, name_key=accounts.name_key(name), facilitates=facilitates, now=core().now())
        flash(gettext("Saved."), "success")
    except NotFound as refusal:
        flash(refusal_sentence(refusal), "error")
    return redirect(url_for("admin.rules", circle_id=circle_id))


@blueprint.get("/people")
def people() -> str:
    """Find people."""
    wanted = request.args.get("q", "")[:80]
    found = administration.people(core().db, actor(), wanted=wanted, now=core().now())
    return render_template("admin/people.html", people=found, q=wanted, roles=[role.value for role in Role], own_id=actor().user_id)


@blueprint.post("/people/<int:user_id>/role")
def set_role(user_id: int) -> Response:
    """Change what somebody may do."""
    try:
        role = Role(request.form.get("role", ""))
    except ValueError:
        raise Invalid from None
    return _done(lambda: accounts.set_role(core().db, actor(), user_id=user_id, role=role, now=core().now()))


@blueprint.post("/people/<int:user_id>/ban")
def ban(user_id: int) -> Response:
    """Close an account."""
    reason = request.form.get("reason", "").strip()[:300]
    if not reason:
        raise Invalid(N_("Please write down why; the reason is kept on record."))
    return _done(lambda: accounts.ban(core().db, actor(), user_id=user_id, reason=reason, now=core().now()))


@blueprint.post("/people/<int:user_id>/unban")
def unban(user_id: int) -> Response:
    """Open a closed account again."""
    return _done(lambda: accounts.unban(core().db, actor(), user_id=user_id, now=core().now()))


def _done(change: Any) -> Response:
    try:
        change()
        flash(gettext("Saved. Their sessions have ended where that was needed."), "success")
    except Invalid as refusal:
        flash(refusal_sentence(refusal), "error")
    return redirect(url_for("admin.people"))


def _save(form: RulesForm, circle: administration.CircleRules) -> bool:
    values = {field: getattr(form, field).data for field in Rules.model_fields if field != "watched_phrases"}
    values |= {name: float(value) for name, value in values.items() if name.startswith(("hold_", "nudge_", "alert_"))}
    phrases = tuple(line.strip() for line in (form.watched_phrases.data or "").splitlines() if line.strip())
    try:
        new = rules.parse_rules(values | {"watched_phrases": phrases})
        rules.save_rules(
            core().db,
            actor(),
            circle.id,
            rules=new,
            reason=form.reason.data,
            expected_version=_number("expected_version", circle.rules_version),
            now=core().now(),
        )
    except Invalid as refusal:
        _show_error(form, refusal)
        return False
    except Conflict as refusal:
        form.reason.errors = [refusal_sentence(refusal)]
        return False
    flash(gettext("Saved. The new version is in force for every message from now on."), "success")
    return True


def _show_error(form: RulesForm, refusal: Refusal) -> None:
    field = refusal.values.get("field")
    if field == "watched_phrases":
        form.watched_phrases.errors = [gettext("Each phrase has 2 to 80 characters.")]
    elif field:
        form[field].errors = [gettext("This value is not possible.")]
    else:
        form.nudge_harassment.errors = [gettext("The hint must come before the hold: choose a lower number than for holding.")]


def _form_data(current: Rules) -> dict[str, Any]:
    return current.model_dump(mode="json") | {"watched_phrases": "\n".join(current.watched_phrases)}


def _versions(circle_id: int, in_force: int) -> list[dict[str, Any]]:
    rows = rules.rule_history(core().db, circle_id)
    older = {row.number: Rules.model_validate(row.rules) for row in rows}
    return [
        {
            "number": row.number,
            "at": iso(row.created_at),
            "by": row.by,
            "reason": row.reason,
            "current": row.number == in_force,
            "changes": _changes(older.get(row.number - 1), older[row.number]),
        }
        for row in rows
    ]


def _changes(before: Rules | None, after: Rules) -> list[str]:
    if before is None:
        return rules_in_words(after)
    old, new = before.model_dump(), after.model_dump()
    return [f"{gettext(RULE_WORDS[name])}: {_value(old[name])} → {_value(new[name])}" for name in new if old[name] != new[name]]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, tuple):
        return ", ".join(value) or str(gettext("none"))
    return str(gettext(CRISIS_MODE_WORDS[value]) if isinstance(value, CrisisMode) else value)


def _shown_pages(found: PagingOverview) -> list[dict[str, Any]]:
    return [
        {
            "case": sent.page.case_id,
            "level": sent.page.level.value,
            "step": gettext(STEP_WORDS[sent.page.step]),
            "at": iso(sent.page.created_at),
            "attempts": [_shown_attempt(row) for row in sent.attempts],
        }
        for sent in found.pages
    ]


def _shown_attempt(row: AnyRow) -> dict[str, Any]:
    """One way to one person, with every try."""
    tries = [{"at": one["at"], "words": gettext(TROUBLE_WORDS[Trouble(one["trouble"])]) if one["trouble"] else gettext("sent")} for one in row.tries]
    return {
        "person": row.person,
        "channel": gettext(CHANNEL_WORDS[row.channel]),
        "state": row.state.value,
        "words": gettext(TROUBLE_WORDS[row.trouble]) if row.trouble else None,
        "next_try_at": iso(row.next_try_at) if row.state is AttemptState.FAILED else None,
        "tries": tries,
    }


def _number(name: str, default: int) -> int:
    raw = request.form.get(name, "")
    return int(raw[:18]) if raw.isascii() and raw.isdigit() else default
