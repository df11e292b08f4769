"""What the editors of conditions and actions ask while somebody types. JSON in and out; nothing is ever saved."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache

from dealbrain.deadlines import DeadlinePassed, deadline
from dealbrain.forms import read_json
from listings.models import Listing
from listings.searching import search
from valuation.engine import ActionSpec, Problem, check_conditions, plain_conditions
from valuation.explaining.summaries import summarise_conditions
from valuation.explaining.vocabulary import vocabulary
from valuation.registry import field_registry
from valuation.trying.acting import shown_problem, sign_in, try_action
from valuation.trying.matching import OFFERED, count_matches, examples, values_like

MOST_BYTES = 256 * 1024
MOST_TEXT = 100
NEEDED = ("valuation.view_rule", "listings.view_listing")
PREFIX = "valuation_rule_workshop"

View = Callable[[HttpRequest], dict[str, Any]]


def answering(method: str) -> Callable[[View], Callable[[HttpRequest], JsonResponse]]:
    """A question of people who may see rules and listings. Others, and what cannot be read, are told so in JSON.

    Without a transaction, which on SQLite would hold the one write lock while a page is counting.
    """

    def made(view: View) -> Callable[[HttpRequest], JsonResponse]:
        @wraps(view)
        def answer(request: HttpRequest) -> JsonResponse:
            user = request.user
            if not (user.is_active and user.is_staff):
                return refused("You are not logged in any more. Log in in another tab; what you typed stays here.", 401)
            if not user.has_perms(NEEDED):
                return refused("This is for people who may see rules and listings.", 403)
            if request.method != method:
                return refused(f"Ask by {method}.", 405)
            try:
                with deadline():
                    return JsonResponse(view(request))
            except ValidationError as error:
                return refused(" ".join(error.messages), 400)
            except PermissionDenied as error:
                return refused(str(error), 403)
            except DeadlinePassed:
                return refused("Counting the listings takes too long just now.", 503)

        return transaction.non_atomic_requests(never_cache(answer))

    return made


def refused(message: str, status: int) -> JsonResponse:
    return JsonResponse({"message": message}, status=status)


def sent(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent; a ValidationError for anything else."""
    if len(request.body) > MOST_BYTES:
        raise ValidationError(f"This is more than {MOST_BYTES // 1024} kB, which no rule is.")
    try:
        found = read_json(request.body.decode())
    except UnicodeDecodeError as error:
        raise ValidationError("This is not UTF-8.") from error
    if not isinstance(found, dict):
        raise ValidationError("Send a JSON object.")
    return found


@answering("GET")
def words(request: HttpRequest) -> dict[str, Any]:
    """What a rule can be made of."""
    registry = field_registry()
    return vocabulary(registry, examples(registry))


@answering("POST")
def check(request: HttpRequest) -> dict[str, Any]:
    """What is wrong with a condition tree, what it says, and how many active listings it matches.

    `plain` is the tree as it would be kept: what older clients write means something else than it looks like.
    """
    tree, registry = sent(request).get("conditions"), field_registry()
    counts = count_matches(tree, registry)
    return {
        "problems": [shown_problem(found) for found in check_conditions(tree, registry)],
        "words": summarise_conditions(tree, registry),
        "plain": plain_conditions(tree),
        "total": counts.total,
        "matched": counts.matched,
        "counts": counts.leaves,
    }


@answering("GET")
def values(request: HttpRequest) -> dict[str, Any]:
    """What listings hold of a fact, as far as it is offered: `?field=cpu.name&q=i5`."""
    name, text = (request.GET.get(key, "")[:MOST_TEXT].replace("\x00", "") for key in ("field", "q"))
    return {"values": values_like(name, text, field_registry())}


@answering("POST")
def action(request: HttpRequest) -> dict[str, Any]:
    """What is wrong with an action as it is typed, what it says, and the money that it moves."""
    typed = sent(request)
    numbers = {name: typed.get(name) for name in ("group", "listing")}
    for name, value in numbers.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63):
            raise ValidationError(f"{name} is an id, or null.")
    spec, problems = read_action(typed)
    answer = try_action(spec, sign_in(numbers["group"]), field_registry(), numbers["listing"])
    wrong = {problem.path for problem in problems}
    problems += [found for found in answer["problems"] if found.path not in wrong]
    return {**answer, "problems": [shown_problem(found) for found in problems]}


TEXTS = ("action_type", "metric", "unit_type", "formula")  # of an action; "value_usd" and "modifiers" are read further


def read_action(typed: dict[str, Any]) -> tuple[ActionSpec, list[Problem]]:
    """The action of what was typed, all of it texts, and what cannot be read at all."""
    plain: dict[str, str] = {}
    for name in (*TEXTS, "value_usd", "modifiers"):
        text = typed.get(name)
        if not isinstance(text, str | None):
            raise ValidationError(f"{name} is a text.")
        plain[name] = (text or "").strip()
    problems: list[Problem] = []
    value, modifiers = _number(plain["value_usd"], problems), _modifiers(plain["modifiers"], problems)
    texts = {name: plain[name] for name in TEXTS}
    return ActionSpec(**texts, value_usd=value, modifiers=modifiers), problems


def _number(text: str, problems: list[Problem]) -> float | None:
    try:
        found = float(text) if text else None
    except ValueError:
        found = math.nan
    if found is None or math.isfinite(found):
        return found
    problems.append(Problem("value_usd", "this is not a number", "type", "write dollars, such as 2.50"))
    return None


def _modifiers(text: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        found = read_json(text) if text else {}
    except ValidationError as error:
        problems.append(Problem("modifiers", " ".join(error.messages)))
        return {}
    if isinstance(found, dict):
        return found
    problems.append(Problem("modifiers", "modifiers are an object", "modifier"))
    return {}


@answering("GET")
def listings(request: HttpRequest) -> dict[str, Any]:
    """Active listings to try something on: `?q=optiplex`."""
    text = request.GET.get("q", "")[:MOST_TEXT].replace("\x00", "")
    found = search(Listing.objects.active(), text).order_by("-pk") if text.strip() else Listing.objects.active()
    return {"values": [{"value": pk, "label": title} for pk, title in found.values_list("pk", "title")[:OFFERED]]}


QUESTIONS = {"words": words, "check": check, "values": values, "action": action, "listings": listings}


def workshop_urls() -> list[URLPattern]:
    """To stand among the pages of rules."""
    return [path(f"workshop/{name}/", view, name=f"{PREFIX}_{name}") for name, view in QUESTIONS.items()]


def addresses() -> dict[str, str]:
    """Where a page asks, as attributes of its input."""
    return {f"data-{name}": reverse(f"admin:{PREFIX}_{name}") for name in QUESTIONS}
