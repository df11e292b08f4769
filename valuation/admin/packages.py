"""Packages on pages: rulesets as a file, and a file in, after a look at what it would change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator

from dealbrain.middleware import takes_uploads
from valuation.admin.history import offer_undo
from valuation.admin.ruleset_tools import Tool, add_ruleset_tool
from valuation.models import Ruleset
from valuation.packages import waiting
from valuation.packages.content import BOUNDS, Package, PackageError
from valuation.packages.folders import SUFFIX, slug_of
from valuation.packages.installing import MAY_INSTALL, Merge, install_packages, refuse_installing
from valuation.packages.opening import read_package
from valuation.packages.previewing import preview_install
from valuation.packages.writing import export_rulesets
from valuation.recalculation.marking import revision_row

ROOM = 100_000  # bytes of the form beside the file
TOO_LARGE = "This file has more than 20 MB, which is the most that a package may have. Export it in parts."
GONE = "Choose the file again: what was looked at is kept for a day only."
OUTDATED = "Nothing was installed: somebody has changed rules since you looked. This is what the package would do now."
MERGES = (
    (Merge.REPLACE, "replace it: it becomes what the package says, and keeps its place and what is assigned to it"),
    (Merge.SKIP, "leave it alone"),
    (Merge.VERSION, "install the package's beside it, as “Name (2)”"),
)

add_ruleset_tool(Tool("Export", lambda ruleset: reverse("admin:valuation_export_package", args=[ruleset.pk])))


class InstallForm(forms.Form):
    """A file, or one that was looked at before, and what becomes of rulesets that are there."""

    file = forms.FileField(
        label="Package",
        required=False,
        allow_empty_file=True,
        help_text="A .dbrs file of at most 20 MB, as “Export” writes it, or of the earlier system.",
        widget=forms.FileInput(attrs={"accept": ".dbrs,.json,application/json"}),
    )
    merge = forms.ChoiceField(
        label="A ruleset of the same name",
        choices=MERGES,
        initial=Merge.REPLACE,
        widget=forms.RadioSelect,
    )


class PackagesMixin:
    """The list and the pages of rulesets: buttons that export, and a page that installs."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]  # ModelAdmin's
        return [
            path("install/", wrap(self.install_view), name="valuation_install_package"),
            path("<int:pk>/export/", wrap(self.export_view), name="valuation_export_package"),
            *super().get_urls(),  # type: ignore[misc]  # ModelAdmin's
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_install": request.user.has_perms(MAY_INSTALL)}
        return super().changelist_view(request, {**(extra_context or {}), **more})  # type: ignore[misc]  # ModelAdmin's

    @admin.action(description="Export the selected rulesets as one package", permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Ruleset]) -> HttpResponse | None:
        return self._exported(request, list(queryset.values_list("pk", flat=True)))

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_object(request, str(pk))  # type: ignore[attr-defined]  # ModelAdmin's
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined]
        if not self.has_view_permission(request, row):  # type: ignore[attr-defined]  # ModelAdmin's
            raise PermissionDenied
        return self._exported(request, [pk]) or HttpResponseRedirect(
            reverse("admin:valuation_ruleset_change", args=[pk])
        )

    @staticmethod
    def _exported(request: HttpRequest, ids: list[int]) -> HttpResponse | None:
        try:
            exported = export_rulesets(ids)
        except PackageError as error:
            messages.error(request, str(error))
            return None
        name = f"{slug_of(exported.package.about.name)}{SUFFIX}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(exported.text, content_type="application/json", headers=headers)

    @takes_uploads("valuation.add_ruleset", most_bytes=BOUNDS.most_bytes + ROOM)
    @method_decorator(transaction.non_atomic_requests)
    def install_view(self, request: HttpRequest) -> HttpResponse:
        """A file; then what it would change; then it is in."""
        refuse_installing(request.user)
        form = InstallForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {"form": form, "problems": [TOO_LARGE] if "too_large" in request.GET else []}
        if request.method == "POST" and form.is_valid():
            try:
                done = self._looked_at(request, form.cleaned_data, context)
            except PackageError as error:
                context["problems"] = [str(problem) for problem in error.problems]
                done = None
            except PermissionDenied as error:
                context["problems"] = [str(error)]
                done = None
            if done is not None:
                return done
        return TemplateResponse(
            request,
            "admin/valuation/ruleset/install.html",
            {
                **self.admin_site.each_context(request),  # type: ignore[attr-defined]  # ModelAdmin's
                "opts": self.opts,  # type: ignore[attr-defined]  # ModelAdmin's
                "title": "Install a package",
                **context,
            },
        )

    def _looked_at(self, request: HttpRequest, given: dict[str, Any], context: dict[str, Any]) -> HttpResponse | None:
        """The answer of an installation; None where there is something to look at, or to mend, first."""
        name = request.POST.get("kept", "")
        if given["file"] is not None:
            content = given["file"].read(BOUNDS.most_bytes + 1)
        elif (found := waiting.kept(name)) is not None:
            content = found
        else:
            context["problems"] = [GONE if name else "Choose a file first."]
            return None
        package = read_package(content)
        if "_install" in request.POST and given["file"] is None:
            if request.POST.get("revision") == str(revision_row().revision):
                return self._installed(request, package, given["merge"], name)
            context["problems"] = [OUTDATED]
        preview = preview_install([package], merge=given["merge"], user=request.user)
        context |= {
            "package": package,
            "preview": preview,
            "impact": preview.impact,
            "lines": preview.lines,
            "widest": max((mover.moved_cents for mover in preview.impact.movers), default=0),
            "kept": waiting.keep(content),
        }
        return None

    @staticmethod
    def _installed(request: HttpRequest, package: Package, merge: str, name: str) -> HttpResponse:
        done = install_packages([package], merge=merge, user=request.user)
        waiting.forget(name)
        for warning in done.warnings:
            messages.warning(request, warning)
        told = "; ".join(f"“{outcome.name}” {outcome.done}" for outcome in done.outcomes[:10])
        more = f" and {len(done.outcomes) - 10} more" if len(done.outcomes) > 10 else ""
        messages.success(request, f"{told}{more}.{' Figures follow.' if done.has_changed else ''}")
        if done.has_changed:
            offer_undo(request)
        if len(done.touched) == 1:
            return HttpResponseRedirect(reverse("admin:valuation_ruleset_change", args=done.touched))
        return HttpResponseRedirect(reverse("admin:valuation_ruleset_changelist"))
