"""`make bench`: starts Django without a queue, so that the work is done here, where it can be timed."""

from __future__ import annotations

import os
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealbrain.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
# Kept for the part that starts workers.
os.environ["BENCH_REDIS_URL"] = os.environ.pop("REDIS_URL", "")
django.setup()
import_module("tests.benchmarks.measures").main()
