"""Random edits of every kind, each followed by a job and no look at everything: the figures are those from scratch."""

from __future__ import annotations

import csv
import io
import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import ProtectedError

from baselines.models import BaselineImport
from baselines.services import activate_baseline
from catalog.models import Cpu, CustomField, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from imports.sessions import service as imports
from listings.custom_fields import archive_values
from listings.models import Listing
from listings.services import create_many, write_many
from tests.baselines.worlds import CONDITIONS, World, totals
from tests.factories import (
    CpuFactory,
    GpuFactory,
    ListingFactory,
    PortFactory,
    PortsProfileFactory,
    RamSpecFactory,
    RulesetFactory,
    StorageProfileFactory,
)
from valuation.deleting import delete_trees
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset, RulesetOverride, StaleHint
from valuation.overrides import Override, set_override
from valuation.recalculation.marking import anything_stale, mark_rules
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

EDITS = int(os.environ.get("EDITS", "150"))
MARKS = (None, 900, 6_000, 30_000)


def give(row: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


class Edits:
    """What anybody can do, by the name of it. Each takes its rows by chance, and does nothing where there is none."""

    def __init__(self, seed: object) -> None:
        self.rng = random.Random(f"edits {seed}")
        self.world = World(self.rng).build()
        ports = PortsProfileFactory()
        PortFactory(ports_profile=ports, type="usb_c", count=2)
        for listing in Listing.objects.order_by("pk")[:5]:
            give(listing, gpu=GpuFactory(), ports_profile=ports)
        RamSpecFactory()
        Profile.objects.create(name="First", weights={"cpu_mark_multi": 1, "gpu_score": 0.5}, is_default=True)
        Profile.objects.create(name="Second", weights={"ram_capacity": 1})
        self.kinds: dict[str, Callable[[], object]] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name.startswith("do_")
        }

    def any(self, model: type[Any], **which: Any) -> Any:
        rows = list(model.objects.filter(**which).order_by("pk"))
        return self.rng.choice(rows) if rows else None

    def some(self, model: type[Any]) -> list[Any]:
        rows = list(model.objects.order_by("pk"))
        return self.rng.sample(rows, min(len(rows), self.rng.randint(1, 3)))

    def change(self, model: type[Any], **choices: list[Any]) -> None:
        """Give a row of the model one of the choices, for each name."""
        if (row := self.any(model)) is not None:
            give(row, **{name: self.rng.choice(values) for name, values in choices.items()})

    # -- Rules -------------------------------------------------------------------------------------------------

    def do_add_a_rule(self) -> None:
        if (group := self.any(RuleGroup)) is not None:
            self.world.rule(group, f"Edit {self.rng.random()}")

    def do_change_conditions(self) -> None:
        self.change(Rule, conditions=list(CONDITIONS[:-1]))

    def do_switch_a_rule(self) -> None:
        self.change(Rule, is_active=[True, False])

    def do_move_a_rule(self) -> None:
        self.change(Rule, evaluation_order=[1, 2, 100], priority=[1, 100])

    def do_change_an_amount(self) -> None:
        if (action := self.any(RuleAction, action_type="fixed_value")) is not None:
            give(action, value_usd=self.rng.choice([-5, 0, 12, 40]))

    def do_delete_an_action(self) -> None:
        if (action := self.any(RuleAction)) is not None:
            action.delete()

    def do_delete_actions_by_sets(self) -> None:
        if (rule := self.any(Rule)) is not None:
            RuleAction.objects.filter(rule=rule).delete()
            mark_rules()

    def do_delete_a_rule(self) -> None:
        if (rule := self.any(Rule)) is not None:
            rule.delete()

    def do_add_a_group(self) -> None:
        if (ruleset := self.any(Ruleset)) is not None:
            group = RuleGroup.objects.create(ruleset=ruleset, name=f"Group {self.rng.random()}")
            self.world.rule(group, "First")

    def do_change_a_group(self) -> None:
        self.change(RuleGroup, weight=["1", "0.5"], display_order=[1, 2, 100], match_policy=["collect", "first"])

    def do_switch_a_group(self) -> None:
        self.change(RuleGroup, is_active=[True, True, False])

    def do_delete_a_group(self) -> None:
        if RuleGroup.objects.count() > 4:
            delete_trees([self.any(RuleGroup)])

    def do_add_a_ruleset(self) -> None:
        ruleset = RulesetFactory(conditions=self.rng.choice(CONDITIONS[:4]), priority=self.rng.choice([1, 5, 100]))
        self.world.rule(RuleGroup.objects.create(ruleset=ruleset, name="Only"), "First")

    def do_change_a_ruleset(self) -> None:
        self.change(Ruleset, effect=["add", "deduct"], priority=[1, 5, 100])

    def do_change_a_scope(self) -> None:
        if (ruleset := self.any(Ruleset, is_baseline=False)) is not None:
            give(ruleset, conditions=self.rng.choice(CONDITIONS[:4]))

    def do_switch_a_ruleset(self) -> None:
        if (ruleset := self.any(Ruleset, is_baseline=False)) is not None:
            give(ruleset, is_active=not ruleset.is_active)

    def do_delete_a_ruleset(self) -> None:
        if (ruleset := self.any(Ruleset, is_baseline=False)) is not None:
            self.rng.choice([ruleset.delete, lambda: delete_trees([ruleset])])()

    def do_save_unchanged(self) -> None:
        if (row := self.any(self.rng.choice([Rule, RuleGroup, Ruleset, Cpu, Listing]))) is not None:
            row.save()

    # -- The baseline, and what people chose -------------------------------------------------------------------

    def do_adopt(self) -> None:
        self.world.adopt_something()

    def do_override_a_field(self) -> None:
        self.world.override()

    def do_activate_another_baseline(self) -> None:
        if (stored := self.any(BaselineImport)) is not None:
            activate_baseline(ruleset=stored.ruleset)

    def do_assign_a_ruleset(self) -> None:
        ruleset = self.any(Ruleset, is_active=True)
        set_override(listing=self.any(Listing), override=Override(ruleset_id=ruleset and ruleset.pk))

    def do_switch_rulesets_off(self) -> None:
        disabled = tuple(ruleset.pk for ruleset in self.some(Ruleset))
        set_override(listing=self.any(Listing), override=Override(disabled=disabled))

    def do_switch_a_ruleset_off_from_its_side(self) -> None:
        ruleset, chosen = self.any(Ruleset), self.some(RulesetOverride)
        if ruleset is None:
            return
        kind = self.rng.choice(["add", "remove", "set", "clear"])
        if kind == "clear":
            ruleset.disabled_for.clear()
        elif kind == "set":
            ruleset.disabled_for.set(chosen)
        else:
            getattr(ruleset.disabled_for, kind)(*chosen)

    def do_choose_nothing(self) -> None:
        if (chosen := self.any(RulesetOverride)) is not None:
            chosen.delete()

    # -- Listings ----------------------------------------------------------------------------------------------

    def do_add_a_listing(self) -> None:
        ListingFactory(price_usd=self.rng.choice([90, 200]), ram_gb=16, cpu=self.any(Cpu))

    def do_change_memory(self) -> None:
        self.change(Listing, ram_spec=[None], ram_gb=[None, 8, 16])

    def do_change_a_price(self) -> None:
        self.change(Listing, price_usd=[None, 120, 300])

    def do_change_parts(self) -> None:
        cpu, gpu, ports = self.any(Cpu), self.any(Gpu), self.any(PortsProfile)
        self.change(Listing, cpu=[None, cpu], gpu=[None, gpu], ports_profile=[None, ports])

    def do_change_a_custom_value(self) -> None:
        if CustomField.objects.exists():
            self.change(Listing, attributes=[{}, {"extra": 5}, {"extra": 7.5}])

    def do_archive(self) -> None:
        self.change(Listing, status=["active", "archived"])

    def do_delete_a_listing(self) -> None:
        if Listing.objects.count() > 6:
            self.any(Listing).delete()

    def do_write_many(self) -> None:
        values = self.rng.choice([{"price_usd": 250}, {"condition": "new"}, {"ram_spec": None, "ram_gb": 32}])
        write_many(listings=self.some(Listing), values=values, attributes={})

    def do_create_many(self) -> None:
        create_many([{"title": f"Made {self.rng.random()}", "price_usd": 70 + place, "ram_gb": 8} for place in (1, 2)])

    def do_import(self) -> None:
        """New offers, and others that were imported before and have another price now."""
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(["title", "price_usd", "cpu", "marketplace", "vendor_item_id"])
        for number in self.rng.sample(range(6), 2):
            writer.writerow([f"Offer {number}", self.rng.randint(50, 900), "CPU 9000", "ebay", f"offer-{number}"])
        session = imports.open_session(file=io.BytesIO(file.getvalue().encode()), name="offers.csv", actor="test")
        assert imports.commit(session, actor="test").counts["refused"] == 0

    # -- Parts and all else ------------------------------------------------------------------------------------

    def do_change_a_cpu(self) -> None:
        self.change(Cpu, cpu_mark_multi=list(MARKS), release_year=[None, 2015, 2024])

    def do_add_the_best_cpu(self) -> None:
        CpuFactory(cpu_mark_multi=self.rng.randint(31_000, 90_000))

    def do_delete_a_part(self) -> None:
        part = self.any(self.rng.choice([Cpu, Gpu, PortsProfile, RamSpec, StorageProfile]))
        try:
            if part is not None:
                part.delete()
        except ProtectedError:  # a listing has it
            return

    def do_change_a_gpu(self) -> None:
        self.change(Gpu, gpu_mark=list(MARKS), manufacturer=["NVIDIA", "Apple"], metal_score=[None, 50_000])

    def do_change_a_ram_spec(self) -> None:
        self.change(RamSpec, module_count=[None], capacity_per_module_gb=[None], total_capacity_gb=list(range(1, 512)))

    def do_change_a_drive(self) -> None:
        StorageProfileFactory(capacity_gb=self.rng.choice([128, 2_000]))
        if (drive := self.any(StorageProfile)) is not None:
            self.change(Listing, primary_storage_profile=[drive], primary_storage_gb=[None])
            give(drive, capacity_gb=self.rng.randint(100, 4_000))

    def do_change_a_port(self) -> None:
        self.change(Port, count=[1, 2, 5])

    def do_move_or_delete_a_port(self) -> None:
        port, ports = self.any(Port), self.any(PortsProfile)
        if port is not None and ports is not None and not ports.ports.filter(type=port.type).exists():
            give(port, ports_profile=ports)
        elif port is not None:
            port.delete()
        else:
            PortFactory(ports_profile=ports or PortsProfileFactory())

    def do_change_weights(self) -> None:
        self.change(Profile, weights=[{"cpu_mark_multi": 1}, {"cpu_mark_multi": 0.2, "ram_capacity": 0.8}])

    def do_choose_another_profile(self) -> None:
        if (profile := self.any(Profile, is_default=False)) is not None:
            give(profile, is_default=True)

    def do_define_or_drop_a_field(self) -> None:
        if (field := self.any(CustomField)) is not None:
            archive_values(field)
            field.delete()
        else:
            CustomField.objects.create(entity="listing", key="extra", label="Extra", data_type="number")


def assert_as_from_scratch(what: str) -> None:
    active = dict(Listing.objects.active().values_list("pk", "valuation__adjusted_cents"))
    assert active == totals(), what
    scratch = recalculate(scope=Scope(everything=True), trigger="test", dry_run=True)
    assert (scratch.written, scratch.failed) == (0, 0), what
    assert not anything_stale(), what
    assert not StaleHint.objects.exists(), what


def job() -> None:
    recalculate(scope=Scope(hinted=True), trigger="test")


@pytest.mark.parametrize("seed", range(3))
def test_figures_after_many_edits_are_those_from_scratch(seed: int) -> None:
    edits = Edits(seed)
    job()
    assert_as_from_scratch("the beginning")
    rng, turns = edits.rng, list(edits.kinds)
    rng.shuffle(turns)  # every kind once, then by chance
    for number in range(EDITS // 3):
        done = [turns.pop() if turns else rng.choice(list(edits.kinds)) for _ in range(rng.choice([1, 1, 2]))]
        for kind in done:
            edits.kinds[kind]()
        job()
        assert_as_from_scratch(f"edit {number}: {', '.join(done)}")
