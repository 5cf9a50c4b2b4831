"""Forms: which fields exist and what they refuse. The words beside them stand in the templates."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DecimalField, IntegerField, PasswordField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from moderation.taxonomy import CrisisMode
from support_app.services.accounts import NAME_LENGTH, PASS_PHRASE_LENGTH
from support_app.web.languages import LANGUAGES

REQUIRED = _("Please fill this in.")


def _threshold() -> DecimalField:
    return DecimalField(places=2, validators=[InputRequired(REQUIRED), NumberRange(0.01, 0.99, _("A number from 0.01 to 0.99."))])


def _agreed(words: str) -> BooleanField:
    return BooleanField(validators=[DataRequired(words)])


class LoginForm(FlaskForm):
    """Name and pass phrase."""

    name = StringField(validators=[InputRequired(REQUIRED), Length(max=80)])
    pass_phrase = PasswordField(validators=[InputRequired(REQUIRED), Length(max=PASS_PHRASE_LENGTH[1])])


class RegisterForm(FlaskForm):
    """A new account; every consent stands for itself."""

    name = StringField(validators=[InputRequired(REQUIRED), Length(*NAME_LENGTH, _("A name has 2 to 40 characters."))])
    pass_phrase = PasswordField(validators=[InputRequired(REQUIRED), Length(*PASS_PHRASE_LENGTH, _("A pass phrase has at least 12 characters."))])
    adult = _agreed(_("This service is for adults only. The help page has people for younger people too."))
    consent_terms = _agreed(_("Without this we cannot open an account."))
    consent_health = _agreed(_("Without this we may not store what you write here."))
    consent_screening = _agreed(_("Every message is checked before delivery; there is no account without it."))
    consent_confidentiality = _agreed(_("Please confirm that you have read this."))


class CircleForm(FlaskForm):
    """A new circle."""

    name = StringField(validators=[InputRequired(REQUIRED), Length(2, 80)])
    topic = StringField(validators=[InputRequired(REQUIRED), Length(2, 80)])
    description = TextAreaField(validators=[InputRequired(REQUIRED), Length(10, 1000)])
    language = SelectField(choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()])
    meets = StringField(validators=[InputRequired(REQUIRED), Length(2, 120)])
    capacity = IntegerField(default=8, validators=[InputRequired(REQUIRED), NumberRange(3, 15, _("A circle has 3 to 15 seats."))])


class RulesForm(FlaskForm):
    """A new version of a circle's rules."""

    hold_harassment = _threshold()
    hold_goading = _threshold()
    nudge_harassment = _threshold()
    alert_crisis = _threshold()
    alert_imminent = _threshold()
    alert_concern = _threshold()
    crisis_mode = RadioField(choices=[SelectChoice(mode.value) for mode in CrisisMode])
    stop_contacts = BooleanField()
    stop_money = BooleanField()
    stop_dosages = BooleanField()
    watched_phrases = TextAreaField(validators=[Optional(), Length(max=20000)])
    max_length = IntegerField(validators=[InputRequired(REQUIRED), NumberRange(100, 4000)])
    reason = StringField(validators=[InputRequired(REQUIRED), Length(3, 300)])


class ReturnForm(FlaskForm):
    """Giving a message back; the service checks lengths and the rule."""

    reason = TextAreaField(validators=[InputRequired(REQUIRED)])
    rule = StringField(validators=[InputRequired(REQUIRED)])


class HelplineForm(FlaskForm):
    """A helpline; the service checks what stands in it."""

    country = SelectField(validators=[InputRequired(REQUIRED)])
    name = StringField(validators=[InputRequired(REQUIRED)])
    call_numbers = TextAreaField()
    text_lines = TextAreaField()
    web_url = StringField()
    day_and_night = BooleanField()
    hours = StringField()
    languages = StringField()
    source_url = StringField(validators=[InputRequired(REQUIRED)])
    looked = _agreed(_("Please call or look first: somebody in need will rely on this."))


class EmergencyNumberForm(FlaskForm):
    """A country's emergency number; blank takes it away."""

    number = StringField()
