from datetime import timedelta

import django.db.models.functions
from django.db import migrations, models


def handed_out(apps, schema_editor):
    """Whatever was started before may have been handed out; what was not, was not."""
    apps.get_model("paytm_kit", "Payment")._base_manager.update(handed_out_at=models.F("started_at"))


class Migration(migrations.Migration):
    dependencies = [("paytm_kit", "0009_event_correlation")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="gateway_reference",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The gateway's own name for this payment.",
                max_length=255,
                verbose_name="gateway's reference",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="page_lifetime",
            field=models.DurationField(
                db_default=timedelta(minutes=15),
                default=timedelta(minutes=15),
                editable=False,
                help_text="How long the gateway's page can be used once begun.",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="handed_out_at",
            field=models.DateTimeField(
                blank=True,
                db_default=django.db.models.functions.Now(),
                default=None,
                help_text="When somebody could first pay; until then nobody can.",
                null=True,
                verbose_name="handed out",
            ),
        ),
        migrations.RunPython(handed_out, migrations.RunPython.noop, elidable=True),
    ]
