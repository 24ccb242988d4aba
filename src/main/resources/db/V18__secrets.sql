-- Room governance: secrets, sealed. Times are milliseconds since 1970 (UTC).

-- sealed is the nonce and what AES-256-GCM made of the value, in base64; null once the version is deleted. The row stays, so
-- that no number of a name ever means two values.
create table secret_version (
  name text not null,
  number integer not null,
  sealed text,
  created_at bigint not null,
  deleted_at bigint,
  primary key (name, number)
);

-- Room pipelines: the secrets that an attempt's command was given, as JSON {VARIABLE: "NAME@VERSION"}.
alter table step_attempt add column secrets text;
