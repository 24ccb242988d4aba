"""Imports, scores, evaluates, gates, registers and deploys models of MLflow's python_function flavor with the command line, and compares what
they answer with what they answered where they were trained.

tables.py URL FILE LAUNCHER FOLDER     FILE has rows and the right answers; models saved by MLflow are in FOLDER/saved
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "serving"))

import numpy as np  # noqa: E402
import pyarrow.parquet as parquet  # noqa: E402
from checks import Checks  # noqa: E402

checks = Checks()

PIPELINE = """name: judged
steps:
  rows:     { uses: data/query, with: { sql: queries/all.sql, datasets: [tickets_labelled] } }
  train:
    run: cp -r "$SAVED" "$MILLRACE_OUTPUTS/model"
    env: { SAVED: "%s" }
    outputs: { model: Model }
  evaluate: { uses: evaluate/classification, with: { model: "${{ steps.train.outputs.model }}", data: "${{ steps.rows.outputs.data }}", label: label, slices: [plan] } }
  gate:     { uses: gate/champion, with: { report: "${{ steps.evaluate.outputs.report }}", model: urgency-judged, rule: "candidate.auc >= champion.auc - 0.001" } }
  register: { if: "${{ steps.gate.outputs.pass }}", uses: registry/register, with: { model: "${{ steps.train.outputs.model }}", name: urgency-judged } }
  deploy:   { uses: serving/deploy, with: { version: "${{ steps.register.outputs.version }}", endpoint: urgency-judged } }
"""


class Program:
    def __init__(self, launcher, url, folder):
        self.launcher = launcher
        self.environment = dict(os.environ, MILLRACE_URL=url)
        self.folder = pathlib.Path(folder)

    def run(self, *arguments):
        """The exit code, and what was said on both streams."""
        done = subprocess.run(
            [self.launcher, *map(str, arguments)], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        return done.returncode, done.stdout

    def does(self, what, *arguments):
        code, said = self.run(*arguments)
        checks.that(what, code == 0, said)
        return said

    def table(self, model, dataset, file):
        self.does(f"{model} scores {dataset}", "score", model, "--data", dataset, "--out", self.folder / file)
        return parquet.read_table(self.folder / file).to_pydict()


def write_table(path, columns):
    names = list(columns)
    with open(path, "w", encoding="utf-8") as out:
        out.write(",".join(names) + "\n")
        for row in zip(*columns.values()):
            out.write(",".join(str(value) for value in row) + "\n")


def scored(program, cases):
    columns = cases["columns"]
    for name, model in [("version", "tickets/1"), ("endpoint", "tickets")]:
        table = program.table(model, "tickets_asked", f"labels-{name}.parquet")
        checks.that(f"labels of all rows by a {name}", table["predictions"] == cases["labels"] and table["text"] == columns["text"])
    table = program.table("urgency/1", "tickets_asked", "probabilities.parquet")
    got = np.array([table["predictions_0"], table["predictions_1"]]).T
    checks.that("probabilities of all rows, a column each", bool(np.all(got == np.array(cases["probabilities"]))))
    code, said = program.run("score", "readings/1", "--data", "tickets_asked", "--out", program.folder / "none.parquet")
    checks.that("one that takes tensors says which columns it lacks", code == 1 and 'no column "values_0"' in said, said)
    code, said = program.run("score", "tickets/2", "--data", "tickets_asked", "--out", program.folder / "none.parquet")
    checks.that("one that cannot be loaded says why", code == 1 and "the weights are not here" in said, said)
    code, said = program.run("score", "dying", "--data", "tickets_asked", "--out", program.folder / "none.parquet")
    checks.that("one that dies is an error with its last words", code == 1 and "ended with exit code 7" in said and "out of ink" in said, said)


def imported(program, cases, url):
    said = program.does("a folder is imported", "model", "import", "urgency-brought", program.folder / "saved")
    checks.that("and says what it lacks", "urgency-brought/1" in said and "missing: sealed package" in said, said)
    said = program.does("the same folder again", "model", "import", "urgency-brought", program.folder / "saved")
    checks.that("is the version that it is", "urgency-brought/1" in said, said)
    table = program.table("urgency-brought", "tickets_asked", "brought.parquet")
    got = np.array([table["predictions_0"], table["predictions_1"]]).T
    checks.that("an imported model answers the same", bool(np.all(got == np.array(cases["probabilities"]))))
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false", GIT_PYTHON_REFRESH="quiet")
    import mlflow
    import pandas

    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    loaded = mlflow.pyfunc.load_model("models:/urgency-brought/1")
    checks.that("and MLflow's client loads it from here", bool(np.all(loaded.predict(pandas.DataFrame(cases["columns"])) == got)))
    program.does("an imported model is deployed", "deploy", "brought", "--model", "urgency-brought/1")


def judged(program, url):
    project = program.folder / "project"
    (project / "pipelines").mkdir(parents=True)
    (project / "queries").mkdir()
    (project / "queries" / "all.sql").write_text("select * from tickets_labelled\n")
    (project / "millrace.yaml").write_text("name: judged\n")
    (project / "pipelines" / "judged.yaml").write_text(PIPELINE % (program.folder / "saved"))
    program.does("a pipeline with a model in Python is applied", "apply", project)
    said = program.does("it is trained, evaluated, registered and deployed", "run", "judged", "--follow")
    with urllib.request.urlopen(url + "/api/v1/endpoints/urgency-judged", timeout=60) as answer:
        checks.that("the endpoint serves it", json.load(answer)["version"] == "urgency-judged/1", said)
    # The champion now is the folder that was imported, another one by its lines alone.
    program.does("another champion", "model", "import", "urgency-judged", program.folder / "saved-again")
    program.does("is named", "model", "alias", "urgency-judged/2", "champion")
    program.does("and is compared on the same rows", "run", "judged", "--follow")
    with urllib.request.urlopen(url + "/api/v1/pipelines/judged/runs", timeout=60) as answer:
        last = json.load(answer)["runs"][0]["id"]
    with urllib.request.urlopen(url + f"/api/v1/runs/{last}", timeout=60) as answer:
        steps = {step["name"]: step for step in json.load(answer)["steps"]}
    auc = steps["evaluate"]["summary"]["auc"]
    checks.that("the report has what scikit-learn has", auc > 0.9, auc)
    summary = steps["gate"]["summary"]
    checks.that("the gate judged both", summary["candidate"]["auc"] == summary["champion"]["auc"] and summary["pass"], summary)


def main(url, file, launcher, folder):
    program = Program(launcher, url, folder)
    with open(file, encoding="utf-8") as read:
        cases = json.load(read)
    write_table(program.folder / "asked.csv", cases["columns"])
    write_table(program.folder / "labelled.csv", dict(cases["columns"], label=cases["truth"]))
    program.does("rows", "dataset", "register", "tickets_asked", program.folder / "asked.csv")
    program.does("rows with labels", "dataset", "register", "tickets_labelled", program.folder / "labelled.csv")
    checks.runs("scoring", scored, program, cases)
    checks.runs("importing", imported, program, cases, url)
    checks.runs("judging", judged, program, url)
    checks.end()


main(*sys.argv[1:])
