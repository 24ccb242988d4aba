"""Searches with answers known beforehand: runs by filters, orders and pages; experiments."""

import math

import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType

from .checks import refused, same, works

ALL = range(12)
MODELS = ["forest", "Forest", "linear", "forest", "boost", "boost_v2", "linear", "FOREST", "a%b", "it's", 'say "x"', None]
STATUS = ["FINISHED"] * 8 + ["FAILED", "FAILED", "KILLED", "RUNNING"]


def play(world):
    client = world.client
    experiment = client.create_experiment(world.name("searching"))
    other = client.create_experiment(world.name("searching other"))
    stranger = client.create_run(other, run_name="stranger").info.run_id
    client.log_metric(stranger, "acc", 0.95)
    ids = works("search.set_up", lambda: [make(client, experiment, i) for i in ALL])
    number = {run_id: i for i, run_id in enumerate(ids)}
    filters(world, client, experiment, ids, number)
    orders(client, experiment, number)
    pages(client, experiment, other, number, stranger)
    frame(experiment, ids)
    experiments(world, client)


def make(client, experiment, i):
    run_id = client.create_run(experiment, start_time=1_700_000_000_000 + i * 1000, run_name=f"run {i:02d}").info.run_id
    metrics = [Metric("acc", i / 10, 1, 0), Metric("val/loss total", 10.0 - i, 1, 0)]
    metrics += [Metric("odd", value, 1, 0) for value in [math.nan, math.inf, -math.inf, 0.0, -1.5, 2e-7][i:i + 1]]
    params = [Param("depth", str(i % 4)), Param("lr.rate", f"1e-{i % 3}")]
    if MODELS[i] is not None:
        params.append(Param("model kind", MODELS[i]))
    tags = [RunTag("team", "blue" if i % 2 else "Red"), RunTag("mlflow.note.content", f"note {i}")]
    if i < 3:
        tags.append(RunTag("special", "yes"))
    client.log_batch(run_id, metrics, params, tags)
    if i in (4, 5):
        import numpy

        source = mlflow.data.from_numpy(numpy.array([[float(i)]]), name=f"set_{i}")
        from mlflow.entities import DatasetInput, InputTag

        client.log_inputs(run_id, [DatasetInput(source._to_mlflow_entity(), [InputTag("mlflow.data.context", "training" if i == 4 else "eval")])])
    if STATUS[i] != "RUNNING":
        client.set_terminated(run_id, STATUS[i], 1_700_000_100_000 + i * 1000)
    return run_id


def filters(world, client, experiment, ids, number):
    cases = {
        "": ALL,
        "metrics.acc > 0.75": [8, 9, 10, 11],
        "metrics.acc >= 0.8": [8, 9, 10, 11],
        "metric.acc < .25": [0, 1, 2],
        "metrics.acc <= 1e-1": [0, 1],
        "metrics.acc = 0.5": [5],
        "metrics.acc != 0.5": [i for i in ALL if i != 5],
        "metrics.`val/loss total` > 7.5": [0, 1, 2],
        'metrics."val/loss total" = -1': [11],
        "metrics.odd = 0": [3],
        "metrics.odd > -1": [1, 3, 5],
        "metrics.odd < -1": [2, 4],
        "metrics.odd > 1e300": [1],
        "metrics.missing > 0": [],
        "params.depth = '2'": [2, 6, 10],
        "params.depth != '2'": [i for i in ALL if i % 4 != 2],
        'parameter.depth = "3"': [3, 7, 11],
        "params.lr.rate = '1e-1'": [1, 4, 7, 10],
        "params.`model kind` = 'forest'": [0, 3],
        "params.`model kind` LIKE 'for%'": [0, 3],
        "params.`model kind` ILIKE 'for%'": [0, 1, 3, 7],
        "params.`model kind` LIKE 'boost_v2'": [5],
        "params.`model kind` LIKE '%o%st'": [i for i in ALL if MODELS[i] in ("forest", "Forest", "boost")],
        "params.`model kind` LIKE 'bo_st%'": [4, 5],
        "params.`model kind` != 'forest'": [i for i in ALL if MODELS[i] not in ("forest", None)],
        "params.`model kind` = \"it's\"": [9],
        "params.`model kind` = 'say \"x\"'": [10],
        "params.`model kind` IS NULL": [11],
        "params.`model kind` IS NOT NULL": range(11),
        "tags.team = 'Red'": range(0, 12, 2),
        "tags.team ilike 'R%'": range(0, 12, 2),
        "tag.special is null": range(3, 12),
        "tags.special IS NOT NULL AND metrics.acc > 0": [1, 2],
        "tags.mlflow.note.content LIKE 'note 1%'": [1, 10, 11],
        "tags.`mlflow.runName` = 'run 07'": [7],
        "attributes.status = 'FAILED'": [8, 9],
        "status != 'FINISHED'": [8, 9, 10, 11],
        "attributes.run_name LIKE 'run 0%'": range(10),
        "run_name = 'run 03'": [3],
        f"attributes.run_id = '{ids[6]}'": [6],
        f"run_id IN ('{ids[1]}', '{ids[2]}')": [1, 2],
        f"run_id NOT IN ('{ids[1]}','{ids[2]}')": [i for i in ALL if i not in (1, 2)],
        "attributes.start_time >= 1700000009000": [9, 10, 11],
        "created < 1700000002000": [0, 1],
        "end_time > 1700000108500": [9, 10],
        f"attributes.artifact_uri LIKE '%{ids[0]}%'": [0],
        "dataset.name = 'set_4'": [4],
        "datasets.name LIKE 'set_%'": [4, 5],
        "dataset.context = 'eval'": [5],
        "dataset.name IN ('set_4', 'set_9')": [4],
        "metrics.acc > 0.2 and metrics.acc < 0.8 AND params.depth = '3' AND tags.team = 'blue'": [3, 7],
        "metrics.acc > 0.2 AND dataset.name = 'set_5' AND status = 'FINISHED'": [5],
        "params.depth = '2' AND params.depth = '3'": [],
    }
    for text, expected in cases.items():
        shown = text.replace(ids[6], "R6").replace(ids[0], "R0").replace(ids[1], "R1").replace(ids[2], "R2")
        same(f"search.runs[{shown}]", lambda: sorted(number.get(r.info.run_id, -1) for r in client.search_runs([experiment], text)), sorted(expected))
    same("search.runs[nan is unequal]", lambda: 0 in [number[r.info.run_id] for r in client.search_runs([experiment], "metrics.odd != 5")])
    for text, phrases in {
        "metrics.acc > 'x'": [], "metrics.acc LIKE '1'": [], "params.depth > '1'": [], "foo.bar = '1'": [], "metrics.acc > 1 OR metrics.acc < 2": [],
        "params.depth = 2": [], "status =": [], "attributes.unknown = 'x'": [], "params.depth = '2'; drop table runs": [], "run_name IN ('a')": [], "  ": [], "NOT metrics.acc > 1": [],
    }.items():
        refused(f"search.runs_refuses[{text}]", lambda: client.search_runs([experiment], text), "INVALID_PARAMETER_VALUE", *phrases)


def orders(client, experiment, number):
    def ordered(name, by, expected, text=""):
        same(f"search.order[{name}]", lambda: [number[r.info.run_id] for r in client.search_runs([experiment], text, order_by=by)], list(expected))

    down = list(reversed(ALL))
    ordered("by default newest first", None, down)
    ordered("metric descending", ["metrics.acc DESC"], down)
    ordered("metric ascending", ["metrics.acc ASC"], ALL)
    ordered("metric without direction", ["metrics.`val/loss total`"], down)
    ordered("nan after numbers, missing last", ["metrics.odd ASC"], [2, 4, 3, 5, 1, 0] + down[:6])
    ordered("nan after numbers, missing last, descending", ["metrics.odd DESC"], [1, 5, 3, 4, 2, 0] + down[:6])
    ordered("param then metric", ["params.depth ASC", "metrics.acc DESC"], [8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3])
    ordered("missing param last", ["params.`model kind` DESC"], sorted(range(11), key=lambda i: (MODELS[i], i), reverse=True) + [11])
    ordered("tag", ["tags.team", "attributes.start_time"], [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11])
    ordered("run name", ["run_name DESC"], down)
    ordered("start time", ["attributes.start_time ASC"], ALL)
    ordered("end time, running last", ["attributes.end_time DESC"], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11])
    ordered("status then start", ["status ASC", "start_time ASC"], [8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 10, 11])
    ordered("with a filter", ["metrics.acc DESC"], [7, 3], "params.depth = '3' AND status = 'FINISHED'")


def pages(client, experiment, other, number, stranger):
    def walk(size, **options):
        seen, token = [], None
        while True:
            page = client.search_runs([experiment], max_results=size, page_token=token, **options)
            seen.append([number[r.info.run_id] for r in page])
            token = page.token
            if not token:
                return seen

    same("search.pages_of_five", lambda: walk(5, order_by=["metrics.acc"]), [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]])
    same("search.page_that_ends_evenly", lambda: [i for page in walk(4) for i in page], list(reversed(ALL)))
    same("search.pages_of_one", lambda: walk(1, filter_string="params.depth = '1'", order_by=["start_time"])[:3], [[1], [5], [9]])
    same("search.top_three", lambda: [number[r.info.run_id] for r in client.search_runs([experiment], order_by=["metrics.acc DESC"], max_results=3)], [11, 10, 9])
    same("search.two_experiments", lambda: [number.get(r.info.run_id, "other") for r in client.search_runs([experiment, other], "metrics.acc > 0.85", order_by=["metrics.acc DESC"])], [11, 10, "other", 9])
    same("search.no_experiments", lambda: list(client.search_runs([])), [])
    same("search.unknown_experiment", lambda: list(client.search_runs(["987654321"])), [])
    same("search.data_is_whole", lambda: (lambda r: (r.data.metrics["acc"], r.data.params["model kind"], r.data.tags["team"]))(client.search_runs([experiment], "run_name = 'run 05'")[0]), (0.5, "boost_v2", "blue"))
    refused("search.bad_token", lambda: client.search_runs([experiment], page_token="not a token"), "INVALID_PARAMETER_VALUE")
    refused("search.page_too_large", lambda: client.search_runs([experiment], max_results=50_001), "INVALID_PARAMETER_VALUE", "50001")
    refused("search.bad_order", lambda: client.search_runs([experiment], order_by=["metrics.acc SIDEWAYS"]), "INVALID_PARAMETER_VALUE")


def frame(experiment, ids):
    table = works("search.data_frame", lambda: mlflow.search_runs([experiment], "metrics.acc >= 0.9", order_by=["metrics.acc DESC"]))
    same("search.data_frame_ids", lambda: list(table["run_id"]), [ids[11], ids[10], ids[9]])
    same("search.data_frame_metrics", lambda: list(table["metrics.acc"]), [1.1, 1.0, 0.9])
    same("search.data_frame_columns", lambda: {"status", "start_time", "end_time", "artifact_uri", "params.depth", "tags.team"} <= set(table.columns))
    same("search.as_list", lambda: len(mlflow.search_runs(experiment_ids=[experiment], output_format="list", max_results=7)), 7)


def experiments(world, client):
    mine = [client.create_experiment(world.name(f"find {word}"), tags={"rank": str(i), "group": "odd" if i % 2 else "even"}) for i, word in enumerate(["alpha", "beta", "Gamma", "delta"])]
    works("search.experiments_set_up", lambda: client.delete_experiment(mine[3]))
    prefix = world.name("find ")

    def found(text, **options):
        return [e.name.removeprefix(prefix) for e in client.search_experiments(filter_string=text, **options)]

    cases = {
        f"name LIKE '{prefix}%'": {"alpha", "beta", "Gamma"},
        f"name = '{prefix}beta'": {"beta"},
        f"name ILIKE '{prefix.upper()}G%'": {"Gamma"},
        f"name LIKE '{prefix}g%'": set(),
        f"attribute.name LIKE '{prefix}%' AND tags.group = 'even'": {"alpha", "Gamma"},
        f"name LIKE '{prefix}%' AND tag.rank != '0'": {"beta", "Gamma"},
        f"name LIKE '{prefix}%' AND tags.nothing IS NULL": {"alpha", "beta", "Gamma"},
        f"name LIKE '{prefix}%' AND tags.rank IS NOT NULL": {"alpha", "beta", "Gamma"},
        f"name LIKE '{prefix}%' AND creation_time > 1600000000000": {"alpha", "beta", "Gamma"},
        f"name LIKE '{prefix}%' AND last_update_time < 1600000000000": set(),
        f"name != '{prefix}beta' AND name LIKE '{prefix}%'": {"alpha", "Gamma"},
    }
    for text, expected in cases.items():
        same(f"search.experiments[{text.replace(world.prefix, 'P').replace(world.prefix.upper(), 'P')}]", lambda: set(found(text)), expected)
    every = f"name LIKE '{prefix}%'"
    same("search.experiments_deleted", lambda: found(every, view_type=ViewType.DELETED_ONLY), ["delta"])
    same("search.experiments_all", lambda: set(found(every, view_type=ViewType.ALL)), {"alpha", "beta", "Gamma", "delta"})
    same("search.experiments_by_name", lambda: found(every, order_by=["name DESC"]), ["beta", "alpha", "Gamma"])
    same("search.experiments_by_creation", lambda: found(every, order_by=["creation_time ASC"]), ["alpha", "beta", "Gamma"])
    same("search.experiments_newest_first", lambda: found(every), ["Gamma", "beta", "alpha"])
    page = client.search_experiments(filter_string=every, order_by=["name"], max_results=2)
    rest = works("search.experiments_next_page", lambda: client.search_experiments(filter_string=every, order_by=["name"], max_results=2, page_token=page.token))
    same("search.experiments_pages", lambda: [[e.name.removeprefix(prefix) for e in p] for p in (page, rest)], [["Gamma", "alpha"], ["beta"]])
    same("search.experiments_last_page_has_no_token", lambda: not rest.token)
    for text in ["name > 'a'", "name LIKE 3", "status = 'x'", "tags.a = 'b' OR tags.c = 'd'", "creation_time > 'yesterday'"]:
        refused(f"search.experiments_refuses[{text}]", lambda: client.search_experiments(filter_string=text), "INVALID_PARAMETER_VALUE")
