-- Room pipelines: runs that test a pipeline. samples is a JSON object {DATASET: DIGEST} of what such a run reads instead.
create table pipeline_test (
  run text not null primary key references pipeline_run (id),
  samples text not null
);
