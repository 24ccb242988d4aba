"""Models: autolog, log_model of three flavours, and predictions equal to those before saving, however they are loaded."""

import json
import os
import pathlib

import mlflow
import numpy
import pandas
from mlflow.models import infer_signature

from .checks import raises, refused, same, skipped, works

# Finding out what a model needs starts it in another process, for seconds.
PINNED = {"pip_requirements": ["mlflow"]}
# Newer clients save scikit-learn models in a format of their own, unless told otherwise.
PICKLED = {"serialization_format": "cloudpickle"}


def data():
    random = numpy.random.default_rng(7)
    frame = pandas.DataFrame(random.normal(size=(80, 3)), columns=["a", "b", "c"])
    return frame, (frame["a"] + 0.5 * frame["b"] > 0).astype(int)


class Shift(mlflow.pyfunc.PythonModel):
    """Adds what its artifact file says."""

    def load_context(self, context):
        with open(context.artifacts["shift"]) as file:
            self.shift = float(file.read())

    def predict(self, context, model_input, params=None):
        return model_input * 2 + self.shift


def play(world):
    client = world.client
    mlflow.set_experiment(world.name("models"))
    frame, labels = data()
    autolog(client, frame, labels)
    sklearn(world, client, frame, labels)
    pyfunc(world)
    onnx(world)
    models_of_runs_that_have_none(world, client)


def autolog(client, frame, labels):
    import sklearn.linear_model

    mlflow.sklearn.autolog(log_input_examples=True, silent=True)
    try:
        with mlflow.start_run() as run:
            fitted = works("autolog.fit", lambda: sklearn.linear_model.LogisticRegression(C=0.5, max_iter=50).fit(frame, labels))
            works("autolog.score", lambda: fitted.score(frame, labels))
    finally:
        mlflow.sklearn.autolog(disable=True)
    data = client.get_run(run.info.run_id).data
    same("autolog.params", lambda: (data.params.get("C"), data.params.get("max_iter")), ("0.5", "50"))
    same("autolog.training_metrics", lambda: {"training_accuracy_score", "training_f1_score", "training_log_loss", "training_score"} <= set(data.metrics))
    same("autolog.score_after_training", lambda: any(k.startswith("LogisticRegression_score") for k in data.metrics))
    same("autolog.metric_is_right", lambda: data.metrics["training_score"], float(fitted.score(frame, labels)))
    same("autolog.estimator_tag", lambda: data.tags["estimator_name"], "LogisticRegression")
    same("autolog.dataset", lambda: [t.value for i in client.get_run(run.info.run_id).inputs.dataset_inputs for t in i.tags], lambda tags: "train" in tags)
    same("autolog.model_predicts_the_same", lambda: numpy.array_equal(mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model").predict_proba(frame), fitted.predict_proba(frame)))
    same("autolog.confusion_matrix", lambda: "training_confusion_matrix.png" in [f.path for f in client.list_artifacts(run.info.run_id)])


def sklearn(world, client, frame, labels):
    import sklearn.ensemble

    fitted = sklearn.ensemble.RandomForestClassifier(n_estimators=5, random_state=1).fit(frame, labels)
    before = fitted.predict_proba(frame)
    name = world.name("forest")
    with mlflow.start_run() as run:
        mlflow.log_metric("accuracy", float(fitted.score(frame, labels)))
        logged = works("sklearn.log_model", lambda: mlflow.sklearn.log_model(fitted, **world.model_name("forest"), signature=infer_signature(frame, fitted.predict(frame)), input_example=frame.head(3), **PINNED, **PICKLED))
    world.forest = {"run": run.info.run_id, "uri": logged.model_uri, "name": name, "before": before, "frame": frame, "labels": fitted.predict(frame)}

    def agrees(check, uri):
        same(f"sklearn.{check}", lambda: numpy.array_equal(mlflow.sklearn.load_model(uri).predict_proba(frame), before))

    agrees("loads_by_model_uri", logged.model_uri)
    agrees("loads_by_run", f"runs:/{run.info.run_id}/forest")
    same("sklearn.loads_as_pyfunc", lambda: numpy.array_equal(mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/forest").predict(frame), fitted.predict(frame)))
    same("sklearn.signature", lambda: [c.name for c in mlflow.models.get_model_info(logged.model_uri).signature.inputs], ["a", "b", "c"])
    same("sklearn.flavors", lambda: {"sklearn", "python_function"} <= set(mlflow.models.get_model_info(logged.model_uri).flavors))
    same("sklearn.input_example", lambda: numpy.allclose(mlflow.pyfunc.load_model(logged.model_uri).input_example, frame.head(3)))
    first = works("register.runs_uri", lambda: mlflow.register_model(f"runs:/{run.info.run_id}/forest", name, tags={"from": "run"}))
    same("register.first_version", lambda: str(first.version), "1")
    same("register.run_id", lambda: client.get_model_version(name, "1").run_id, run.info.run_id)
    same("register.tags", lambda: client.get_model_version(name, "1").tags, {"from": "run"})
    same("register.is_ready", lambda: client.get_model_version(name, "1").status, "READY")
    if world.major >= 3:
        second = works("register.models_uri", lambda: mlflow.register_model(logged.model_uri, name))
        same("register.model_knows_its_versions", lambda: client.get_logged_model(logged.model_id).tags["mlflow.modelVersions"], lambda t: {(v["name"], int(v["version"])) for v in json.loads(t)} >= {(name, 2)})
    else:
        second = works("register.models_uri", lambda: mlflow.register_model(f"models:/{name}/1", name))
    same("register.second_version", lambda: str(second.version), "2")
    other = sklearn_other(frame, labels)
    with mlflow.start_run():
        third = works("register.while_logging", lambda: mlflow.sklearn.log_model(other, **world.model_name("dummy"), registered_model_name=name, **PINNED, **PICKLED))
    same("register.third_version", lambda: str(third.registered_model_version), "3")
    works("register.alias", lambda: client.set_registered_model_alias(name, "champion", "1"))
    agrees("loads_by_version", f"models:/{name}/1")
    agrees("loads_by_second_version", f"models:/{name}/2")
    agrees("loads_by_alias", f"models:/{name}@champion")
    same("sklearn.loads_latest", lambda: numpy.array_equal(mlflow.sklearn.load_model(f"models:/{name}/latest").predict(frame), other.predict(frame)))
    works("register.stage", lambda: client.transition_model_version_stage(name, "1", "production"))
    agrees("loads_by_stage", f"models:/{name}/Production")
    copied = works("register.copy_version", lambda: client.copy_model_version(f"models:/{name}/1", world.name("copied forest")))
    agrees("loads_copy", f"models:/{copied.name}/{copied.version}")
    same("sklearn.downloads_model_files", lambda: "MLmodel" in os.listdir(mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{name}/1")))
    refused("sklearn.unknown_version", lambda: mlflow.sklearn.load_model(f"models:/{name}/99"), "RESOURCE_DOES_NOT_EXIST")
    refused("sklearn.unknown_alias", lambda: mlflow.sklearn.load_model(f"models:/{name}@nobody"), "INVALID_PARAMETER_VALUE", "alias nobody not found")


def sklearn_other(frame, labels):
    import sklearn.dummy

    return sklearn.dummy.DummyClassifier(strategy="constant", constant=1).fit(frame, labels)


def pyfunc(world):
    path = pathlib.Path(world.folder, "shift.txt")
    path.write_text("2.5")
    values = pandas.DataFrame({"x": [1.0, -2.0]})
    with mlflow.start_run():
        logged = works("pyfunc.log_model", lambda: mlflow.pyfunc.log_model(**world.model_name("shift"), python_model=Shift(), artifacts={"shift": str(path)}, metadata={"team": "blue"}, **PINNED))
    loaded = works("pyfunc.load_model", lambda: mlflow.pyfunc.load_model(logged.model_uri))
    same("pyfunc.predicts", lambda: list(loaded.predict(values)["x"]), [4.5, -1.5])
    same("pyfunc.metadata", lambda: loaded.metadata.metadata["team"], "blue")


def onnx(world):
    try:
        import onnx
        import onnxruntime  # noqa: F401
    except ImportError as e:
        skipped("onnx", str(e))
        return
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy.array([[1.0, 2.0], [0.5, -1.0]], dtype=numpy.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(weights, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    x = numpy.array([[1.0, 2.0], [3.0, 4.0]], dtype=numpy.float32)
    with mlflow.start_run():
        logged = works("onnx.log_model", lambda: mlflow.onnx.log_model(model, **world.model_name("linear"), registered_model_name=world.name("linear"), **PINNED))
    same("onnx.loads_the_same_graph", lambda: mlflow.onnx.load_model(logged.model_uri).SerializeToString() == model.SerializeToString())
    same("onnx.predicts", lambda: mlflow.pyfunc.load_model(f"models:/{world.name('linear')}/1").predict(x)["y"].tolist(), (x @ weights).tolist())


def models_of_runs_that_have_none(world, client):
    run = client.create_run(client.get_experiment_by_name(world.name("models")).experiment_id)
    raises("model.missing_is_an_error", lambda: mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model"))
