"""What must be true before the service may start."""

from support_app.database import Database
from support_app.services import demo, schema


def start_problems(db: Database, *, production: bool) -> list[str]:
    """Reasons not to start, in words for whoever runs the service; empty when all is well."""
    if not schema.is_current(db.engine):
        return ["the database does not have this version's tables: run `flask --app wsgi migrate` first"]
    if production and demo.find_demo_people(db):
        return ["this database holds demo accounts, whose pass phrases are no secret: use another database for production"]
    return []
