-- Room pipelines: what OpenLineage's receiver is still to be told. kind and ref name a run or an execution; type is the event's.
create table lineage_out (
  seq integer primary key,
  kind text not null check (kind in ('RUN', 'STEP')),
  ref text not null,
  type text not null check (type in ('START', 'COMPLETE', 'FAIL', 'ABORT')),
  at bigint not null
);
