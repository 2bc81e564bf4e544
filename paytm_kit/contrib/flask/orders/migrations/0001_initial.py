import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="FlaskOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(help_text="The shop's own name of the order.", max_length=64, verbose_name="order"),
                ),
                (
                    "slot",
                    models.CharField(
                        editable=False,
                        help_text="Hash of the key: some databases compare texts without case, and A-17 is not a-17.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount")),
                (
                    "currency",
                    models.CharField(
                        default="INR",
                        max_length=3,
                        validators=[django.core.validators.RegexValidator("\\A[A-Z]{3}\\Z")],
                        verbose_name="currency",
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True, help_text="What staff read beside the key.", max_length=130, verbose_name="label"
                    ),
                ),
                ("customer_id", models.CharField(blank=True, max_length=64, verbose_name="customer id")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("mobile", models.CharField(blank=True, max_length=20, verbose_name="mobile")),
                ("language", models.CharField(blank=True, max_length=10, verbose_name="language")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "ordering": ["-created_at", "-pk"],
                "indexes": [models.Index(fields=["key"], name="paytm_kit_flask_order_key")],
            },
        ),
    ]
