from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('paytm_kit', '0011_verdict_unchecked'),
    ]

    operations = [
        migrations.AddField(
            model_name='letter',
            name='slot',
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='letter',
            name='kind',
            field=models.CharField(choices=[('paid', 'Paid'), ('failed', 'Failed'), ('pending', 'Still waiting for the bank'), ('refund_started', 'Refund started'), ('refund_done', 'Refunded'), ('refund_failed', 'Refund failed'), ('flagged', 'Needs a look'), ('dispute_opened', 'Dispute opened'), ('not_started', 'Gateway could not begin')], max_length=20, verbose_name='about'),
        ),
        migrations.AlterField(
            model_name='paymentevent',
            name='kind',
            field=models.CharField(choices=[('opened', 'Opened'), ('started', 'Shopper sent to the gateway'), ('not_started', 'Gateway could not begin'), ('pending', 'Gateway says: pending'), ('captured', 'Money captured'), ('failed', 'Gateway says: failed'), ('expired', 'Never completed'), ('superseded', 'Replaced by a newer payment'), ('flagged', 'Flagged for a person'), ('closed', 'Closed by a person'), ('flag_resolved', 'Flag resolved by a person'), ('refund_requested', 'Refund requested'), ('refund_pending', 'Gateway says: refund pending'), ('refund_succeeded', 'Refunded'), ('refund_failed', 'Refund failed'), ('settled', 'Settled by the gateway'), ('dispute_opened', 'Dispute opened'), ('dispute_updated', 'Dispute: more was said'), ('dispute_won', 'Dispute won'), ('dispute_lost', 'Dispute lost'), ('dispute_closed', 'Dispute closed, not said for whom')], max_length=20, verbose_name='what happened'),
        ),
    ]
