create table dataset (
  name text not null primary key,
  project text,
  definition text,
  current_number integer,
  created_at bigint not null,
  changed_at bigint not null
);

create table dataset_version (
  dataset text not null references dataset (name),
  number integer not null,
  digest text not null,
  source text not null,
  row_count bigint not null,
  byte_count bigint not null,
  columns text not null,
  created_at bigint not null,
  primary key (dataset, number),
  unique (dataset, digest)
);
create index dataset_version_digest on dataset_version (digest);
create index dataset_version_source on dataset_version (dataset, source);

create table converted_file (
  source text not null primary key,
  digest text not null
);

create table statistics (
  digest text not null primary key,
  content text not null,
  created_at bigint not null
);
