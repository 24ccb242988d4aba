"""Trains models that only Python can answer for, logs and registers them with MLflow's client, and writes what they answer.

log_models.py URL FILE FOLDER     also saves one, twice, below FOLDER
"""

import json
import logging
import os
import sys
import time
import warnings

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"
warnings.filterwarnings("ignore")

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from mlflow.types import ColSpec, Schema, TensorSpec  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import Pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402

logging.getLogger("mlflow").setLevel(logging.ERROR)

REQUIREMENTS = ["mlflow", "scikit-learn", "pandas", "cloudpickle"]


def tickets(rows):
    random = np.random.default_rng(7)
    words = ["refund", "login", "slow", "thanks", "broken", "invoice"]
    text = [" ".join(random.choice(words, 4)) for _ in range(rows)]
    frame = pd.DataFrame({
        "text": text,
        "plan": random.choice(["free", "team", "größer"], rows),
        "seats": random.integers(1, 500, rows),
        "spent": random.normal(100, 40, rows).round(2),
    })
    label = np.where(frame.text.str.contains("broken|refund") & (frame.spent > 80), "urgent", "later")
    return frame, label


class Readings(mlflow.pyfunc.PythonModel):
    """A table out, tensors in, prints, and errors of both kinds."""

    def predict(self, context, model_input, params=None):
        print("a line on standard output, which is no answer")
        first = model_input["values"][:, 0]
        if (first == -1).any():
            raise ValueError("readings of -1 are not taken")
        if (first == -2).any():
            raise RuntimeError(f"no calibration in {os.path.abspath('/srv/calibration/unit-7.bin')}")
        if (first == -3).any():
            time.sleep(3600)
        return {"mean": model_input["values"].mean(axis=1), "tag": np.array([f"r{int(v)}" for v in model_input["id"]], dtype=object)}


class Dying(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        print("out of ink", file=sys.stderr, flush=True)
        os._exit(7)


class Broken(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        raise RuntimeError("the weights are not here")

    def predict(self, context, model_input, params=None):
        return model_input


def log(name, **what):
    with mlflow.start_run():
        logged = mlflow.pyfunc.log_model(name=name, pip_requirements=REQUIREMENTS, **what)
    mlflow.register_model(logged.model_uri, name)


def main(url, file, folder):
    mlflow.set_tracking_uri(url)
    mlflow.set_experiment("python models")
    frame, label = tickets(400)
    columns = ColumnTransformer([
        ("words", TfidfVectorizer(), "text"),
        ("plan", OneHotEncoder(handle_unknown="ignore"), ["plan"]),
        ("numbers", StandardScaler(), ["seats", "spent"]),
    ])
    pipeline = Pipeline([("columns", columns), ("model", LogisticRegression(max_iter=500))]).fit(frame, label)
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            pipeline, name="tickets", signature=infer_signature(frame, pipeline.predict(frame)), serialization_format="cloudpickle",
            pip_requirements=REQUIREMENTS + ["scikit-learn<1", "no-such-package-of-ours==1.0"])
    mlflow.register_model(logged.model_uri, "tickets")
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            pipeline, name="urgency", signature=infer_signature(frame, pipeline.predict_proba(frame)), serialization_format="cloudpickle",
            pyfunc_predict_fn="predict_proba", pip_requirements=REQUIREMENTS)
    mlflow.register_model(logged.model_uri, "urgency")
    signature = mlflow.models.ModelSignature(
        inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 3), "values"), TensorSpec(np.dtype("int64"), (-1,), "id")]),
        outputs=Schema([ColSpec("double", "mean"), ColSpec("string", "tag")]))
    log("readings", python_model=Readings(), signature=signature)
    log("tickets", python_model=Broken(), signature=infer_signature(frame, pipeline.predict(frame)))
    log("dying", python_model=Dying(), signature=infer_signature(frame, pipeline.predict(frame)))
    for name in "saved", "saved-again":
        mlflow.sklearn.save_model(
            pipeline, os.path.join(folder, name), signature=infer_signature(frame, pipeline.predict_proba(frame)), serialization_format="cloudpickle",
            pyfunc_predict_fn="predict_proba", pip_requirements=REQUIREMENTS, metadata={"saved as": name})
    asked = frame.head(60)
    document = {
        "columns": {name: asked[name].tolist() for name in asked},
        "truth": label[:60].tolist(),
        "labels": pipeline.predict(asked).tolist(),
        "probabilities": pipeline.predict_proba(asked).tolist(),
    }
    with open(file, "w", encoding="utf-8") as out:
        json.dump(document, out)


main(*sys.argv[1:])
