"""A condition may be blank: not stated. What is there stays as it is; a drive may be an SSD of unstated kind."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0006_ssd_of_unstated_kind'),
        ('listings', '0004_text_in_nfc'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='listing',
            name='listings_listing_condition',
        ),
        migrations.RemoveConstraint(
            model_name='listing',
            name='listings_listing_primary_storage_type',
        ),
        migrations.RemoveConstraint(
            model_name='listing',
            name='listings_listing_secondary_storage_type',
        ),
        migrations.AlterField(
            model_name='listing',
            name='condition',
            field=models.CharField(blank=True, choices=[('', 'Not stated'), ('new', 'New'), ('refurb', 'Refurbished'), ('used', 'Used')], max_length=16),
        ),
        migrations.AlterField(
            model_name='listing',
            name='primary_storage_type',
            field=models.CharField(blank=True, choices=[('nvme', 'NVMe'), ('sata_ssd', 'SATA SSD'), ('ssd', 'SSD, kind not stated'), ('hdd', 'HDD'), ('hybrid', 'Hybrid'), ('emmc', 'eMMC'), ('ufs', 'UFS'), ('unknown', 'Unknown')], max_length=16),
        ),
        migrations.AlterField(
            model_name='listing',
            name='secondary_storage_type',
            field=models.CharField(blank=True, choices=[('nvme', 'NVMe'), ('sata_ssd', 'SATA SSD'), ('ssd', 'SSD, kind not stated'), ('hdd', 'HDD'), ('hybrid', 'Hybrid'), ('emmc', 'eMMC'), ('ufs', 'UFS'), ('unknown', 'Unknown')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='listing',
            constraint=models.CheckConstraint(condition=models.Q(('condition__in', ['', 'new', 'refurb', 'used'])), name='listings_listing_condition', violation_error_message='condition must be one of new, refurb, used.'),
        ),
        migrations.AddConstraint(
            model_name='listing',
            constraint=models.CheckConstraint(condition=models.Q(('primary_storage_type__in', ['', 'nvme', 'sata_ssd', 'ssd', 'hdd', 'hybrid', 'emmc', 'ufs', 'unknown'])), name='listings_listing_primary_storage_type', violation_error_message='primary_storage_type must be one of nvme, sata_ssd, ssd, hdd, hybrid, emmc, ufs, unknown.'),
        ),
        migrations.AddConstraint(
            model_name='listing',
            constraint=models.CheckConstraint(condition=models.Q(('secondary_storage_type__in', ['', 'nvme', 'sata_ssd', 'ssd', 'hdd', 'hybrid', 'emmc', 'ufs', 'unknown'])), name='listings_listing_secondary_storage_type', violation_error_message='secondary_storage_type must be one of nvme, sata_ssd, ssd, hdd, hybrid, emmc, ufs, unknown.'),
        ),
    ]
