"""Condition: new, refurb, used, or nothing; and what else is said of the state: for parts, untested, a grade.

Phrases are tried longest first, so that "like new" is not new and "non-working" does not work. In a title a bare "new"
is of the battery as often as of the machine, so there it counts only where it stands alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .texts import either, fold, is_empty, lower

NEW, REFURB, USED = "new", "refurb", "used"

# In en, de, fr, es, pt, pl, tr, ru. `*` at the end stands for any ending of the word.
_PHRASES = {
    NEW: """
        brand new|brand-new|factory sealed|new sealed|sealed new|new in box|new other|new (other)|new: other|
        new with defects|open box|opened - never used|
        opened – never used|opened never used|never used|unused|unopened|bnib|bnwt|nib|factory new|manufacturer sealed|
        brandneu|fabrikneu|nagelneu|neu und versiegelt|originalverpackt|unbenutzt|ungebraucht|neu: sonstige|
        neu (sonstige)|ovp versiegelt|
        tout neuf|neuf sous blister|neuf scellé|état neuf scellé|jamais utilisé|
        totalmente nuevo|nuevo precintado|a estrenar|sin usar|sin estrenar|nuevo a estrenar|
        novo lacrado|lacrado|nunca usado|sem uso|
        fabrycznie now*|nieużywan*|zaplombowan*|
        sıfır kapalı kutu|kapalı kutu|hiç kullanılmamış|kullanılmamış|açılmamış|
        новый запечатан*|не использовал*|запечатан*
    """,
    REFURB: """
        certified refurbished|certified - refurbished|seller refurbished|manufacturer refurbished|
        excellent - refurbished|very good - refurbished|
        good - refurbished|refurbished|refurbed|refurb|refurbish|renewed|reconditioned|remanufactured|
        certified pre-owned|
        certified preowned|generalüberholt*|refurbisht|wiederaufbereitet*|aufbereitet*|erneuert|überholt*|
        reconditionné*|remis à neuf|rénové*|
        reacondicionad*|restaurado|
        recondicionad*|remanufaturado|
        odnowion*|regenerowan*|poleasingow*|po leasingu|
        yenilenmiş|yenilendi|
        восстановлен*|рефабрикат|рефреш
    """,
    USED: """
        like new|like-new|as new|nearly new|almost new|mint condition|pre-owned|preowned|pre owned|second hand|
        second-hand|secondhand|
        used|used - like new|used - good|used: good|gently used|lightly used|
        wie neu|neuwertig*|fast neu|gebraucht*|second hand|
        comme neuf|quasi neuf|presque neuf|état neuf|d'occasion|occasion|usagé|
        como nuevo|casi nuevo|seminuevo|segunda mano|de segunda mano|usad*|
        como novo|seminovo|segunda mão|de segunda mão|
        jak nowy|jak nowa|prawie nowy|używan*|z drugiej ręki|
        sıfır ayarında|sıfır gibi|yeni gibi|ikinci el|2. el|kullanılmış|
        как новый|как новая|почти новый|б/у|бу|бывш* в употреблении|подержанн*|с пробегом
    """,
}
# Alone in a cell of a column; the numbers are eBay's.
_ALONE = {
    NEW: "new|neu|neuf|neuve|nuevo|nueva|novo|nova|nowy|nowa|nowe|yeni|sıfır|новый|новая|новое|sealed|1000|1500|1750",
    REFURB: "2000|2010|2020|2030|2500|aufgearbeitet",
    USED: "good|very good|acceptable|fair|excellent|mint|3000|4000|5000|6000|gut|sehr gut|akzeptabel|"
    "bon état|très bon état|"
    "buen estado|muy bueno|bueno|bom|bom estado|muito bom|dobry|bardzo dobry|iyi|çok iyi|хорошее|отличное",
}
_EBAY_FOR_PARTS = "7000"
_FOR_PARTS = """
    for parts or not working|for parts or repair|for parts/repair|for parts|parts only|parts or repair|parts/repair|
    parts & repair|parts and repair|
    spares or repairs|spares or repair|spares and repairs|spares & repairs|spares/repairs|spares and parts|
    spares repairs|spare or repair|for spares|spares only|faulty|
    non functional|non-functional|nonfunctional|non working|non-working|nonworking|not working|not functional|
    doesn't work|does not work|
    doesn't turn on|does not turn on|won't turn on|no power|won't boot|doesn't boot|does not boot|no boot|dead|
    repair lot|for repair|parts lot|lot parts|as parts|parts|salvage|despiece|fehlerhaft|
    defekt|defekte|defektes|defekter|für bastler|bastler|bastlergerät|ersatzteilspender|als ersatzteil|als ersatzteile|
    ersatzteile oder defekt|nicht funktionsfähig|funktioniert nicht|kaputt|
    pour pièces|pour pieces|hors service|en panne|ne fonctionne pas|à réparer|défectueux|pièces détachées|
    para piezas|para repuestos|para despiece|averiado|no funciona|para reparar|defectuoso|por piezas|
    para peças|retirada de peças|com defeito|não funciona|para conserto|avariado|
    na części|uszkodzony|uszkodzona|uszkodzone|niesprawny|nie działa|do naprawy|
    arızalı|yedek parça|parça niyetine|çalışmıyor|hasarlı|
    на запчасти|на детали|неисправ*|не работает|нерабоч*|под восстановление|не включается
"""
# Flag -> what says so. They are facts beside the condition, which they do not decide.
_FLAGS = {
    "untested": (
        r"untested|not\stested|ungetestet|ungeprüft|non\stesté|sin\sprobar|não\stestado|nietestowan\w|"
        r"test\sedilmedi|не\sпровер\w{1,6}"
    ),
    "damaged": (
        r"cracked|broken|damaged(?!\sbox)|smashed|water\sdamage\w?|liquid\sdamage\w?|scratch(?:ed|es)?|"
        r"dent(?:ed|s)?|beschädigt|endommagé|dañado|danificado|uszkodz\w{1,4}"
    ),
    "locked": (
        r"(?:bios|icloud|mdm|admin|activation|efi|computrace|password)[\s-](?:lock(?:ed)?|block(?:ed)?|protected)|"
        r"locked\sbios|gesperrt"
    ),
    "open_box": r"open(?:ed)?[\s-]box|opened\s-\snever\sused|new\s\(?:?other\)?|new:\sother",
    "read_description": (
        r"(?:please\s|pls\s)?read(?=\s(?:desc\w{0,9}|ad|first|below|all|details|carefully|listing)|!|\)|\s?$)|"
        r"see\sdesc\w{0,9}"
    ),
    "as_is": r"as[\s-]is(?=\W|$)",
}
_GRADE = re.compile(
    r"(?<![\w/])(?:grade|class|gr\.?|klasa|klasse|kategorie|note)[\s:.-]{0,2}(?P<after>a\+|[abcd])(?![\w+])|"
    r"(?<![^\W\d_])(?P<ware>[abc])-ware|"
    r"(?<!\w)(?P<before>[abc])[\s-](?:grade|ware)(?!\w)|/(?P<shop>[abc])\s{0,2}$"
)


def _pattern(phrases: str) -> re.Pattern[str]:
    words = {lower(fold(" ".join(phrase.split()))) for phrase in phrases.split("|") if phrase.strip()}
    return re.compile(rf"(?<!\w){either(words)}(?!\w)")


_BY_CONDITION = {condition: _pattern(phrases) for condition, phrases in _PHRASES.items()}
_ANY = _pattern("|".join(_PHRASES.values()))
_CELLS = {lower(fold(word.strip())): condition for condition, words in _ALONE.items() for word in words.split("|")}
_PARTS = _pattern(_FOR_PARTS)
_FLAG = re.compile(r"(?<!\w)(?:" + "|".join(f"(?P<{flag}>{pattern})" for flag, pattern in _FLAGS.items()) + r")(?!\w)")
# Where a bare "new" is of the whole machine: alone between separators, or before a maker's name at the start.
_BARE_NEW = re.compile(
    r"(?:^|[|(\[*!,;•]\s{0,2}|\s-\s)(?:new|neu|neuf|nuevo|novo|nowy|nowa|новый|yeni)(?=\s{0,2}(?:$|[|)\]*!,;]|-\s))|"
    r"^new\s(?=(?:20[12]\d|dell|hp|lenovo|acer|asus|apple|"
    r"msi|samsung|microsoft|lg|huawei|toshiba|fujitsu)(?!\w))"
)
_OF_A_PART = re.compile(
    r"\s{1,2}(?:hard\sdrive|hdd|ssd|\d{0,4}\s?[gt]b|battery|batteries|charger|keyboard|screen|display|ram|fan|"
    r"condition|"
    r"akku|batterie|bateria|batería|parts?|adapter|lcd|thermal|case|power|genuine|original)(?!\w)"
)
# What of the machine does not work, where it is not the machine: "touchpad not working", "dead battery".
_PARTS_OF_IT = (
    r"touch\s?pad|track\s?pad|keyboard|keys?|webcam|camera|batter(?:y|ies)|screen|speakers?|mic\w{0,8}|ports?|usb|wifi|"
    r"bluetooth|dvd|hinges?|fingerprint|"
    r"charger|touch|sound|hdmi|buttons?|fan|display|lcd|pixels?|hdd|ssd|drive|ethernet|audio|mouse|akku|tastatur|"
    r"batterie|clavier|bater[ií]a|teclado"
)
_ONE_PART = re.compile(rf"(?<!\w)(?:{_PARTS_OF_IT})(?:\s(?:is|are|ist|est))?\s{{1,2}}$")
_PART_BEHIND = re.compile(
    rf"\s{{1,2}}(?:{_PARTS_OF_IT}|supply|adapt[eo]r|cord|cable|lead|brick|bank|missing|included)(?!\w)"
)
_NOT_SAID = re.compile(r"(?:no|not|never|non|un|nicht|non|sin|sem|nie|не)[\s-]{1,2}$")


@dataclass(frozen=True, slots=True)
class State:
    """The condition (new, refurb, used or None where nothing says so) and flags: for_parts, untested, grade:A."""

    condition: str | None = None
    flags: tuple[str, ...] = ()


def find_state(low: str) -> State:
    """What a title says of its machine's state."""
    return State(_condition(low) or (NEW if _BARE_NEW.search(low) else None), _flags(low))


def read_state(text: str | None) -> State:
    """What a cell of a column of conditions says; a word that fills the cell counts alone."""
    if text is None or is_empty(text):
        return State()
    low = lower(fold(text)).strip(" \t\r\n.:;\"'")
    flags = _flags(low)
    if "for_parts" in flags or low == _EBAY_FOR_PARTS:
        return State(None, tuple(dict.fromkeys(("for_parts", *flags))))
    return State(_condition(low) or _CELLS.get(low) or (NEW if _BARE_NEW.search(low) else None), flags)


def _condition(low: str) -> str | None:
    """The condition of the longest phrases. Refurbished wins over the words around it: "Used - Seller Refurbished"."""
    said: set[str] = set()
    for found in _ANY.finditer(low):
        if _OF_A_PART.match(low, found.end()) or _NOT_SAID.search(low[max(0, found.start() - 6) : found.start()]):
            continue
        said.update(condition for condition, pattern in _BY_CONDITION.items() if pattern.fullmatch(found[0]))
    if REFURB in said:
        return REFURB
    return said.pop() if len(said) == 1 else None


def _flags(low: str) -> tuple[str, ...]:
    flags = ["for_parts"] if _is_for_parts(low) else []
    said = {
        found.lastgroup
        for found in _FLAG.finditer(low)
        if not _NOT_SAID.search(low[max(0, found.start() - 6) : found.start()])
    }
    flags.extend(flag for flag in _FLAGS if flag in said)
    grade = _GRADE.search(low)
    if grade:
        letter = grade["after"] or grade["ware"] or grade["before"] or grade["shop"]
        flags.append(f"grade:{letter.upper()}")
    return tuple(flags)


def _is_for_parts(low: str) -> bool:
    for found in _PARTS.finditer(low):
        before = low[max(0, found.start() - 24) : found.start()]
        if not (_NOT_SAID.search(before) or _ONE_PART.search(before) or _PART_BEHIND.match(low, found.end())):
            return True
    return False
