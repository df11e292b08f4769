"""Which machine: its maker, model and form."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from .makers import (
    ALL_IN_ONE,
    DESKTOP,
    LAPTOP,
    MAKERS,
    MINI,
    SERIES,
    SERIES_AFTER_MAKER,
    SERVER,
    SFF,
    TABLET,
    TOWER,
)
from .texts import either, lower

_MAKER = re.compile(rf"(?<![^\W_]){either(MAKERS)}(?![^\W_])")
_SERIES = re.compile(r"(?<![^\W_])" + either(SERIES, space=r"\s?") + r"(?![^\W\d_])")
_BY_LETTERS = {name.replace(" ", ""): name for name in reversed(SERIES)}
# Form -> words for it; of several that a text holds the first of this table counts.
_FORM_WORDS = {
    ALL_IN_ONE: r"all[\s-]in[\s-]one|aio|todo\sen\suno|tout[\s-]en[\s-]un|tudo\sem\sum|моноблок",
    LAPTOP: (
        r"laptops?|laptopa|notebooks?|netbooks?|ultrabooks?|chromebooks?|ноутбук\w?|port[aá]til|"
        r"ordinateur\sportable|pc\sportable|dizüstü|mobile\sworkstation|port[aá]teis|portatile"
    ),
    TABLET: r"tablets?|tablette|tableta|планшет",
    SERVER: r"servers?|rack\sserver|сервер",
    MINI: (
        r"mini[\s-]?pc|mini\sdesktop|mini\scomputer|nuc|usff|ultra\ssmall\sform\sfactor|tiny|"
        r"micro\s(?:pc|desktop|tower)|micro\sform\sfactor|mff|desktop\smini|1\s?l"
    ),
    SFF: r"sff|small\sform\sfactor|slim\sdesktop",
    TOWER: r"towers?|mini[\s-]?tower|full[\s-]?tower|torre|turm",
    DESKTOP: (
        r"desktops?|gaming\spc|pc\sgamer|pc\sde\sbureau|sobremesa|системный\sблок|masaüstü|komputer\sstacjonarny|"
        r"desktop-pc|gaming\scomputer"
    ),
}
_FORM_NAMES = tuple(_FORM_WORDS)
_FORMS = re.compile(
    r"(?<!\w)(?:" + "|".join(f"(?P<f{at}>{words})" for at, words in enumerate(_FORM_WORDS.values())) + r")(?!\w)"
)
_SMALL_DESKTOP = re.compile(r"(?<!\w)(?:mini|micro|dm|tiny|mff)(?!\w)|(?<!\w)m\d{2,3}q(?!\w)")
_LENOVO_TINY = re.compile(r"(?<!\w)m(?:[679]0|75|[679][0-9]{2})q(?!\w)")
_TOWER_SHORT = re.compile(r"(?<!\w)mt(?!\w)")
# What ends a model: signs, and words that belong to no name.
_STOP = re.compile(
    r"[|,/()\[\]:;*\"!+=@#&<>~]|\s-\s|\s-|-\s|(?<!\w)(?:laptops?|notebooks?|netbook|computers?|tablet|pc|mini\spc|"
    r"desktop|tower|sff|usff|micro|tiny|intel|amd|core|"
    r"chip|cpu|processor|ryzen|celeron|pentium|xeon|ultra|quad|dual|octa|touch\w{0,6}|fhd\+?|hd\+?|uhd|qhd\+?|wuxga|"
    r"wqxga|wqhd|wxga\+?|4k|3k|2k|oled|ips|led|lcd|"
    r"gaming|business|student|school|college|creator|workstation|mobile|win\w*|w1[01]\w?|windows|chrome|linux|ubuntu|"
    r"ram|ssd|hdd|nvme|ddr\d|memory|"
    r"storage|used|new|refurbished|renewed|excellent|good|great|mint|grade|untested|tested|broken|faulty|for|with|and|"
    r"no|not|parts|spares|repair|"
    r"fast|cheap|bundle|lot|read|see|black|silver|grey|gray|white|blue|gold|pink|red|space|platinum|dark|chocolate|"
    r"starry|natural|charcoal|webcam|wifi|cam|backlit|keyboard|"
    r"thin|light|lightweight|premium|portable|convertible|tactile|portatil|portátil|ordinateur|inch|inches|zoll|early|"
    r"mid|late|"
    r"i[3579]|m[1-5]|u[579]|r[3579]|m[357]|evo|vpro|gb|tb|\d+gb|\d+g|\d+tb|[\d.]+ghz|\d+hz|\d{3,4}p|"
    r"\d{3,4}\s?x\s?\d{3,4}|20[012]\d|19\d\d|edition|series|model|type|"
    r"wie|neu|neuwertig|gebraucht|defekt|für|occasion|reconditionné|usado|reacondicionado|używany|poleasingowy|avec|"
    r"sans|sin|ohne|\d{1,2}x|"
    r"boots?|azerty|qwertz?y?|free|sale|in|on|the|de|con|mit|avec|do|na|e|of|to|a|an|is|w)(?![\w])"
)
_GENERATION = re.compile(r"(?<!\w)(\d{1,2})(?:st|nd|rd|th)\s?gen(?:eration)?(?!\w)", re.IGNORECASE)
_NUMBERS = re.compile(r"(?<![\w-])[a-z]?\d{3,4}[a-z]?(?![\w-])", re.IGNORECASE)
_SCREEN = re.compile(r"\s{0,2}\|{3,8}(?=\s[a-z]?\d{3})", re.IGNORECASE)
_MOST_WORDS = 5
_GEN = re.compile(r"\bgen\b", re.IGNORECASE)
_SAID_TWICE = re.compile(r"\bg(\d{1,2}) gen \1\b", re.IGNORECASE)
_TWICE = re.compile(r"^([A-Z]) (?=\1\d)")  # "V V15"
_GEN_IN_MODEL = ("thinkpad", "thinkbook", "yoga", "ideapad", "chromebook")


@dataclass(frozen=True, slots=True)
class Machine:
    """The maker, model and form that a text names; the series among them, and where the name begins."""

    brand: str | None = None
    model: str | None = None
    form_factor: str | None = None
    series: str | None = None
    at: int | None = None


def find_machine(low: str, rest: str) -> Machine:
    """The machine of a folded text; `rest` is the text in its own case with all that is not its name blanked."""
    makers = {MAKERS[found[0]]: found for found in _MAKER.finditer(low)}
    series = _find_series(low, makers)
    brand = _brand(makers, series)
    form = _form(low, series)
    first = series[0][0] if series else None
    at = min((found.start() for found in (*makers.values(), *(found for _, found in series))), default=None)
    if brand is None and len(makers) > 1:
        return Machine(None, None, form, first, at)
    return Machine(brand, _model(rest, makers.get(brand or ""), series), form, first, at)


def _find_series(low: str, makers: Container[str]) -> list[tuple[str, re.Match[str]]]:
    found: list[tuple[str, re.Match[str]]] = []
    for match in _SERIES.finditer(low):
        name = _BY_LETTERS[match[0].replace(" ", "")]
        if name not in SERIES_AFTER_MAKER or SERIES[name][1] in makers:
            found.append((name, match))
    return found


def _brand(makers: dict[str, re.Match[str]], series: list[tuple[str, re.Match[str]]]) -> str | None:
    """The maker that is named, or that the series has; nothing where a text names several."""
    named = dict.fromkeys(makers)
    if len(named) > 1:
        for lesser, greater in (
            ("Compaq", "HP"),
            ("Alienware", "Dell"),
            ("VAIO", "Sony"),
            ("Dynabook", "Toshiba"),
            ("Gigabyte", "MSI"),
        ):
            if lesser in named and greater in named:
                del named[lesser]
        named.pop("Google", None)
        named.pop("Stone", None)
    implied = dict.fromkeys(SERIES[name][1] for name, _ in series if SERIES[name][1])
    if len(named) == 1:
        return next(iter(named))
    if not named and len(implied) == 1:
        return next(iter(implied))
    both = [maker for maker in named if maker in implied]
    return both[0] if len(both) == 1 and len(named) == 2 else None


def _form(low: str, series: list[tuple[str, re.Match[str]]]) -> str | None:
    groups = sorted({found.lastgroup or "" for found in _FORMS.finditer(low)})
    said = [_FORM_NAMES[int(group[1:])] for group in groups]
    known = next((SERIES[name][2] for name, _ in series if SERIES[name][2]), None)
    if ALL_IN_ONE in said:
        return ALL_IN_ONE
    if known == DESKTOP:
        if _SMALL_DESKTOP.search(low):
            return MINI
        if _TOWER_SHORT.search(low):
            return TOWER
        return next((form for form in (MINI, SFF, TOWER) if form in said), DESKTOP)
    if known and known != LAPTOP:
        return known
    if known == LAPTOP and not set(said) & {TOWER, SFF, MINI}:
        return (
            TABLET
            if TABLET in said and LAPTOP not in said and not {"thinkpad", "latitude"} & {n for n, _ in series}
            else LAPTOP
        )
    if not said and _LENOVO_TINY.search(low):
        return MINI
    return said[0] if said else known


def _model(rest: str, maker: re.Match[str] | None, series: list[tuple[str, re.Match[str]]]) -> str | None:
    """The words behind the series, or behind the maker, up to the first that belongs to no name."""
    at = series[0][1] if series else maker
    if at is None:
        return None
    tail = rest[at.end() : at.end() + 60]
    screen = _SCREEN.match(tail)
    tail = tail[screen.end() if screen else 0 :]  # "Latitude 12.5\" E7250"
    stop = _STOP.search(lower(tail))
    words = (tail[: stop.start()] if stop else tail).split()
    name = " ".join(_tidy(words[:_MOST_WORDS], series, maker))
    if series:
        between = "" if tail[:1].isdigit() else " "  # "Galaxy Book4"
        name = f"{SERIES[series[0][0]][0]}{between}{name}".strip()
    if len(_NUMBERS.findall(name)) > 2:
        return None  # "735 835 845 840" are several models
    return name if any(char.isalnum() for char in name) and len(name) > 1 else None


def _tidy(words: list[str], series: list[tuple[str, re.Match[str]]], maker: re.Match[str] | None) -> list[str]:
    """Without the maker, a letter said twice and a trailing screen size; a generation as "Gen 3"."""
    names = {maker[0]} if maker else set()
    text = " ".join(word for word in words if word.lower() not in names)
    if "gen" in text.lower():
        text = _with_generation(text, bool(series) and series[0][0] in _GEN_IN_MODEL)
    text = _TWICE.sub("", text)
    parts = [part.strip("-.'_") for part in text.split()]
    parts = [part for part in parts if part]
    if len(parts) > 1 and re.fullmatch(r"1[0-8]", parts[-1]) and re.search(r"\d{3}", " ".join(parts[:-1])):
        parts.pop()
    return parts


def _with_generation(text: str, of_model: bool) -> str:
    """ "G11 11th Gen" of a ThinkPad is "Gen 11"; elsewhere the generation is the processor's."""
    text = _GENERATION.sub(lambda found: f"Gen {found[1]}" if of_model else "", text)
    return _SAID_TWICE.sub(r"Gen \1", _GEN.sub("Gen", text))


def read_brand(text: str | None) -> str | None:
    """A maker as it is shown, from a cell: "LENOVO", "hewlett packard"; None where it is no maker we know."""
    return MAKERS.get(" ".join(text.lower().split())) if text else None
