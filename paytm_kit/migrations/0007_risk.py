import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('paytm_kit', '0006_letters')]

    operations = [
        migrations.CreateModel(
            name='AttemptCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(editable=False, help_text='Keyed hash of kind and subject.', max_length=64, unique=True)),
                ('kind', models.CharField(max_length=20, verbose_name='what is counted')),
                ('count', models.PositiveIntegerField(default=0, verbose_name='counted')),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='asked to wait')),
                ('until', models.DateTimeField(db_index=True, verbose_name='window ends')),
            ],
            options={
                'verbose_name': 'attempt count',
                'verbose_name_plural': 'attempt counts',
                'ordering': ['-until', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='EmailCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code_hash', models.CharField(editable=False, max_length=64)),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('expires_at', models.DateTimeField(db_index=True, verbose_name='expires')),
                ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='used')),
            ],
            options={
                'verbose_name': 'e-mail code',
                'verbose_name_plural': 'e-mail codes',
                'ordering': ['-expires_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PaymentVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device_key', models.CharField(blank=True, editable=False, max_length=64)),
                ('address_key', models.CharField(blank=True, editable=False, max_length=64)),
                ('created_at', models.DateTimeField(db_index=True, verbose_name='at')),
            ],
            options={
                'verbose_name': 'visit',
                'verbose_name_plural': 'visits',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='RejectedSender',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(help_text='IPv6 by /64; * is all together.', max_length=45, verbose_name='address')),
                ('day', models.DateField(verbose_name='day')),
                ('messages', models.PositiveIntegerField(default=0, verbose_name='messages')),
                ('only_counted', models.PositiveIntegerField(default=0, help_text='Not stored one by one: there were too many within a minute.', verbose_name='only counted')),
                ('recent', models.PositiveIntegerField(default=0, editable=False, help_text='Within the window that ends at until.')),
                ('until', models.DateTimeField(editable=False)),
                ('told_at', models.DateTimeField(editable=False, help_text='When the log last heard of it.', null=True)),
                ('last_at', models.DateTimeField(db_index=True, verbose_name='last one')),
            ],
            options={
                'verbose_name': 'sender of invalid messages',
                'verbose_name_plural': 'senders of invalid messages',
                'ordering': ['-last_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='RiskDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=60, verbose_name='rule')),
                ('action', models.CharField(choices=[('flag', 'Noted'), ('verify', 'Code by e-mail first'), ('hold', 'A person decides first'), ('refuse', 'Refused')], max_length=10, verbose_name='action')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('shopper_text', models.CharField(blank=True, max_length=300, verbose_name='told to the shopper')),
                ('numbers', models.JSONField(default=dict, verbose_name='numbers')),
                ('created_at', models.DateTimeField(db_index=True, verbose_name='at')),
                ('outcome', models.CharField(blank=True, choices=[('', 'Not settled'), ('passed', 'Let through'), ('refused', 'Refused by a person')], max_length=10, verbose_name='outcome')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                ('actor', models.CharField(blank=True, max_length=150, verbose_name='by')),
                ('settled_reason', models.CharField(blank=True, max_length=500, verbose_name='what was found')),
            ],
            options={
                'verbose_name': 'risk decision',
                'verbose_name_plural': 'risk decisions',
                'ordering': ['-created_at', '-pk'],
                'permissions': [('settle_riskdecision', 'Can let payments through, or refuse them')],
            },
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['customer_id', '-created_at'], name='paytm_kit_payment_customer'),
        ),
        migrations.AddField(
            model_name='emailcode',
            name='payment',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='email_code', to='paytm_kit.payment', verbose_name='payment'),
        ),
        migrations.AddField(
            model_name='paymentvisit',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='paytm_kit.payment', verbose_name='payment'),
        ),
        migrations.AddConstraint(
            model_name='rejectedsender',
            constraint=models.UniqueConstraint(fields=('day', 'address'), name='paytm_kit_sender_per_day'),
        ),
        migrations.AddField(
            model_name='riskdecision',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='risk_decisions', to='paytm_kit.payment', verbose_name='payment'),
        ),
        migrations.AddIndex(
            model_name='paymentvisit',
            index=models.Index(fields=['device_key', '-created_at'], name='paytm_kit_visit_device'),
        ),
        migrations.AddIndex(
            model_name='paymentvisit',
            index=models.Index(fields=['address_key', '-created_at'], name='paytm_kit_visit_address'),
        ),
        migrations.AddConstraint(
            model_name='paymentvisit',
            constraint=models.UniqueConstraint(fields=('payment', 'device_key', 'address_key'), name='paytm_kit_visit_once'),
        ),
        migrations.AddIndex(
            model_name='riskdecision',
            index=models.Index(fields=['action', 'outcome'], name='paytm_kit_decision_waiting'),
        ),
        migrations.AddConstraint(
            model_name='riskdecision',
            constraint=models.UniqueConstraint(fields=('payment', 'rule', 'action'), name='paytm_kit_decision_once'),
        ),
    ]
