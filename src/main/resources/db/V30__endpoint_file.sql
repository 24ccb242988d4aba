-- The endpoints that a project's files define, and what each says of its model: NAME, NAME@ALIAS, or NAME/VERSION,
-- which pins it; null where it says nothing.
create table endpoint_file (
  endpoint text not null primary key,
  project text not null,
  model text
);

create index endpoint_file_by_project on endpoint_file (project);
