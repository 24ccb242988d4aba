-- Room metadata: the one graph of artifacts and executions. Times are milliseconds since 1970 (UTC).

create table artifact (
  id integer primary key,
  type text not null,
  digest text,
  name text not null,
  properties text not null,
  created_at bigint not null
);
create unique index artifact_identity on artifact (type, name, coalesce(digest, ''));
create index artifact_digest on artifact (digest);
create index artifact_name on artifact (name);

create table execution (
  id integer primary key,
  kind text not null,
  name text not null,
  state text not null,
  properties text not null,
  started_at bigint not null,
  ended_at bigint
);
create index execution_state on execution (state);

-- That an execution read (input) or made (output) an artifact.
create table lineage_event (
  execution integer not null references execution (id),
  artifact integer not null references artifact (id),
  direction text not null check (direction in ('INPUT', 'OUTPUT')),
  role text not null,
  at bigint not null,
  primary key (execution, artifact, direction, role)
);
create index lineage_event_artifact on lineage_event (artifact, direction);

-- What artifacts and executions belong to: a pipeline run, a project, an experiment.
create table context (
  id integer primary key,
  kind text not null,
  name text not null,
  created_at bigint not null,
  unique (kind, name)
);
create table context_execution (
  context integer not null references context (id),
  execution integer not null references execution (id),
  primary key (context, execution)
);
create table context_artifact (
  context integer not null references context (id),
  artifact integer not null references artifact (id),
  primary key (context, artifact)
);
