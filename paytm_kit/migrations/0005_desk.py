import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('paytm_kit', '0004_disputes'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(verbose_name='at')),
                ('actor', models.CharField(max_length=150, verbose_name='who')),
                ('channel', models.CharField(help_text='The desk, or a command.', max_length=10, verbose_name='through')),
                ('remote_ip', models.GenericIPAddressField(blank=True, null=True, verbose_name='from')),
                ('action', models.CharField(max_length=40, verbose_name='action')),
                ('object_type', models.CharField(blank=True, max_length=40, verbose_name='type')),
                ('object_id', models.CharField(blank=True, max_length=64, verbose_name='key')),
                ('object_label', models.CharField(blank=True, max_length=200, verbose_name='on')),
                ('count', models.PositiveIntegerField(default=1, verbose_name='rows')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('result', models.CharField(choices=[('done', 'Done'), ('refused', 'Refused'), ('failed', 'Failed')], max_length=10, verbose_name='result')),
                ('detail', models.CharField(blank=True, max_length=1000, verbose_name='detail')),
                ('correlation_id', models.CharField(blank=True, max_length=32, verbose_name='correlation id')),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit entries',
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='announcement',
            options={'ordering': ['pk'], 'permissions': [('retry_announcement', 'Can retry announcements')], 'verbose_name': 'announcement', 'verbose_name_plural': 'announcements'},
        ),
        migrations.AlterModelOptions(
            name='payment',
            options={'ordering': ['-created_at', '-pk'], 'permissions': [('refund_payment', 'Can refund payments'), ('resolve_flag', 'Can resolve flags of payments'), ('resend_receipt', 'Can send a receipt again'), ('export_payment', 'Can export payments')], 'verbose_name': 'payment', 'verbose_name_plural': 'payments'},
        ),
        migrations.AlterModelOptions(
            name='wiremessage',
            options={'ordering': ['pk'], 'permissions': [('replay_wiremessage', 'Can take up stored messages again')], 'verbose_name': 'wire message', 'verbose_name_plural': 'wire messages'},
        ),
        migrations.AddField(
            model_name='payment',
            name='contact_email',
            field=models.CharField(blank=True, help_text='Masked, as the shop gave it when the payment began.', max_length=320, verbose_name='e-mail'),
        ),
        migrations.AddField(
            model_name='payment',
            name='contact_mobile',
            field=models.CharField(blank=True, help_text='Its last four digits.', max_length=20, verbose_name='mobile'),
        ),
        migrations.AlterField(
            model_name='paymentevent',
            name='kind',
            field=models.CharField(choices=[('opened', 'Opened'), ('started', 'Shopper sent to the gateway'), ('pending', 'Gateway says: pending'), ('captured', 'Money captured'), ('failed', 'Gateway says: failed'), ('expired', 'Never completed'), ('superseded', 'Replaced by a newer payment'), ('flagged', 'Flagged for a person'), ('closed', 'Closed by a person'), ('flag_resolved', 'Flag resolved by a person'), ('refund_requested', 'Refund requested'), ('refund_pending', 'Gateway says: refund pending'), ('refund_succeeded', 'Refunded'), ('refund_failed', 'Refund failed'), ('settled', 'Settled by the gateway'), ('dispute_opened', 'Dispute opened'), ('dispute_updated', 'Dispute: more was said'), ('dispute_won', 'Dispute won'), ('dispute_lost', 'Dispute lost'), ('dispute_closed', 'Dispute closed, not said for whom')], max_length=20, verbose_name='what happened'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['order_label'], name='paytm_kit_payment_label'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['bank_transaction_id'], name='paytm_kit_payment_bank_ref'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['contact_mobile', 'contact_email'], name='paytm_kit_payment_mobile'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['contact_email'], name='paytm_kit_payment_email'),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='payment',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='audit_entries', to='paytm_kit.payment', verbose_name='payment'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['-created_at'], name='paytm_kit_audit_newest'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['actor', '-created_at'], name='paytm_kit_audit_actor'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['object_label'], name='paytm_kit_audit_label'),
        ),
        migrations.AddIndex(
            model_name='paymentevent',
            index=models.Index(fields=['-created_at'], name='paytm_kit_event_newest'),
        ),
        migrations.AddIndex(
            model_name='announcement',
            index=models.Index(fields=['-created_at'], name='paytm_kit_announcement_newest'),
        ),
    ]
