-- Room experiments. Times are milliseconds since 1970 (UTC).

create table experiment (
  id integer primary key,
  name text not null unique,
  folder text not null default '',
  artifacts text not null,
  lifecycle text not null check (lifecycle in ('ACTIVE', 'DELETED')),
  created_at bigint not null,
  updated_at bigint not null
);
create index experiment_by_creation on experiment (created_at, id);
create table experiment_tag (
  experiment integer not null references experiment (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (experiment, key)
) without rowid;

-- number is what other tables refer to; artifacts is the root of its files; lease_until is when it counts as lost.
create table run (
  number integer primary key,
  id text not null unique,
  experiment integer not null references experiment (id),
  name text not null,
  user_id text not null,
  state text not null check (state in ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED', 'LOST')),
  lifecycle text not null check (lifecycle in ('ACTIVE', 'DELETED')),
  started_at bigint not null,
  ended_at bigint,
  artifacts text not null,
  execution bigint references execution (id),
  pipeline_run text,
  step text,
  lease_millis bigint,
  lease_until bigint
);
create index run_by_experiment on run (experiment, started_at desc, id);
create index run_by_pipeline_run on run (pipeline_run) where pipeline_run is not null;
create index run_by_lease on run (lease_until) where lease_until is not null;
create index run_by_step on run (state) where step is not null;

create table param (
  run integer not null references run (number) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
) without rowid;
create table tag (
  run integer not null references run (number) on delete cascade,
  key text not null,
  value text not null,
  primary key (run, key)
) without rowid;
create index tag_by_value on tag (key, value) where key = 'mlflow.parentRunId';

create table metric_key (
  id integer primary key,
  name text not null unique
);

-- What was logged and is not yet sorted into the two tables below: each row is what one request brought. Deduplication
-- is left to reading, so that a retry costs the same however long the history is.
create table metric_tail (
  seq integer primary key,
  run integer not null references run (number) on delete cascade,
  points integer not null,
  data blob not null
);
create index metric_tail_by_run on metric_tail (run);

-- The history of one metric of one run, cut into pieces of at most 1,024 points in the order they came.
create table metric_chunk (
  id integer primary key,
  run integer not null references run (number) on delete cascade,
  key integer not null references metric_key (id),
  chunk integer not null,
  points integer not null,
  first_step bigint not null,
  last_step bigint not null,
  least double precision,
  greatest double precision,
  data blob not null
);
create unique index metric_chunk_by_key on metric_chunk (run, key, chunk, points, first_step, last_step, least, greatest);

-- The value of each key with the greatest step, then time, then value; null is NaN.
create table latest_metric (
  run integer not null references run (number) on delete cascade,
  key integer not null references metric_key (id),
  value double precision,
  at bigint not null,
  step bigint not null,
  points bigint not null,
  least double precision,
  greatest double precision,
  primary key (run, key)
) without rowid;
create index latest_metric_by_value on latest_metric (key, value, run);

-- The datasets that runs read; one per experiment, name and digest.
create table dataset_input (
  id integer primary key,
  experiment integer not null references experiment (id),
  name text not null,
  digest text not null,
  source_type text not null,
  source text not null,
  schema text,
  profile text,
  unique (experiment, name, digest)
);
create table run_input (
  run integer not null references run (number) on delete cascade,
  dataset integer not null references dataset_input (id),
  tags text not null,
  context text,
  primary key (run, dataset)
) without rowid;
create table run_input_model (
  run integer not null references run (number) on delete cascade,
  model text not null,
  primary key (run, model)
) without rowid;
create table run_output (
  run integer not null references run (number) on delete cascade,
  model text not null,
  step bigint not null,
  primary key (run, model)
) without rowid;

create table logged_model (
  id text not null primary key,
  experiment integer not null references experiment (id),
  name text not null,
  type text not null,
  run text,
  status text not null check (status in ('LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED')),
  message text,
  artifacts text not null,
  created_at bigint not null,
  updated_at bigint not null,
  deleted_at bigint
);
create index logged_model_by_experiment on logged_model (experiment, created_at desc, id);
create index logged_model_by_run on logged_model (run, name);
create table logged_model_param (
  model text not null references logged_model (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (model, key)
) without rowid;
create table logged_model_tag (
  model text not null references logged_model (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (model, key)
) without rowid;
create table logged_model_metric (
  model text not null references logged_model (id) on delete cascade,
  key text not null,
  dataset_name text not null,
  dataset_digest text not null,
  run text not null,
  value double precision,
  at bigint not null,
  step bigint not null,
  primary key (model, key, dataset_name, dataset_digest)
) without rowid;
