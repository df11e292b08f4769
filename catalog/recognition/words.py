"""Words for memory and drives, in the eight languages of offers, and the medium that words for a drive add up to."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .sizes import Label

# kind -> what it looks like; the first that fits counts.
_WORDS = {
    "card": (
        r"vram|gddr\d?x?|gpu|video(?:\s(?:ram|memory|card))?|graphics?(?:\s(?:ram|memory|card))?|grafik\w{0,8}|"
        r"dedicated|nvidia|geforce|radeon|quadro|видеопамят\w"
    ),
    "other": (
        r"optane(?:\smemory)?(?!\s(?:ssd|nvme|\d))|(?:micro\s?)?sd(?:hc|xc)?(?:\s?card)?|"
        r"usb(?:\s?(?:stick|drive|flash))?|pen\s?drive|cloud|one\s?drive|google\sdrive|cache|transfer|"
        r"external\s(?:hdd|ssd|hard\sdrive|drive)"
    ),
    "memory": (
        r"(?:lp)?ddr[2345]?l?x?(?![a-z])(?:[\s,-]{0,2}\d{3,4}(?:\s?mhz|\s?mt/s)?(?!\s?gb|\d|\s?tb|\w))?|so-?dimm|"
        r"pc[345]l?-\d{4,5}\w?|ramz?|unified\smemory|uma|arbeitsspeicher|hauptspeicher|m[eé]moire\svive|"
        r"mem[oó]ria\sram|memoria|mem[oó]ria|m[eé]moire|memory|mem|озу|оперативн\w{1,3}(?:\sпамят\w)?|память|"
        r"pami[eę][cć](?:\sram)?|operacyjn\w{1,2}|bellek|рам"
    ),
    "hybrid": r"sshd|hybrid\s(?:drive|hdd|disk)|fusion\sdrive",
    "emmc": r"e-?mmc",
    "ufs": r"ufs(?:\s?\d\.\d)?",
    "nvme": (
        r"nvme?|nmve|nvm\s?express|pcie?(?:\s?(?:gen)?\s?[345](?:\.0)?)?(?:\s?x[24])?|pci[\s-]express(?:\s\d\.\d)?"
    ),
    "msata": r"m-?sata",
    "sata": r"sata(?:\s?(?:3|ii|iii))?(?:\s6\s?gb/s)?",
    "m2": r"m\.?2(?=\s|ssd|nvme|pcie|sata|[,/)]|$)|2280",
    "ssd": (
        r"ssds?(?:\sdrive)?|solid[\s-]state(?:\s(?:drive|disk|hard\sdrive))?|flash(?:\s(?:storage|drive|memory))?|"
        r"твердотельн\w{1,3}"
    ),
    "hdd": (
        r"hdds?|hhd|hard[\s-]?(?:disk\s?)?(?:drive|disk)s?|sas|festplatte|disque\sdur|disco\s(?:duro|r[ií]gido)|"
        r"dysk\stwardy|sabit\sdisk|harddisk|ж[её]стк\w{2}\sдиск|винчестер"
    ),
    "rpm": r"(?:5|7|10)[.,]?[0-9]00\s?(?:rpm|u/min|об/мин)|15k",
    "hd": r"hd(?=[\s,/|)]|$)(?!\s?(?:graphics|\d{3,4}|\+))",
    "storage": (
        r"storage|speicher|stockage|almacenamiento|armazenamento|depolama|rom|dysk|disque|disco|disk|диск|"
        r"накопител\w|drive"
    ),
}
# The other kinds are of drives. Memory of a card, and what is plugged in, are of neither.
_ROLES = {"memory": "memory", "card": "other", "other": "other"}
_LABEL = re.compile(
    r"(?:(?<![^\W\d_])|(?<=[boe])(?:(?<=\dgb)|(?<=\dtb)|(?<=\dgo)|(?<=\dto)|(?<=nvme)|(?<=pcie)))(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in _WORDS.items())
    + r")(?:(?![^\W\d_])|(?=win|ssd|nvme|hdd))"
)
# Words before a label that take it back: "No SSD", "ohne Festplatte", "DVD drive".
_NO = re.compile(
    r"(?:^|[\s(,/|-])(?:no|without|w/o|ohne|sans|sin|sem|bez|без|missing|dvd|cd|optical|optisches|tape|floppy|zip|"
    r"fingerprint)[\s-]{1,2}(?:hdd/)?$"
)
_NONE_BEHIND = re.compile(r"\s?(?:yok|missing|removed|not\sincluded|caddy|bay|slot|enclosure|adapter|tray)(?!\w)")
_GENERATION = re.compile(r"(lp)?ddr([2345])(l)?(x)?")
_MODULE = re.compile(r"pc([345])l?-")
_SPEED = re.compile(r"(\d{3,5})")
_KNOWN_GENERATIONS = frozenset(["ddr3", "ddr4", "ddr5", "lpddr4", "lpddr4x", "lpddr5", "lpddr5x"])
_BETWEEN = re.compile(r"[\s(),-]{0,3}|\s?/\s?")


def find_labels(low: str) -> list[Label]:
    """The labels of a text in order; words of one thing that stand together are one label."""
    labels: list[Label] = []
    for found in _LABEL.finditer(low):
        if _NO.search(low[max(0, found.start() - 14) : found.start()]) or _NONE_BEHIND.match(low, found.end()):
            continue
        kind = found.lastgroup or "storage"
        role = _ROLES.get(kind, "drive")
        label = Label(found.start(), found.end(), role, {kind})
        if role == "memory":
            _read_generation(label, found[0])
        if labels and _belong(labels[-1], label, low):
            _merge(labels[-1], label)
        else:
            labels.append(label)
    return labels


def _belong(left: Label, right: Label, low: str) -> bool:
    """Whether two labels are one: "DDR4 RAM", "M.2 NVMe SSD", "SSD memory"; but "HDD SSD" are two."""
    between = low[left.end : right.start]
    if not _BETWEEN.fullmatch(between) or "\n" in between:
        return False
    if left.role == right.role == "drive":
        solid = {"nvme", "ssd", "msata", "m2"}
        if ("/" in between or "-" in between) and left.kinds & solid and right.kinds & {"hdd"}:
            return False
        return not (right.kinds & solid and low.startswith("hdd", left.start) and not between.strip())
    if (
        left.role == "drive"
        and right.role == "memory"
        and left.kinds & {"ssd", "emmc"}
        and low[right.start : right.end] == "memory"
    ):
        right.role = "drive"
        right.kinds = {"storage"}
        return True
    return left.role == right.role and "/" not in between


def _merge(into: Label, label: Label) -> None:
    into.end = label.end
    into.kinds |= label.kinds
    into.generation = into.generation or label.generation
    into.speed = into.speed or label.speed


def _read_generation(label: Label, words: str) -> None:
    found = _GENERATION.match(words)
    if found:
        name = f"{found[1] or ''}ddr{found[2]}{found[4] or ''}"
        label.generation = name if name in _KNOWN_GENERATIONS else None
        speed = _SPEED.search(words, found.end())
        if speed and 400 <= int(speed[1]) <= 10_000:
            label.speed = int(speed[1])
    elif module := _MODULE.match(words):
        label.generation = f"ddr{module[1]}"


def medium_of(kinds: Iterable[str]) -> str:
    """The medium that kinds of words add up to: `unknown` where they say only that it is a drive."""
    said = set(kinds)
    for medium in ("emmc", "ufs", "hybrid"):
        if medium in said:
            return medium
    if "nvme" in said and not said & {"sata", "msata", "hdd"}:
        return "nvme"
    if said & {"ssd", "m2", "msata", "nvme"}:
        return "sata_ssd" if said & {"sata", "msata"} else "ssd"
    return "hdd" if said & {"hdd", "rpm", "hd"} else "unknown"
