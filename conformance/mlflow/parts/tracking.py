"""Experiments, nested runs, params, metrics and tags of all kinds, metric history."""

import math
import time

import mlflow
from mlflow.entities import Metric, Param, RunTag

from .checks import refused, same, works

LARGEST = 1.7976931348623157e308


def play(world):
    client = world.client
    experiments(world, client)
    runs(world, client)
    values(world, client)
    history(world, client)


def experiments(world, client):
    name = world.name("tracking")
    made = works("experiment.set_creates", lambda: mlflow.set_experiment(name))
    same("experiment.name", lambda: made.name, name)
    same("experiment.id_is_decimal", lambda: made.experiment_id.isdigit())
    same("experiment.is_active", lambda: made.lifecycle_stage, "active")
    same("experiment.times", lambda: 0 < made.creation_time <= made.last_update_time)
    same("experiment.location_is_proxied", lambda: made.artifact_location, f"mlflow-artifacts:/{made.experiment_id}")
    same("experiment.set_again_is_the_same", lambda: mlflow.set_experiment(name).experiment_id, made.experiment_id)
    same("experiment.get_by_name", lambda: mlflow.get_experiment_by_name(name).experiment_id, made.experiment_id)
    same("experiment.get_by_unknown_name", lambda: mlflow.get_experiment_by_name(world.name("nowhere")), None)
    same("experiment.default_exists", lambda: client.get_experiment("0").name, "Default")
    tagged = works("experiment.create_with_tags", lambda: client.create_experiment(world.name("tagged é"), tags={"team": "blue", "note": "zwei Wörter"}))
    same("experiment.tags", lambda: {k: v for k, v in client.get_experiment(tagged).tags.items() if not k.startswith("mlflow.")}, {"team": "blue", "note": "zwei Wörter"})
    works("experiment.set_tag", lambda: client.set_experiment_tag(tagged, "team", "red"))
    same("experiment.tag_is_replaced", lambda: client.get_experiment(tagged).tags["team"], "red")
    if hasattr(client, "delete_experiment_tag"):
        works("experiment.delete_tag", lambda: client.delete_experiment_tag(tagged, "note"))
        same("experiment.tag_is_gone", lambda: "note" in client.get_experiment(tagged).tags, False)
    works("experiment.rename", lambda: client.rename_experiment(tagged, world.name("renamed")))
    same("experiment.has_new_name", lambda: client.get_experiment_by_name(world.name("renamed")).experiment_id, tagged)
    same("experiment.old_name_is_free", lambda: client.get_experiment_by_name(world.name("tagged é")), None)
    placed = works("experiment.create_with_location", lambda: client.create_experiment(world.name("placed"), artifact_location=f"mlflow-artifacts:/{world.prefix}-place"))
    same("experiment.location_is_kept", lambda: client.get_experiment(placed).artifact_location, f"mlflow-artifacts:/{world.prefix}-place")
    run = client.create_run(placed)
    same("experiment.run_lies_at_its_location", lambda: run.info.artifact_uri, f"mlflow-artifacts:/{world.prefix}-place/{run.info.run_id}/artifacts")


def runs(world, client):
    before = int(time.time() * 1000) - 60_000
    with mlflow.start_run(run_name="parent", description="the parent", tags={"kind": "outer"}) as parent:
        same("run.is_running", lambda: client.get_run(parent.info.run_id).info.status, "RUNNING")
        same("run.end_time_is_absent", lambda: client.get_run(parent.info.run_id).info.end_time, None)
        with mlflow.start_run(nested=True, run_name="child one") as child:
            mlflow.log_param("depth", 1)
            with mlflow.start_run(nested=True) as grandchild:
                mlflow.log_param("depth", 2)
        try:
            with mlflow.start_run(nested=True, run_name="child two") as failing:
                raise ValueError("on purpose")
        except ValueError:
            pass
    read = client.get_run(parent.info.run_id)
    same("run.id_is_hex", lambda: len(read.info.run_id) == 32 and set(read.info.run_id) <= set("0123456789abcdef"))
    same("run.name", lambda: read.info.run_name, "parent")
    same("run.name_is_a_tag", lambda: read.data.tags["mlflow.runName"], "parent")
    same("run.description", lambda: read.data.tags["mlflow.note.content"], "the parent")
    same("run.tag_of_start", lambda: read.data.tags["kind"], "outer")
    same("run.user_and_source_are_tags", lambda: {"mlflow.user", "mlflow.source.name", "mlflow.source.type"} <= set(read.data.tags))
    same("run.is_finished", lambda: read.info.status, "FINISHED")
    same("run.times", lambda: before < read.info.start_time <= read.info.end_time)
    same("run.child_names_parent", lambda: client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"], parent.info.run_id)
    same("run.grandchild_names_child", lambda: client.get_run(grandchild.info.run_id).data.tags["mlflow.parentRunId"], child.info.run_id)
    same("run.get_parent", lambda: client.get_parent_run(child.info.run_id).info.run_id, parent.info.run_id)
    same("run.raising_is_failed", lambda: client.get_run(failing.info.run_id).info.status, "FAILED")
    same("run.is_given_a_name", lambda: len(client.get_run(grandchild.info.run_id).info.run_name.split("-")), 3)
    same("run.children_are_found", lambda: {r.info.run_id for r in client.search_runs([parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")}, {child.info.run_id, failing.info.run_id})
    works("run.rename", lambda: client.update_run(parent.info.run_id, name="renamed parent"))
    same("run.renamed_in_tag_too", lambda: client.get_run(parent.info.run_id).data.tags["mlflow.runName"], "renamed parent")
    works("run.rename_by_tag", lambda: client.set_tag(parent.info.run_id, "mlflow.runName", "by tag"))
    same("run.renamed_by_tag", lambda: client.get_run(parent.info.run_id).info.run_name, "by tag")
    works("run.set_terminated", lambda: client.set_terminated(failing.info.run_id, "KILLED", 1_700_000_000_000))
    same("run.status_and_end_are_set", lambda: (client.get_run(failing.info.run_id).info.status, client.get_run(failing.info.run_id).info.end_time), ("KILLED", 1_700_000_000_000))
    with mlflow.start_run(run_id=failing.info.run_id):
        same("run.resumed_is_running", lambda: client.get_run(failing.info.run_id).info.status, "RUNNING")
    same("run.resumed_is_finished", lambda: client.get_run(failing.info.run_id).info.status, "FINISHED")
    dated = client.create_run(parent.info.experiment_id, start_time=1_600_000_000_000, run_name="dated")
    same("run.start_time_is_kept", lambda: client.get_run(dated.info.run_id).info.start_time, 1_600_000_000_000)


def values(world, client):
    with mlflow.start_run(run_name="values") as run:
        run_id = run.info.run_id
        same("param.returns_value", lambda: mlflow.log_param("alpha", 0.5), 0.5)
        works("param.many", lambda: mlflow.log_params({"layers": [64, 32], "empty": "", "ünïcode key": "wert é", "a/b.c-d_e:f g": True, "none": None}))
        works("param.hundred_at_once", lambda: mlflow.log_params({f"p{i:03d}": i for i in range(100)}))
        works("param.same_again", lambda: mlflow.log_param("alpha", 0.5))
        works("param.long_is_cut", lambda: mlflow.log_param("long", "x" * 6100) if world.major >= 3 else client.log_batch(run_id, params=[Param("long", "x" * 6000)]))
        works("metric.one", lambda: mlflow.log_metric("loss", 0.25, step=3))
        works("metric.many", lambda: mlflow.log_metrics({"acc": 0.75, "f1": 1, "m/with space": -2.5e-7}, step=7))
        works("metric.nan", lambda: mlflow.log_metric("nan", float("nan")))
        works("metric.plus_infinity", lambda: mlflow.log_metric("inf", float("inf")))
        works("metric.minus_infinity", lambda: mlflow.log_metric("ninf", float("-inf")))
        works("metric.negative_step", lambda: mlflow.log_metric("early", 1.0, step=-5))
        works("tag.many", lambda: mlflow.set_tags({"t1": "one", "t2": 2, "empty": "", "quote": "it's \"so\"", "lines": "a\nb\tc"}))
        works("tag.replace", lambda: mlflow.set_tag("t1", "uno"))
        works("tag.delete", lambda: mlflow.delete_tag("t2"))
        works("tag.long", lambda: mlflow.set_tag("long", "y" * 8000))
        works("batch.all_kinds", lambda: client.log_batch(
            run_id,
            metrics=[Metric("curve", s * 1.5, 1_700_000_000_000 + s, s) for s in range(500)] + [Metric("batch nan", math.nan, 5, 0)],
            params=[Param("from batch", "yes")], tags=[RunTag("from batch", "true")]))
        works("batch.thousand_keys", lambda: client.log_batch(run_id, metrics=[Metric(f"k/{i}", float(i), 1, 0) for i in range(1000)]))
        works("batch.empty", lambda: client.log_batch(run_id))
    data = same("run.reads_back", lambda: client.get_run(run_id), lambda r: r.info.run_id == run_id).data
    for key, value in {"alpha": "0.5", "layers": "[64, 32]", "empty": "", "ünïcode key": "wert é", "a/b.c-d_e:f g": "True", "none": "None", "p099": "99", "long": "x" * 6000, "from batch": "yes"}.items():
        same(f"param.value[{key}]", lambda: data.params.get(key), value)
    same("param.count", lambda: len(data.params), 108)
    for key, value in {"loss": 0.25, "acc": 0.75, "f1": 1.0, "m/with space": -2.5e-7, "nan": math.nan, "inf": LARGEST, "ninf": -LARGEST, "early": 1.0, "curve": 748.5, "batch nan": math.nan, "k/999": 999.0}.items():
        same(f"metric.value[{key}]", lambda: data.metrics.get(key), value)
    same("metric.count", lambda: len(data.metrics), 1010)
    for key, value in {"t1": "uno", "t2": None, "empty": "", "quote": "it's \"so\"", "lines": "a\nb\tc", "long": "y" * 8000, "from batch": "true"}.items():
        same(f"tag.value[{key}]", lambda: data.tags.get(key), value)
    refused("param.change_is_refused", lambda: client.log_param(run_id, "alpha", 0.6), "INVALID_PARAMETER_VALUE", "Changing param values is not allowed", "alpha")
    same("param.is_unchanged", lambda: client.get_run(run_id).data.params["alpha"], "0.5")


def history(world, client):
    run_id = client.create_run(client.get_experiment_by_name(world.name("tracking")).experiment_id, run_name="history").info.run_id
    works("history.out_of_order", lambda: [client.log_metric(run_id, "m", value, timestamp, step) for value, timestamp, step in [(5.0, 500, 5), (1.0, 100, 1), (3.0, 300, 3)]])
    works("history.same_point_twice", lambda: client.log_metric(run_id, "m", 3.0, 300, 3))
    works("history.same_step_again", lambda: client.log_metric(run_id, "m", 9.0, 400, 5))
    points = same("history.points", lambda: [(p.step, p.timestamp, p.value) for p in client.get_metric_history(run_id, "m")], [(1, 100, 1.0), (3, 300, 3.0), (5, 400, 9.0), (5, 500, 5.0)])
    same("history.shown_is_the_last_by_step_and_time", lambda: client.get_run(run_id).data.metrics["m"], 5.0)
    same("history.of_unknown_key", lambda: client.get_metric_history(run_id, "nothing"), [])
    works("history.max_step", lambda: client.log_metric(run_id, "big", 1.0, 1, 2**63 - 1))
    same("history.big_step", lambda: client.get_metric_history(run_id, "big")[0].step, 2**63 - 1)
    works("history.log_26000_points", lambda: [client.log_batch(run_id, metrics=[Metric("long", s * 0.5, s, s) for s in range(b, b + 1000)]) for b in range(0, 26_000, 1000)])
    long = works("history.of_26000_points_in_pages", lambda: client.get_metric_history(run_id, "long"))
    same("history.26000_points_are_in_order", lambda: [p.step for p in long], list(range(26_000)))
