"""Random worlds: rulesets of people's own, a baseline with a history, what was changed by hand, choices and overrides.

Everything comes of one `random.Random`, so a seed names a world. Orders are drawn from few numbers, since most of
what can go wrong goes wrong among equals.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from baselines.adopting import adopt, compare_with_current
from baselines.diffing import ORDER
from baselines.models import BaselineImport
from baselines.overriding import Amount, ensure_basic, set_override
from baselines.querysets import own_rules
from baselines.reading import BaselineError, read_document
from baselines.services import import_baseline
from catalog.models import Cpu, CustomField
from listings.models import Listing
from tests.baselines.documents import GENERATED_AT, tier
from valuation.choices import BASIC_GROUP_NAME
from valuation.engine import ActionSpec, compile_rulesets, evaluate
from valuation.history.audit import recording
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset, RulesetOverride
from valuation.recalculation.facts import load_facts
from valuation.recalculation.marking import mark_rules
from valuation.recalculation.rulebook import active_specs, baseline_field
from valuation.registry import field_registry
from valuation.trying.preview import Draft

ORDERS = (1, 2, 2, 3, 100, 100)
WEIGHTS = ("1", "1", "0.5", "0.3333", "0")
CONDITIONS: tuple[Any, ...] = (
    None,
    [{"field_name": "ram_gb", "operator": "gte", "value": 16}],
    [{"field_name": "ram_gb", "operator": "lt", "value": 16}],
    [{"field_name": "condition", "operator": "equals", "value": "used"}],
    [{"field_name": "cpu.cpu_mark_multi", "operator": "gt", "value": 5_000}],
    {"logical_operator": "not", "conditions": [{"field_name": "ram_gb", "operator": "equals", "value": 8}]},
    [{"field_name": "custom.extra", "operator": "is_not_null"}],
)
# entity -> field ids; each field is read on one fact, so that its tiers mean something.
FIELDS = {
    "Listing": {"wear": "condition", "age": "condition"},
    "CPU": {"speed": "cpu.cpu_mark_multi"},
    "RamSpec": {"memory": "ram_gb", "more": "ram_gb"},
    "StorageProfile": {"drive": "primary_storage_gb"},
}


def totals() -> dict[int, int | None]:
    """{listing: adjusted price in cents} of every active listing, from scratch."""
    registry = field_registry()
    program = compile_rulesets(active_specs(), registry)
    batch = load_facts(
        Listing.objects.active().order_by("pk"), fields=program.fields, registry=registry, year=2026, scores=False
    ).batch
    cents = evaluate(program, batch).adjusted_cents.tolist()
    return {
        pk: amount if priced else None
        for pk, amount, priced in zip(batch.ids.tolist(), cents, batch.priced.tolist(), strict=True)
    }


def touched_by(keys: set[str]) -> set[int]:
    """The listings that any rule of these fields, or any override of them, matches today."""
    registry = field_registry()
    program = compile_rulesets(active_specs(), registry)
    batch = load_facts(
        Listing.objects.active().order_by("pk"), fields=program.fields, registry=registry, year=2026, scores=False
    ).batch
    return {
        pk
        for column in evaluate(program, batch, keep_rules=True).rules
        if {column.rule.spec.values, column.rule.spec.overrides} & keys
        for pk in batch.ids[column.matched].tolist()
    }


def make_processors() -> list[Cpu]:
    """Those that listings of a world have, found where they are made once for many worlds."""
    names = {f"CPU {mark}": mark for mark in (2_000, 9_000, 20_000)}
    found = list(Cpu.objects.filter(name__in=names).order_by("pk"))
    return found or [Cpu.objects.create(name=name, cpu_mark_multi=mark) for name, mark in names.items()]


@dataclass
class World:
    """The stored rows of one seed, and what is about to be tried on them."""

    rng: random.Random
    documents: list[dict[str, Any]] = field(default_factory=list)

    def build(self) -> World:
        rng = self.rng
        self._listings()
        if rng.random() < 0.5:
            CustomField.objects.create(entity="listing", key="extra", label="Extra", data_type="number")
        with recording():  # what belongs together is written down together, as the admin does it
            for number in range(rng.randint(0, 2)):
                self._ruleset(number)
        first = self.document()
        self.documents.append(first)
        import_baseline(
            content=first,
            effect=rng.choice([None, None, "deduct"]),
            bucket_point=rng.choice([None, "low", "high"]),
        )
        self._by_hand()
        self.override()
        self._choices()
        if rng.random() < 0.4:  # a version of its own, and more by hand
            self.adopt_something()
            self._by_hand()
        mark_rules()
        return self

    @property
    def current(self) -> BaselineImport:
        found = BaselineImport.objects.active()
        assert found is not None
        return found

    def _listings(self) -> None:
        rng = self.rng
        cpus = make_processors()
        Listing.objects.bulk_create(
            Listing(
                title=f"Listing {number}",
                price_usd=rng.choice([None, 80, 200, 300, 300, 999.99]) if number else 300,
                condition=rng.choice(["new", "used", "refurb"]),
                ram_gb=rng.choice([None, 4, 8, 16, 32]),
                primary_storage_gb=rng.choice([None, 256, 1000]),
                cpu=rng.choice([None, *cpus]),
                attributes={"extra": 5} if rng.random() < 0.2 else {},
            )
            for number in range(10)
        )

    def _ruleset(self, number: int) -> None:
        rng = self.rng
        ruleset = Ruleset.objects.create(
            name=f"Own {number}",
            priority=rng.choice([1, 5, 5, 100]),
            effect=rng.choice(["add", "deduct"]),
            conditions=rng.choice([None, None, *CONDITIONS[:4]]),
            is_active=rng.random() < 0.85,
        )
        for name in ("A", "B")[: rng.randint(1, 2)]:
            group = RuleGroup.objects.create(
                ruleset=ruleset,
                name=name,
                display_order=rng.choice(ORDERS),
                weight=rng.choice(WEIGHTS),
                match_policy=rng.choice(["collect", "first"]),
                is_active=rng.random() < 0.85,
            )
            for rule in range(rng.randint(0, 3)):
                self.rule(group, f"Rule {rule}")

    def rule(self, group: RuleGroup, name: str, **fields: Any) -> Rule:
        rng = self.rng
        found = Rule.objects.create(
            group=group,
            name=name,
            evaluation_order=rng.choice(ORDERS),
            priority=rng.choice([1, 100, 100]),
            conditions=self.conditions(),
            is_active=rng.random() < 0.85,
            **fields,
        )
        for position, action in enumerate(self.actions()):
            RuleAction.objects.create(
                rule=found,
                position=position,
                action_type=action.action_type,
                metric=action.metric,
                value_usd=None if action.value_usd is None else Decimal(repr(action.value_usd)),
                formula=action.formula,
            )
        return found

    def conditions(self) -> Any:
        usable = CONDITIONS if CustomField.objects.exists() else CONDITIONS[:-1]
        return self.rng.choice(usable)

    def actions(self) -> tuple[ActionSpec, ...]:
        rng = self.rng
        return tuple(
            rng.choice(
                [
                    ActionSpec("fixed_value", value_usd=rng.choice([-12.5, 3, 20, 0])),
                    ActionSpec("multiplier", value_usd=rng.choice([-10, 5, 33.3])),
                    ActionSpec("per_unit", metric="per_gb", value_usd=1.25),
                    ActionSpec("formula", formula="coalesce(ram_gb, 1) * 0.75"),
                ]
            )
            for _ in range(rng.randint(1, 2))
        )

    # -- The baseline ------------------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """A document of format 1.1 with some of the fields, in some order."""
        rng = self.rng
        entities: dict[str, Any] = {}
        for entity, fields in FIELDS.items():
            chosen = [name for name in fields if rng.random() < 0.75]
            rng.shuffle(chosen)
            if chosen:
                entities[entity] = [self.field(entity, name) for name in chosen]
        entities = entities or {"RamSpec": [self.field("RamSpec", "memory")]}
        day = rng.randint(1, 28)
        content = {
            "schema_version": "1.1",
            "generated_at": GENERATED_AT.replace("-01T", f"-{day:02d}T") if rng.random() < 0.5 else GENERATED_AT,
            "entities": entities,
        }
        return {**content, "effect": rng.choice(["add", "deduct"])} if rng.random() < 0.3 else content

    def field(self, entity: str, name: str) -> dict[str, Any]:
        rng = self.rng
        fact = FIELDS[entity][name]
        found: dict[str, Any] = {"id": name, "proper_name": name.capitalize()}
        if rng.random() < 0.3:
            found["explanation"] = rng.choice(["One reason.", "Another reason."])
        if fact == "cpu.cpu_mark_multi" and rng.random() < 0.7:
            return {**found, "formula": rng.choice(["cpu_mark_multi / 1000", "clamp(cpu_mark_multi / 500, 0, 30)"])}
        factor = fact == "condition" and rng.random() < 0.8
        if factor:
            found["unit"] = "multiplier"
        values = (0.5, 0.8, 0.9, 1.1, (0.8, 1.0)) if factor else (-5, 10, 40, (10, 30))
        ranges: dict[str, Any]
        if fact == "condition":
            ranges = {
                name: {"field_name": fact, "operator": "equals", "value": name} for name in ("new", "used", "refurb")
            }
        else:
            edges = (4_000, 15_000) if "cpu" in fact else (8, 16) if fact == "ram_gb" else (200, 500)
            ranges = {
                "small": {"field_name": fact, "operator": "between", "value": [edges[0], edges[1] - 1]},
                "large": {"field_name": fact, "operator": "gte", "value": edges[1]},
            }
        labels = rng.sample(sorted(ranges), rng.randint(1, len(ranges)))
        return {**found, "valuation_buckets": [tier(label, [ranges[label]], rng.choice(values)) for label in labels]}

    @recording()
    def _by_hand(self) -> None:
        """What people set on groups and rules of the baseline: places, switches, names; and rules of their own."""
        rng = self.rng
        ruleset = self.current.ruleset_id
        for group in RuleGroup.objects.filter(ruleset=ruleset):
            if rng.random() < 0.3:
                group.display_order = rng.choice(ORDERS)
                group.weight = rng.choice(WEIGHTS)
                group.match_policy = rng.choice(["collect", "first"])
                group.is_active = rng.random() < 0.8
                group.name += " by hand" if rng.random() < 0.3 and group.name != BASIC_GROUP_NAME else ""
                group.entity_key = rng.choice([group.entity_key, ""])
                group.save()
            if rng.random() < 0.25:
                self.rule(group, f"Own {Rule.objects.latest('pk').pk}")
        for rule in own_rules(ruleset):
            if rng.random() < 0.25:
                rule.evaluation_order = rng.choice(ORDERS)
                rule.priority = rng.choice([1, 100])
                rule.is_active = rng.random() < 0.7 and rule.is_active
                rule.save()
        if rng.random() < 0.3:
            Ruleset.objects.filter(pk=ruleset).update(priority=rng.choice([1, 5, 100]))

    @recording()
    def override(self) -> None:
        rng = self.rng
        own = Ruleset.objects.filter(is_baseline=False).first()
        if own is not None and rng.random() < 0.4:
            ensure_basic(ruleset=own)
        document = read_document(self.current.document, field_registry())
        for item in document.fields:
            if rng.random() < 0.35:
                amount = Amount(value=rng.choice([0.5, 0.9, 1.2])) if item.unit == "multiplier" else self._amount()
                try:
                    set_override(entity=item.entity, field=item.id, amount=amount)
                except BaselineError:  # all of its rules were switched off by hand
                    continue
        basic = RuleGroup.objects.filter(name=BASIC_GROUP_NAME).first()
        if basic is not None:
            basic.match_policy = rng.choice(["collect", "collect", "first"])
            basic.display_order = rng.choice([2, 1000, 1000])
            basic.save()
            if rng.random() < 0.4:
                self.rule(basic, f"Own in adjustments {Rule.objects.latest('pk').pk}")

    def _amount(self) -> Amount:
        return self.rng.choice([Amount(value=7), Amount(low=2, high=9), Amount(formula="coalesce(ram_gb, 0) * 2")])

    def _choices(self) -> None:
        rng = self.rng
        rulesets = list(Ruleset.objects.all())
        for listing in Listing.objects.all():
            if rng.random() < 0.25:
                static = rng.choice([None, None, *rulesets])
                chosen = RulesetOverride.objects.create(listing=listing, static_ruleset=static)
                if static is None:
                    chosen.disabled_rulesets.set(rng.sample(rulesets, rng.randint(0, len(rulesets))))

    # -- What is tried -----------------------------------------------------------------------------------------

    def draft(self) -> Draft:
        """A new rule, or a stored one as somebody has changed it."""
        rng = self.rng
        stored = list(Rule.objects.select_related("group__ruleset"))
        replaced = rng.choice(stored) if stored and rng.random() < 0.7 else None
        groups = list(RuleGroup.objects.select_related("ruleset"))
        group = replaced.group if replaced and rng.random() < 0.8 else rng.choice(groups)
        keeps = replaced is not None and rng.random() < 0.5
        return Draft(
            conditions=replaced.conditions if replaced is not None and keeps else self.conditions(),
            actions=self.actions(),
            group=group,
            evaluation_order=replaced.evaluation_order if replaced is not None and keeps else rng.choice(ORDERS),
            priority=replaced.priority if replaced is not None and keeps else rng.choice([1, 100]),
            replaces=replaced.pk if replaced is not None else None,
            is_active=rng.random() < 0.9,
        )

    def candidate(self) -> dict[str, Any]:
        """Another document, of which some fields are those of the current one."""
        rng = self.rng
        found, current = self.document(), self.current.document["entities"]
        for entity, fields in found["entities"].items():
            known = {item["id"]: item for item in current.get(entity, [])}
            found["entities"][entity] = [
                known[item["id"]] if item["id"] in known and rng.random() < 0.5 else item for item in fields
            ]
        return found

    def selection(self, candidate: dict[str, Any], *, orders: bool = True) -> list[str]:
        """Some of what differs; empty where nothing does."""
        comparison = compare_with_current(read_document(candidate, field_registry()))
        keys = [key for key in comparison.diff.selectable() if orders or key != ORDER]
        if not keys or self.rng.random() < 0.3:
            return keys
        return self.rng.sample(keys, self.rng.randint(1, len(keys)))

    def adopt_something(self) -> None:
        candidate = self.candidate()
        if selected := self.selection(candidate):
            adopt(candidate=read_document(candidate, field_registry()), selected=selected)

    @recording()
    def correct_by_hand(self, except_for: list[str]) -> None:
        """Amounts and conditions of rules of fields that will not be selected."""
        for rule in own_rules(self.current.ruleset_id).prefetch_related("actions"):
            if (key := baseline_field(rule)) and key not in except_for and self.rng.random() < 0.3:
                rule.conditions = self.conditions()
                rule.save()
                rule.actions.filter(action_type="fixed_value").update(value_usd=self.rng.choice([1, 17]))
        mark_rules()
