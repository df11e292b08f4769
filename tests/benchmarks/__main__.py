"""`make bench`, `bench-api` and the others: Django without a queue, so that the work can be timed."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealbrain.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
# Kept for the part that starts workers.
os.environ["BENCH_REDIS_URL"] = os.environ.pop("REDIS_URL", "")
django.setup()
PARTS = ("api", "titles", "imports", "effect", "market", "analytics")
part = sys.argv[1] if sys.argv[1:2] and sys.argv[1] in PARTS else "measures"
import_module(f"tests.benchmarks.{part}").main()
