-- Room artifacts: named files over the content-addressed store. Times are milliseconds since 1970 (UTC).

create table file (
  path text not null primary key,
  digest text not null,
  size bigint not null,
  stored_at bigint not null
) without rowid;
create index file_by_digest on file (digest);
