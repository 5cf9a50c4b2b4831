"""The administration of helplines: the list with what needs care, and adding, changing, verifying and retiring."""

from collections.abc import Callable
from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from support_app.core import core
from support_app.errors import Conflict, Invalid, NameTaken, NotFound, Refusal
from support_app.services import helpline_upkeep, helplines
from support_app.services.helpline_entry import FIELDS, Entry
from support_app.services.helpline_upkeep import Kept
from support_app.services.helplines import COUNTRIES, EVERYWHERE
from support_app.web.countries import country_choices, country_name
from support_app.web.forms import EmergencyNumberForm, HelplineForm
from support_app.web.identity import actor
from support_app.words import refusal_sentence

blueprint = Blueprint("helplines", __name__, url_prefix="/helplines")
Page = str | Response | tuple[str, int]


@blueprint.get("")
def index() -> str:
    """Every country's lines, with when each expires."""
    countries = helpline_upkeep.countries(core().db, actor(), now=core().now())
    named = sorted(((country_name(country.code), country) for country in countries), key=lambda pair: (pair[1].code == EVERYWHERE, pair[0]))
    health = helplines.health_of((line for country in countries for line in country.lines), (country.emergency for country in countries if country.emergency))
    return render_template(
        "admin/helplines.html",
        countries=named,
        health=health,
        only_expired=[country_name(code) for code in health.only_expired],
        emergency_expired=[country_name(code) for code in health.emergency_expired],
        everywhere=EVERYWHERE,
    )


@blueprint.route("/new", methods=["GET", "POST"])
def add() -> Page:
    """Write down a helpline."""
    form = _form(country=request.args.get("country", "").upper(), day_and_night=True)
    if form.validate_on_submit() and _saved(form, lambda entry: helpline_upkeep.add(core().db, actor(), entry=entry, now=core().now())):
        return redirect(url_for("admin.helplines.index"))
    return _page(form)


@blueprint.route("/<int:helpline_id>", methods=["GET", "POST"])
def change(helpline_id: int) -> Page:
    """Put a helpline right."""
    kept = helpline_upkeep.read(core().db, actor(), helpline_id, now=core().now())
    form = _form(**asdict(kept.entry))

    def save(entry: Entry) -> None:
        helpline_upkeep.change(core().db, actor(), helpline_id, entry=entry, version=_version(), now=core().now())

    if form.validate_on_submit() and _saved(form, save):
        return redirect(url_for("admin.helplines.index"))
    return _page(form, kept)


@blueprint.post("/<int:helpline_id>/verify")
def verify(helpline_id: int) -> Response:
    """Say that a helpline is right today."""
    helpline_upkeep.verify(core().db, actor(), helpline_id, version=_version(), now=core().now())
    flash(gettext("Thank you. It counts for another 180 days."), "success")
    return redirect(url_for("admin.helplines.index"))


@blueprint.post("/<int:helpline_id>/retire")
def retire(helpline_id: int) -> Response:
    """Show a helpline to nobody any more."""
    try:
        helpline_upkeep.retire(core().db, actor(), helpline_id, version=_version(), now=core().now())
        flash(gettext("It is not shown any more."), "success")
    except Invalid as refusal:
        flash(refusal_sentence(refusal), "error")
    return redirect(url_for("admin.helplines.index"))


@blueprint.route("/emergency/<country>", methods=["GET", "POST"])
def emergency(country: str) -> Page:
    """A country's emergency number."""
    if country not in COUNTRIES:
        raise NotFound
    form = EmergencyNumberForm(data={"number": helpline_upkeep.emergency_number(core().db, actor(), country=country, now=core().now())})
    if form.validate_on_submit():
        try:
            helpline_upkeep.set_emergency_number(core().db, actor(), country=country, number=form.number.data or "", now=core().now())
        except Invalid as refusal:
            form.number.errors = [refusal_sentence(refusal)]
        else:
            flash(gettext("Saved."), "success")
            return redirect(url_for("admin.helplines.index"))
    return render_template("admin/emergency.html", form=form, country=country_name(country)), 400 if form.errors else 200


@blueprint.post("/emergency/<country>/verify")
def verify_emergency(country: str) -> Response:
    """Say that a country's emergency number is right today."""
    helpline_upkeep.verify_emergency_number(core().db, actor(), country=country, version=_version(), now=core().now())
    flash(gettext("Thank you. It counts for another 180 days."), "success")
    return redirect(url_for("admin.helplines.index"))


def _form(**values: object) -> HelplineForm:
    form = HelplineForm(data=values)
    form.country.choices = [("", gettext("Choose a country")), (EVERYWHERE, country_name(EVERYWHERE)), *country_choices(COUNTRIES)]
    return form


def _page(form: HelplineForm, kept: Kept | None = None) -> tuple[str, int]:
    return render_template("admin/helpline.html", form=form, kept=kept), 400 if form.errors else 200


def _saved(form: HelplineForm, save: Callable[[Entry], object]) -> bool:
    """Whether it could be saved; else the form says why, beside what was written."""
    try:
        save(Entry(**{name: getattr(form, name).data for name in FIELDS}))
    except (Invalid, NameTaken, Conflict) as refusal:
        _show(form, refusal)
        return False
    flash(gettext("Saved. It counts for 180 days from today."), "success")
    return True


def _show(form: HelplineForm, refusal: Refusal) -> None:
    field = refusal.values.get("field")
    if field:
        form[field].errors = [refusal_sentence(refusal)]
    else:
        form.form_errors.append(refusal_sentence(refusal))


def _version() -> int:
    """The version of the line that the page showed."""
    return request.form.get("version", 0, type=int)
