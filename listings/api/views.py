"""Listings over HTTP: one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse
from rest_framework.request import Request

from catalog.api.views import HoldsDefinitions
from catalog.models import Cpu, CustomField, Gpu, PortsProfile, RamSpec, StorageProfile
from dealbrain.api.answers import Answer
from dealbrain.api.ordering import read_ordering
from dealbrain.api.parameters import Choice, Parameter
from dealbrain.api.views import get_or_404, order_parameter
from dealbrain.api.writes import WriteViewSet
from listings.api.exporting import as_csv, as_json_lines, columns
from listings.api.parts import MODELS
from listings.api.serializers import ListingSerializer
from listings.custom_filters import custom_fields_for, custom_filters, custom_orderings, with_columns
from listings.figures import COMPUTED, ORDER_PATHS, with_orders, with_stale
from listings.filtersets import ListingFilterSet
from listings.models import Listing
from listings.querysets import ListingQuerySet
from listings.signals import figures_wanted

BESIDE_PARTS = ("cpu_name", "gpu_name", "ram_type", "ram_speed_mhz")


def listings_for_api() -> ListingQuerySet:
    """Listings with all that their representation shows: four queries for a page of any length."""
    return with_stale(Listing.objects.with_parts())


class ListingViewSet(HoldsDefinitions, WriteViewSet):
    """Custom fields filter and order as `custom.<key>`, numbers among them also as `custom.<key>__gte` and `__lte`."""

    queryset = Listing.objects.all()
    serializer_class = ListingSerializer
    filterset_class = ListingFilterSet
    ordering_fields = {
        "id": "pk",
        "title": "title",
        "price_usd": "price_usd",
        "created_at": "created_at",
        "updated_at": "updated_at",
        **ORDER_PATHS,
    }
    ordering = "-created_at"
    # The parts as well: which ones a listing has is written in its own columns, what they say is not.
    computed = (*COMPUTED, "valued_at", "stale", "updated_at", *MODELS, *BESIDE_PARTS)
    ordering_more = r"custom\.[a-z][a-z0-9_]*"

    def written(self, row: Any) -> None:
        figures_wanted.send(Listing, ids=[row.pk])

    @cached_property
    def custom_fields(self) -> Iterable[CustomField]:
        return custom_fields_for(self.query)

    @property
    def query(self) -> str:
        request = getattr(self, "request", None)
        return unquote(request.META.get("QUERY_STRING", "")) if request else ""

    def get_queryset(self) -> QuerySet[Any]:
        return with_columns(with_orders(listings_for_api(), self.query), self.custom_fields, self.query)

    def orderings(self) -> Mapping[str, str]:
        return {**self.ordering_fields, **custom_orderings(self.custom_fields)}

    def get_filterset_class(self) -> Any:
        if not self.custom_fields:
            return self.filterset_class
        return type("WithCustomFields", (self.filterset_class,), dict(custom_filters(self.custom_fields)))


class ListingExportViewSet(ListingViewSet):
    """What the filters select, as a file that is streamed; no page, no limit."""

    answers = {
        "list": Answer(
            {"type": "string"},
            media=("text/csv", "application/jsonl"),
            name="listings_export",
            summary="Export listings as a file",
        ),
    }

    kinds = {"csv": (as_csv, "text/csv; charset=utf-8"), "jsonl": (as_json_lines, "application/jsonl")}

    def expected(self) -> tuple[Parameter, ...]:
        return (
            Choice("format", "The kind of file.", "csv", tuple(self.kinds)),
            order_parameter(self.ordering_fields, self.ordering, self.ordering_more),
        )

    def list(self, request: Request) -> Any:
        asked, problems = self.look_at_query(request)
        listings = self.filtered(request, problems)
        order = read_ordering(Listing, asked["ordering"], self.orderings(), self.ordering, problems)
        self.refuse(problems)
        kind = asked["format"] if "format" in request.query_params else self.accepted_kind(request)
        write, content_type = self.kinds[kind]
        # (The columns are chosen here: once the file is being written, nobody knows who has asked.)
        lines = write(listings.order_by(*order.expressions()), columns())
        response = StreamingHttpResponse(lines, content_type=content_type)
        response["Content-Disposition"] = f'attachment; filename="listings.{kind}"'
        return response

    def accepted_kind(self, request: Request) -> str:
        """The kind of file that the client takes, csv where it says nothing."""
        accepted: Any = request.accepted_renderer
        return "jsonl" if accepted.media_type == self.kinds["jsonl"][1] else "csv"


class PartListingsViewSet(ListingViewSet):
    """The listings that have one part.

    `part` is its model, `paths` where listings point at it.
    """

    answers = {"list": Answer(page=True, summary="List the listings with one {view.part._meta.verbose_name}")}
    part: Any = None
    paths: tuple[str, ...] = ()

    def list(self, request: Request, pk: str) -> Any:  # type: ignore[override]  # a list inside a part
        self.row = get_or_404(self.part._default_manager.only("pk"), pk)
        return super().list(request)

    def get_queryset(self) -> QuerySet[Any]:
        having = Q()
        for path in self.paths:
            having |= Q(**{path: getattr(self, "row", None)})
        return super().get_queryset().filter(having)


PARTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "cpus": (Cpu, ("cpu",)),
    "gpus": (Gpu, ("gpu",)),
    "ram-specs": (RamSpec, ("ram_spec",)),
    "storage-profiles": (StorageProfile, ("primary_storage_profile", "secondary_storage_profile")),
    "ports-profiles": (PortsProfile, ("ports_profile",)),
}
