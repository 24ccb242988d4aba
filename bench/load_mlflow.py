"""Fills an MLflow store as its REST calls would: load_mlflow.py DATABASE RUNS POINTS"""

import random
import sqlite3
import sys
import uuid

from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine_with_retry

NOW = 1_700_000_000_000


def rows(run_ids, of):
    for number, run in enumerate(run_ids):
        yield from of(number, run)


def main(path, runs, points):
    engine = create_sqlalchemy_engine_with_retry("sqlite:///" + path)
    _initialize_tables(engine)
    engine.dispose()
    database = sqlite3.connect(path)
    database.execute("pragma synchronous = off")
    random.seed(7)
    ids = []
    for name, count in (("bench search", runs), ("bench history", 1)):
        experiment = database.execute(
            "insert into experiments (name, lifecycle_stage, creation_time, last_update_time, workspace) values (?, 'active', ?, ?, 'default')", (name, NOW, NOW)).lastrowid
        database.execute("update experiments set artifact_location = ? where experiment_id = ?", (f"mlflow-artifacts:/{experiment}", experiment))
        made = [uuid.uuid4().hex for _ in range(count)]
        database.executemany(
            "insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
            " values (?, ?, 'UNKNOWN', '', '', 'bench', 'FINISHED', ?, ?, '', 'active', ?, ?)",
            ((run, f"run {i}", NOW + i, NOW + i + 1, f"mlflow-artifacts:/{experiment}/{run}/artifacts", experiment) for i, run in enumerate(made)))
        database.executemany("insert into tags (key, value, run_uuid) values ('mlflow.runName', ?, ?)", ((f"run {i}", run) for i, run in enumerate(made)))
        ids.append((experiment, made))
    (searched, many), (_, [one]) = ids
    values = {run: [random.random() for _ in range(20)] for run in many}
    database.executemany("insert into params (key, value, run_uuid) values (?, ?, ?)", rows(many, lambda n, run: ((f"p{k}", f"value {n % (k + 2)}", run) for k in range(20))))
    database.executemany("insert into metrics (key, value, timestamp, run_uuid, step, is_nan) values (?, ?, ?, ?, 0, 0)", rows(many, lambda n, run: ((f"m{k}", values[run][k], NOW + n, run) for k in range(20))))
    database.executemany("insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, 0, 0, ?)", rows(many, lambda n, run: ((f"m{k}", values[run][k], NOW + n, run) for k in range(20))))
    database.executemany("insert into metrics (key, value, timestamp, run_uuid, step, is_nan) values ('long', ?, ?, ?, ?, 0)", ((s * 0.5, NOW + s, one, s) for s in range(points)))
    if points:
        database.execute("insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values ('long', ?, ?, ?, 0, ?)", ((points - 1) * 0.5, NOW + points - 1, points - 1, one))
    database.commit()
    print(searched, one)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
