-- Room pipelines: steps that are done once for each of several values.

-- instances is how many there are, once that is known, of a step with a strategy. Each is a row of its own, called
-- STEP[INDEX], with its step as parent, its index as instance and the values it is done for as given, a JSON object.
alter table pipeline_step add column instances integer;
alter table pipeline_step add column parent text;
alter table pipeline_step add column instance integer;
alter table pipeline_step add column given text;
create unique index pipeline_step_by_parent on pipeline_step (run, parent, instance) where parent is not null;
