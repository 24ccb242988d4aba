-- What of an endpoint's predictions is kept; endpoints without a row keep all for the usual time.
create table prediction_setting (
  endpoint text not null primary key,
  settings text not null
);

-- The segments whose rows are in Parquet files now. A segment with a row is read by nobody any more; the row goes
-- after the segment's file.
create table prediction_segment (
  number bigint not null primary key
);

-- The Parquet files whose rows count; a file without a row is read by nobody and swept.
create table prediction_file (
  path text not null primary key,
  endpoint text not null,
  day bigint not null,
  level integer not null,
  predictions bigint not null,
  bytes bigint not null
);

create index prediction_file_by_endpoint on prediction_file (endpoint, day);

-- Labels that came later, as they were given; of a name's values the last one counts.
create table feedback (
  seq integer primary key,
  prediction text not null,
  name text not null,
  value text not null,
  given_at bigint not null
);

create index feedback_by_prediction on feedback (prediction, seq);
