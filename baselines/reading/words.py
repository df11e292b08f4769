"""The words of labels: units, conditions, media, and those that no name and no field may claim."""

from __future__ import annotations

import re

# word -> the unit as the registry names it, and how many of it the word stands for. 1 TB is 1000 GB.
UNITS: dict[str, tuple[str, float]] = {
    "mb": ("GB", 0.001),
    "gb": ("GB", 1),
    "tb": ("GB", 1000),
    "mhz": ("MHz", 1),
    "mt/s": ("MHz", 1),
    "ghz": ("MHz", 1000),
    "w": ("W", 1),
    **dict.fromkeys(("watt", "watts"), ("W", 1.0)),
    **dict.fromkeys(("core", "cores"), ("cores", 1.0)),
    **dict.fromkeys(("thread", "threads"), ("threads", 1.0)),
    **dict.fromkeys(("port", "ports"), ("ports", 1.0)),
    **dict.fromkeys(("module", "modules", "stick", "sticks"), ("modules", 1.0)),
    **dict.fromkeys(("point", "points", "mark", "marks"), ("points", 1.0)),
    **dict.fromkeys(("year", "years"), ("years", 1.0)),
    **dict.fromkeys(("usd", "dollar", "dollars"), ("USD", 1.0)),
}
CONDITION_WORDS: dict[str, tuple[str, ...]] = {
    "new": ("new", "brand new", "sealed", "factory sealed"),
    "refurb": (
        "refurbished",
        "refurb",
        "renewed",
        "recertified",
        "certified refurbished",
        "seller refurbished",
        "open box",
    ),
    "used": ("used", "like new", "pre-owned", "preowned", "second hand", "second-hand", "very good", "good"),
}
MEDIUM_WORDS: dict[str, tuple[str, ...]] = {
    "nvme": ("nvme", "nvme ssd", "pcie ssd", "m.2 nvme", "m.2 nvme ssd", "ssd"),
    "sata_ssd": ("sata ssd", "sata", "2.5 ssd", "ssd"),
    "ssd": ("ssd of unstated kind", "ssd, kind not stated", "ssd"),
    "hdd": ("hdd", "hard disk", "hard drive", "spinning disk"),
    "hybrid": ("hybrid", "hybrid drive", "sshd"),
    "emmc": ("emmc", "emmc storage"),
    "ufs": ("ufs",),
}
# Words that compare or join. A field's own name does not explain them away, and but for "max" no name has them.
JOINING = frozenset(
    (
        *("or", "and", "not", "no", "without", "with", "has", "is", "any", "all", "each", "per", "only", "exactly"),
        *("to", "from", "up", "than", "more", "less", "fewer", "above", "below", "over", "under", "between", "through"),
        *("at", "least", "most", "max", "min", "maximum", "minimum", "better", "higher", "lower", "newer", "older"),
        *("series", "present", "included", "available", "absent", "missing"),
    )
)


def words_of(*texts: str) -> frozenset[str]:
    """The words and numbers in these texts, without case."""
    return frozenset(re.findall(r"[a-z0-9]+", " ".join(texts).casefold()))
