import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('paytm_kit', '0009_event_correlation'),
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.CharField(max_length=40, verbose_name='endpoint')),
                ('kind', models.CharField(max_length=40, verbose_name='type')),
                ('message_id', models.CharField(db_index=True, max_length=40, verbose_name='webhook-id')),
                ('body', models.TextField(verbose_name='body')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('refused', 'Refused for good (410)'), ('given_up', 'Given up'), ('skipped', 'No longer wanted')], default='waiting', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('rung', models.PositiveIntegerField(default=0, verbose_name='failed in a row')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='why not')),
                ('created_at', models.DateTimeField(verbose_name='written')),
                ('opened_at', models.DateTimeField(verbose_name='tried since')),
                ('next_try_at', models.DateTimeField(blank=True, null=True, verbose_name='next try')),
                ('leased_until', models.DateTimeField(blank=True, null=True, verbose_name='in hand until')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='delivered or given up')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='paytm_kit.paymentevent', verbose_name='event')),
            ],
            options={
                'verbose_name': 'delivery of a webhook',
                'verbose_name_plural': 'deliveries of webhooks',
                'ordering': ['pk'],
                'permissions': [('redeliver_delivery', 'Can deliver webhooks again')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('actor', models.CharField(blank=True, max_length=150, verbose_name='by')),
                ('begun_at', models.DateTimeField(verbose_name='at')),
                ('elapsed_ms', models.PositiveIntegerField(blank=True, null=True, verbose_name='milliseconds')),
                ('http_status', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='HTTP status')),
                ('error', models.CharField(blank=True, max_length=500, verbose_name='error')),
                ('answer', models.CharField(blank=True, max_length=300, verbose_name='answer, masked')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log', to='paytm_kit_outgoing.delivery', verbose_name='delivery of a webhook')),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
                'ordering': ['delivery', 'number'],
            },
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['state', 'next_try_at'], name='paytm_kit_delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['-created_at'], name='paytm_kit_delivery_newest'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('event', 'endpoint'), name='paytm_kit_delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(fields=('delivery', 'number'), name='paytm_kit_attempt_once'),
        ),
    ]
