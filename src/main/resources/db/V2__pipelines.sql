-- Rooms definitions and pipelines. Times are milliseconds since 1970 (UTC).

create table project (
  name text not null primary key,
  definition text not null,
  applied_at bigint not null
);

-- The definitions of a project as they were applied last.
create table project_file (
  project text not null references project (name),
  path text not null,
  digest text not null,
  text text not null,
  primary key (project, path)
);

create table pipeline (
  name text not null primary key,
  project text not null references project (name),
  path text not null,
  digest text not null,
  text text not null,
  changed_at bigint not null
);
create index pipeline_by_project on pipeline (project);

-- definition is the digest of the pipeline's text at the start of the run.
create table pipeline_run (
  id text not null primary key,
  pipeline text not null,
  project text not null,
  definition text not null,
  state text not null check (state in ('RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
  outcome text,
  error text,
  params text not null,
  cache integer not null,
  started_at bigint not null,
  ended_at bigint
);
create index pipeline_run_by_pipeline on pipeline_run (pipeline, started_at);
create index pipeline_run_by_state on pipeline_run (state);

-- attempt is the fence: only the attempt of this number may end the step.
create table pipeline_step (
  run text not null references pipeline_run (id),
  name text not null,
  position integer not null,
  uses text not null,
  needs text not null,
  state text not null check (state in ('WAITING', 'RUNNING', 'RAN', 'CACHED', 'SKIPPED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
  attempt integer not null,
  step_key text,
  key_parts text,
  outputs text,
  summary text,
  error text,
  execution bigint references execution (id),
  started_at bigint,
  ended_at bigint,
  primary key (run, name)
);

create table run_event (
  run text not null references pipeline_run (id),
  seq bigint not null,
  at bigint not null,
  step text,
  type text not null,
  message text not null,
  share double precision,
  primary key (run, seq)
);

-- What a step of this key came to: its artifacts, values, effects and summary. Found again, it is not done again.
create table cache_entry (
  step_key text not null primary key,
  component text not null,
  result text not null,
  run text not null,
  step text not null,
  created_at bigint not null
);
