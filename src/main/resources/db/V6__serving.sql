-- A name under which one model version answers. A deleted endpoint keeps its row, and so its history;
-- its deployment is null until somebody deploys to that name again.
create table endpoint (
  name text not null primary key,
  deployment bigint,
  changed_at bigint not null
);

-- What an endpoint served, from when.
create table endpoint_deployment (
  id integer primary key,
  endpoint text not null references endpoint (name),
  model text not null,
  version bigint not null,
  package text not null,
  execution bigint not null,
  deployed_at bigint not null
);

create index endpoint_deployment_by_endpoint on endpoint_deployment (endpoint, id);
