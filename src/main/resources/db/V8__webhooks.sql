-- Room registry: who is told of what happens there. Times are milliseconds since 1970 (UTC).

create table webhook (
  id text not null primary key,
  name text not null,
  url text not null,
  description text not null default '',
  secret text not null default '',
  status text not null check (status in ('ACTIVE', 'DISABLED')),
  created_at bigint not null,
  updated_at bigint not null
);
-- event is such as model_version.created; place keeps the order they were given in.
create table webhook_event (
  webhook text not null references webhook (id) on delete cascade,
  event text not null,
  place integer not null,
  primary key (webhook, event)
) without rowid;
create index webhook_event_by_event on webhook_event (event);

-- What is to be sent, written with what it tells of, and what became of it.
create table webhook_delivery (
  seq integer primary key,
  id text not null unique,
  webhook text not null references webhook (id) on delete cascade,
  event text not null,
  payload text not null,
  state text not null check (state in ('PENDING', 'DELIVERED', 'FAILED')),
  attempts integer not null default 0,
  next_at bigint not null,
  status_code integer,
  error text,
  created_at bigint not null,
  updated_at bigint not null
);
create index webhook_delivery_by_webhook on webhook_delivery (webhook, seq);
create index webhook_delivery_pending on webhook_delivery (webhook, seq) where state = 'PENDING';
