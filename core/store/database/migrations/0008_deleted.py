"""Makes nothing: what it was to make had the name of an older index, and comes with 0009."""

from tortoise import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0007_figures_by_stage")]
