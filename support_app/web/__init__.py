"""Pages and JSON over HTTP. `register` binds everything to an app."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from support_app.web import (
    admin,
    api,
    auth,
    circles,
    closed,
    deciding,
    errors,
    health,
    identity,
    languages,
    me,
    pages,
    quality,
    reach,
    security,
    shifts,
    side_rooms,
    training,
    training_team,
)


def register(app: Flask) -> None:
    """Bind extensions, hooks and every blueprint."""
    app.url_map.converters["int"] = RowNumber
    for module in (languages, identity, security, errors):
        module.register(app)
    for module in (pages, auth, closed, circles, api, deciding, reach, shifts, side_rooms, me, admin, quality, health, training, training_team):
        app.register_blueprint(module.blueprint)


class RowNumber(IntegerConverter):
    """The number of a row in an address; one that no row can have is not found."""

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, max=2**53, **options)
