"""Fetches a model package by REST, loads it with MLflow, and compares its answers with the golden rows.

mlflow_load.py URL MODEL VERSION FOLDER
"""

import json
import logging
import pathlib
import sys
import urllib.request
import warnings

import mlflow
import numpy as np
import onnxruntime

TYPES = {"FP32": np.float32, "FP64": np.float64, "INT32": np.int32, "INT64": np.int64, "BOOL": np.bool_, "BYTES": object}


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def fetch(server, model, version, folder):
    """Writes the files that the package's manifest names."""
    digest = json.loads(get(f"{server}/api/v1/models/{model}/versions/{version}"))["package"]
    manifest = json.loads(get(f"{server}/api/v1/blobs/{digest}"))
    for path, entry in manifest["entries"].items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(get(f"{server}/api/v1/blobs/{entry['digest']}"))


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


def main(server, model, version, folder):
    warnings.filterwarnings("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    folder = pathlib.Path(folder)
    fetch(server, model, version, folder)
    golden = json.loads((folder / "golden.json").read_text())
    inputs = {tensor["name"]: array(tensor) for tensor in golden["inputs"]}

    graph = mlflow.onnx.load_model(str(folder))
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    compare("mlflow.onnx", golden["outputs"], dict(zip(names, session.run(names, inputs))), golden["tolerance"])

    compare("mlflow.pyfunc", golden["outputs"], mlflow.pyfunc.load_model(str(folder)).predict(inputs), golden["tolerance"])


main(*sys.argv[1:])
