"""What tests about helplines do: write one down some days ago, see who is shown what, read the record."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from models import AuditEntry
from support_app import audit
from support_app.services import helpline_upkeep, helplines
from support_app.services.helpline_entry import Entry
from support_app.services.helplines import EVERYWHERE, Line
from tests.factories import World

PHONE = Entry("ES", "Línea 024", "024", "", "", True, "", "Español", "https://www.sanidad.gob.es")
DIRECTORY = replace(PHONE, country=EVERYWHERE, name="Directory", call_numbers="", web_url="https://directory.example")


def add(world: World, name: str, *, entry: Entry = PHONE, days_ago: int = 0, **changes: str) -> int:
    """Somebody looked at a line some days ago and wrote it down."""
    new = replace(entry, name=name, **changes)
    return helpline_upkeep.add(world.db, world.admin, entry=new, now=world.now - timedelta(days=days_ago))


def add_directory(world: World, *, days_ago: int = 0) -> int:
    return add(world, "Directory", entry=DIRECTORY, days_ago=days_ago)


def shown(world: World, country: str | None = "ES") -> list[str]:
    """The names on the help page, in their order."""
    return [line.name for line in helplines.find(world.db, country, now=world.now).lines]


def line_of(world: World, name: str) -> Line:
    return next(line for line in helplines.in_use(world.db, now=world.now) if line.name == name)


def entry_of(world: World, helpline_id: int) -> Entry:
    return helpline_upkeep.read(world.db, world.admin, helpline_id, now=world.now).entry


def recorded(world: World) -> list[tuple[int | None, str, str, dict]]:
    """What the audit log says about helplines, oldest first."""
    query = select(AuditEntry.__table__).where(AuditEntry.action.like("helpline.%") | AuditEntry.action.like("emergency%")).order_by(AuditEntry.id)
    with world.db.read() as connection:
        assert list(audit.problems(connection)) == []
        return [(row.actor_id, row.action, row.subject, row.details) for row in connection.execute(query)]
