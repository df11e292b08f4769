"""Admin of what parts exist, custom fields and scoring profiles."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog.choices import CustomFieldEntity, ScoreMetric
from catalog.custom_inputs import AttributesAdmin
from catalog.forms import CustomFieldForm, NamedForm, PartForm, ProfileForm, ValueObjectForm
from catalog.models import (
    ArchivedValue,
    Cpu,
    CustomField,
    CustomFieldChange,
    Gpu,
    Port,
    PortsProfile,
    Profile,
    RamSpec,
    StorageProfile,
)
from catalog.models.profiles import ONE_DEFAULT
from dealbrain.admin import NOTHING, JsonMixin, ReadOnlyAdmin, SearchMixin
from dealbrain.careful import CarefulMixin

METRIC_LABELS = dict(ScoreMetric.choices)


@admin.register(Cpu)
class CpuAdmin(AttributesAdmin):
    when_empty = "No processor yet. Importing listings brings their processors; marks come from import_benchmarks."
    entity = CustomFieldEntity.CPU
    form = PartForm
    list_display = (
        "name",
        "manufacturer",
        "cores",
        "threads",
        "tdp_w",
        "cpu_mark_multi",
        "cpu_mark_single",
        "igpu_mark",
        "release_year",
    )
    list_filter = ("manufacturer", ("cpu_mark_multi", EmptyFieldListFilter), "release_year")
    search_fields = ("name", "manufacturer", "socket", "igpu_model")
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", ("manufacturer", "socket", "release_year"), ("cores", "threads", "tdp_w"))}),
        ("Marks", {"fields": (("cpu_mark_multi", "cpu_mark_single"), ("igpu_model", "igpu_mark"))}),
        ("More", {"classes": ("collapse",), "fields": ("notes", ("created_at", "updated_at"))}),
    )


@admin.register(Gpu)
class GpuAdmin(AttributesAdmin):
    when_empty = "No graphics card yet. Importing listings brings theirs."
    entity = CustomFieldEntity.GPU
    form = PartForm
    list_display = ("name", "manufacturer", "gpu_mark", "metal_score")
    list_filter = ("manufacturer", ("gpu_mark", EmptyFieldListFilter))
    search_fields = ("name", "manufacturer")
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "manufacturer", ("gpu_mark", "metal_score"))}),
        ("More", {"classes": ("collapse",), "fields": ("notes", ("created_at", "updated_at"))}),
    )


class ValueObjectAdmin(CarefulMixin, SearchMixin):
    """The label and the identity follow from the fields."""

    form = ValueObjectForm
    readonly_fields = ("label",)
    search_fields = ("label",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.model.identity_fields, *(self.readonly_fields if obj else ()))


@admin.register(RamSpec)
class RamSpecAdmin(ValueObjectAdmin):
    when_empty = "No memory yet. Listings bring theirs."
    list_display = (
        "label",
        "ddr_generation",
        "speed_mhz",
        "module_count",
        "capacity_per_module_gb",
        "total_capacity_gb",
    )
    list_filter = ("ddr_generation",)


@admin.register(StorageProfile)
class StorageProfileAdmin(ValueObjectAdmin):
    when_empty = "No drive yet. Listings bring theirs."
    list_display = ("label", "medium", "interface", "form_factor", "capacity_gb", "performance_tier")
    search_fields = ("label", "interface", "form_factor", "performance_tier")  # type: ignore[assignment]  # more of them
    list_filter = ("medium",)


class PortInline(admin.TabularInline):
    model = Port
    extra = 0


@admin.register(PortsProfile)
class PortsProfileAdmin(CarefulMixin, SearchMixin):
    when_empty = "No set of ports yet. Add one, and give it to listings."
    form = NamedForm
    inlines = (PortInline,)
    list_display = ("name", "port_list")
    search_fields = ("name", "description")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PortsProfile]:
        return super().get_queryset(request).prefetch_related("ports")

    @admin.display(description="ports")
    def port_list(self, obj: PortsProfile) -> str:
        return ", ".join(str(port) for port in obj.ports.all()) or NOTHING


@admin.register(Profile)
class ProfileAdmin(CarefulMixin, SearchMixin):
    when_empty = "No scoring profile yet, so no listing has a composite score. Add one with weights."
    form = ProfileForm
    list_display = ("name", "is_default", "weight_list")
    search_fields = ("name", "description")

    def save_model(self, request: HttpRequest, obj: Profile, form: Any, change: bool) -> None:
        asked = obj.is_default
        super().save_model(request, obj, form, change)
        if obj.is_default and not asked:
            self.message_user(request, ONE_DEFAULT, messages.WARNING)

    @admin.display(description="weights")
    def weight_list(self, obj: Profile) -> str:
        # In the order of the metrics: a database keeps the keys of JSON in an order of its own.
        known = [key for key in METRIC_LABELS if key in obj.weights]
        return ", ".join(f"{METRIC_LABELS[key]}: {obj.weights[key]:g}" for key in known)


@admin.register(CustomField)
class CustomFieldAdmin(CarefulMixin, SearchMixin):
    """`valuation.admin` adds which rules name a field, and deletes it with what it holds."""

    when_empty = "No field of your own yet. Add one for what listings, processors or cards are not asked for so far."

    form = CustomFieldForm
    list_display = ("label", "key", "entity", "data_type", "is_required", "is_active", "option_list")
    list_filter = ("entity", "data_type", "is_active")
    search_fields = ("key", "label", "description")
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("entity", "key", "label", "data_type", "options", "default", "description")}),
        (
            "Every value",
            {"fields": ("is_required", ("min", "max"), ("min_length", "max_length"), "pattern", "allowed_values")},
        ),
        ("More", {"fields": (("is_active", "display_order"), ("created_at", "updated_at"))}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What a field belongs to and its key are what rows keep their values under, and what rules name."""
        return (*self.readonly_fields, *(("entity", "key") if obj else ()))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed its definition, from what to what, is written down in a list of its own."""
        found = self.get_object(request, unquote(object_id))
        if found is None or not self.has_view_or_change_permission(request, found):
            raise Http404
        url = reverse("admin:catalog_customfieldchange_changelist")
        return HttpResponseRedirect(f"{url}?field_id__exact={found.pk}")

    @admin.display(description="options")
    def option_list(self, obj: CustomField) -> str:
        return ", ".join(map(str, obj.options)) or NOTHING


@admin.register(CustomFieldChange)
class CustomFieldChangeAdmin(JsonMixin, ReadOnlyAdmin):
    when_empty = "No definition of a custom field has been changed yet."
    is_internal = True
    list_display = ("at", "actor", "action", "entity", "key", "field_id")
    list_filter = ("action", "entity")
    search_fields = ("key", "actor")


@admin.register(ArchivedValue)
class ArchivedValueAdmin(JsonMixin, ReadOnlyAdmin):
    when_empty = "Nothing is archived. Values of a custom field that is deleted are kept here."
    is_internal = True
    list_display = ("at", "entity", "key", "row_id", "value")
    list_filter = ("entity",)
    search_fields = ("key",)
