from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("paytm_kit", "0008_indexes")]

    operations = [
        migrations.AddField(
            model_name="paymentevent",
            name="correlation_id",
            field=models.CharField(blank=True, default="", max_length=32, verbose_name="correlation id"),
        ),
    ]
