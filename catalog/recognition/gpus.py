"""Graphics: the cards that a text names, and the names of integrated graphics, which are no cards.

Integrated graphics are taken out first, by their list of names. What is left is read by one pattern a family, each
refusing numbers that its family never had.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .cpus import is_compared
from .graphics import BARE_CARDS, INSIDE_RYZENS, INTEGRATED, MACHINES_WITH_NUMBERS, TWO_CARDS
from .patterns import Found, Make, Place, Row, row
from .texts import blank, either, fold, is_empty, lower

_END = r"(?![\w]|[.,]\d|\s?x\s?\d)"
_B = r"(?<![\w.])"


@dataclass(frozen=True, slots=True)
class Graphics:
    """What a text says of graphics: cards, and integrated ones by the words that name them."""

    cards: tuple[Place, ...] = ()
    integrated: tuple[Place, ...] = ()


# No two names of the list begin at one place but the longer is meant; a number behind "Radeon R7" makes it a card.
_INTEGRATED = re.compile(
    r"(?<![\w.])(?:(?:intel|amd|ati)\s{1,3})?" + either(INTEGRATED, space=r"[\s-]{1,2}") + r"(?![\w]|\s?m?\d{3}|\smax)"
)
_INTEGRATED_HINTS = (
    "radeon",
    "hd",
    "iris",
    "vega",
    "graphics",
    "uhd",
    "gma",
    "arc",
    "adreno",
    "mali",
    "680m",
    "780m",
    "890m",
    "8060s",
    "ion",
    "powervr",
)
_ADA_ONLY = frozenset(("500", "1000", "2000", "3500"))
_RTX_PRO = frozenset(["3000", "4000", "4500", "5000", "5500", "5880", "6000", "8000"])
_GEFORCE_MX = frozenset(["110", "130", "150", "230", "250", "330", "350", "450", "550", "570"])
_GTX = re.compile(r"[2-9]\d\d|10[5-8]0|16[3-6]0")
_GT = re.compile(r"[2-7]\d\d|1010|1030")
_TAIL_WORDS = (
    r"(?P<tail>[\s-]{0,2}(?:ti\ssuper|ti|super|le|"
    r"se)(?![\w]))?(?P<more>[\s-]{0,3}(?:with\s)?(?:max[\s-]?q(?:\sdesign)?|laptop\sgpu|mobile\b))?"
)


def _tail(found: Found) -> str:
    tail = (found["tail"] or "").strip(" -").replace("ti", "Ti").replace("super", "Super").replace("le", "LE")
    more = found["more"] or ""
    tail += " Max-Q" if "q" in more else " Laptop GPU" if "laptop" in more else ""
    return f" {tail.strip()}" if tail.strip() else ""


def _rtx(found: Found) -> str | None:
    number, professional = found["number"].upper(), found["quadro"]
    if number.startswith("A"):
        return f"NVIDIA RTX {number}"
    if re.fullmatch(r"[2-9]0[5-9]0", number):
        return f"NVIDIA GeForce RTX {number}{_tail(found)}"
    if found["pro"]:
        return f"NVIDIA RTX PRO {number}" + (" Blackwell" if found["ada"] == "blackwell" else "")
    if found["ada"]:
        return f"NVIDIA RTX {number} Ada"
    if professional and number in _RTX_PRO:
        return f"NVIDIA Quadro RTX {number}" + (" Max-Q" if "q" in (found["more"] or "") else "")
    if number in _ADA_ONLY:
        return f"NVIDIA RTX {number} Ada"
    return f"NVIDIA RTX {number}" if number in _RTX_PRO else None


def _gtx(found: Found) -> str | None:
    kind, number, letters = found["kind"].upper(), found["number"], (found["letters"] or "").upper()
    known = {"GTX": _GTX, "GT": _GT, "GTS": _GT}[kind].fullmatch(number)
    if not known:
        return BARE_CARDS.get((number + letters).lower())  # "GT 940MX", which is a 940MX
    return f"NVIDIA GeForce {kind} {number}{letters}{_tail(found)}"


def _gtx_behind(found: Found) -> str | None:
    return f"NVIDIA GeForce GTX {found['number']}" if _GTX.fullmatch(found["number"]) else None


def _mx(found: Found) -> str | None:
    return f"NVIDIA GeForce MX{found['number']}" if found["number"] in _GEFORCE_MX else None


def _geforce(found: Found) -> str | None:
    number, letters = found["number"], (found["letters"] or "").upper()
    known = BARE_CARDS.get((number + letters).lower())
    if known:
        return known
    if re.fullmatch(r"[2-9]0[5-9]0", number):
        return f"NVIDIA GeForce RTX {number}{_tail(found)}"
    if re.fullmatch(r"1[06]\d0", number):
        return f"NVIDIA GeForce GTX {number}{_tail(found)}"
    return f"NVIDIA GeForce {number}{letters}" if letters else None


def _shop_number(found: Found) -> str | None:
    """ "/2060 6GB/", as one chain of shops writes."""
    family = "RTX" if found["number"][1] == "0" and found["number"][0] in "2345" else "GTX"
    return f"NVIDIA GeForce {family} {found['number']}{_tail(found)}"


def _quadro(found: Found) -> str | None:
    line = (found["line"] or "").strip().upper()
    number = found["number"].upper()
    return f"NVIDIA Quadro {line + ' ' if line else ''}{number}" + (" Max-Q" if found["maxq"] else "")


def _nvidia(found: Found) -> str | None:
    number = found["number"].upper()
    return f"NVIDIA {'RTX ' if number[0] == 'A' else ''}{number}"


def _nvs(found: Found) -> str | None:
    return f"NVIDIA NVS {found['number'].upper()}"


def _rx(found: Found) -> str | None:
    number, letters = found["number"], (found["letters"] or "").strip(" -").upper()
    return f"AMD Radeon RX {number.upper()}{' ' if letters.startswith(('XT', 'GRE')) else ''}{letters}"


def _vega(found: Found) -> str | None:
    words = found["number"].upper().split()
    prefix = "Pro WX" if found["wx"] else "RX"
    return f"AMD Radeon {prefix} Vega {' '.join(words)}"


def _wx(found: Found) -> str | None:
    return f"AMD Radeon Pro WX {found['number']}"


def _radeon_pro(found: Found) -> str | None:
    return f"AMD Radeon Pro {found['number'].upper().replace('VEGA', 'Vega')}"


def _radeon_hd(found: Found) -> str | None:
    letters = (found["letters"] or "").upper()
    if not (found["amd"] or letters == "M"):
        return None
    vendor = "ATI Mobility Radeon" if found["mobility"] else "AMD Radeon"
    return f"{vendor} HD {found['number']}{letters}"


def _radeon_r(found: Found) -> str | None:
    return f"AMD Radeon {found['line'].upper()} {found['number'].upper()}"


def _radeon(found: Found) -> str | None:
    return f"AMD Radeon {found['number'].upper()}"


def _firepro(found: Found) -> str | None:
    return f"AMD FirePro {found['number'].upper()}"


def _arc(found: Found) -> str | None:
    return f"Intel Arc {'Pro ' if found['pro'] else ''}{found['number'].upper()}"


def _xe_max(_: Found) -> str | None:
    return "Intel Iris Xe MAX"


def _bare(found: Found) -> str | None:
    if found.string[max(0, found.start() - 16) : found.start()].rstrip(" -/").endswith(MACHINES_WITH_NUMBERS):
        return None
    return BARE_CARDS.get(found["number"])


CARDS: tuple[Row, ...] = (
    row(
        "rtx",
        rf"(?:(?P<quadro>quadro[\s-]{{0,2}})|(?:nvidia[\s-]{{0,2}})?geforce[\s-]{{0,2}}|"
        rf"{_B})rtx[\s-]{{0,2}}(?P<pro>pro[\s-])?"
        rf"(?P<number>a?\d{{3,4}})(?P<letters>m(?!\w))?{_TAIL_WORDS}(?:[\s-]{{0,2}}(?P<ada>ada|"
        rf"blackwell)(?![a-z]))?{_END}",
        _rtx,
    ),
    row(
        "gtx gt",
        rf"(?:geforce[\s-]{{0,2}}|{_B})(?P<kind>gtx|gts|gt)[\s-]{{0,2}}(?P<number>\d{{3,4}})(?P<letters>mx|"
        rf"m)?{_TAIL_WORDS}{_END}",
        _gtx,
    ),
    row("gtx", rf"{_B}(?P<number>\d{{3,4}})gtx{_END}", _gtx_behind),
    row("mx", rf"(?:geforce[\s-]{{0,2}}|{_B})mx[\s-]?(?P<number>\d{{3}}){_END}", _mx),
    row("geforce", rf"geforce[\s-]{{0,2}}(?P<number>\d{{3,4}})(?P<letters>mx|m|a)?{_TAIL_WORDS}{_END}", _geforce),
    row(
        "gb/",
        rf"/(?P<number>10[5-8]0|16[56]0|20[5-8]0|30[5-9]0|40[5-9]0){_TAIL_WORDS}(?=\s\d{{1,2}}gb/)",
        _shop_number,
    ),
    row(
        "quadro",
        rf"quadro[\s-]{{0,2}}(?P<line>fx\s?|"
        rf"nvs\s?)?(?P<number>[kmpt]?\d{{3,4}}[mkd]?)(?P<maxq>[\s-]{{0,2}}(?:with\s)?max[\s-]?q)?{_END}",
        _quadro,
    ),
    row("nvidia", rf"nvidia[\s-]{{0,2}}(?P<number>a\d{{3,4}}|t(?:500|550|600|1000|1200|2000)){_END}", _nvidia),
    row("nvs", rf"{_B}nvs[\s-]{{0,2}}(?P<number>\d{{3,4}}m?){_END}", _nvs),
    row(
        "vega",
        rf"(?:radeon[\s-]{{0,2}})?(?:rx[\s-]{{0,2}}|pro\s)?(?P<wx>wx\s)?vega[\s-]{{0,2}}(?P<number>56|64|"
        rf"m\s?g[hl]){_END}",
        _vega,
    ),
    row(
        "rx",
        rf"(?:radeon[\s-]{{0,2}}|{_B})rx[\s-]{{0,2}}(?P<number>[4-7]\d{{2,3}}|90[67]0)(?P<letters>[\s-]?(?:xtx|xt|gre)|"
        rf"[mxs])?{_END}",
        _rx,
    ),
    row(
        "wx",
        rf"(?:radeon[\s-]{{0,2}}(?:pro[\s-])?|{_B})wx[\s-]?(?P<number>2100|3[12]00|41[03570]0|5100|7100|8200|"
        rf"9100){_END}",
        _wx,
    ),
    row("radeon", rf"radeon\spro[\s-](?P<number>w?\d{{3,4}}[mx]?|vega\s\d\d|vii){_END}", _radeon_pro),
    row(
        "hd",
        rf"(?P<amd>(?P<mobility>mobility\s)?radeon[\s-]|amd[\s-]|ati[\s-]|"
        rf"{_B})hd[\s-]?(?P<number>[2-8]\d{{3}})(?P<letters>[mx])?{_END}",
        _radeon_hd,
    ),
    row(
        "radeon r5 r7 r9 r6 r8",
        rf"(?:radeon[\s-]{{0,2}}|amd[\s-])(?P<line>r[5-9])[\s-]{{0,2}}(?P<number>m?[2-4]\d{{2}}[xm]?|fury\w?|"
        rf"nano){_END}",
        _radeon_r,
    ),
    row("r5 r7 r9 r6 r8", rf"{_B}(?P<line>r[5-9])[\s-]{{1,2}}(?P<number>m[2-4]\d{{2}}x?){_END}", _radeon_r),
    row("radeon", rf"radeon[\s-]{{0,2}}(?P<number>5[2345]0x?|535|6[123][05]|vii){_END}", _radeon),
    row("firepro", rf"firepro[\s-]{{0,2}}(?P<number>[mwvds]\d{{3,4}}m?){_END}", _firepro),
    row("arc", rf"{_B}arc[\s-]{{0,2}}(?P<pro>pro\s)?(?P<number>[ab]\d{{2,3}}m?){_END}", _arc),
    row("xe", rf"iris\sxe\smax{_END}", _xe_max),
)
_HINTS = frozenset(hint for hints, _, _ in CARDS for hint in hints)
_BARE_CARDS = re.compile(rf"(?<![\w.-])(?P<number>{either(BARE_CARDS)}){_END}")
# In a column of graphics these need no vendor; in a title a ThinkPad T500 stands there.
_ALONE = re.compile(r"\s{0,3}(t(?:400|500|550|600|1000|1200|2000))(?:\s(?:with|graphics|laptop|\d).{0,99})?\s{0,3}$")
_MEMORY = re.compile(r"[\s,(|-]{0,3}(\d{1,2})\s?gb\b")


def find_graphics(low: str) -> Graphics:
    """Cards and integrated graphics of a folded text in lower case, each in its order."""
    integrated: list[Place] = []
    if [hint for hint in _INTEGRATED_HINTS if hint in low]:
        for found in _INTEGRATED.finditer(low):
            integrated.append(Place(_integrated_name(found[0]), found.start(), found.end()))
        for place in integrated:
            low = blank(low, place.start, place.end)
    cards: list[Place] = []
    present = {hint for hint in _HINTS if hint in low}
    for hints, pattern, make in CARDS:
        if not present.isdisjoint(hints):
            cards.extend(_read(low, pattern, make, cards))
    cards.extend(_read(low, _BARE_CARDS, _bare, cards))
    return Graphics(tuple(sorted(cards, key=lambda card: card.start)), tuple(integrated))


def beside_ryzen(graphics: Graphics) -> Graphics:
    """Graphics of a text that names a Ryzen: its "880M" is the Radeon inside, and no GeForce."""
    inside = [card for card in graphics.cards if card.name in INSIDE_RYZENS]
    if not inside:
        return graphics
    named = tuple(Place(INSIDE_RYZENS[card.name], card.start, card.end) for card in inside)
    return Graphics(tuple(card for card in graphics.cards if card not in inside), (*graphics.integrated, *named))


def _read(low: str, pattern: re.Pattern[str], make: Make, taken: list[Place]) -> Iterator[Place]:
    for found in pattern.finditer(low):
        if any(found.start() < place.end and place.start < found.end() for place in taken):
            continue
        name = make(found)
        if name and not is_compared(low, found.start()):
            yield Place(_by_memory(name, low, found.end()), found.start(), found.end())


def _integrated_name(words: str) -> str:
    """ "intel uhd graphics 620" as it is written: "Intel UHD Graphics 620"."""
    plain = words.replace("-", " ").split()
    name = " ".join(
        word.upper()
        if word in ("hd", "uhd", "rx", "gma", "amd", "ati") or any(c.isdigit() for c in word)
        else word.capitalize()
        for word in plain
    )
    if plain[0] in ("uhd", "hd", "iris", "arc", "gma"):
        return f"Intel {name}"
    return f"AMD {name}" if plain[0] in ("radeon", "vega") else name


def _by_memory(name: str, low: str, end: int) -> str:
    """The name with its memory where that makes it another card: "GTX 1060 6GB"."""
    memory = _MEMORY.match(low, end)
    card = name.removeprefix("NVIDIA GeForce ")
    return f"{name} {memory[1]}GB" if memory and f"{card} {memory[1]}" in TWO_CARDS else name


def read_graphics(text: str | None) -> Graphics:
    """What a column of graphics says; several stand behind each other, whatever separates them."""
    if text is None or is_empty(text):
        return Graphics()
    low = lower(fold(text))
    alone = _ALONE.match(low)
    if alone:
        return Graphics((Place(f"NVIDIA {alone[1].upper()}", alone.start(1), alone.end(1)),))
    return find_graphics(low)


def is_integrated(name: str) -> bool:
    """Whether a name is one of integrated graphics, and of no card."""
    graphics = read_graphics(name)
    return bool(graphics.integrated) and not graphics.cards
