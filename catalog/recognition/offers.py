"""What an offer is of: a machine, several, parts of one, or nothing of the sort."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .bare import MEMORY_AND_DRIVE, Says, is_bare
from .machines import Machine
from .texts import fold, lower, words

MOST_IN_A_LOT = 10_000

_PLACEHOLDER = re.compile(
    r"\s{0,5}(?:shop\son\sebay|shop\snow|sponsored|advertisement|results?\smatching.{0,40}|see\sall|load\smore|n/?a|"
    r"test(?:\slisting)?|title|untitled|lorem\sipsum.{0,80})\s{0,5}[.!:]?\s{0,5}$"
)
_TOTAL = re.compile(
    r"\s{0,5}(?:grand\s|sub-?\s?)?(?:totals?|sum|summe|gesamt(?:summe)?|zwischensumme|somme|total\sg[eé]n[eé]ral|"
    r"sous-total|suma|razem|ogółem|toplam|genel\stoplam|итого|всего|average|durchschnitt|"
    r"moyenne|promedio|média|średnia|ortalama|среднее)(?:\s?[:=]?\s?[\d.,\s$€£%]{0,30})(?:\s(?:items?|rows?|listings?|"
    r"price|value))?\s{0,5}$"
)

# Parts that a machine is taken apart into. An offer of one may name the whole machine it fits.
_PARTS = (
    r"mother\s?boards?|main\s?boards?|logic\sboard|system\sboard|daughter\s?board|(?:usb|audio|io|i/o|power|"
    r"card\sreader)\s(?:io\s)?board|palm\s?rest|bezel|(?:lcd|display|screen)\s(?:display\s)?frame|hinges?|hinge\scover|"
    r"(?:lcd|lid|back|rear|top|bottom|base|ram|hdd|screen)\s(?:back\s|rear\s|lid\s)?(?:cover|case|casing|lid)|"
    r"display\scase|antennas?|heat\s?sink|(?:cpu|cooling|gpu)\sfan|"
    r"(?:flex|ribbon|lvds|lcd|video|screen|display|dc|power\sjack|wifi)\s(?:\w{1,9}\s)?cables?|dc\sjack|inverter|"
    r"trackpad|touchpad|(?:hdd|ssd|hard\sdrive|drive)\s?(?:caddy|bracket|tray)|caddy|"
    r"keycaps?|digitizer|lcd\spanel|display\spanel|lcd\sscreen\sfor|screen\s(?:replacement|assembly)|"
    r"replacement\s\w{3,12}|display\sassembly|lcd\sassembly|"
    r"bottom\s(?:chassis|plate|panel)|scheda\smadre|chassis\sbase|speaker\sset|cmos\sbattery|bios\schip|"
    r"spare\sparts\s\w{4,}|"
    r"carte\smère|placa\s(?:base|m[aã]e|madre)|płyta\sgłówna|anakart|материнская\sплата|клавиатура\sдля|матрица\sдля|"
    r"шлейф|петли|tastatur\sfür|clavier\spour|teclado\spara|klawiatura\sdo"
)
_ACCESSORIES = (
    r"batter(?:y|ies)|akku|bater[ií]a|batterie|bateria|аккумулятор|chargers?|ladegerät|netzteil|chargeur|cargador|"
    r"carregador|ładowarka|zasilacz|зарядн\w{2,6}|"
    r"(?:ac|power)\s?(?:adapters?|adaptors?|supply|cord|cable)|dock(?:ing)?(?:\sstation)?|port\sreplicator|keyboards?|"
    r"speakers?|webcam|mouse|sleeve|carry(?:ing)?\scase|laptop\s(?:bag|case|stand|skin|cover|backpack|cooler)|"
    r"backpack|skin|decals?|stickers?|(?:vesa|wall|desk|rack)\s?(?:mount\w{0,3}|bracket)|"
    r"mounting\s(?:kit|bracket)|monitors?|screen\sprotector|privacy\s(?:filter|screen)|stylus|adapter|cable|fan"
)
_OTHERS = (
    r"install(?:ation)?\s(?:disk|disc|dvd|cd|usb|media)|recovery\s(?:disk|disc|dvd|cd|usb)|(?:product|licen[cs]e|"
    r"activation)\skey|(?:video|graphics|sound|network)\scard|"
    r"(?:industrial|touch|touch\sscreen|led|lcd|gaming|portable)\smonitor|car\sstereo|stereo\splayer|printer|projector|"
    r"headset|headphones|smart\s?phone|phone\scase|"
    r"user\smanual|service\smanual|calculator|typewriter|e-?reader|game\sconsole|xbox|"
    r"play\s?station|ps[345]|nintendo|smart\s?watch|router|camera\slens|photo\sframe|notepad|diary|stationery|planner|upgrade\s(?:ram|ssd|hdd|memory)\sfrom"
)
# Boards have a processor and memory soldered on, and are no machines for that.
_BOARD = re.compile(
    r"(?<!\w)(?:(?:mother|main|logic|system)\s?boards?|carte\smère|placa\s(?:base|m[aã]e|madre)|płyta\sgłówna|anakart)(?!\w)"
)
_PART, _ACCESSORY, _OTHER = words(_PARTS), words(_ACCESSORIES), words(_OTHERS)
# Words that take a part's name back, where a machine is named: it has the part, lacks it, or comes with it.
_QUALIFIED = re.compile(
    r"(?:w/|\+|&|(?<!\w)(?:no|not|without|w/o|with|incl\w{0,6}\.?|has|plus|missing|needs?|bad|dead|removed|faulty|"
    r"broken|cracked|craked|damaged|defective|worn|"
    r"backlit|rgb|illuminated|ohne|mit|inkl\.?|avec|sans|con|sin|com|sem|bez|z|без|с|built-?in|detachable|azerty|"
    r"qwertz?y?|"
    r"de|us|uk|english|french|german|spanish|italian|japanese|nordic|numeric|harman|kardon|b&o|olufsen|quad|"
    r"stereo))(?:[\s,/&+-]{1,3}|(?<=/))(?:[\w.\"-]{1,12}[\s,/&-]{1,3}){0,3}$"
)
# These are said of a part that is sold, too: they count only beside a word for a machine.
_PRAISED = re.compile(
    r"(?<!\w)(?:and|new|good|great|original|fresh|long|extended|strong|best|excellent|healthy|hd|fhd|full|free|extra|"
    r"two|dual|2x)\s{1,2}(?:\w{1,12}\s)?$"
)
_TAKEN_BACK = re.compile(
    r"\s{0,2}[:=-]?\s{0,2}(?:included|incl|ok|good|works?|working|life|excellent|issue|problem|missing|removed|"
    r"not\sincluded|dead|bad|faulty|needs?|light|backlit|new|=|health|wear|\d{1,3}\s?%)(?!\w)"
)
_FITS = re.compile(r"(?<!\w)(?:for|fits?|compatible\swith|für|pour|para|do|dla|для|için)\s(?:\w{1,12}\s)?(?:\w{2,14})")
# A word for a machine.
_MACHINE = re.compile(
    r"(?<!\w)(?:laptops?|notebooks?|netbooks?|ultrabook|chromebook|computers?|desktop|pc|workstation|tablet|macbook|"
    r"imac|ноутбук|port[aá]til|ordinateur|dizüstü)(?!\w)"
)

# Words that a text must hold, and where its count is then.
_LOT_CERTAIN = (
    (
        ["lot", "bundle", "pack", "set", "batch", "pallet"],
        re.compile(
            r"(?<!\w)(?:lot|joblot|job\slot|bundle|pack|set|batch|pallet)\s(?:of\s)(?P<count>\d{1,5})(?![\w.,]\d|\w)"
        ),
    ),
    (
        ["lot", "bundle"],
        re.compile(
            r"(?<!\w)(?:lot|joblot|job\slot|"
            r"bundle)\s?[:#-]?\s?(?P<count>\d{1,4})\s?x?\s(?:\w{2,12}\s){0,2}(?:computers|laptops|notebooks|netbooks|"
            r"chromebooks|desktops|pcs|units|machines|tablets|macbooks)(?!\w)"
        ),
    ),
    (["lot"], re.compile(r"(?<!\w)lot\s?\((?P<count>\d{1,4})\)")),
    (["x"], re.compile(r"^\W{0,3}(?P<count>\d{1,3})\s?x\s(?=[a-z])")),
    (["x"], re.compile(r"^\W{0,3}(?:lot\s)?x\s?(?P<count>\d{1,3})\s(?=[a-z])")),
    (
        ["pc", "pieces", "units", "stück", "stk", "unid", "uds", "unités", "szt", "adet", "шт"],
        re.compile(
            r"(?<![\w.,])(?<!\d-)(?P<count>\d{1,4})\s?(?:pcs|(?<=\d)pc|pieces|units|stück|stk\.?|unidades|uds\.?|unités|sztuk|"
            r"szt\.?|adet|шт\.?|штук)(?!\w)"
        ),
    ),
    (
        ["qty", "quant", "menge", "cantidad", "ilość", "qtd"],
        re.compile(
            r"(?<!\w)(?:qty|quantity|menge|cantidad|quantité|ilość|qtd)\.?\s?[:=-]?\s?(?P<count>\d{1,4})(?![\w.,])"
        ),
    ),
    (["x"], re.compile(r"(?<!64)(?<!ii)(?<!athlon)(?<!turion)(?<!phenom)\sx\s?(?P<count>[2-9]|[1-9]\d)\s{0,3}$")),
    (
        ["laptops", "notebooks", "chromebooks", "desktops", "netbooks", "macbooks"],
        re.compile(
            r"(?<![\w.,-])(?P<count>[2-9]|[1-9]\d)\s(?:x\s)?(?:\w{2,12}\s){1,4}(?:laptops|notebooks|chromebooks|"
            r"desktops|netbooks|macbooks)(?!\w)"
        ),
    ),
)
_LOT = re.compile(
    r"(?<!\w)(?:job\s?lot|lot|bundle\sof\s(?:laptops|computers)|wholesale|bulk|pallet|konvolut|posten|joblot|lote|"
    r"hurtowo|оптом|партия|toplu)(?!\w|\s?#|\s(?:no|number|id)\b|\s\d)"
)


@dataclass(frozen=True, slots=True)
class Lot:
    """Several machines for one price. Without a certain count the price of one is not known."""

    count: int | None
    certain: bool


def find_lot(low: str) -> Lot | None:
    """Whether a text offers several machines, and how many."""
    for hints, pattern in _LOT_CERTAIN:
        found = pattern.search(low) if [hint for hint in hints if hint in low] else None
        if found and 1 < int(found["count"]) <= MOST_IN_A_LOT:
            return Lot(int(found["count"]), True)
    return Lot(None, False) if _LOT.search(low) else None


def read_filler(text: str) -> str | None:
    """Whether a cell is of a row that is no offer: `placeholder` or `total`."""
    low = lower(fold(text))
    return "placeholder" if _PLACEHOLDER.match(low) else "total" if _TOTAL.match(low) else None


def find_other(low: str, says: frozenset[Says], machine: Machine, *, has_family: bool) -> str | None:
    """Why a text is of no machine: placeholder, total, part, accessory, other; None where it is, or may be, of one.

    `says` are the facts of a machine that were read, `machine` is what it is named, `has_family` whether a family of
    processors is.
    """
    if _PLACEHOLDER.match(low):
        return "placeholder"
    if _TOTAL.match(low):
        return "total"
    if says >= MEMORY_AND_DRIVE:
        return None
    said = len(says - {Says.CARD, Says.SCREEN})
    named = machine.brand is not None
    has_machine = bool(_MACHINE.search(low))
    if said <= 1 and not (has_machine and said) and _unqualified(low, _OTHER, has_machine, named):
        return "other"
    if said <= 2 and _unqualified(low, _BOARD, has_machine, named):
        return "part"
    if said <= 1 and _unqualified(low, _PART, has_machine, named):
        return "part"
    if said == 0 and _unqualified(low, _ACCESSORY, has_machine, named) and (not has_machine or _FITS.search(low)):
        return "accessory"
    return "part" if is_bare(low, says, machine, has_family=has_family, has_machine=has_machine) else None


def _unqualified(low: str, pattern: re.Pattern[str], has_machine: bool, named: bool) -> bool:
    """Whether a part is named as what is sold."""
    is_machine = (has_machine or named) and not low.lstrip().startswith(("for ", "genuine ", "original "))
    for found in pattern.finditer(low):
        before = low[max(0, found.start() - 40) : found.start()]
        if _TAKEN_BACK.match(low, found.end()) or (is_machine and _QUALIFIED.search(before)):
            continue
        if not (has_machine and _PRAISED.search(before)):
            return True
    return False
