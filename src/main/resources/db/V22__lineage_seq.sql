-- Room metadata: edges have numbers in the order in which they were written, so that who has seen those up to one
-- finds what came since.

create table lineage_event_numbered (
  seq integer primary key,
  execution integer not null references execution (id),
  artifact integer not null references artifact (id),
  direction text not null check (direction in ('INPUT', 'OUTPUT')),
  role text not null,
  at bigint not null,
  unique (execution, artifact, direction, role)
);
insert into lineage_event_numbered (execution, artifact, direction, role, at)
select execution, artifact, direction, role, at from lineage_event order by execution, artifact, direction, role;
drop table lineage_event;
alter table lineage_event_numbered rename to lineage_event;
create index lineage_event_artifact on lineage_event (artifact, direction);
