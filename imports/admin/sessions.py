"""The page of an import: a file in, what is to be said of it, and it goes in, or comes out again.

Plain forms and full pages; a small script only shows how far a worker is. Each step is done by the service, which has
transactions of its own.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from catalog.custom_values import definitions_loaded
from dealbrain.admin import ReadOnlyAdmin
from dealbrain.middleware import takes_uploads
from imports.admin.forms import UploadForm
from imports.admin.page import AT_WORK, asked_of, columns_of, is_likely, page_of
from imports.choices import SessionState
from imports.models import ImportSession
from imports.reading.limits import MAX_BYTES
from imports.sessions import service
from imports.sessions.errors import BadRequest, Outdated, SessionError
from imports.sessions.states import EDITABLE

MAY = "imports.add_importsession"
ROOM = 100_000  # bytes of the form beside the file
TOO_LARGE = "This file has more than 100 MB, which is the most that is taken at once. Split it, and upload the parts."
OUTDATED = (
    "Nothing was changed: somebody else has changed this import since you opened it. This is how it is now; "
    "look at it again, and say what is still to be said."
)
DONE = {
    "mapping": "The columns are taken as you said; the file was read again.",
    "answers": "Your answers are taken; the file was read again.",
    "likely": "The likely answers are taken; the file was read again.",
    "conflicts": "Your choices are taken.",
    "commit": "The import is in.",
    "undo": "The import was taken back.",
}


@admin.register(ImportSession)
class ImportSessionAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "state", "kind", "source", "records", "actor", "created_at")
    list_filter = ("state", "kind")
    search_fields = ("file_name", "source", "actor")
    actions = None
    change_list_template = "admin/imports/importsession/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return ImportSession.objects.visible_to(request.user).defer("study", "detection", "columns", "questions")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or request.user.has_perm(MAY)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY)

    @admin.display(description="records", ordering="total")
    def records(self, obj: ImportSession) -> str:
        return f"{obj.total:,}"

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "imports_importsession"
        return [
            path("add/", wrap(self.upload), name=f"{name}_add"),
            path("<int:pk>/change/", wrap(self.page), name=f"{name}_change"),
            path("<int:pk>/progress/", wrap(self.progress), name=f"{name}_progress"),
            path("<int:pk>/report.csv", wrap(self.report), name=f"{name}_report"),
            *super().get_urls(),
        ]

    @takes_uploads(MAY, most_bytes=MAX_BYTES + ROOM)
    @method_decorator(transaction.non_atomic_requests)
    def upload(self, request: HttpRequest) -> HttpResponse:
        """A file, and what is known of it. What is wrong with it is said beside it."""
        if not request.user.has_perm(MAY):
            raise PermissionDenied
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                session = service.open_session(
                    file=file,
                    name=file.name or "file",
                    actor=request.user.get_username(),
                    source=form.cleaned_data["source"],
                    currency=form.cleaned_data["currency"],
                )
                return HttpResponseRedirect(_address(session.pk))
            except BadRequest as error:
                for name, text in error.problems.items():
                    form.add_error(name if name in form.fields else "file", text)
            except SessionError as error:
                form.add_error("file", str(error))
        context = {"form": form, "title": "Import listings", "most_bytes": MAX_BYTES, "too_large": TOO_LARGE}
        context["is_too_large"] = "too_large" in request.GET and request.method == "GET"
        return self._shown(request, "upload", context)

    @method_decorator([never_cache, transaction.non_atomic_requests])
    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One import: what it says and asks, and the steps of those who may import."""
        session = self._get(request, pk)
        if request.method == "POST":
            if not request.user.has_perm(MAY):
                raise PermissionDenied
            self._step(request, session)
            return HttpResponseRedirect(_address(pk))
        context = {**page_of(session), "title": session.file_name, "may": request.user.has_perm(MAY)}
        return self._shown(request, "page", context)

    @method_decorator(never_cache)
    def progress(self, request: HttpRequest, pk: int) -> JsonResponse:
        """How far a worker is."""
        session = self._get(request, pk)
        done, total = service.progress_of(session)
        is_at_work = session.state in AT_WORK
        return JsonResponse({"state": session.state, "is_at_work": is_at_work, "done": done, "total": total})

    def report(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """What became of each record, as a file that is streamed."""
        session = self._get(request, pk)
        response = StreamingHttpResponse(service.report_csv(session), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{session.pk}.csv"'
        return response

    def _get(self, request: HttpRequest, pk: int) -> ImportSession:
        session = ImportSession.objects.visible_to(request.user).filter(pk=pk).first() if pk < 2**63 else None
        if session is None:
            raise Http404
        return session

    def _shown(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/imports/importsession/{name}.html", {**shared, **context})

    def _step(self, request: HttpRequest, session: ImportSession) -> None:
        """Do what was pressed, and say what came of it."""
        step, actor = request.POST.get("step", ""), request.user.get_username()
        revision = _revision(request)
        try:
            if session.state in EDITABLE and revision != session.revision:
                raise Outdated(OUTDATED)
            with definitions_loaded():
                if step == "mapping":
                    session = service.set_mapping(session, _columns(request, session), revision)
                elif step == "answers":
                    session = service.answer(session, _answers(request, session), revision)
                elif step == "likely":
                    session = service.answer(session, _likely(session), revision)
                elif step == "conflicts":
                    session = service.choose(session, _choices(request), revision)
            if step == "commit":
                session = service.commit(session, actor, revision)
            elif step == "undo":
                session = service.undo(session, actor, revision)
        except Outdated:
            messages.error(request, OUTDATED)
        except BadRequest as error:
            for text in error.problems.values():
                messages.error(request, text)
        except SessionError as error:
            messages.error(request, str(error))
        else:
            if session.state not in (*AT_WORK, SessionState.FAILED) and step in DONE:
                messages.success(request, DONE[step])


def _address(pk: int) -> str:
    return reverse("admin:imports_importsession_change", args=[pk])


def _revision(request: HttpRequest) -> int:
    """The revision that the page showed; -1, which no session has, where there is none."""
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _columns(request: HttpRequest, session: ImportSession) -> dict[str | int, str]:
    """The columns that are not what they were. A meaning that moves to another column leaves the one that had it."""
    before = {column.position: column.means for column in columns_of(session)}
    said = {place: request.POST.get(f"column-{place}", means) for place, means in before.items()}
    changed: dict[str | int, str] = {place: name for place, name in said.items() if name != before[place]}
    taken = {name for name in changed.values() if name}
    moved: dict[str | int, str] = {
        place: "" for place, name in before.items() if name in taken and place not in changed
    }
    return {**changed, **moved}


def _answers(request: HttpRequest, session: ImportSession) -> dict[str, str]:
    """What was chosen, by the keys of questions; the inputs go by their numbers on the page."""
    asked = [(item.question.key, request.POST.get(f"answer-{item.number}", "")) for item in asked_of(session)]
    return {key: value for key, value in asked if value}


def _likely(session: ImportSession) -> dict[str, str]:
    asked = [item.question for item in asked_of(session)]
    return {question.key: question.suggested for question in asked if is_likely(question)}


def _choices(request: HttpRequest) -> dict[str | int, str]:
    given = {name: str(value) for name, value in request.POST.items() if value and name.startswith("conflict-")}
    lines = {name.removeprefix("conflict-"): value for name, value in given.items()}
    return {line: value for line, value in lines.items() if line == "*" or (line.isascii() and line.isdigit())}
