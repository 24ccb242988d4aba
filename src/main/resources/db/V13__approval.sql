-- Room pipelines: decisions of people that steps wait for. Times are milliseconds since 1970 (UTC).

-- attempt is the number that the step's attempt gets with the decision. given holds what is decided on: the step's
-- values, and its artifacts by digest. otherwise is what nobody's decision comes to when due_at has passed.
create table approval (
  run text not null references pipeline_run (id),
  step text not null,
  attempt integer not null,
  ask text not null,
  given text not null,
  otherwise integer not null,
  execution bigint not null references execution (id),
  asked_at bigint not null,
  due_at bigint not null,
  approved integer,
  decided_by text,
  comment text,
  decided_at bigint,
  primary key (run, step, attempt)
);
create index approval_waiting on approval (asked_at) where decided_at is null;
