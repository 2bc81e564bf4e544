import django.core.validators
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0002_order_language'),
    ]

    operations = [
        migrations.AddField(
            model_name='category',
            name='currency',
            field=models.CharField(choices=[('INR', 'Indian rupees'), ('USD', 'US dollars')], default='INR', help_text='What its products are priced in.', max_length=3, verbose_name='currency'),
        ),
        migrations.AddField(
            model_name='order',
            name='currency',
            field=models.CharField(choices=[('INR', 'Indian rupees'), ('USD', 'US dollars')], default='INR', max_length=3, verbose_name='currency'),
        ),
        migrations.AlterField(
            model_name='product',
            name='price',
            field=models.DecimalField(decimal_places=2, help_text='In the currency of its category, taxes included.', max_digits=8, validators=[django.core.validators.MinValueValidator(Decimal('1.00'))], verbose_name='price'),
        ),
    ]
