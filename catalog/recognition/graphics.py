"""Names of graphics inside processors, and numbers of cards that people write alone. Names, not patterns: a pattern
that takes "Vega 8" for integrated takes the cards "Vega 56" and "R9 290X" with it."""

from __future__ import annotations

import re

_INTEL_NUMBERED = {
    "hd graphics": "2000 2500 3000 4000 4200 4400 4600 5000 5100 5200 5300 5500 5600 6000 6100 400 405 500 505 "
    "510 515 520 530 610 615 620 630 p530 p630 p3000 p4000 p4600 p4700",
    "uhd graphics": "600 605 610 615 617 620 630 710 730 750 770 p630 p750",
    "iris": "540 550",
    "iris graphics": "540 550 5100 6100",
    "iris plus": "640 645 650 655 g4 g7",
    "iris plus graphics": "640 645 650 655 g4 g7",
    "iris pro": "5200 6200 580 p580 p6300",
    "iris pro graphics": "5200 6200 580 p580 p6300",
    "iris xe graphics": "g4 g7",
    "arc": "130v 140v 130t 140t",
    "arc graphics": "130v 140v 130t 140t",
}
_INTEL = """
    hd graphics|uhd graphics|uhd graphics xe 750|uhd graphics xe|iris xe graphics g7|iris xe graphics|iris xe|
    iris plus graphics|
    iris plus|iris pro graphics|iris pro|iris graphics|iris|uhd|arc graphics|intel graphics|gma 950|gma x3100|gma 3150|
    gma 4500mhd|
    gma 4500m|intel gma|gma hd|integrated graphics|onboard graphics
"""
_AMD_HD = """
    6250 6290 6310 6320 6370d 6380g 6410d 6430g 6480g 6520g 6530d 6550d 6620g 7290 7310 7340 7400g 7420g 7480d 7500g
    7520g
    7540d 7560d 7600g 7620g 7640g 7660d 7660g 8180 8210 8240 8250 8280 8310g 8330 8350g 8370d 8400 8410g 8450g 8470d
    8510g
    8550d 8550g 8570d 8610g 8650d 8650g 8670d
"""
_AMD_VEGA = "2 3 5 6 7 8 9 10 11"
_AMD = """
    radeon r2 graphics|radeon r3 graphics|radeon r4 graphics|radeon r5 graphics|radeon r6 graphics|radeon r7 graphics|
    radeon r8 graphics|
    radeon r2|radeon r3|radeon r4|radeon r5|radeon r6|radeon r7|radeon r8|radeon vega graphics|radeon vega|
    vega graphics|
    radeon graphics|radeon r2e|radeon r4e|amd graphics
"""
_AMD_NUMBERED = "610m 660m 680m 740m 760m 780m 820m 840m 860m 880m 890m 8040s 8050s 8060s"
_OTHER = "adreno|mali|powervr|apple gpu|nvidia ion|geforce 9400m|geforce 320m"


def _split(names: str) -> list[str]:
    return [" ".join(name.split()) for name in names.split("|")]


def _integrated() -> frozenset[str]:
    names = set(_split(_INTEL) + _split(_AMD) + _split(_OTHER))
    for family, numbers in _INTEL_NUMBERED.items():
        names.update(f"{family} {number}" for number in numbers.split())
        if family in ("hd graphics", "uhd graphics"):
            names.update(f"{family.partition(' ')[0]} {number}" for number in numbers.split())
    names.update(f"radeon hd {number}" for number in _AMD_HD.split())
    names.update(f"hd {number}" for number in _AMD_HD.split() if number[-1] in "gd")
    for number in _AMD_VEGA.split():
        names.update(f"{family} {number}" for family in ("vega", "radeon vega", "rx vega", "radeon rx vega"))
        names.add(f"vega {number} graphics")
    names.update(f"radeon {number}" for number in _AMD_NUMBERED.split())
    names.update(number for number in _AMD_NUMBERED.split() if number in ("680m", "780m", "880m", "890m", "8060s"))
    return frozenset(names)


# Names of cards whose bare number is one of graphics inside a Ryzen, too: the cards are of 2014, the Ryzens later.
INSIDE_RYZENS: dict[str, str] = {
    f"NVIDIA GeForce {line}{number.upper()}": f"AMD Radeon {number.upper()}"
    for line in ("GTX ", "GT ", "")
    for number in _AMD_NUMBERED.split()
}
# In lower case, one space between words. "880M" alone is the older GeForce as often: it needs its Radeon.
INTEGRATED = _integrated() - {"880m"}

_BARE = {
    "NVIDIA Quadro ": """
        K500M K510M K610M K1000M K1100M K2000M K2100M K2200M K3000M K3100M K4000M K4100M K5000M K5100M M500M M520
        M600M M620 M1000M
        M1200 M2000M M2200 M3000M M4000M M5000M M5500 P3200 P4200 P5200 T1000 T1200 T2000 P1000 P2000 P3000 P4000 P5000
    """,
    "NVIDIA GeForce GT ": "620M 630M 635M 640M 645M 650M 720M 730M 740M 745M 750M 755M",
    "NVIDIA GeForce GTX ": "850M 860M 870M 880M 950M 960M 965M 970M 980M 660M 670M 675M 680M 760M 765M 770M 780M",
    "NVIDIA GeForce ": """
        610M 705M 710M 800M 810M 820M 825M 830M 840M 845M 910M 920M 920MX 930M 930MX 940M 940MX
        MX110 MX130 MX150 MX230 MX250 MX330 MX350 MX450 MX550 MX570
    """,
    "AMD Radeon HD ": "6470M 7470M 7570M 7650M 7670M 7690M 8570M 8670M 8690M 8730M 8750M 8790M 8850M 8870M",
    "AMD FirePro ": "W4170M W4190M W5130M W5170M W6150M W7170M",
}
# number in lower case -> full name of the card
BARE_CARDS: dict[str, str] = {
    number.lower(): family + number for family, numbers in _BARE.items() for number in numbers.split()
}
# Machines whose own numbers look like those: "ThinkStation P520", "Tecra M500".
MACHINES_WITH_NUMBERS = ("thinkstation", "thinkpad", "satellite", "tecra", "portege", "ideapad", "travelmate", "vostro")
# Cards with 16 GB and more; the others have 12 at most, so that a 16 behind one is the machine's.
BIG_CARDS = re.compile(
    r"[345]0[89]0|[45]070 Ti|[45]060 Ti|A[45]\d00|RTX (?:PRO )?[4-6]\d00|P[56]\d00|RX [679][89]?\d0|Vega|W\d800"
)
MOST_GB, MOST_GB_OF_BIG = 12.0, 24.0
# Cards that are two by their memory, of sizes that are no machine's.
TWO_CARDS = frozenset(("GTX 1060 3", "GTX 1060 5", "GTX 1060 6"))
