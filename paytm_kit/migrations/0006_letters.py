import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("paytm_kit", "0005_desk")]

    operations = [
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('paid', 'Paid'), ('failed', 'Failed'), ('pending', 'Still waiting for the bank'), ('refund_started', 'Refund started'), ('refund_done', 'Refunded'), ('refund_failed', 'Refund failed'), ('flagged', 'Needs a look'), ('dispute_opened', 'Dispute opened')], max_length=20, verbose_name='about')),
                ('audience', models.CharField(choices=[('shopper', 'Shopper'), ('merchant', 'Shop')], max_length=10, verbose_name='to')),
                ('copy', models.PositiveSmallIntegerField(default=0, verbose_name='copy')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('skipped', 'Not sent'), ('given_up', 'Given up')], default='waiting', max_length=10, verbose_name='state')),
                ('recipient', models.CharField(blank=True, max_length=200, verbose_name='sent to, masked')),
                ('language', models.CharField(blank=True, max_length=20, verbose_name='language')),
                ('actor', models.CharField(blank=True, max_length=150, verbose_name='by')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='why not')),
                ('created_at', models.DateTimeField(verbose_name='written')),
                ('next_try_at', models.DateTimeField(blank=True, null=True, verbose_name='next try')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='sent or given up')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='paytm_kit.paymentevent', verbose_name='event')),
            ],
            options={
                'verbose_name': 'letter',
                'verbose_name_plural': 'letters',
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['state', 'next_try_at'], name='paytm_kit_letter_due')],
                'constraints': [models.UniqueConstraint(fields=('event', 'audience', 'copy'), name='paytm_kit_letter_once')],
            },
        ),
    ]
