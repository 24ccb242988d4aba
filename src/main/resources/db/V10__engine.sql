-- Room pipelines: runs that go on after a restart, are resumed, paused and queued.

-- The files of a project as runs began with them: files is a JSON object {PATH: DIGEST}, under its own digest.
create table run_text (
  digest text not null primary key,
  text text not null
);
create table run_files (
  digest text not null primary key,
  files text not null
);

-- claim is the fence: raised whenever a run is taken up, and only who took it up last may write.
-- cancelling: somebody cancelled it, and its steps are being told. lane: the runs that exclude each other.
create table pipeline_run_10 (
  id text not null primary key,
  pipeline text not null,
  project text not null,
  definition text not null,
  path text,
  files text references run_files (digest),
  state text not null check (state in ('QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
  outcome text,
  error text,
  params text not null,
  cache integer not null,
  claim bigint not null default 0,
  cancelling integer not null default 0,
  lane text,
  started_at bigint not null,
  ended_at bigint
);
insert into pipeline_run_10 (id, pipeline, project, definition, state, outcome, error, params, cache, started_at, ended_at)
  select id, pipeline, project, definition, state, outcome, error, params, cache, started_at, ended_at from pipeline_run;

-- attempt is the number of the last attempt; failures, how many failed since the run began or was resumed;
-- not_before, when the next may begin; fresh, whether it may not be taken from the cache.
create table pipeline_step_10 (
  run text not null references pipeline_run_10 (id),
  name text not null,
  position integer not null,
  uses text not null,
  needs text not null,
  state text not null check (state in ('WAITING', 'RUNNING', 'RAN', 'CACHED', 'SKIPPED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
  attempt integer not null,
  failures integer not null default 0,
  not_before bigint,
  fresh integer not null default 0,
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
insert into pipeline_step_10 (run, name, position, uses, needs, state, attempt, step_key, key_parts, outputs, summary, error, execution, started_at, ended_at)
  select run, name, position, uses, needs, state, attempt, step_key, key_parts, outputs, summary, error, execution, started_at, ended_at from pipeline_step;

create table run_event_10 (
  run text not null references pipeline_run_10 (id),
  seq bigint not null,
  at bigint not null,
  step text,
  type text not null,
  message text not null,
  share double precision,
  primary key (run, seq)
);
insert into run_event_10 (run, seq, at, step, type, message, share)
  select run, seq, at, step, type, message, share from run_event;

drop table run_event;
drop table pipeline_step;
drop table pipeline_run;
alter table pipeline_run_10 rename to pipeline_run;
alter table pipeline_step_10 rename to pipeline_step;
alter table run_event_10 rename to run_event;
create index pipeline_run_by_pipeline on pipeline_run (pipeline, started_at);
create index pipeline_run_by_state on pipeline_run (state);
create index pipeline_run_by_lane on pipeline_run (lane, started_at) where lane is not null and ended_at is null;

-- Every attempt of every step, with its execution in the graph.
create table step_attempt (
  run text not null references pipeline_run (id),
  step text not null,
  attempt integer not null,
  state text not null check (state in ('RUNNING', 'RAN', 'CACHED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
  error text,
  error_class text,
  execution bigint not null references execution (id),
  started_at bigint not null,
  ended_at bigint,
  primary key (run, step, attempt)
);
insert into step_attempt (run, step, attempt, state, error, execution, started_at, ended_at)
  select run, name, 1, state, error, execution, started_at, ended_at from pipeline_step
   where execution is not null and started_at is not null and state not in ('WAITING', 'SKIPPED');
