"""Makers and series of machines: how they are written, and what a series says by itself (its maker, its form)."""

from __future__ import annotations

# As people write a maker -> as it is shown. One that is a word of the language needs its own case to count.
MAKERS: dict[str, str] = {
    name.lower(): name
    for name in (
        "Lenovo|Dell|HP|Acer|ASUS|Apple|MSI|Microsoft|Samsung|Toshiba|Dynabook|Fujitsu|Panasonic|Sony|VAIO|LG|Huawei|Honor|Gigabyte|AORUS|"
        "Medion|Gateway|IBM|Clevo|Google|Razer|Alienware|Beelink|Minisforum|GMKtec|Geekom|ACEMAGIC|Chuwi|Teclast|Xiaomi|Getac|Xplore|Durabook|"
        "Packard Bell|eMachines|System76|Framework|Thomson|Positivo|Zotac|ASRock|HPE|ABS|CyberPowerPC|iBUYPOWER|Skytech|NZXT|Compaq|Stone|"
        "Viglen|Averatec|BMAX|Blackview|XPG|NEC|Wortmann|Tuxedo|Schenker|XMG|PCSpecialist|Hyundai|Evoo|Motile|Linx|Avita|Prestigio|Kiano|"
        "Hyperbook|Monster|Casper|Exper|Realme|Infinix|Tecno|Nokia|Advent|Fusion5|Jumper|Zebra|Trigkey|Kodak|Maibenben|Machenike|Colorful|Eluktronics|"
        "Origin PC|Velocity Micro|Falcon Northwest|Maingear|Shuttle|Intel NUC|Primux|Hannspree|AceMagician|Ninkear|Nimo|Auusda|Dere|Vulcan"
    ).split("|")
}
MAKERS |= {
    "hewlett packard": "HP",
    "hewlett-packard": "HP",
    "fujitsu siemens": "Fujitsu",
    "fujitsu-siemens": "Fujitsu",
    "lenova": "Lenovo",
    "asustek": "ASUS",
    "packardbell": "Packard Bell",
    "intel nuc": "Intel",
    "aorus": "Gigabyte",
}

LAPTOP, TABLET, MINI, SFF, TOWER, DESKTOP, ALL_IN_ONE, SERVER = (
    "laptop",
    "tablet",
    "mini",
    "sff",
    "tower",
    "desktop",
    "all-in-one",
    "server",
)

# Series as they are shown, by maker and form. "" where a maker has the series in several forms.
_SERIES = {
    ("Lenovo", LAPTOP): "ThinkPad|ThinkBook|IdeaPad|Yoga|LOQ|Flex|Legion Slim|Miix",
    ("Lenovo", DESKTOP): "ThinkCentre|ThinkStation|IdeaCentre",
    ("Lenovo", ""): "Legion",
    ("Dell", LAPTOP): "Latitude",
    ("Dell", DESKTOP): "OptiPlex",
    ("Dell", SERVER): "PowerEdge",
    ("Dell", ""): "Inspiron|Vostro|XPS|Precision|Studio XPS|Wyse|Venue",
    ("HP", LAPTOP): "EliteBook|ProBook|ZBook|OmniBook|Elite Dragonfly|Dragonfly|Spectre|Stream|Elite x2|Mini Note",
    ("HP", DESKTOP): "EliteDesk|ProDesk",
    ("HP", ALL_IN_ONE): "EliteOne|ProOne",
    ("HP", SERVER): "ProLiant",
    ("HP", ""): "Pavilion|Envy|Omen|Victus|Z Workstation|Compaq",
    ("Acer", LAPTOP): "TravelMate|Swift|Spin|Extensa|Ferrari|ConceptD",
    ("Acer", DESKTOP): "Veriton",
    ("Acer", ""): "Aspire|Nitro|Predator",
    ("ASUS", LAPTOP): "VivoBook|ZenBook|ExpertBook|EeeBook|Eee PC|EEPC|ProArt StudioBook",
    ("ASUS", DESKTOP): "ExpertCenter",
    ("ASUS", ""): "ROG|TUF Gaming|TUF",
    ("Apple", LAPTOP): "MacBook Pro|MacBook Air|MacBook",
    ("Apple", ALL_IN_ONE): "iMac Pro|iMac",
    ("Apple", MINI): "Mac mini|Mac Studio",
    ("Apple", TOWER): "Mac Pro",
    ("Microsoft", LAPTOP): "Surface Laptop Studio|Surface Laptop Go|Surface Laptop|Surface Book",
    ("Microsoft", TABLET): "Surface Pro|Surface Go",
    ("Toshiba", LAPTOP): "Satellite Pro|Satellite|Tecra|Portege|Portégé|Qosmio|Kira|Click",
    ("Fujitsu", LAPTOP): "LifeBook|Life Book|Celsius H|Amilo|Stylistic",
    ("Fujitsu", DESKTOP): "Esprimo",
    ("Panasonic", LAPTOP): "ToughBook|ToughPad|Let's Note",
    ("Samsung", LAPTOP): "Galaxy Book|Notebook 9|Ativ Book",
    ("LG", LAPTOP): "gram",
    ("Huawei", LAPTOP): "MateBook",
    ("Razer", LAPTOP): "Blade",
    (
        "MSI",
        LAPTOP,
    ): "Katana|Stealth|Raider|Pulse|Cyborg|Prestige|Summit|Modern|Crosshair|Vector|Titan|Sword|Thin|Bravo|Delta|WindPad",
    ("Compaq", LAPTOP): "Presario|Armada|Evo N",
    ("Google", LAPTOP): "Pixelbook",
    ("Medion", LAPTOP): "Akoya|Erazer",
    ("", LAPTOP): "Chromebook",
}
# name in lower case -> (as shown, maker, form)
SERIES: dict[str, tuple[str, str, str]] = {
    name.lower(): (name, maker, form) for (maker, form), names in _SERIES.items() for name in names.split("|")
}
# Words of the language, too: they count only behind their maker.
SERIES_AFTER_MAKER = frozenset(
    "flex stream swift spin ferrari click modern prestige summit vector titan sword thin bravo delta pulse raider stealth cyborg katana crosshair "
    "blade gram rog tuf omen envy spectre spin studio predator nitro legion precision venue kira yoga compaq dragonfly aspire".split()
)
