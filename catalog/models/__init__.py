from catalog.models.custom_fields import ArchivedValue, CustomField, CustomFieldChange
from catalog.models.parts import Cpu, Gpu
from catalog.models.ports import Port, PortsProfile
from catalog.models.profiles import Profile
from catalog.models.specs import RamSpec, StorageProfile

__all__ = [
    "ArchivedValue",
    "Cpu",
    "CustomField",
    "CustomFieldChange",
    "Gpu",
    "Port",
    "PortsProfile",
    "Profile",
    "RamSpec",
    "StorageProfile",
]
