-- Room registry: named models, their versions, and the aliases that point at them. Times are milliseconds since 1970 (UTC).

create table registered_model (
  name text not null primary key,
  created_at bigint not null
);

-- Rows are inserted and never changed. One package has one number under one name.
create table model_version (
  model text not null references registered_model (name),
  number bigint not null,
  package text not null,
  source text not null,
  execution bigint not null references execution (id),
  created_at bigint not null,
  primary key (model, number),
  unique (model, package)
);
create index model_version_package on model_version (package);

create table model_alias (
  model text not null,
  alias text not null,
  number bigint not null,
  primary key (model, alias),
  foreign key (model, number) references model_version (model, number)
);

-- Every move of an alias; a number of null says that it was taken away.
create table alias_history (
  id integer primary key,
  model text not null references registered_model (name),
  alias text not null,
  number bigint,
  changed_at bigint not null
);
create index alias_history_by_model on alias_history (model, id);
