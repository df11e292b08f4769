"""`make bench` and `make bench-api`: start Django without a queue, so that the work is done where it can be timed."""

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
import_module(f"tests.benchmarks.{'api' if 'api' in sys.argv[1:2] else 'measures'}").main()
