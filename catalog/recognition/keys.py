"""The normalised key of a part's name: what is left when everything that does not tell parts apart is taken out."""

from __future__ import annotations

import re

from .texts import fold, lower

_CLOCK = re.compile(r"@\s{0,3}\d.*|\b\d{1,2}[.,]\d{1,3}\s?[gm]hz.*|\b\d{3,4}\s?mhz.*|\b\d\s?ghz.*")
# What follows these says which graphics are inside a processor, or how much memory a card has.
_TAIL = re.compile(r"\s(?:w/|with)\s{0,3}(?!max-?q).*|\((?!.{0,20}max-?q).*")
_GENERATION = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)?[\s-]?gen(?:eration|\.)?|\d{1,2}(?:st|nd|rd|th)|\d{1,2}[\s-]cores?)(?!\w)"
)
_WORDS = re.compile(r"[a-z]+\d*[a-z0-9]*\+?|\d+[a-z0-9]*\+?|[^\W\d_a-z][^\W_]*")
# Letters that people glue to a number, or not: "i58250u", "rtx3050", "ultra7".
_GLUED = re.compile(
    r"\b(i[3579])(?=\d{4})|\b(ultra|ryzen|rtx|gtx|gts|gt|mx|rx|wx|hd|xeon|celeron|pentium|core|athlon)(?=\d)|"
    r"\b(rtx|quadro|nvidia)(?=a\d{3,4}\b)|(?<=\d)(ti|super|xt|xtx)\b"
)
_DROPPED = frozenset(
    [
        "intel",
        "amd",
        "nvidia",
        "ati",
        "apple",
        "qualcomm",
        "mediatek",
        "the",
        "cpu",
        "apu",
        "processor",
        "processors",
        "processeur",
        "prozessor",
        "procesador",
        "procesor",
        "processador",
        "işlemci",
        "процессор",
        "soc",
        "chip",
        "mobile",
        "graphics",
        "gpu",
        "generation",
        "vpro",
        "series",
        "edition",
        "dual",
        "quad",
        "hexa",
        "octa",
        "six",
        "eight",
        "triple",
        "core",
        "cores",
    ]
)
_NUMBERED = re.compile(r"\d{2}|\d[a-z]|[a-z]\d")
_FAMILIES = {
    "geforce": re.compile(r"rtx$|gtx$|gts$|gt$|mx\d*$"),
    "radeon": re.compile(r"rx$|pro$|hd$|r[2-9]$|vega$|wx$"),
}
_SHORT_RYZEN = re.compile(r"r([3579])(?=\s(?:pro\s)?\d{4}[a-z])")
_OLD_LINES = {"m": "m", "q": "qm", "l": "lm", "u": "um"}
_PENTIUM_COLOURS = frozenset(("silver", "gold"))


def part_key(name: str) -> str:
    """The name in lower case, without vendor, marks, clock, generation and filler: "core i5-8500T CPU @ 2.10GHz" and
    "Intel(R) Core(TM) i5-8500T" are both "i5 8500t"."""
    text = _GLUED.sub(lambda found: f" {found[0]} ", lower(fold(name)).replace("core2", "core 2 "))
    clocked = _GENERATION.sub(" ", _TAIL.sub("", text))
    key = _key_of(_CLOCK.sub("", clocked))
    # "Celeron 1.70GHz" has no other number to tell it from its sisters.
    return key if _NUMBERED.search(key) else _key_of(clocked)


def _key_of(text: str) -> str:
    words = _WORDS.findall(text)
    kept = [word for at, word in enumerate(words) if not _is_filler(words, at)]
    return _tidy(" ".join(kept or words))


def _is_filler(words: list[str], at: int) -> bool:
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word == "core":  # "Core 2 Duo", and "Core 5 210H", are families of their own
        return following not in ("2", "duo", "solo", "3", "5", "7", "9")
    if word in _FAMILIES:
        return bool(_FAMILIES[word].match(following))
    return word in _DROPPED


def _tidy(key: str) -> str:
    key = _SHORT_RYZEN.sub(r"ryzen \1", key) if key[:1] == "r" else key
    key = re.sub(r"^ryzen pro ([3579])\b", r"ryzen \1 pro", key)
    key = re.sub(r"^(i[357]) ([mqlu]) (\d{3})$", lambda old: f"{old[1]} {old[3]}{_OLD_LINES[old[2]]}", key)
    key = re.sub(r"\bmax q\b", "maxq", key).replace(" design", "")
    key = re.sub(r"^(e3|e5|e7) (\d{4}[a-z]{0,2}?)v(\d)$", r"\1 \2 v\3", key.removeprefix("xeon "))
    return re.sub(r"^pro (a\d{1,2}) ", r"\1 pro ", key)


def short_forms(key: str) -> list[str]:
    """What people write for a key: the number alone, without "PRO", "Laptop", "Silver". Only a form that one part of a
    catalog has will be understood."""
    words = key.split()
    forms: list[str] = []
    for dropped in ("pro", "laptop", "apu", "maxq"):
        if dropped in words:
            forms.append(" ".join(word for word in words if word != dropped))
    if words and words[0] in ("pentium", "athlon") and len(words) > 2 and words[1] in _PENTIUM_COLOURS:
        forms.append(" ".join([words[0], *words[2:]]))
    number = words[-1] if words else ""
    if (
        len(number) >= 4
        and not number.endswith("hz")
        and any(c.isdigit() for c in number)
        and any(c.isalpha() for c in number)
    ):
        forms.append(number)
    return [form for form in dict.fromkeys(forms) if form and form != key]
