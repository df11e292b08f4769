"""What the recalculation has to say to operators, from the rows that every run leaves."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from valuation.choices import RunState
from valuation.models import RecalculationRun
from valuation.recalculation.marking import revision_row, stale_listings, stale_since


class RecalculationCollector(Collector):
    """Six queries."""

    def collect(self) -> Iterator[Metric]:
        row = revision_row()
        since = stale_since(row)
        age = (timezone.now() - since).total_seconds() if since else 0.0
        stale = stale_listings(row).count()
        yield GaugeMetricFamily("dealbrain_stale_listings", "Listings whose figures are out of date.", value=stale)
        yield GaugeMetricFamily("dealbrain_oldest_stale_seconds", "For how long the oldest has been so.", value=age)
        runs = GaugeMetricFamily("dealbrain_recalculation_runs", "Runs by state.", labels=["state"])
        counts = dict(RecalculationRun.objects.order_by().values_list("state").annotate(Count("pk")))
        for state in RunState.values:
            runs.add_metric([state], counts.get(state, 0))
        yield runs
        last = RecalculationRun.objects.filter(state=RunState.DONE).exclude(done=0).first()
        if last is not None:
            yield from _of(last)


def _of(run: RecalculationRun) -> Iterator[Metric]:
    """The last run that did something."""
    assert run.finished_at is not None
    took = (run.finished_at - run.started_at).total_seconds()
    yield GaugeMetricFamily("dealbrain_last_run_listings", "Listings it looked at.", value=run.done)
    yield GaugeMetricFamily("dealbrain_last_run_written", "Rows it wrote.", value=run.written)
    yield GaugeMetricFamily("dealbrain_last_run_failed", "Listings it could not value.", value=run.failed)
    yield GaugeMetricFamily("dealbrain_last_run_seconds", "From its start to its end.", value=took)
    if took > 0:
        yield GaugeMetricFamily("dealbrain_last_run_rows_per_second", "Listings a second.", value=run.done / took)
    for name, text, label, values, scale in (
        ("dealbrain_last_run_phase_seconds", "Seconds by phase, of all workers.", "phase", run.seconds, 1),
        ("dealbrain_last_run_ruleset_seconds", "Seconds of evaluation by ruleset.", "ruleset", run.rulesets, 1),
        ("dealbrain_last_run_layer_dollars", "Sum of adjustments by layer.", "layer", run.layers, 100),
    ):
        family = GaugeMetricFamily(name, text, labels=[label])
        for key, value in values.items():
            family.add_metric([key], value / scale)
        yield family
