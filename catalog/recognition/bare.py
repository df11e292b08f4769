"""A part that is offered by itself: a memory module, a drive, a processor, a card.

A text of one says one fact of a machine and no more, so words decide. Some are said of that part alone ("SODIMM",
"970 EVO", "LGA1151"); others count only where nothing else speaks for a machine: no maker, no word for one. Whoever
names a series or a family of processors ("OptiPlex", "i5") offers a machine, unless the part is *for* it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from .machines import Machine
from .makers import CARD_SERIES
from .texts import words


class Says(StrEnum):
    """A fact of a machine that a text may say."""

    CPU = "cpu"
    RAM = "ram"
    DRIVE = "drive"
    SYSTEM = "system"
    CARD = "card"
    SCREEN = "screen"


MEMORY_AND_DRIVE = frozenset({Says.RAM, Says.DRIVE})  # together they are a machine's


@dataclass(frozen=True, slots=True)
class _Part:
    """Words of a part: `only` of it; `rather` of it; what it may be `meant` for stands behind the third."""

    only: re.Pattern[str]
    rather: re.Pattern[str]
    meant: re.Pattern[str]


def _meant(nouns: str) -> re.Pattern[str]:
    """`RAM for`, `SSD compatible with`."""
    return re.compile(
        rf"(?<!\w)(?:{nouns})(?!\w)[^,;|]{{0,20}}?(?<!\w)"
        r"(?:for|fits?|compatible\swith|für|pour|para|do|dla|для)\s"
    )


_PARTS = {
    Says.RAM: _Part(
        only=words(
            r"so-?dimms?|[url]?dimms?|lrdimms?|pc[234]l?-?\d{4,5}\w{0,2}|(?:ram|memory)\s(?:kits?|modules?|sticks?|"
            r"upgrades?)|cl\d{2}|barrettes?|модул\w{1,2}\sпамяти|vengeance|ballistix|hyperx|trident\sz|ripjaws"
        ),
        rather=words(
            r"crucial|corsair|kingston|(?:sk\s)?hynix|micron|g\.?skill|patriot|team\s?group|adata|goodram|pny|mushkin|"
            r"(?:laptop|notebook|desktop|server)\s(?:ram|memory)|arbeitsspeicher|memoria\sram|mémoire\svive|"
            r"pamięć\sram|bellek|оперативная\sпамять"
        ),
        meant=_meant(r"ram|memory|dimms?|so-?dimms?|arbeitsspeicher|mémoire|memoria|pamięć|память|памяти"),
    ),
    Says.DRIVE: _Part(
        only=words(
            r"(?:8[3-7]0|9[5-9]0)\s?(?:evo|pro|qvo)(?:\splus)?|pm9\w{1,4}|mz-?\w{5,12}|s[na]\d{3}x?|[bm]x\d{3}|"
            r"6[67]0p|[23][.,]5\s?(?:\"|inch|zoll|in|pouces|pulgadas)|caviar|barracuda|ironwolf|firecuda|skyhawk|exos|"
            r"(?:wd|western\sdigital)\s?(?:blue|black|green|red|purple)|"
            r"(?:m\.?2\s)?22(?:30|42|80)|\d{4,5}\s?rpm|(?:internal|external|portable)\s(?:ssd|hdd|hard\sdrive|solid\sstate)|"
            r"(?:ssd|hdd)\s(?:intern[oae]?|extern[oae]?)|disque\sdur\s(?:intern|extern)e|"
            r"disco\sduro\s(?:interno|externo)|externe\sfestplatte"
        ),
        rather=words(
            r"western\sdigital|wd|seagate|crucial|kingston|sandisk|hitachi|hgst|adata|kioxia|silicon\spower|goodram|"
            r"patriot|pny|lexar|transcend|solid\sstate\s(?:drive|disk)|festplatte|disque\sdur|disco\s(?:duro|r[íi]gido)|"
            r"dysk\s(?:ssd|hdd)|ж[её]сткий\sдиск|накопитель"
        ),
        meant=_meant(r"ssd|hdd|nvme|(?:hard\s|solid\sstate\s)?(?:drive|disk)|festplatte|disque|disco|dysk|диск"),
    ),
    Says.CPU: _Part(
        only=words(r"(?:fc)?lga\s?-?\d{3,4}|socket\s?\w{2,6}|sockel\s?\w{2,6}|tray|boxed|sr[0-9a-z]{3}"),
        rather=words(
            r"cpu|processors?|prozessor|processeur|procesador|processador|procesor|processore|işlemci|процессор|am[345]"
        ),
        meant=_meant(r"cpu|processor|prozessor|processeur|procesador|procesor|процессор"),
    ),
    Says.CARD: _Part(
        only=words(
            r"gpu|vga|(?:graphics?|video)\s?cards?|grafikkarte|carte\sgraphique|tarjeta\s(?:gr[aá]fica|de\sv[ií]deo)|"
            r"placa\sde\sv[ií]deo|karta\sgraficzna|ekran\skart[ıi]|scheda\svideo|видеокарта|low\sprofile|"
            r"ventus|windforce|eagle|aorus|founders\sedition|dual\sfan|triple\sfan"
        ),
        rather=words(r"[a-z]{2,}"),  # none of its own: whoever names nothing but a card offers one
        meant=_meant(r"gpu|(?:graphics|video)\s?card|видеокарта"),
    ),
}
_MACHINES = re.compile(
    r"(?:\w{1,12}\s)?(?:laptops?|notebooks?|desktops?|computers?|pcs?|macs?|macbooks?|imacs?|servers?)(?!\w)"
)
# Modules, drives and processors are sold "for laptops": that is no machine.
_KIND = words(
    r"(?:laptop|notebook|desktop|server|pc)s?\s(?:ram|memory|ssd|hdd|hard\sdrive|cpu|processor|gpu|graphics\scard)"
)


def is_bare(low: str, says: frozenset[Says], machine: Machine, *, has_family: bool, has_machine: bool) -> bool:
    """Whether a folded text offers a part and no machine.

    `says` are the facts that it says, `has_family` whether it names a family of processors without a model,
    `has_machine` whether it has a word for a machine.
    """
    if has_family or len(says) != 1:
        return False
    part = next(iter(says))
    words_of = _PARTS.get(part)
    if words_of is None:
        return False
    meant = words_of.meant.search(low)
    if meant and machine.at is not None and meant.end() <= machine.at < meant.end() + 20:
        return True
    if machine.series is not None and not (part is Says.CARD and machine.series in CARD_SERIES):
        return False
    if words_of.only.search(low) or (meant and _MACHINES.match(low, meant.end())):
        return True
    return machine.brand is None and (not has_machine or bool(_KIND.search(low))) and bool(words_of.rather.search(low))
