"""Whether the service works, for operators and load balancers."""

from flask import Blueprint, Response, jsonify

from support_app.core import core
from support_app.services.screening import screener_status

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """`ok`, or `degraded` while messages wait for a classifier: they are still accepted, so no load balancer should turn people away."""
    status = screener_status(core().db, now=core().now())
    screener = {key: status[key] for key in ("state", "classifier", "weights_revision")}
    body = {
        "status": "ok" if status["state"] == "ready" else "degraded",
        "screener": screener,
        "pending": status["pending"],
        "oldest_pending_s": status["oldest_pending_s"],
    }
    return jsonify(body)
