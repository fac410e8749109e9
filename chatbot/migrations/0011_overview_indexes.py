"""Figures of many days are read from indexes alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chatbot", "0010_search_table"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="turn",
            name="turn_cut_in_time",
        ),
        migrations.RemoveIndex(
            model_name="usage",
            name="usage_in_time",
        ),
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(
                condition=models.Q(("status__in", ("failed", "interrupted"))),
                fields=["started_at", "status", "role", "error"],
                name="turn_cut_in_time",
            ),
        ),
        migrations.AddIndex(
            model_name="usage",
            index=models.Index(fields=["created_at", "persona", "cost_usd"], name="usage_in_time"),
        ),
    ]
