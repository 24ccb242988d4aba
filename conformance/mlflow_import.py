"""A store of MLflow's own, written by its client, and the same after `millrace import mlflow`: make FOLDER STORE writes one,
check FOLDER STORE URL compares both through the client. FOLDER is for its files, STORE the URI of its database.
"""

import os
import pathlib
import sys
import warnings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
warnings.filterwarnings("ignore")

import mlflow  # noqa: E402
import numpy  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import ViewType  # noqa: E402


def make(folder, store):
    from sklearn.linear_model import LinearRegression

    mlflow.set_tracking_uri(store)
    client = MlflowClient()
    client.create_experiment("flights", artifact_location=f"file:{folder}/artifacts/flights", tags={"team": "ops"})
    mlflow.set_experiment("flights")
    with mlflow.start_run(run_name="parent"):
        mlflow.log_params({"lr": 0.1, "depth": 6, "text": "a\nb"})
        for step in range(50):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metric("nan", float("nan"))
        mlflow.log_metric("inf", float("inf"))
        mlflow.set_tag("colour", "blue")
        mlflow.log_text("hello", "notes/note.txt")
        mlflow.log_input(mlflow.data.from_numpy(numpy.arange(6).reshape(3, 2), name="tiny"), context="training")
        model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
        mlflow.sklearn.log_model(model, name="model", registered_model_name="delay")
        with mlflow.start_run(run_name="child", nested=True):
            mlflow.log_metric("acc", 0.5)
    with mlflow.start_run(run_name="gone") as gone:
        mlflow.log_param("x", "1")
    client.delete_run(gone.info.run_id)
    client.delete_experiment(client.create_experiment("old"))
    client.set_registered_model_alias("delay", "champion", 1)
    client.set_registered_model_tag("delay", "owner", "ana")
    client.set_model_version_tag("delay", "1", "stage", "x")
    client.update_registered_model("delay", "the delay model")


def same(what, got, expected):
    if got != expected:
        sys.exit(f"mlflow_import: {what}: got {got}, expected {expected}")


def history(client, run, key):
    return sorted((p.step, p.timestamp, repr(p.value)) for p in client.get_metric_history(run, key))


def check(folder, store, url):
    before, after = MlflowClient(store), MlflowClient(url)
    one, other = (c.get_experiment_by_name("flights") for c in (before, after))
    same("experiment", (other.tags, other.creation_time), (one.tags, one.creation_time))
    same("deleted experiment", after.get_experiment_by_name("old").lifecycle_stage, "deleted")
    histories = 0
    for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY):
        runs = {r.info.run_id: r for r in before.search_runs([one.experiment_id], run_view_type=view)}
        found = {r.info.run_id: r for r in after.search_runs([other.experiment_id], run_view_type=view)}
        same("runs", set(found), set(runs))
        for key, run in runs.items():
            got = found[key]
            same("params", got.data.params, run.data.params)
            same("tags", got.data.tags, run.data.tags)
            same("run", (got.info.start_time, got.info.end_time, got.info.status, got.info.run_name), (run.info.start_time, run.info.end_time, run.info.status, run.info.run_name))
            same("metrics", repr(sorted(got.data.metrics.items())), repr(sorted(run.data.metrics.items())))
            same("datasets", [d.dataset.name for d in got.inputs.dataset_inputs], [d.dataset.name for d in run.inputs.dataset_inputs])
            for metric in run.data.metrics:
                same("history of " + metric, history(after, key, metric), history(before, key, metric))
                histories += 1
            if run.info.run_name == "parent":
                same("artifact", text(url, got), "hello")
    version, expected = (c.get_model_version_by_alias("delay", "champion") for c in (after, before))
    same("version", (str(version.version), version.tags, version.creation_timestamp), (str(expected.version), expected.tags, expected.creation_timestamp))
    same("description", after.get_registered_model("delay").description, "the delay model")
    mlflow.set_tracking_uri(url)
    same("prediction", round(float(mlflow.pyfunc.load_model("models:/delay@champion").predict([[0.5]])[0]), 6), 0.5)
    print(f"mlflow_import: {store.split(':')[0]}: runs, {histories} histories, files and versions are as MLflow has them, and the champion predicts")


def text(url, run):
    mlflow.set_tracking_uri(url)
    return mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/note.txt")


{"make": make, "check": check}[sys.argv[1]](str(pathlib.Path(sys.argv[2]).resolve()), *sys.argv[3:])
