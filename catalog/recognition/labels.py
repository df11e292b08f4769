"""One table of what people call our choices: "NVMe SSD", "DDR4", "USB-A", "refurbished".

The API reads it for every choice that is written, the importer for every cell. Pure: a label means one choice, and
whoever asks says which choices there are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_BETWEEN = re.compile(r"[^a-z0-9]+")
# choice -> its labels, as people write them. Case, spaces and punctuation do not count: "M.2 NVMe" is "m2nvme".
LABELS: dict[str, tuple[str, ...]] = {
    # Media of storage. "SSD" says which kind only where it says more.
    "nvme": ("NVMe", "NVMe SSD", "SSD NVMe", "M.2 NVMe", "M.2 NVMe SSD", "PCIe SSD", "PCIe NVMe", "PCIe NVMe SSD"),
    "sata_ssd": ("SATA SSD", "SSD SATA", "M.2 SATA", "M.2 SATA SSD", '2.5" SSD', "2.5 SATA SSD", "mSATA", "mSATA SSD"),
    "ssd": ("SSD", "SSD, kind not stated", "Solid state", "Solid state drive", "Flash"),
    "hdd": ("HDD", "Hard disk", "Hard drive", "Hard disk drive", "SATA HDD", "Magnetic"),
    "hybrid": ("Hybrid", "SSHD", "Hybrid drive"),
    "emmc": ("eMMC", "eMMC flash"),
    "ufs": ("UFS", "UFS flash"),
    "unknown": ("Unknown", "Not stated", "Unspecified", "N/A"),
    # Generations of memory.
    "ddr3": ("DDR3", "DDR3L", "DDR3 SDRAM", "PC3", "PC3L"),
    "ddr4": ("DDR4", "DDR4 SDRAM", "PC4"),
    "ddr5": ("DDR5", "DDR5 SDRAM", "PC5"),
    "lpddr4": ("LPDDR4",),
    "lpddr4x": ("LPDDR4X",),
    "lpddr5": ("LPDDR5",),
    "lpddr5x": ("LPDDR5X",),
    "hbm2": ("HBM2",),
    "hbm3": ("HBM3",),
    # Ports.
    "usb_a": ("USB-A", "USB", "USB Type-A", "USB 2.0", "USB 3.0", "USB 3.1", "USB 3.2", "USB-A 2.0", "USB-A 3.0"),
    "usb_c": ("USB-C", "USB Type-C", "Type-C", "USB4", "USB-C 3.2"),
    "thunderbolt": ("Thunderbolt", "Thunderbolt 3", "Thunderbolt 4", "Thunderbolt 5", "TB3", "TB4"),
    "hdmi": ("HDMI", "HDMI 1.4", "HDMI 2.0", "HDMI 2.1"),
    "displayport": ("DisplayPort", "DP", "Mini DisplayPort", "DisplayPort 1.4", "DP 1.4"),
    "rj45_1g": ("Ethernet", "RJ45", "RJ-45", "LAN", "Gigabit Ethernet", "1G Ethernet", "1GbE", "Ethernet 1G", "GbE"),
    "rj45_2_5g": ("2.5G Ethernet", "2.5GbE", "Ethernet 2.5G", "RJ45 2.5G", "2.5 Gigabit Ethernet"),
    "rj45_10g": ("10G Ethernet", "10GbE", "Ethernet 10G", "RJ45 10G", "10 Gigabit Ethernet"),
    "audio": ("Audio", "Audio jack", "Headphone", "Headphone jack", "3.5 mm jack", "Line out"),
    "sdxc": ("SDXC", "SD", "SD card", "SD card reader", "Card reader", "microSD"),
    "pcie_x16": ("PCIe x16", "PCI Express x16"),
    "pcie_x8": ("PCIe x8", "PCI Express x8"),
    "m2_slot": ("M.2 slot", "M.2"),
    "sata_bay": ("SATA bay", "Drive bay", "2.5 bay", "3.5 bay"),
    "other": ("Other",),
    # Conditions.
    "new": ("New", "Brand new", "Factory new", "New sealed", "Sealed"),
    "refurb": ("Refurbished", "Refurb", "Manufacturer refurbished", "Seller refurbished", "Certified refurbished"),
    "used": ("Used", "Pre-owned", "Preowned", "Second hand"),
    # States, markets and components.
    "active": ("Active",),
    "archived": ("Archived",),
    "pending": ("Pending",),
    "ebay": ("eBay", "eBay.com"),
    "amazon": ("Amazon", "Amazon.com"),
    "ram": ("RAM", "Memory"),
    "os_license": ("OS licence", "OS license", "Windows licence", "Windows license", "Operating system"),
    "wifi": ("Wi-Fi", "WiFi", "WLAN", "Wireless"),
    "gpu": ("GPU", "Graphics card", "Video card"),
    "misc": ("Misc", "Miscellaneous"),
}


def plain(text: str) -> str:
    """A label without what does not count: `"M.2 NVMe"` and `"m2-nvme"` are one."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text[:100]).casefold())


# label -> choice. A choice is a label of itself.
CHOICES: dict[str, str] = {plain(label): choice for choice, labels in LABELS.items() for label in (choice, *labels)}


def choice_named(text: str, choices: Collection[str]) -> str | None:
    """The one of `choices` that a text means, or None: `choice_named("NVMe SSD", media)` is `"nvme"`."""
    if text in choices:
        return text
    wanted = plain(text)
    own = {plain(choice): choice for choice in choices}
    if wanted in own:
        return own[wanted]
    found = CHOICES.get(wanted)
    if found in choices:
        return found
    return "misc" if found == "other" and "misc" in choices else None
