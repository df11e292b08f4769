"""Pages of the admin do not overwrite what somebody else saved meanwhile.

A page carries in a hidden field what it showed: the name and a digest of each thing it would write. When it comes back
and one of them is different in the database, nothing is saved, and the page says what differs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model
from django.forms.models import _get_foreign_key  # what inlines find their rows by
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.functional import cached_property

from dealbrain.kept import show_kept
from dealbrain.text import row_id

SAW = "saw"
DIGEST = 12  # characters: enough to tell two states of a row apart
MOST_SAW = 10_000
HERE = "Nothing was saved, and what you typed is still here: save again to replace theirs by it, or open the page anew."


class CarefulForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Knows what its page showed, and is refused when that is not what is stored any more.

    Without the field, as from a script, nothing is refused.
    """

    page: ClassVar[Any]  # the admin of the page
    now: ClassVar[str]
    only_shown: ClassVar[str] = ""  # why this is shown as it was typed and not saved
    saw: forms.Field = forms.RegexField(
        rf"^([a-z0-9_]+:[0-9a-f]{{{DIGEST}}},?)*$", required=False, max_length=MOST_SAW, widget=forms.HiddenInput
    )

    @cached_property
    def changed_data(self) -> list[str]:
        """(What the page showed is nothing that somebody has changed.)"""
        return [name for name in super().changed_data if name != SAW]

    def clean(self) -> Any:
        cleaned = super().clean()
        if self.only_shown:
            self.add_error(None, ValidationError(self.only_shown, code="only_shown"))
        saw = self.cleaned_data.get(SAW)
        if saw in (None, "") or self.instance.pk is None:
            return cleaned
        if changed := self.page.changed_since(self.instance, saw, self.now):
            # Whoever has read this and saves again means it.
            data = cast(QueryDict, self.data).copy()
            data[self.add_prefix(SAW)] = str(self.now)
            self.data = data
            raise ValidationError(f"{changed}, after you opened this page. {HERE}", code="overtaken")
        return cleaned


class CarefulMixin:
    """For any ModelAdmin; its inlines are looked at as well."""

    careful_form: Any = CarefulForm

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if reason := show_kept(request):
            request.only_shown = reason  # type: ignore[attr-defined]  # for `get_form`
        # Before the page is read: what is saved in between is refused needlessly, the other way round it is lost.
        with self.writing() if request.method == "POST" else nullcontext():
            request.page_state = self.page_state(request, object_id)  # type: ignore[attr-defined]  # for `get_form`
            page: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]  # ModelAdmin's
            return page

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address fills in. A reference that is no number fills in nothing: Django would look it up."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]  # ModelAdmin's
        references = {field.name for field in self.model._meta.fields if field.is_relation}  # type: ignore[attr-defined]
        return {name: value for name, value in given.items() if name not in references or row_id(value) is not None}

    def writing(self) -> AbstractContextManager[Any]:
        """Around the check and the save."""
        return transaction.atomic()

    def page_state(self, request: HttpRequest, object_id: str | None) -> str:
        """What the page shows of what it can write, as it is stored now. For a POST others wait until it has ended."""
        row = self.get_object(request, unquote(object_id)) if object_id else None  # type: ignore[attr-defined]
        if row is None or not self.has_change_permission(request, row):  # type: ignore[attr-defined]  # ModelAdmin's
            return ""
        rows = type(row)._default_manager.filter(pk=row.pk).order_by()
        if request.method == "POST":
            rows = rows.select_for_update(no_key=True)
        stored = rows.first()
        return "" if stored is None else ",".join(f"{name}:{digest}" for name, digest in self._digests(request, stored))

    def _digests(self, request: HttpRequest, row: Model) -> Iterator[tuple[str, str]]:
        shown_only = self.get_readonly_fields(request, row)  # type: ignore[attr-defined]  # ModelAdmin's
        for name, value in written(row).items():
            if name not in shown_only:
                yield name, _digest(value)
        for inline in self.get_inline_instances(request, row):  # type: ignore[attr-defined]  # ModelAdmin's
            owner = _get_foreign_key(type(row), inline.model, fk_name=inline.fk_name)
            inside = inline.model._default_manager.filter(**{owner.name: row.pk}).order_by("pk")
            yield inline.model._meta.model_name, _digest([[part.pk, written(part)] for part in inside])

    def changed_since(self, obj: Any, saw: str, now: str) -> str:
        """What has changed between two states of the page in words; "" for nothing."""
        seen, stored = (dict(part.split(":") for part in state.split(",") if part) for state in (saw, now))
        changed = [name for name, digest in stored.items() if seen.get(name, digest) != digest]
        if not changed:
            return ""
        labels = {field.name: str(field.verbose_name) for field in obj._meta.concrete_fields}
        named = ", ".join(labels.get(name, name) for name in changed)
        return f"Somebody has changed what is stored of “{obj}” ({named})"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = kwargs.get("form") or self.form  # type: ignore[attr-defined]  # ModelAdmin's
        if not issubclass(form, self.careful_form):
            kwargs["form"] = type(form.__name__, (self.careful_form, form), {"__module__": form.__module__})
        made = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]  # ModelAdmin's
        made.page, made.now = self, getattr(request, "page_state", "")
        made.only_shown = getattr(request, "only_shown", "")
        if SAW in made.base_fields:
            made.base_fields[SAW] = copy(made.base_fields[SAW])
            made.base_fields[SAW].initial = None if request.method == "POST" else made.now
        return made

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.with_check(request, obj, super().get_fieldsets(request, obj))  # type: ignore[misc]  # ModelAdmin's

    def with_check(self, request: HttpRequest, obj: Any, fieldsets: Any) -> Any:
        """The same with the hidden field, where there is something to overwrite."""
        (title, options), *others = fieldsets
        fields = tuple(name for name in options["fields"] if name != SAW)
        if obj is not None and self.has_change_permission(request, obj):  # type: ignore[attr-defined]  # ModelAdmin's
            fields = (*fields, SAW)
        return ((title, {**options, "fields": fields}), *others)


def written(row: Model) -> dict[str, Any]:
    """The columns of a row that people write, and what it is linked to."""
    columns = [
        field
        for field in row._meta.concrete_fields
        if field.editable and not field.primary_key and not getattr(field, "auto_now", False)
    ]
    links = {link.name: sorted(getattr(row, link.name).values_list("pk", flat=True)) for link in row._meta.many_to_many}
    return {field.name: field.value_from_object(row) for field in columns} | links


class _Encoder(DjangoJSONEncoder):
    def default(self, value: Any) -> Any:
        try:
            return super().default(value)
        except TypeError:
            return str(value)


def _digest(value: Any) -> str:
    text = json.dumps(value, cls=_Encoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST]
