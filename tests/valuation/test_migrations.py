"""What migrations make of rows that were there before."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import connection

from valuation.models import CoveredRules
from valuation.recalculation.marking import revision_row

pytestmark = pytest.mark.django_db

UNKNOWN = importlib.import_module("valuation.migrations.0008_unknown_is_missing")


class Editor:
    """What a migration is handed, as far as it is looked at."""

    connection = connection


def test_figures_are_computed_anew_where_unknown_was_a_value() -> None:
    before = revision_row().revision
    CoveredRules.objects.create(revision=before, document="{}")
    UNKNOWN.mark_rules(apps, Editor)
    assert revision_row().revision == before + 1
    assert not CoveredRules.objects.exists()
