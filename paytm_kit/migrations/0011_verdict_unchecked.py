from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("paytm_kit", "0010_other_gateways")]

    operations = [
        migrations.AlterField(
            model_name="wiremessage",
            name="verdict",
            field=models.CharField(
                choices=[
                    ("received", "Received, not yet judged"),
                    ("verified", "Signature right"),
                    ("bad_signature", "Signature wrong"),
                    ("unsigned", "No signature"),
                    ("unchecked", "Signature could not be checked"),
                    ("malformed", "Not readable"),
                    ("no_answer", "No answer"),
                ],
                default="received",
                max_length=15,
                verbose_name="verdict",
            ),
        ),
    ]
