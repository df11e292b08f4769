"""Test data: each factory makes the smallest valid row; tests state what matters to them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.models import Group, User
from factory.django import DjangoModelFactory

from catalog.models import Cpu, CustomField, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from listings.models import ExchangeRate, Listing, ListingComponent, PriceRecord
from valuation.models import ListingMarket, MarketModel, Rule, RuleAction, RuleGroup, Ruleset


class CpuFactory(DjangoModelFactory):
    class Meta:
        model = Cpu

    name = factory.Sequence(lambda n: f"CPU {n}")
    manufacturer = "Intel"
    cpu_mark_multi = 10_000
    cpu_mark_single = 2_500


class GpuFactory(DjangoModelFactory):
    class Meta:
        model = Gpu

    name = factory.Sequence(lambda n: f"GPU {n}")
    manufacturer = "NVIDIA"
    gpu_mark = 8_000


class RamSpecFactory(DjangoModelFactory):
    """A value object: the same fields are the same row."""

    class Meta:
        model = RamSpec

    ddr_generation = "ddr4"
    speed_mhz = 3200
    module_count = 2
    capacity_per_module_gb = 8

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        return model_class.objects.get_or_make(**kwargs)[0]


class StorageProfileFactory(DjangoModelFactory):
    class Meta:
        model = StorageProfile

    medium = "nvme"
    interface = factory.Sequence(lambda n: f"PCIe {n}")
    capacity_gb = 512


class PortsProfileFactory(DjangoModelFactory):
    class Meta:
        model = PortsProfile

    name = factory.Sequence(lambda n: f"Ports {n}")


class PortFactory(DjangoModelFactory):
    class Meta:
        model = Port

    ports_profile = factory.SubFactory(PortsProfileFactory)
    type = "usb_a"
    count = 2


class ProfileFactory(DjangoModelFactory):
    class Meta:
        model = Profile

    name = factory.Sequence(lambda n: f"Profile {n}")
    weights = factory.LazyFunction(lambda: {"cpu_mark_multi": 1.0})


class CustomFieldFactory(DjangoModelFactory):
    class Meta:
        model = CustomField

    key = factory.Sequence(lambda n: f"field_{n}")
    label = factory.Sequence(lambda n: f"Field {n}")


class ListingFactory(DjangoModelFactory):
    class Meta:
        model = Listing

    title = factory.Sequence(lambda n: f"Mini PC {n}")
    price_usd = Decimal("300.00")
    condition = "used"
    cpu = factory.SubFactory(CpuFactory)


class ListingComponentFactory(DjangoModelFactory):
    class Meta:
        model = ListingComponent

    listing = factory.SubFactory(ListingFactory)
    component_type = "wifi"


class ExchangeRateFactory(DjangoModelFactory):
    class Meta:
        model = ExchangeRate

    currency = "EUR"
    date = date(2026, 11, 20)
    usd_per_unit = Decimal("1.1")


class PriceRecordFactory(DjangoModelFactory):
    class Meta:
        model = PriceRecord

    listing = factory.SubFactory(ListingFactory)
    date = date(2026, 11, 20)
    price_original = Decimal("300.00")
    currency = "EUR"
    price_usd = Decimal("330.00")


class RulesetFactory(DjangoModelFactory):
    class Meta:
        model = Ruleset

    name = factory.Sequence(lambda n: f"Ruleset {n}")


class RuleGroupFactory(DjangoModelFactory):
    class Meta:
        model = RuleGroup

    ruleset = factory.SubFactory(RulesetFactory)
    name = factory.Sequence(lambda n: f"Group {n}")


class RuleFactory(DjangoModelFactory):
    class Meta:
        model = Rule

    group = factory.SubFactory(RuleGroupFactory)
    name = factory.Sequence(lambda n: f"Rule {n}")


class RuleActionFactory(DjangoModelFactory):
    class Meta:
        model = RuleAction

    rule = factory.SubFactory(RuleFactory)
    action_type = "fixed_value"
    value_usd = Decimal("10.00")


class MarketModelFactory(DjangoModelFactory):
    """A calibration that was made elsewhere: the figures of listings hang on it."""

    class Meta:
        model = MarketModel
        django_get_or_create = ("is_current",)

    state = "done"
    is_current = True
    year = 2026


class ListingMarketFactory(DjangoModelFactory):
    """What the current model says of a listing as it is now."""

    class Meta:
        model = ListingMarket

    listing = factory.SubFactory(ListingFactory)
    model = factory.SubFactory(MarketModelFactory)
    input_version = factory.SelfAttribute("listing.input_version")
    fair_cents = 300_00
    low_cents = 250_00
    high_cents = 360_00
    target_cents = 270_00
    grade = "fair"
    comparables_count = 12
    scaled_error = 0.0
    discount = 0.0
    is_implausible = False


class StaffFactory(DjangoModelFactory):
    """Someone who may enter the admin: `StaffFactory(group="Editors")`, or `is_superuser=True`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"staff-{n}")
    is_staff = True

    @factory.post_generation
    def group(self: Any, create: bool, name: str | None, **_: Any) -> None:
        if name:
            self.groups.add(Group.objects.get(name=name))
