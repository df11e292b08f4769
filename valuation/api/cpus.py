"""Processors and what the market says about them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.serializers import CpuSerializer
from catalog.api.views import CpuViewSet
from catalog.models import Cpu
from dealbrain.api.answers import Answer
from dealbrain.api.parameters import Flag
from dealbrain.api.views import ApiView
from listings.api.serializers import ListingSerializer
from listings.api.views import listings_for_api
from listings.choices import Status
from listings.figures import is_plausible
from valuation.api.shapes import IMPLAUSIBLE_URL, CpuStatisticsSerializer
from valuation.market.cpus import (
    BASES,
    cheapest,
    counted_listings,
    cpu_analytics,
    global_statistics,
    implausible_count,
    price_distribution,
)


class PriceTargetsSerializer(serializers.Serializer[Any]):
    """USD; null under two listings. Of the estimate of the market where there is one, else of adjusted prices."""

    good = serializers.FloatField(allow_null=True)
    great = serializers.FloatField(allow_null=True)
    fair = serializers.FloatField(allow_null=True)
    sample_size = serializers.IntegerField()
    confidence = serializers.ChoiceField(["high", "medium", "low", "insufficient"])
    basis = serializers.ChoiceField(BASES)


class PerformanceValueSerializer(serializers.Serializer[Any]):
    """USD per mark, its percentile among all CPUs (0 best) and the rating of its quartile."""

    dollar_per_cpu_mark = serializers.FloatField(allow_null=True)
    percentile = serializers.FloatField(allow_null=True)
    rating = serializers.ChoiceField(["excellent", "good", "fair", "poor"], allow_null=True)


class BarSerializer(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()
    count = serializers.IntegerField()


class CpuMarketSerializer(CpuSerializer):
    """Needs rows with what `cpu_analytics` says of them as attributes."""

    listings_count = serializers.IntegerField(read_only=True)
    price_targets = PriceTargetsSerializer(read_only=True)
    performance_value = PerformanceValueSerializer(read_only=True)

    class Meta(CpuSerializer.Meta):
        fields = (*CpuSerializer.Meta.fields, "listings_count", "price_targets", "performance_value")


class CpuDetailSerializer(CpuMarketSerializer):
    price_distribution = BarSerializer(many=True, read_only=True)
    cheapest_listings = ListingSerializer(many=True, read_only=True)
    implausible_count = serializers.IntegerField(read_only=True)
    implausible_url = serializers.CharField(read_only=True)

    class Meta(CpuMarketSerializer.Meta):
        fields = (
            *CpuMarketSerializer.Meta.fields,
            "price_distribution",
            "cheapest_listings",
            "implausible_count",
            "implausible_url",
        )


class CpuMarketViewSet(CpuViewSet):
    """CPUs with price targets and what a mark costs; one of them also with its prices and its cheapest listings."""

    http_method_names = ["get", "head", "options"]
    ordering_fields = {**CpuViewSet.ordering_fields, "listings_count": "counted"}
    parameters = (
        Flag("only_with_listings", "Whether only CPUs with listings that count are shown."),
        Flag("include_analytics", "Taken and passed over: what the market says is always there.", True),
    )

    def get_queryset(self) -> QuerySet[Any]:
        cpus = super().get_queryset()
        request = getattr(self, "request", None)  # the schema has none
        if self.action != "list" or request is None:
            return cpus
        if self.parameters[0].read(request.query_params, []):
            cpus = cpus.filter(pk__in=counted_listings().order_by().values("cpu"))
        if "listings_count" in request.query_params.get("ordering", ""):
            counts = Q(listings__status=Status.ACTIVE, listings__valuation__adjusted_cents__gt=0)
            counts &= is_plausible("listings__")
            cpus = cpus.annotate(counted=Count("listings", filter=counts))
        return cpus

    def get_serializer_class(self) -> Any:
        return CpuDetailSerializer if self.action == "retrieve" else CpuMarketSerializer

    def get_serializer(self, rows: Any = None, **options: Any) -> Any:
        cpus = rows if options.get("many") else [rows] if rows else []
        analytics = cpu_analytics(cpus)
        for cpu in cpus:
            vars(cpu).update(analytics[cpu.pk])
            if self.action == "retrieve":
                cpu.price_distribution = price_distribution(cpu)
                cpu.cheapest_listings = list(cheapest(cpu, listings_for_api()))
                cpu.implausible_count = implausible_count(cpu)
                cpu.implausible_url = f"{IMPLAUSIBLE_URL}&cpu={cpu.pk}"
        return super().get_serializer(rows, **options)


class CpuStatisticsView(ApiView):
    """Ranges, makers and sockets of all CPUs, and the spread of prices."""

    queryset = Cpu.objects.all()
    answers = {"GET": Answer(CpuStatisticsSerializer)}

    def get(self, request: Request) -> Response:
        self.read_query(request)
        return Response(global_statistics())
