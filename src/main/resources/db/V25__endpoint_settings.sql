-- What was said of how the endpoint shall answer, as JSON.
alter table endpoint add column settings text not null default '{}';

-- Versions that were rolled back from an endpoint: they are not deployed there until somebody lifts that.
create table endpoint_withdrawn (
  endpoint text not null references endpoint (name),
  model text not null,
  version bigint not null,
  execution bigint not null,
  withdrawn_at bigint not null,
  primary key (endpoint, model, version)
);
