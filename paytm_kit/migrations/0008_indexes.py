from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("paytm_kit", "0007_risk")]

    operations = [
        migrations.CreateModel(
            name='ReconcileRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.CharField(blank=True, help_text='Empty: all of them.', max_length=40, unique=True, verbose_name='account')),
                ('begun_at', models.DateTimeField(verbose_name='begun')),
                ('finished_at', models.DateTimeField(verbose_name='finished')),
                ('asked', models.PositiveIntegerField(default=0, verbose_name='asked about')),
                ('changed', models.PositiveIntegerField(default=0, verbose_name='changed')),
                ('left', models.PositiveIntegerField(default=0, verbose_name='left for the next run')),
            ],
            options={
                'verbose_name': 'reconcile run',
                'verbose_name_plural': 'reconcile runs',
                'ordering': ['account'],
            },
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['environment', '-created_at'], name='paytm_kit_payment_made_in'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['environment', 'paid_at'], name='paytm_kit_payment_paid_in'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['account', '-created_at'], name='paytm_kit_payment_account'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['status', '-created_at'], name='paytm_kit_payment_status'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['payment_mode', '-created_at'], name='paytm_kit_payment_mode'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['bank_name', '-created_at'], name='paytm_kit_payment_bank'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['gateway_name', '-created_at'], name='paytm_kit_payment_acquirer'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['gateway', '-created_at'], name='paytm_kit_payment_gateway'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['flags'], name='paytm_kit_payment_flags'),
        ),
        migrations.AddIndex(
            model_name='paymentevent',
            index=models.Index(fields=['kind', 'created_at'], name='paytm_kit_event_kind'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(fields=['status', 'closed_at'], name='paytm_kit_refund_made'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(fields=['-requested_at'], name='paytm_kit_refund_newest'),
        ),
        migrations.AddIndex(
            model_name='wiremessage',
            index=models.Index(fields=['channel', 'created_at'], name='paytm_kit_wire_channel'),
        ),
    ]
