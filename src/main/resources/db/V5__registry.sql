-- Room registry: named models, their versions, and the aliases that point at them. Times are milliseconds since 1970 (UTC).

create table registered_model (
  name text not null primary key,
  description text not null default '',
  created_at bigint not null,
  updated_at bigint not null
);
create table registered_model_tag (
  model text not null references registered_model (name) on update cascade on delete cascade,
  key text not null,
  value text not null,
  primary key (model, key)
) without rowid;

-- What a version is never changes, what is said of it may. package is the sealed package, files the directory that a client
-- uploaded; uri is what a client named as its source, storage where clients read it, run and logged_model what made it.
create table model_version (
  model text not null references registered_model (name) on update cascade on delete cascade,
  number bigint not null,
  package text,
  files text,
  source text not null,
  uri text not null default '',
  storage text not null default '',
  run text not null default '',
  logged_model text not null default '',
  description text not null default '',
  stage text not null default 'None' check (stage in ('None', 'Staging', 'Production', 'Archived')),
  user_id text not null default '',
  execution bigint not null references execution (id),
  created_at bigint not null,
  updated_at bigint not null,
  deleted_at bigint,
  primary key (model, number)
);
create index model_version_package on model_version (model, package);
create index model_version_run on model_version (run) where run <> '';
create table model_version_tag (
  model text not null,
  number bigint not null,
  key text not null,
  value text not null,
  primary key (model, number, key),
  foreign key (model, number) references model_version (model, number) on update cascade on delete cascade
) without rowid;

create table model_alias (
  model text not null,
  alias text not null,
  number bigint not null,
  primary key (model, alias),
  foreign key (model, number) references model_version (model, number) on update cascade on delete cascade
);

-- Every move of an alias; a number of null says that it was taken away.
create table alias_history (
  id integer primary key,
  model text not null references registered_model (name) on update cascade on delete cascade,
  alias text not null,
  number bigint,
  changed_at bigint not null
);
create index alias_history_by_model on alias_history (model, id);
