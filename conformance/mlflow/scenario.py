"""A data scientist's day with the official MLflow client, against any server that speaks MLflow's protocol.

    scenario.py URL [--millrace] [--only PART,...]

Runs on clients 3.x and 2.22. --millrace adds the checks that MLflow's own server does not pass, because it answers
wrongly: bare NaN tokens, bad enums, malformed JSON.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
import uuid
import warnings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MPLBACKEND", "Agg")
warnings.filterwarnings("ignore")

import mlflow  # noqa: E402

from parts import artifacts, checks, deletion, inputs, logged, mistakes, models, prompts, registry, searching, tracking, wire  # noqa: E402

logging.getLogger("mlflow").setLevel(logging.ERROR)

PARTS = {
    "tracking": tracking, "inputs": inputs, "artifacts": artifacts, "searching": searching, "models": models,
    "logged": logged, "registry": registry, "prompts": prompts, "deletion": deletion, "mistakes": mistakes, "wire": wire,
}


class World:
    """What the parts share: the server, the client, and a prefix that makes every name new on this server."""

    def __init__(self, url, millrace, folder):
        self.url = url.rstrip("/")
        self.millrace = millrace
        self.folder = folder
        self.prefix = "conf-" + uuid.uuid4().hex[:8]
        self.client = mlflow.MlflowClient(self.url, self.url)
        self.major = int(mlflow.__version__.split(".")[0])

    def name(self, word):
        return f"{self.prefix}-{word}"

    def model_name(self, name):
        """log_model's argument for the model's name, which 3.x renamed."""
        return {"name": name} if self.major >= 3 else {"artifact_path": name}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("--millrace", action="store_true")
    arguments.add_argument("--only", default=",".join(PARTS))
    given = arguments.parse_args()
    mlflow.set_tracking_uri(given.url)
    mlflow.set_registry_uri(given.url)
    begin = time.monotonic()
    print(f"MLflow client {mlflow.__version__}, Python {sys.version.split()[0]}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        world = World(given.url, given.millrace, folder)
        for name in given.only.split(","):
            began = time.monotonic()
            checks.part(name, lambda: PARTS[name].play(world))
            while mlflow.active_run():
                mlflow.end_run()
            print(f"-- {name} took {time.monotonic() - began:.1f} s", flush=True)
        os.chdir("/")
    print(f"took {time.monotonic() - begin:.1f} s")
    sys.exit(checks.close())


if __name__ == "__main__":
    main()
