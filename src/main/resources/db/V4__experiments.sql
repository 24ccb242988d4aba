-- Room experiments: runs with their parameters and metrics. Times are milliseconds since 1970 (UTC).

create table experiment (
  id integer primary key,
  name text not null unique,
  created_at bigint not null
);

-- pipeline_run and step name the attempt that the run belongs to, where a pipeline opened it.
create table run (
  id text not null primary key,
  experiment integer not null references experiment (id),
  name text not null,
  state text not null check (state in ('RUNNING', 'FINISHED', 'FAILED', 'KILLED')),
  pipeline_run text,
  step text,
  started_at bigint not null,
  ended_at bigint
);
create index run_by_experiment on run (experiment, started_at);
create index run_by_pipeline_run on run (pipeline_run);
create index run_by_state on run (state);

create table param (
  run text not null references run (id),
  key text not null,
  value text not null,
  primary key (run, key)
);

-- Every value ever noted. A value of null is NaN, which SQLite has no number for.
create table metric (
  run text not null references run (id),
  key text not null,
  value double precision,
  at bigint not null,
  step bigint not null
);
create index metric_by_run on metric (run, key, step, at);

-- The value with the greatest step of each key, among those the latest, so that lists of runs read one row a key.
create table latest_metric (
  run text not null references run (id),
  key text not null,
  value double precision,
  at bigint not null,
  step bigint not null,
  primary key (run, key)
);
