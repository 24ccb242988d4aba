-- Room artifacts: files that come in parts and are not whole yet. Times are milliseconds since 1970 (UTC).

create table upload (
  id text not null primary key,
  path text not null,
  parts integer not null,
  created_at bigint not null,
  touched_at bigint not null
);
create index upload_by_touch on upload (touched_at);

-- A part that is here, as a blob; sent again, it takes the place of what came before.
create table upload_part (
  upload text not null references upload (id) on delete cascade,
  number integer not null,
  digest text not null,
  size bigint not null,
  primary key (upload, number)
) without rowid;
