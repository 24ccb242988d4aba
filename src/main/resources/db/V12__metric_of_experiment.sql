-- Searches of one experiment among many walk its values in their order, without a look at the runs of the others.

alter table latest_metric add column experiment integer not null default 0;
update latest_metric set experiment = (select experiment from run where number = latest_metric.run);
drop index latest_metric_by_value;
create index latest_metric_by_value on latest_metric (key, value, experiment, run);
