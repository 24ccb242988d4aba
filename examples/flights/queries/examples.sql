-- One row a flight that left in [$from, $until): what could be known at departure, and what came of it.
-- Each feature table gives its newest row that was available at departure (point in time).
with flight as (
  select
    f.flight_id, f.dep_ts, l.label_at, f.origin, f.dest, f.distance_mi,
    hour(f.dep_local) as hour,
    isodow(f.dep_local) - 1 as dow, -- Monday is 0
    l.late15
  from flights f
  join labels l using (flight_id)
  where f.dep_ts >= $from and f.dep_ts < $until
)
select
  f.flight_id, f.dep_ts, f.label_at, f.origin, f.dest, f.distance_mi, f.hour, f.dow,
  o.departures as o_departures,
  o.arrivals as o_arrivals,
  o.late_arrivals as o_late_arrivals,
  o.mean_arr_delay_min as o_mean_arr_delay_min,
  o.max_arr_delay_min as o_max_arr_delay_min,
  d.departures as d_departures,
  d.arrivals as d_arrivals,
  d.late_arrivals as d_late_arrivals,
  d.mean_arr_delay_min as d_mean_arr_delay_min,
  d.max_arr_delay_min as d_max_arr_delay_min,
  r.flights as r_flights,
  r.late_flights as r_late_flights,
  r.mean_arr_delay_min as r_mean_arr_delay_min,
  r.p90_arr_delay_min as r_p90_arr_delay_min,
  f.late15
from flight f
asof left join airport_hourly o on o.airport = f.origin and o.available_at <= f.dep_ts
asof left join airport_hourly d on d.airport = f.dest and d.available_at <= f.dep_ts
asof left join route_daily r on r.origin = f.origin and r.dest = f.dest and r.available_at <= f.dep_ts
order by f.dep_ts, f.flight_id
