"""The closed lists of a listing."""

from __future__ import annotations

from django.db import models


class Condition(models.TextChoices):
    NEW = "new", "New"
    REFURB = "refurb", "Refurbished"
    USED = "used", "Used"


class Status(models.TextChoices):
    ACTIVE = "active", "Active"
    ARCHIVED = "archived", "Archived"
    PENDING = "pending", "Pending"


class Marketplace(models.TextChoices):
    EBAY = "ebay", "eBay"
    AMAZON = "amazon", "Amazon"
    OTHER = "other", "Other"


class ComponentType(models.TextChoices):
    RAM = "ram", "RAM"
    SSD = "ssd", "SSD"
    HDD = "hdd", "HDD"
    OS_LICENSE = "os_license", "OS licence"
    WIFI = "wifi", "Wi-Fi"
    GPU = "gpu", "GPU"
    MISC = "misc", "Other"


class Whence(models.TextChoices):
    """Where an import had a value from, or a merging."""

    COLUMN = "column", "column"
    TITLE = "title", "title"
    CATALOG = "catalog", "catalog"
    DEFAULT = "default", "default of the import"
    MERGED = "merged", "merged listing"


class Grade(models.TextChoices):
    """What a price is beside what such machines are usually asked for."""

    GREAT = "great", "Great price"
    GOOD = "good", "Good price"
    FAIR = "fair", "Fair price"
    HIGH = "high", "High price"
    OVERPRICED = "overpriced", "Overpriced"
