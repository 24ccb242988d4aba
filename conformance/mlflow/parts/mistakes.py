"""Ordinary mistakes, and the error codes and messages that clients show for them."""

import time

from mlflow.entities import Metric, Param, RunTag

from .checks import refused, same, works
from .wire import Wire


def play(world):
    client = world.client
    experiment = client.create_experiment(world.name("mistakes"))
    run = client.create_run(experiment).info.run_id
    refused("mistake.unknown_run", lambda: client.get_run("0" * 32), "RESOURCE_DOES_NOT_EXIST", "Run with id=" + "0" * 32 + " not found")
    refused("mistake.unknown_experiment", lambda: client.get_experiment("987654321"), "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=987654321 exists")
    refused("mistake.experiment_id_is_no_number", lambda: client.get_experiment("abc"), "INVALID_PARAMETER_VALUE", "Invalid experiment ID 'abc'")
    refused("mistake.experiment_exists", lambda: client.create_experiment(world.name("mistakes")), "RESOURCE_ALREADY_EXISTS", "already exists")
    refused("mistake.run_in_unknown_experiment", lambda: client.create_run("987654321"), "RESOURCE_DOES_NOT_EXIST")
    refused("mistake.delete_missing_tag", lambda: client.delete_tag(run, "none"), "RESOURCE_DOES_NOT_EXIST")
    refused("mistake.runs_artifact_location", lambda: client.create_experiment(world.name("bad place"), "runs:/x"), "INVALID_PARAMETER_VALUE")
    refused("mistake.names_differ", lambda: client.create_run(experiment, run_name="a", tags={"mlflow.runName": "b"}), "INVALID_PARAMETER_VALUE", "run_name")
    raw(world, experiment, run)
    limits(world, client, run)


def raw(world, experiment, run):
    """Past the client's own checks."""
    wire = Wire(world.url)
    now = int(time.time() * 1000)
    metric = {"run_id": run, "key": "m", "value": 1, "timestamp": now}
    missing = "Missing value for required parameter '{}'"
    wire.refused("mistake.metric_without_value", "runs/log-metric", {k: v for k, v in metric.items() if k != "value"}, 400, "INVALID_PARAMETER_VALUE", missing.format("value"))
    wire.refused("mistake.metric_without_key", "runs/log-metric", {k: v for k, v in metric.items() if k != "key"}, 400, "INVALID_PARAMETER_VALUE", missing.format("key"))
    wire.refused("mistake.metric_without_time", "runs/log-metric", {k: v for k, v in metric.items() if k != "timestamp"}, 400, "INVALID_PARAMETER_VALUE", missing.format("timestamp"))
    wire.refused("mistake.metric_value_is_a_word", "runs/log-metric", metric | {"value": "fast"}, 400, "INVALID_PARAMETER_VALUE")
    wire.refused("mistake.metric_of_unknown_run", "runs/log-metric", metric | {"run_id": "0" * 32}, 404, "RESOURCE_DOES_NOT_EXIST")
    wire.refused("mistake.metric_key_with_odd_letter", "runs/log-metric", metric | {"key": "m?"}, 400, "INVALID_PARAMETER_VALUE", 'Invalid value "m?" for parameter', "Names may only contain alphanumerics")
    wire.refused("mistake.metric_key_climbs", "runs/log-metric", metric | {"key": "../m"}, 400, "INVALID_PARAMETER_VALUE")
    wire.refused("mistake.metric_key_is_absolute", "runs/log-metric", metric | {"key": "/m"}, 400, "INVALID_PARAMETER_VALUE")
    wire.refused("mistake.metric_key_too_long", "runs/log-metric", metric | {"key": "m" * 251}, 400, "INVALID_PARAMETER_VALUE", "250")
    wire.refused("mistake.negative_time", "runs/log-metric", metric | {"timestamp": -1}, 400, "INVALID_PARAMETER_VALUE")
    wire.refused("mistake.batch_without_time", "runs/log-batch", {"run_id": run, "metrics": [{"key": "m", "value": 1}]}, 400, "INVALID_PARAMETER_VALUE", "metrics[0].timestamp")
    wire.refused("mistake.batch_name", "runs/log-batch", {"run_id": run, "metrics": [metric | {"key": "m?"}]}, 400, "INVALID_PARAMETER_VALUE", "metrics[0].name")
    wire.refused("mistake.batch_param_name", "runs/log-batch", {"run_id": run, "params": [{"key": "p?", "value": "1"}]}, 400, "INVALID_PARAMETER_VALUE", "params[0].key")
    wire.refused("mistake.batch_of_1001", "runs/log-batch", {"run_id": run, "metrics": [metric] * 1001}, 400, "INVALID_PARAMETER_VALUE", "A batch logging request can contain at most 1000 metrics. Got 1001 metrics. Please split up metrics across multiple requests and try again.")
    wire.refused("mistake.batch_of_101_params", "runs/log-batch", {"run_id": run, "params": [{"key": f"q{i}", "value": "1"} for i in range(101)]}, 400, "INVALID_PARAMETER_VALUE", "at most 100 params")
    wire.refused("mistake.batch_of_101_tags", "runs/log-batch", {"run_id": run, "tags": [{"key": f"q{i}", "value": "1"} for i in range(101)]}, 400, "INVALID_PARAMETER_VALUE", "at most 100 tags")
    wire.refused("mistake.batch_with_a_param_twice", "runs/log-batch", {"run_id": run, "params": [{"key": "q", "value": "1"}, {"key": "q", "value": "2"}]}, 400, "INVALID_PARAMETER_VALUE", "Duplicate parameter keys have been submitted: ['q']")
    wire.refused("mistake.param_value_is_a_number", "runs/log-parameter", {"run_id": run, "key": "p", "value": 1}, 400, "INVALID_PARAMETER_VALUE")
    wire.refused("mistake.param_without_key", "runs/log-parameter", {"run_id": run, "value": "1"}, 400, "INVALID_PARAMETER_VALUE", missing.format("key"))
    wire.refused("mistake.tag_without_key", "runs/set-tag", {"run_id": run, "value": "1"}, 400, "INVALID_PARAMETER_VALUE", missing.format("key"))
    wire.refused("mistake.experiment_without_name", "experiments/create", {}, 400, "INVALID_PARAMETER_VALUE", missing.format("name"))
    wire.refused("mistake.experiment_name_too_long", "experiments/create", {"name": "n" * 501}, 400, "INVALID_PARAMETER_VALUE", "500")
    wire.refused("mistake.experiment_tag_key_too_long", "experiments/set-experiment-tag", {"experiment_id": experiment, "key": "k" * 251, "value": "1"}, 400, "INVALID_PARAMETER_VALUE", "250")
    wire.refused("mistake.search_in_no_number", "runs/search", {"experiment_ids": ["abc"]}, 400, "INVALID_PARAMETER_VALUE", "Invalid experiment ID 'abc'")
    wire.refused("mistake.model_name_is_blank", "registered-models/create", {"name": " "}, 400, "INVALID_PARAMETER_VALUE")
    wire.refused("mistake.version_number_is_a_word", "model-versions/get?name=x&version=one", None, 400, "INVALID_PARAMETER_VALUE")
    wire.refused("mistake.history_page_of_nothing", f"metrics/get-history?run_id={run}&metric_key=m&max_results=0", None, 400, "INVALID_PARAMETER_VALUE")
    if world.millrace:
        wire.refused("mistake.bare_nan", "runs/log-metric", '{"run_id":"%s","key":"bare","value":NaN,"timestamp":1}' % run, 400, "*")
        wire.refused("mistake.bare_infinity", "runs/log-batch", '{"run_id":"%s","metrics":[{"key":"bare","value":Infinity,"timestamp":1}]}' % run, 400, "*")
        wire.refused("mistake.unknown_status", "runs/update", {"run_id": run, "status": "DONE"}, 400, "INVALID_PARAMETER_VALUE")
        wire.refused("mistake.broken_json", "runs/log-batch", '{"run_id": "%s", "metrics": [' % run, 400, "*")
        wire.refused("mistake.broken_json_of_metric", "runs/log-metric", "{nonsense", 400, "*")
        wire.refused("mistake.body_is_a_list", "runs/log-metric", [1, 2], 400, "*")
        wire.refused("mistake.two_fields_of_one_order", "runs/search", {"experiment_ids": [experiment], "order_by": ["metrics.a", "metrics.a"]}, 400, "INVALID_PARAMETER_VALUE")
        same("mistake.left_nothing", lambda: "bare" in world.client.get_run(run).data.metrics, False)
        cut = wire.send("POST", "runs/log-parameter", {"run_id": run, "key": "cut", "value": "x" * 6001})
        same("mistake.cut_value_is_told", lambda: any("truncat" in h.lower() or "cut" in h.lower() for h in cut.headers))


def limits(world, client, run):
    works("limit.metric_key_of_250", lambda: client.log_metric(run, "k" * 250, 1))
    works("limit.param_key_of_250", lambda: client.log_param(run, "k" * 250, "v"))
    works("limit.tag_key_of_250", lambda: client.set_tag(run, "t" * 250, "v"))
    works("limit.experiment_name_of_500", lambda: client.create_experiment((world.prefix + "n" * 500)[:500]))
    works("limit.batch_of_1000", lambda: client.log_batch(run, [Metric("m", i, i, i) for i in range(800)], [Param(f"b{i}", "1") for i in range(100)], [RunTag(f"b{i}", "1") for i in range(100)]))
    wire = Wire(world.url)
    wire.send("POST", "runs/log-parameter", {"run_id": run, "key": "long", "value": "x" * 6500})
    wire.send("POST", "runs/set-tag", {"run_id": run, "key": "long", "value": "y" * 8500})
    same("limit.param_is_cut_at_6000", lambda: len(client.get_run(run).data.params["long"]), 6000)
    same("limit.tag_is_cut_at_8000", lambda: len(client.get_run(run).data.tags["long"]), 8000)
