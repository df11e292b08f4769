"""A drive may be an SSD that nobody says the kind of."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0005_text_in_nfc'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='storageprofile',
            name='catalog_storageprofile_medium',
        ),
        migrations.AlterField(
            model_name='storageprofile',
            name='medium',
            field=models.CharField(choices=[('nvme', 'NVMe'), ('sata_ssd', 'SATA SSD'), ('ssd', 'SSD, kind not stated'), ('hdd', 'HDD'), ('hybrid', 'Hybrid'), ('emmc', 'eMMC'), ('ufs', 'UFS'), ('unknown', 'Unknown')], default='unknown', max_length=16),
        ),
        migrations.AddConstraint(
            model_name='storageprofile',
            constraint=models.CheckConstraint(condition=models.Q(('medium__in', ['nvme', 'sata_ssd', 'ssd', 'hdd', 'hybrid', 'emmc', 'ufs', 'unknown'])), name='catalog_storageprofile_medium', violation_error_message='medium must be one of nvme, sata_ssd, ssd, hdd, hybrid, emmc, ufs, unknown.'),
        ),
    ]
