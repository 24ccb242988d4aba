-- Room pipelines: what starts runs by itself. Times are milliseconds since 1970 (UTC).

-- The triggers of each pipeline as it was applied last; trigger says in words what is waited for.
create table pipeline_trigger (
  pipeline text not null references pipeline (name) on delete cascade,
  trigger text not null,
  position integer not null,
  kind text not null,
  name text not null,
  definition text not null,
  primary key (pipeline, trigger)
);
create index pipeline_trigger_by_name on pipeline_trigger (kind, name);

-- Up to when a schedule was looked at, and when it comes next.
create table trigger_cursor (
  pipeline text not null,
  trigger text not null,
  at bigint not null,
  next_at bigint not null,
  primary key (pipeline, trigger),
  foreign key (pipeline, trigger) references pipeline_trigger (pipeline, trigger) on delete cascade
);
create index trigger_cursor_by_next on trigger_cursor (next_at);

-- Each time that a trigger fired, written with what made it fire. trigger is null where somebody asked for the run.
-- event tells one event from another: a trigger fires once for each. cause is the run that made it fire, depth counts
-- the firings of such a chain. Of a batch at most so many runs go on at once as parallel says.
create table trigger_firing (
  seq integer primary key,
  id text not null unique,
  pipeline text not null,
  trigger text,
  kind text not null,
  name text not null,
  event text,
  evidence text not null,
  params text not null,
  state text not null check (state in ('GATHERING', 'DUE', 'STARTED', 'REFUSED')),
  due_at bigint not null,
  run text references pipeline_run (id),
  error text,
  batch text,
  parallel integer,
  cause text,
  depth integer not null,
  fired_at bigint not null,
  unique (pipeline, trigger, event)
);
create index trigger_firing_due on trigger_firing (due_at, seq) where state = 'DUE';
create index trigger_firing_waiting on trigger_firing (pipeline, trigger) where state in ('GATHERING', 'DUE');
create index trigger_firing_by_pipeline on trigger_firing (pipeline, seq);
create index trigger_firing_by_run on trigger_firing (run);
create index trigger_firing_by_batch on trigger_firing (batch) where batch is not null;
create index pipeline_run_live on pipeline_run (id) where ended_at is null;
