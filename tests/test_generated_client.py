"""A client that is generated from the document, against a server that runs: it types what it says, and it works."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dealbrain.api.schema.generator import generate
from dealbrain.tokens import create_token
from tests.factories import StaffFactory

PACKAGE = "generated_dealbrain"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package of the client is."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(json.dumps(generate()))
    (folder / "config.yml").write_text("post_hooks: []\n")
    command = "import sys; from openapi_python_client.cli import app; app()"
    options = ["--config", "config.yml", "--meta", "none", "--output-path", PACKAGE, "--fail-on-warning"]
    made = subprocess.run(
        [sys.executable, "-c", command, "generate", "--path", "openapi.json", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (made.returncode, made.stderr) == (0, ""), made.stdout + made.stderr
    assert "arning" not in made.stdout
    return folder


class Generated:
    """The client, known by a token; `call` names an operation and gives its answer, which must be a success."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.models: Any = import_module(f"{PACKAGE}.models")

    def call(self, operation: str, *args: Any, **named: Any) -> Any:
        module: Any = import_module(f"{PACKAGE}.api.{operation}")
        answer = module.sync_detailed(*args, client=self.client, **named)
        assert answer.status_code < 300, answer.content
        return answer.parsed


@pytest.fixture
def generated(made: Path, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Generated]:
    monkeypatch.syspath_prepend(made)
    package: Any = import_module(PACKAGE)
    _, token = create_token(user=StaffFactory(is_superuser=True))
    with package.AuthenticatedClient(base_url=live_server.url, token=token, raise_on_unexpected_status=True) as client:
        yield Generated(client)


@pytest.mark.django_db(transaction=True)
def test_from_a_rule_to_the_price_of_a_listing(generated: Generated) -> None:
    call, models = generated.call, generated.models
    ruleset = call("rules.rulesets_create", body=models.RulesetDetailRequest(name="Mine"))
    group = call(
        "rules.rule_groups_create",
        body=models.GroupDetailRequest(ruleset_id=ruleset.id, name="Memory", weight=0.5),
    )
    rule = call(
        "rules.valuation_rules_create",
        body=models.RuleRequest(
            group_id=group.id,
            name="By the GB",
            conditions=models.NotCondition(
                models.NotConditionLogicalOperator.NOT,
                [models.ComparingCondition("ram_gb", models.ComparingConditionOperator.LESS_THAN, 16)],
            ),
            actions=[
                models.PerUnitActionRequest(
                    models.PerUnitActionRequestActionType.PER_UNIT, metric="per_gb", value_usd=2.51
                )
            ],
        ),
    )
    assert (rule.version, rule.actions[0].value_usd) == (1, 2.51)
    listing = call(
        "listings.listings_create",
        body=models.ListingRequest(title="=A machine", price_usd=289.5, ram_gb=16, cpu_name="Ryzen 5"),
    )
    breakdown = call("listings.listings_valuation_breakdown_retrieve", listing.id)
    [adjustment] = breakdown.adjustments
    assert (adjustment.rule_id, adjustment.rule_group_id, adjustment.ruleset_id) == (rule.id, group.id, ruleset.id)
    assert adjustment.adjustment_amount == adjustment.actions[0].value == 20.08  # 16 x 2.51 x 0.5
    assert (breakdown.base_price_usd, breakdown.total_adjustment, breakdown.adjusted_price_usd) == (
        289.5,
        20.08,
        309.58,
    )
    read = call("listings.listings_retrieve", listing.id)
    assert (read.adjusted_price_usd, read.total_adjustment, read.stale) == (309.58, 20.08, False)
    [ranked] = call("listings.listings_list", adjusted_price_usd_gte=309.58, ordering="-adjusted_price_usd").items
    assert ranked.id == listing.id
    [row] = csv.DictReader(io.StringIO(call("listings.listings_export")))
    assert (row["title"], row["cpu_name"]) == ("'=A machine", "Ryzen 5")
    assert (float(row["price_usd"]), float(row["adjusted_price_usd"])) == (289.5, 309.58)


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_a_problem_with_its_places(generated: Generated) -> None:
    create: Any = import_module(f"{PACKAGE}.api.rules.valuation_rules_create")
    models = generated.models
    wrong = models.KnownCondition("ram", models.KnownConditionOperator.IS_NULL)
    body = models.RuleRequest(group_id=1, name="", conditions=[wrong])
    answer = create.sync_detailed(client=generated.client, body=body)
    assert (answer.status_code, answer.parsed.status) == (400, 400)
    assert {"group_id", "name", "conditions[0].field_name"} <= {found.path for found in answer.parsed.errors}
