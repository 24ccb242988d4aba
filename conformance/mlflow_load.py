"""One world with MLflow: its client loads a model trained here by the name it has in the registry, and a model that its client
logs and registers is served here. Both must answer as the golden rows say.

mlflow_load.py URL MODEL LAUNCHER
"""

import json
import logging
import os
import pathlib
import subprocess
import sys
import urllib.request
import warnings

import mlflow
import numpy as np
import onnxruntime

TYPES = {"FP32": np.float32, "FP64": np.float64, "INT32": np.int32, "INT64": np.int64, "BOOL": np.bool_, "BYTES": object}
AGAIN = "logged-again"


def array(tensor):
    kind = TYPES[tensor["datatype"]]
    data = [np.nan if value is None and kind in (np.float32, np.float64) else value for value in tensor["data"]]
    return np.array(data, dtype=kind).reshape(tensor["shape"])


def compare(what, expected, answers, tolerance):
    for tensor in expected:
        name, wanted = tensor["name"], array(tensor)
        got = np.asarray(answers[name]).reshape(wanted.shape)
        if wanted.dtype == object:
            equal = [str(g) == str(w) for g, w in zip(got.ravel(), wanted.ravel())]
        else:
            equal = np.abs(got - wanted) <= tolerance * np.maximum(1, np.abs(wanted))
        if not np.all(equal):
            sys.exit(f"mlflow_load: {what} answers output {name} with {got.tolist()}, expected {wanted.tolist()}")
    print(f"mlflow_load: {what} answers {len(expected[0]['data'])} golden rows as the training library did")


def get(url, body=None):
    request = urllib.request.Request(url, data=body and json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def main(server, model, launcher):
    warnings.filterwarnings("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(server)
    golden = json.loads(pathlib.Path(mlflow.artifacts.download_artifacts(f"models:/{model}/1"), "golden.json").read_text())
    inputs = {tensor["name"]: array(tensor) for tensor in golden["inputs"]}

    graph = mlflow.onnx.load_model(f"models:/{model}/1")
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    compare("mlflow.onnx", golden["outputs"], dict(zip(names, session.run(names, inputs))), golden["tolerance"])
    compare("mlflow.pyfunc", golden["outputs"], mlflow.pyfunc.load_model(f"models:/{model}@champion").predict(inputs), golden["tolerance"])

    mlflow.set_experiment("one world")
    with mlflow.start_run() as run:
        mlflow.onnx.log_model(graph, name="model", registered_model_name=AGAIN)
    subprocess.run([launcher, "deploy", AGAIN, "--model", AGAIN], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "MILLRACE_URL": server})
    answer = get(f"{server}/v2/models/{AGAIN}/infer", {"inputs": golden["inputs"]})
    compare("the endpoint of what MLflow logged", golden["outputs"], {o["name"]: array(o) for o in answer["outputs"]}, golden["tolerance"])
    lineage = get(f"{server}/api/v1/lineage/{AGAIN}%2F1?direction=up&depth=10")
    if not any(e["name"] == run.info.run_id for e in lineage["executions"]):
        sys.exit(f"mlflow_load: the lineage of {AGAIN}/1 does not reach the run that logged it: {lineage}")
    print(f"mlflow_load: the lineage of {AGAIN}/1 reaches the run that logged it")


main(*sys.argv[1:])
