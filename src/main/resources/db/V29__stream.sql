-- What is read from one topic, answered by an endpoint's model, and written to another.
create table stream (
  name text not null primary key,
  endpoint text not null,
  from_topic text not null,
  to_topic text not null,
  dead_letters text not null,
  -- One of the servers that the operator allowed; null for all of them.
  bootstrap text,
  -- Under which the group knows this server again after a restart.
  member text not null,
  running integer not null,
  changed_at bigint not null
);
