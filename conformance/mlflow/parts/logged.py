"""Logged models, which clients have from 3.0: life cycle, params, tags, metrics, search."""

import mlflow

from .checks import refused, same, skipped, works


def play(world):
    if world.major < 3:
        skipped("logged", "clients before 3.0 have no logged models")
        return
    from mlflow.entities import LoggedModelStatus

    client = world.client
    experiment = mlflow.set_experiment(world.name("logged")).experiment_id
    run = client.create_run(experiment).info.run_id
    model = works("logged.create", lambda: client.create_logged_model(experiment, "candidate", run, tags={"team": "blue"}, params={"depth": "4"}, model_type="agent"))
    same("logged.id", lambda: model.model_id.startswith("m-") and len(model.model_id) == 34)
    same("logged.is_pending", lambda: client.get_logged_model(model.model_id).status, LoggedModelStatus.PENDING)
    same("logged.location", lambda: model.artifact_location, f"mlflow-artifacts:/{experiment}/models/{model.model_id}/artifacts")
    same("logged.fields", lambda: (lambda m: (m.name, m.model_type, m.source_run_id, m.params, m.tags.get("team")))(client.get_logged_model(model.model_id)), ("candidate", "agent", run, {"depth": "4"}, "blue"))
    works("logged.params", lambda: client.log_model_params(model.model_id, {f"p{i:03d}": str(i) for i in range(150)}))
    same("logged.params_are_kept", lambda: len(client.get_logged_model(model.model_id).params), 151)
    works("logged.tags", lambda: client.set_logged_model_tags(model.model_id, {"a": "1", "team": "red"}))
    works("logged.delete_tag", lambda: client.delete_logged_model_tag(model.model_id, "a"))
    same("logged.tags_are_kept", lambda: (lambda t: (t.get("a"), t["team"]))(client.get_logged_model(model.model_id).tags), (None, "red"))
    works("logged.finalize", lambda: client.finalize_logged_model(model.model_id, LoggedModelStatus.READY))
    same("logged.is_ready", lambda: client.get_logged_model(model.model_id).status, LoggedModelStatus.READY)
    works("logged.metric", lambda: mlflow.log_metrics({"acc": 0.5}, run_id=run, model_id=model.model_id, step=1))
    works("logged.metric_again", lambda: client.log_metric(run, "acc", 0.75, step=2, model_id=model.model_id))
    same("logged.metrics", lambda: {m.step: m.value for m in client.get_logged_model(model.model_id).metrics if m.key == "acc"}, lambda steps: steps[2] == 0.75)
    same("logged.metric_is_the_runs_too", lambda: client.get_run(run).data.metrics["acc"], 0.75)
    path = world.folder + "/model file é.txt"
    open(path, "w").write("x")
    works("logged.artifact", lambda: client.log_model_artifact(model.model_id, path))
    same("logged.artifacts_are_listed", lambda: [f.path for f in client.list_logged_model_artifacts(model.model_id)], ["model file é.txt"])
    with mlflow.start_run():
        external = works("logged.initialize", lambda: mlflow.initialize_logged_model(name="outside"))
        works("logged.finalize_fluently", lambda: mlflow.finalize_logged_model(external.model_id, "READY"))
    searches(client, experiment, run, model)
    works("logged.delete", lambda: client.delete_logged_model(model.model_id))
    refused("logged.deleted_is_gone", lambda: client.get_logged_model(model.model_id), "RESOURCE_DOES_NOT_EXIST")
    refused("logged.unknown", lambda: client.get_logged_model("m-" + "0" * 32), "RESOURCE_DOES_NOT_EXIST")
    refused("logged.bad_name", lambda: client.create_logged_model(experiment, "a/b"), "INVALID_PARAMETER_VALUE")
    refused("logged.bad_search", lambda: client.search_logged_models([experiment], "metrics.acc LIKE"), "INVALID_PARAMETER_VALUE")
    if world.millrace:
        refused("logged.search_by_word", lambda: client.search_logged_models([experiment], "metrics.acc > 'x'"), "INVALID_PARAMETER_VALUE")


def searches(client, experiment, run, model):
    from mlflow.entities import LoggedModelStatus

    ids = {model.model_id: 0}
    for number in (1, 2, 3):
        made = client.create_logged_model(experiment, f"found-{number}", run, tags={"rank": str(number)}, params={"lr": f"0.{number}"}, model_type="agent" if number < 3 else "tool")
        ids[made.model_id] = number
        client.log_metric(run, "f1", number / 10, model_id=made.model_id)
        if number != 2:
            client.finalize_logged_model(made.model_id, LoggedModelStatus.READY)

    def found(text, **options):
        return [ids.get(m.model_id, 9) for m in client.search_logged_models([experiment], text, **options)]

    for text, expected in {
        "name = 'candidate'": [0], "name LIKE 'found-%'": [1, 2, 3], "metrics.f1 > 0.15": [2, 3], "metrics.f1 <= 0.1": [1], "params.lr = '0.2'": [2],
        "tags.rank = '3'": [3], "tags.rank != '3' AND name LIKE 'found%'": [1, 2], "attributes.model_type = 'agent' AND metrics.f1 > 0": [1, 2], "model_type = 'tool'": [3],
        f"source_run_id = '{run}'": [0, 1, 2, 3], f"model_id IN ('{model.model_id}')": [0], "metrics.acc = 0.75": [0], "params.none = 'x'": [],
    }.items():
        shown = text.replace(run, "R").replace(model.model_id, "M0")
        same(f"logged.search[{shown}]", lambda: sorted(found(text)), expected)
    same("logged.order_by_metric", lambda: found("name LIKE 'found-%'", order_by=[{"field_name": "metrics.f1", "ascending": False}]), [3, 2, 1])
    same("logged.order_by_creation", lambda: found("name LIKE 'found-%'", order_by=[{"field_name": "creation_timestamp", "ascending": True}]), [1, 2, 3])
    page = client.search_logged_models([experiment], "name LIKE 'found-%'", max_results=2, order_by=[{"field_name": "metrics.f1"}])
    rest = works("logged.next_page", lambda: client.search_logged_models([experiment], "name LIKE 'found-%'", max_results=2, order_by=[{"field_name": "metrics.f1"}], page_token=page.token))
    same("logged.pages", lambda: [[ids[m.model_id] for m in p] for p in (page, rest)], [[1, 2], [3]])
    same("logged.data_frame", lambda: len(mlflow.search_logged_models([experiment], filter_string="name LIKE 'found-%'")), 3)
