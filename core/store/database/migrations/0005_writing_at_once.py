"""What a write relies on that took no locks: held against the tables as it is written.

Each statement of a volatile function sees what is committed by then. So the version is read after
the fence, and records that are referred to after their locks, though the write around them is one
statement with an older view. What does not hold any more is a serialization failure: the write
leaves nothing and is made anew, with locks.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

CONFIRM = """
create or replace function confirm_write(
  of_tenant uuid, by_version integer, in_epoch integer, referred uuid[], objects text[],
  written bigint, wanted bigint
) returns void language plpgsql volatile as $$
begin
  if written is distinct from wanted
    or by_version is distinct from (
      select h.version from public.metadata_head as h where h.tenant_id = of_tenant)
    or in_epoch is distinct from (select p.epoch from public.platform as p)
    or cardinality(referred) > 0 and cardinality(referred) is distinct from (
      select count(*) from (
        select from public.record as r, unnest(referred, objects) as w (id, object)
        where r.tenant_id = of_tenant and r.id = w.id and r.object = w.object
          and r.deleted_at is null
        order by r.id for key share of r) as held)
  then
    raise exception using errcode = 'serialization_failure',
      message = 'what the write relies on has changed';
  end if;
end $$
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("platform", "0004_isolation")]
    operations = [ops.RunSQL([CONFIRM])]
