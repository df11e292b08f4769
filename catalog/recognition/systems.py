"""Operating systems: "Windows 11 Pro", "ChromeOS", "none" where a text says that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .texts import fold, is_empty, lower

NONE = "none"
_WINDOWS = re.compile(
    r"(?=[mwв])(?:(?<![^\W_])|(?<=ssd)|(?<=gb)|(?<=hdd))(?:(?:microsoft\s|ms\s)?(?:windows?|wind|wins?|виндовс)[\s:.-]{0,2}|wi|"
    r"w)(?P<version>11|10|8\.1|8|7|vista|xp|2000|98|95|me|nt)"
    r"(?:\s?/\s?(?:windows?\s?|win\s?|w)?(?P<other>11|10|8\.1|8|7)(?!\d))?"
    r"(?:[\s,(-]{0,2}x?(?:64|32)(?:[\s-]?bits?)?[\s)-]{0,2})?"
    r"(?:[\s,(-]{0,2}(?P<edition>iot\senterprise|home\spremium|home\sbasic|professional|profesional|professionnel|"
    r"professionell|profissional|"
    r"pro|home|enterprise|education|ultimate|starter|famille|familiale|dom|p|h|e|s)(?:64|32)?)?(?![^\W_]|\.\d)"
)
# "Windows 11 compatible" is no Windows 11.
_ABLE = re.compile(r"[\s-]{1,2}(?:compatible|ready|capable|upgrad\w{2,6}|eligible|support\w{0,3})(?!\w)")
_EDITIONS = {
    **dict.fromkeys(
        ("professional", "profesional", "professionnel", "professionell", "profissional", "pro", "p"), "Pro"
    ),
    **dict.fromkeys(("home", "famille", "familiale", "dom", "h"), "Home"),
    "enterprise": "Enterprise",
    "e": "Enterprise",
    "iot enterprise": "IoT Enterprise",
    "education": "Education",
    "ultimate": "Ultimate",
    "starter": "Starter",
    "home premium": "Home Premium",
    "home basic": "Home Basic",
    "s": "S",
}
_VERSIONS = {"vista": "Vista", "xp": "XP", "me": "ME", "nt": "NT"}
_NO_SYSTEM = re.compile(
    r"(?<!\w)(?:no(?:\s?(?:hdd|ssd|hd|ram|battery|psu|charger)\s?(?:/|&|or|,|and)\s?|\s)(?:os|o/s|operating\ssystem|"
    r"windows)|without\s(?:an?\s)?(?:os|operating\ssystem|windows)|w/o\sos|"
    r"ohne\s(?:os|betriebssystem|windows|bs)|kein\s(?:os|betriebssystem|windows)|sans\s(?:os|"
    r"syst[eè]me(?:\sd'exploitation)?|windows)|"
    r"sin\s(?:os|so|sistema(?:\soperativo)?|windows)|sem\s(?:so|sistema(?:\soperacional|\soperativo)?|windows)|"
    r"bez\s(?:os|systemu|windows\w?)|brak\s(?:os|systemu)|без\s(?:ос|windows|системы|операционной\sсистемы)|(?:os|"
    r"işletim\ssistemi)\s(?:yok|none)|"
    r"os\s?:\s?none|no-os|noos)(?!\w)"
)
_OTHERS = {
    "ChromeOS": r"chrome\s?os(?:\sflex)?",
    "Linux Mint": r"linux\smint|mint\s(?:linux|os)",
    "Ubuntu": r"[xk]?ubuntu",
    "Linux": r"linux|endless\sos|debian|fedora|линукс",
    "FreeDOS": r"free[\s-]?dos",
    "MS-DOS": r"ms-?dos",
    "Android": r"android",
    "iPadOS": r"ipados",
}
_OTHER = re.compile(r"(?<!\w)(?:" + "|".join(f"({words})" for words in _OTHERS.values()) + r")(?!\w)")
_OTHER_NAMES = tuple(_OTHERS)
_MAC = re.compile(
    r"(?<!\w)(?:mac\s?os(?:\s?x)?|os\s?x|osx)(?!\w)(?:\s\d{1,2}(?:\.\d{1,2}){0,2})?(?:[\s,-]{0,2}(?P<name>tahoe|"
    r"sequoia|sonoma|ventura|monterey|big\ssur|catalina|mojave|"
    r"high\ssierra|sierra|el\scapitan|yosemite|mavericks))?|(?<!\w)(?P<alone>sequoia|sonoma|ventura|monterey|big\ssur|"
    r"catalina|mojave|high\ssierra|"
    r"el\scapitan)(?!\w)"
)
_DOS = re.compile(r"(?<!\w)DOS(?!\w)")


@dataclass(frozen=True, slots=True)
class System:
    """The operating system that a text names, and where. With `varies` it names several, and `name` is None."""

    name: str | None = None
    varies: bool = False
    spans: tuple[tuple[int, int], ...] = ()


def find_system(low: str, raw: str) -> System:
    """The operating system of a folded text; `low` is `raw` in lower case."""
    none = _NO_SYSTEM.search(low)
    if none:
        return System(NONE, False, (none.span(),))
    names: dict[str, tuple[int, int]] = {}
    varies = False
    for name, span, several in _windows(low):
        names.setdefault(name, span)
        varies |= several
    _others(low, raw, names)
    spans = tuple(names.values())
    # "Windows 10 ... Windows 10 Pro" says the second.
    said = [name for name in names if not any(other != name and other.startswith(name + " ") for other in names)]
    if len(said) > 1 and {"Ubuntu", "Linux Mint"} & set(said):
        said = [name for name in said if name != "Linux"]  # "Linux Ubuntu"
    if varies or len(said) > 1:
        return System(None, True, spans)
    if not said and "chromebook" in low:
        return System("ChromeOS")
    return System(said[0] if said else None, False, spans)


def _windows(low: str) -> Iterator[tuple[str, tuple[int, int], bool]]:
    if "w" not in low and "виндовс" not in low:
        return
    for found in _WINDOWS.finditer(low):
        glued = low[found.start() : found.start() + 2] in ("w1", "w7", "w8")
        if found["version"] in ("2000", "95", "98", "me", "nt", "xp") and "wi" not in found[0]:
            continue
        if glued and found["version"] in ("8", "7") and low[found.end() : found.end() + 1] == "-":
            continue
        version = _VERSIONS.get(found["version"], found["version"])
        edition = _EDITIONS.get(found["edition"] or "", "")
        if _ABLE.match(low, found.end()):
            continue
        several = bool(found["other"]) and found["other"] != found["version"]
        yield f"Windows {version} {edition}".strip(), found.span(), several


def _others(low: str, raw: str, names: dict[str, tuple[int, int]]) -> None:
    for found in _OTHER.finditer(low):
        names.setdefault(_OTHER_NAMES[(found.lastindex or 1) - 1], found.span())
    if "mac" in low or "os" in low:
        mac = _MAC.search(low)
        if mac and (mac["alone"] is None or "mac" in low):
            word = mac["name"] or mac["alone"]
            names[" ".join(["macOS", *(part.capitalize() for part in word.split())]) if word else "macOS"] = mac.span()
    dos = _DOS.search(raw)
    if dos and not names:  # in lower case it is Spanish for two
        names["FreeDOS"] = dos.span()


def read_system(text: str | None) -> System:
    """What a cell of a column of operating systems says."""
    if text is None:
        return System()
    raw = fold(text)
    low = lower(raw)
    if low.strip() in ("none", "no", "not included", "free dos", "dos", "n"):
        return System("FreeDOS" if "dos" in low else NONE)
    return System() if is_empty(text) else find_system(low, raw)
