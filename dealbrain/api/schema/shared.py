"""What every operation refers to: problems, headers, who is asking, and the addresses that are no views of the API."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from dealbrain.api.idempotency import HEADER
from dealbrain.api.problems import CONTENT_TYPE

TEXT = {"type": "string"}

ABOUT = """\
What a used computer is worth to you, by rules you can read.

- **Errors** are `application/problem+json` (RFC 9457): all problems of a request at once, each with its place.
- **Lists** answer `{items, total, limit, next_cursor, has_next}`, or the bare array with `format=array`. An unknown \
parameter is a 400 that names the nearest.
- **Reads** are open to anybody where the installation says so; writes need a token or a session, and permission.
- **ETags**: `If-None-Match` saves a transfer, `If-Match` keeps you from overwriting what somebody else has saved.
- **Idempotency-Key** on a POST: repeated, it gives the first answer again and does nothing twice.
- **Custom fields** filter and order listings as `custom.<key>`, numbers also as `custom.<key>__gte` and `__lte`.

A final slash in a path is optional. Money and ratios are numbers, in USD; times are UTC.
"""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What is wrong, as RFC 9457 tells it: all of it at once, each with its place.",
    "required": ["type", "title", "status", "detail", "instance", "errors"],
    "properties": {
        "type": {**TEXT, "description": "`about:blank`: the status says what kind of problem it is."},
        "title": {**TEXT, "description": "The status in words."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {**TEXT, "description": "What is wrong, in a sentence or more."},
        "instance": {**TEXT, "description": "The path of the request."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
    },
}
FIELD_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["path", "message", "code"],
    "properties": {
        "path": {**TEXT, "description": "A parameter, a header, or a place in the body: `ports[0].quantity`."},
        "message": {**TEXT, "description": "What is wrong there, and often what was meant."},
        "code": {**TEXT, "description": "The kind of mistake, for programs: `required`, `unknown`, `invalid`, ..."},
    },
}

# status -> (what it means here, an example of its detail)
ERRORS: dict[int, tuple[str, str]] = {
    400: ("The request is not valid; `errors` names every place.", "limit: This must be a whole number from 1 to 500."),
    401: ("Nobody is known by these credentials, or some are needed.", "This token is not known."),
    403: ("You may not do this.", "You do not have permission to perform this action."),
    404: ("There is no such thing; `detail` names it.", 'There is no listing with the id "7".'),
    406: ("This cannot be answered in the type that `Accept` asks for.", "Could not satisfy the Accept header."),
    409: (
        "It collides with what is stored: a duplicate, something still in use, an Idempotency-Key used before.",
        "There is a CPU like this already.",
    ),
    412: (
        "Somebody has changed it since you read it.",
        "Somebody has changed this since you read it: read it again, then write.",
    ),
    413: ("The body is too large.", "This body is too large: send less at a time."),
    415: ("The body is of a type that is not read here.", 'Unsupported media type "text/plain" in request.'),
    429: ("Too many requests: ask again after `Retry-After` seconds.", "Request was throttled."),
}


def phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def error_name(status: int) -> str:
    return phrase(status).title().replace(" ", "").replace("-", "")


def reference(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _error(status: int) -> dict[str, Any]:
    about, detail = ERRORS[status]
    headers = {"X-Request-ID": reference("headers", "RequestId")}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = reference("headers", "WwwAuthenticate")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = reference("headers", "RetryAfter")
    path, _, message = detail.partition(": ")
    errors = [{"path": path, "message": message, "code": "invalid"}] if status == HTTPStatus.BAD_REQUEST else []
    example = {
        "type": "about:blank",
        "title": phrase(status),
        "status": status,
        "detail": detail,
        "instance": "/v1/listings",
        "errors": errors,
    }
    content = {CONTENT_TYPE: {"schema": reference("schemas", "Problem"), "example": example}}
    return {"description": about, "headers": headers, "content": content}


HEADERS: dict[str, Any] = {
    "RequestId": {
        "description": "The id of this request in the log: yours, if you sent a usable one.",
        "schema": {**TEXT, "maxLength": 128},
    },
    "ETag": {"description": "A name for this state of what is answered.", "schema": TEXT},
    "Location": {"description": "Where to read what was made, or to follow the task.", "schema": TEXT},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WwwAuthenticate": {"description": 'Always `Bearer realm="Deal Brain"`.', "schema": TEXT},
}


def _header(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": about, "schema": schema}


PARAMETERS: dict[str, Any] = {
    "IfMatch": _header("If-Match", "The ETag of the state that you mean to change; 412 if it has passed.", TEXT),
    "IfNoneMatch": _header("If-None-Match", "The ETag of the state that you have; 304 if it still holds.", TEXT),
    "IdempotencyKey": _header(
        HEADER,
        "A word of your own choice. Repeated within 24 hours with the same body, the first answer is given again.",
        {**TEXT, "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    ),
}

SECURITY: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token made with `manage.py create_token USER` or in the admin.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The session of a browser. Writes also need the header `X-CSRFToken`.",
    },
}

COMPONENTS: dict[str, Any] = {
    "schemas": {"Problem": PROBLEM, "FieldProblem": FIELD_PROBLEM},
    "responses": {error_name(status): _error(status) for status in ERRORS},
    "headers": HEADERS,
    "parameters": PARAMETERS,
    "securitySchemes": SECURITY,
}

TAGS: dict[str, str] = {
    "Listings": "What is for sale, and what it is worth to you.",
    "Catalog": "The parts that listings are made of, and what the market says about them.",
    "Rules": "Rulesets, groups and rules: what makes a price go up or down.",
    "Baselines": "Reviewed default rules, and what an installation makes of them.",
    "Custom fields": "Fields of your own.",
    "Imports": "Files that become listings.",
    "Tasks": "Work that takes longer than a request.",
    "Tokens": "What programs know themselves by.",
    "Settings": "Preferences of this installation, and what rules can be made of.",
    "Service": "Whether it runs, and how well.",
}
# The first prefix that fits says where an address belongs.
AREAS: tuple[tuple[str, str], ...] = (
    ("/v1/listings", "Listings"),
    ("/v1/dashboard", "Listings"),
    ("/v1/rankings", "Listings"),
    ("/v1/catalog", "Catalog"),
    ("/v1/market", "Listings"),
    ("/v1/appraisals", "Listings"),
    ("/v1/cpus", "Catalog"),
    ("/v1/reference", "Custom fields"),
    ("/v1/fields", "Custom fields"),
    ("/v1/imports", "Imports"),
    ("/v1/admin/tasks", "Tasks"),
    ("/v1/tokens", "Tokens"),
    ("/settings", "Settings"),
    ("/entities", "Settings"),
    ("/api/v1/baseline", "Baselines"),
    ("/api/v1/rule", "Rules"),
    ("/api/v1/valuation-rules", "Rules"),
    ("/", "Service"),
)


# Addresses that answer as others do: what is said of them besides.
ALIASES: tuple[tuple[str, str], ...] = (
    (r"/v1/fields-data/\w+/records", ", as a record of an entity"),
    (r"/v1/reference/", ", under its older address"),
    (r"/api/v1/baseline/metadata$", ", under its older address"),
    (r"/v1/cpus(/\{id\})?$", ", with what its listings cost"),
)


def alias(path: str) -> str:
    """What tells an operation from its twin at another address."""
    return next((words for pattern, words in ALIASES if re.match(pattern, path)), "")


def area(path: str) -> str:
    return next(tag for prefix, tag in AREAS if path.startswith(prefix))


_CHECKS = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"type": "string", "enum": ["ok", "error"]},
        "environment": TEXT,
        "worker": TEXT,
        "checks": {"type": "object", "additionalProperties": TEXT},
    },
}


def _service(name: str, summary: str, answers: dict[str, tuple[str, str, dict[str, Any]]]) -> dict[str, Any]:
    """A plain GET. `answers`: status -> (what it means, content type, schema)."""
    responses = {
        status: {
            "description": about,
            "headers": {"X-Request-ID": reference("headers", "RequestId")},
            "content": {media: {"schema": schema}},
        }
        for status, (about, media, schema) in answers.items()
    }
    return {
        "get": {"operationId": name, "summary": summary, "tags": ["Service"], "security": [], "responses": responses}
    }


_JSON = "application/json"
_STATE = reference("schemas", "ServiceState")
COMPONENTS["schemas"]["ServiceState"] = _CHECKS
SERVICE_PATHS: dict[str, Any] = {
    "/health": _service(
        "health",
        "Whether the service works",
        {"200": ("The database answers.", _JSON, _STATE), "503": ("It does not.", _JSON, _STATE)},
    ),
    "/livez": _service("livez", "Whether this process lives", {"200": ("It does.", _JSON, _STATE)}),
    "/readyz": _service(
        "readyz",
        "Whether requests may be sent here",
        {"200": ("They may.", _JSON, _STATE), "503": ("`checks` says why not.", _JSON, _STATE)},
    ),
    "/metrics": _service(
        "metrics",
        "Numbers for Prometheus",
        {
            "200": ("The text format of Prometheus.", "text/plain", TEXT),
            "401": ("For METRICS_TOKEN and staff.", CONTENT_TYPE, reference("schemas", "Problem")),
            "404": ("PROMETHEUS_ENABLED is off.", CONTENT_TYPE, reference("schemas", "Problem")),
        },
    ),
    "/openapi.json": _service("openapi", "This document", {"200": ("OpenAPI 3.1.", _JSON, {"type": "object"})}),
}
