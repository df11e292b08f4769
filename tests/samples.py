"""Real data made by others, which is not part of the project: in the folder that DEALBRAIN_SAMPLES names."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(os.environ.get("DEALBRAIN_SAMPLES", Path(__file__).resolve().parents[2] / "shared" / "data"))
MISSING = "DEALBRAIN_SAMPLES names no folder with this file"
NEWEGG_OFFERS = FOLDER / "newegg_laptops_cpu_gpu_mark.csv"
GOLD_TITLES = FOLDER / "gold_titles.jsonl"
EBAY_TITLES = FOLDER / "ebay_laptops_titles.csv"
BASELINE_1_0 = FOLDER / "baseline-v1.0.json"
