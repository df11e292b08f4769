"""The closed lists of the catalog. The engine's field registry offers the same values (a test compares them)."""

from __future__ import annotations

from django.db import models


class DdrGeneration(models.TextChoices):
    DDR3 = "ddr3", "DDR3"
    DDR4 = "ddr4", "DDR4"
    DDR5 = "ddr5", "DDR5"
    LPDDR4 = "lpddr4", "LPDDR4"
    LPDDR4X = "lpddr4x", "LPDDR4X"
    LPDDR5 = "lpddr5", "LPDDR5"
    LPDDR5X = "lpddr5x", "LPDDR5X"
    HBM2 = "hbm2", "HBM2"
    HBM3 = "hbm3", "HBM3"
    UNKNOWN = "unknown", "Unknown"


class StorageMedium(models.TextChoices):
    NVME = "nvme", "NVMe"
    SATA_SSD = "sata_ssd", "SATA SSD"
    SSD = "ssd", "SSD, kind not stated"
    HDD = "hdd", "HDD"
    HYBRID = "hybrid", "Hybrid"
    EMMC = "emmc", "eMMC"
    UFS = "ufs", "UFS"
    UNKNOWN = "unknown", "Unknown"


class PortType(models.TextChoices):
    USB_A = "usb_a", "USB-A"
    USB_C = "usb_c", "USB-C"
    THUNDERBOLT = "thunderbolt", "Thunderbolt"
    HDMI = "hdmi", "HDMI"
    DISPLAYPORT = "displayport", "DisplayPort"
    RJ45_1G = "rj45_1g", "1G Ethernet"
    RJ45_2_5G = "rj45_2_5g", "2.5G Ethernet"
    RJ45_10G = "rj45_10g", "10G Ethernet"
    AUDIO = "audio", "Audio"
    SDXC = "sdxc", "SDXC"
    PCIE_X16 = "pcie_x16", "PCIe x16"
    PCIE_X8 = "pcie_x8", "PCIe x8"
    M2_SLOT = "m2_slot", "M.2 slot"
    SATA_BAY = "sata_bay", "SATA bay"
    OTHER = "other", "Other"


class CustomFieldType(models.TextChoices):
    STRING = "string", "Text, one line"
    NUMBER = "number", "Number"
    BOOLEAN = "boolean", "Yes or no"
    ENUM = "enum", "One of a list"
    MULTI_SELECT = "multi_select", "Some of a list"
    TEXT = "text", "Text, many lines"
    JSON = "json", "JSON"


class ScoreMetric(models.TextChoices):
    """What a scoring profile can weigh."""

    CPU_MARK_MULTI = "cpu_mark_multi", "CPU mark, all cores"
    CPU_MARK_SINGLE = "cpu_mark_single", "CPU mark, one core"
    GPU_SCORE = "gpu_score", "Graphics"
    PERF_PER_WATT = "perf_per_watt", "CPU marks per watt"
    RAM_CAPACITY = "ram_capacity", "RAM, against 128 GB"


class CustomFieldEntity(models.TextChoices):
    """What a custom field belongs to."""

    LISTING = "listing", "Listing"
    CPU = "cpu", "CPU"
    GPU = "gpu", "GPU"


class ChangeAction(models.TextChoices):
    """What was done to the definition of a custom field."""

    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    DELETED = "deleted", "Deleted"
