"""What listings say, in NFC."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from dealbrain.renormalising import store_in_nfc

COLUMNS = {
    "listings.Listing": ["title", "listing_url", "other_urls", "seller", "vendor_item_id", "device_model", "manufacturer", "series", "model_number", "form_factor", "ram_notes", "os_license", "other_components", "notes", "attributes", "raw_payload"],
    "listings.ListingComponent": ["name", "metadata"],
}


def renormalise(apps: Any, schema_editor: Any) -> None:
    store_in_nfc(apps, schema_editor, COLUMNS)


class Migration(migrations.Migration):
    dependencies = [("listings", "0003_ports_of_one_listing")]

    operations = [migrations.RunPython(renormalise, migrations.RunPython.noop, elidable=True)]
