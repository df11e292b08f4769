"""Overrides on pages: one for each field of the active baseline, which shows the effect before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from baselines.forms import OverrideForm
from baselines.models import BaselineImport
from baselines.overriding import Override, list_overrides, remove_overrides, set_override
from baselines.reading import BaselineError
from valuation.permissions import BASELINE_PERMISSION
from valuation.trying.impact import Impact, compare_worlds
from valuation.trying.rehearsal import rehearse

NOT_YOURS = f"Overrides are made by people with the permission {BASELINE_PERMISSION}: ask an analyst."
NAMES = {"override_value": "value", "override_min": "low", "override_max": "high", "override_formula": "formula"}


def may_override(user: Any) -> bool:
    """As in the API."""
    return bool(user.has_perm(BASELINE_PERMISSION))


def override_page(request: HttpRequest, stored: BaselineImport, key: str, context: dict[str, Any]) -> HttpResponse:
    """One field: `_preview` shows the effect, `_save` makes the override, `_remove` takes it away."""
    entity, _, field = key.partition(".")
    raw = next((item for item in stored.document["entities"].get(entity, []) if item["id"] == field), None)
    if raw is None or not stored.ruleset.is_active:
        raise Http404("Only fields of the active baseline are overridden.")
    there = {found.key: found for found in list_overrides(entity)}.get(key)
    allowed = may_override(request.user)
    if request.method == "POST" and not allowed:
        raise PermissionDenied(NOT_YOURS)
    form = OverrideForm(request.POST if request.method == "POST" and "_remove" not in request.POST else None)
    if request.method != "POST":
        form = OverrideForm(initial=_initial(there))
    impact = None
    if request.method == "POST":
        done = _removed(request, key, there) if "_remove" in request.POST else _asked(request, form, key)
        if isinstance(done, HttpResponse):
            return done
        impact = done
    shown = {"title": f"Override {raw['proper_name']}", "stored": stored, "key": key, "raw": raw, "override": there}
    shown |= {
        "form": form,
        "may_override": allowed,
        "not_yours": NOT_YOURS,
        "impact": impact,
        "widest": _widest(impact),
    }
    return TemplateResponse(request, "admin/baselines/baselineimport/override.html", {**context, **shown})


def _initial(there: Override | None) -> dict[str, Any]:
    if there is None:
        return {}
    return {
        "value": there.amount.value,
        "low": there.amount.low,
        "high": there.amount.high,
        "formula": there.amount.formula,
    }


def _asked(request: HttpRequest, form: OverrideForm, key: str) -> HttpResponse | Impact | None:
    """What was typed, saved, or tried and taken back. None where it was refused."""
    if not form.is_valid():
        return None
    entity, _, field = key.partition(".")

    def change() -> None:
        set_override(entity=entity, field=field, amount=form.amount())

    try:
        if "_save" not in request.POST:
            return effect_of(change)
        change()
    except BaselineError as error:
        for problem in error.problems:
            place = NAMES.get(problem.path)
            form.add_error(place, problem.message[:1].upper() + problem.message[1:] + ".")
        return None
    messages.success(request, f"{key} is overridden; figures follow.")
    return _back()


def _removed(request: HttpRequest, key: str, there: Override | None) -> HttpResponse:
    entity, _, field = key.partition(".")
    if there is not None and remove_overrides(entity=entity, field=field):
        messages.success(request, f"The override of {key} is gone: the baseline counts again. Figures follow.")
    else:
        messages.info(request, f"{key} is not overridden: nothing was changed.")
    return _back()


def _back() -> HttpResponse:
    """To the baseline in force, whichever that is by now."""
    current = BaselineImport.objects.active()
    page = ("change", [current.pk]) if current else ("changelist", [])
    return HttpResponseRedirect(reverse(f"admin:baselines_baselineimport_{page[0]}", args=page[1]))


def effect_of(change: Callable[[], object]) -> Impact:
    """What a change does to all active listings, found by making it and taking it back."""
    rehearsal = rehearse(change)
    return compare_worlds(rehearsal.before, rehearsal.after)


def _widest(impact: Impact | None) -> int:
    return max((mover.moved_cents for mover in impact.movers), default=1) if impact else 1
