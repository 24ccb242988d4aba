"""What is on the wire, asked without the client: shapes of replies, twins of paths, content types, headers."""

import json
import re

import requests

from .checks import fail, ok, same

HEADERS = {"Content-Type": "application/json"}


class Wire:
    """Raw requests to one server."""

    def __init__(self, url, root="/api/2.0/mlflow/"):
        self.url = url
        self.root = root

    def send(self, method, path, body=None, headers=HEADERS):
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        return requests.request(method, self.url + self.root + path, data=data if data is None else data.encode(), headers=headers, timeout=60)

    def refused(self, name, path, body, status, code, *phrases):
        answer = self.send("GET" if body is None else "POST", path, body)
        wanted = f"{status} {code} {' '.join(phrases)}"
        try:
            error = answer.json()
            good = answer.status_code == status and (code == "*" or error["error_code"] == code) and all(p in error["message"] for p in phrases)
        except (ValueError, KeyError, TypeError):
            good = False
        ok(name) if good else fail(name, f"{answer.status_code} {answer.text}", wanted)


def play(world):
    wire = Wire(world.url)
    client = world.client
    experiment = client.create_experiment(world.name("wire"))
    made = wire.send("POST", "runs/create", {"experiment_id": experiment, "start_time": 1_700_000_000_000, "run_name": "raw", "tags": [{"key": "a", "value": "b"}]}).json()["run"]
    run = made["info"]["run_id"]
    same("wire.run_uuid_is_run_id", lambda: made["info"]["run_uuid"], run)
    same("wire.int64_is_a_number", lambda: made["info"]["start_time"], 1_700_000_000_000)
    same("wire.no_end_time", lambda: "end_time" in made["info"], False)
    same("wire.enum_is_a_name", lambda: made["info"]["status"], "RUNNING")
    same("wire.empty_reply_is_an_object", lambda: wire.send("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": 1.5, "timestamp": 5}).json(), {})
    same("wire.strings_for_numbers", lambda: wire.send("POST", "runs/log-metric", {"run_uuid": run, "key": "m", "value": "2.5", "timestamp": "6", "step": "1"}).status_code, 200)
    same("wire.nan_is_a_string", lambda: (wire.send("POST", "runs/log-metric", {"run_id": run, "key": "n", "value": "NaN", "timestamp": 1}), metrics(wire, run)["n"])[1]["value"], "NaN")
    same("wire.infinity_is_clamped", lambda: (wire.send("POST", "runs/log-metric", {"run_id": run, "key": "i", "value": "-Infinity", "timestamp": 1}), metrics(wire, run)["i"])[1]["value"], -1.7976931348623157e308)
    same("wire.metric_shape", lambda: {k: metrics(wire, run)["m"][k] for k in ("key", "value", "timestamp", "step")}, {"key": "m", "value": 2.5, "timestamp": 6, "step": 1})
    same("wire.inputs_and_outputs_are_empty_objects", lambda: (lambda r: (r.get("inputs"), r.get("outputs")))(get_run(wire, run)), ({}, {}))
    same("wire.no_hit_is_an_empty_object", lambda: wire.send("POST", "runs/search", {"experiment_ids": [experiment], "filter": "metrics.m > 99"}).json(), {})
    same("wire.unknown_fields_are_ignored", lambda: wire.send("POST", "runs/set-tag", {"run_id": run, "key": "x", "value": "y", "future": [1]}).status_code, 200)
    same("wire.get_with_a_body", lambda: wire.send("GET", "runs/get", {"run_id": run}).json()["run"]["info"]["run_id"], run)
    same("wire.body_decoded_twice", lambda: wire.send("POST", "runs/set-tag", json.dumps(json.dumps({"run_id": run, "key": "twice", "value": "1"}))).status_code, 200)
    same("wire.other_content_type_is_refused", lambda: wire.send("POST", "runs/set-tag", "{}", {"Content-Type": "text/plain"}).status_code, 400)
    same("wire.update_answers_run_info", lambda: wire.send("POST", "runs/update", {"run_id": run, "status": "FINISHED", "end_time": 1_700_000_001_000}).json()["run_info"]["end_time"], 1_700_000_001_000)
    same("wire.enum_by_number", lambda: wire.send("POST", "runs/update", {"run_id": run, "status": 4}).json()["run_info"]["status"], "FAILED")
    same("wire.get_experiments_search", lambda: wire.send("GET", f"experiments/search?max_results=1&filter=name%3D'{world.name('wire')}'").json()["experiments"][0]["experiment_id"], experiment)
    same("wire.history_whole_without_max", lambda: [m["value"] for m in wire.send("GET", f"metrics/get-history?run_id={run}&metric_key=m").json()["metrics"]], [1.5, 2.5])
    same("wire.history_pages", lambda: (lambda p: (len(p["metrics"]), bool(p.get("next_page_token"))))(wire.send("GET", f"metrics/get-history?run_id={run}&metric_key=m&max_results=1").json()), (1, True))
    same("wire.history_of_unknown_run", lambda: wire.send("GET", "metrics/get-history?run_id=" + "0" * 32 + "&metric_key=m").json(), {})
    same("wire.artifacts_list", lambda: (client.log_text(run, "hi", "dir/a.txt"), wire.send("GET", f"artifacts/list?run_id={run}&path=dir").json()["files"])[1], [{"path": "dir/a.txt", "is_dir": False, "file_size": 2}])
    for twin in ["/ajax-api/2.0/mlflow/"]:
        same(f"wire.twin[{twin}]", lambda: Wire(world.url, twin).send("GET", f"runs/get?run_id={run}").json()["run"]["info"]["run_id"], run)
    charts(world, wire, client, experiment)
    proxy(world, client, run)
    same("wire.unknown_path", lambda: wire.send("POST", "no/such/endpoint", {}).status_code, 404)
    same("wire.wrong_method", lambda: wire.send("POST", "runs/get", {}).status_code, 405)
    same("wire.health", lambda: requests.get(world.url + "/health", timeout=10).text.strip(), "OK")
    same("wire.version_parses", lambda: [int(x) for x in re.match(r"(\d+)\.(\d+)", requests.get(world.url + "/version", timeout=10).text).groups()] >= [3, 4])
    same("wire.server_info", lambda: requests.get(world.url + "/api/3.0/mlflow/server-info", timeout=10).json()["store_type"], "SqlStore")
    same("wire.root_is_served", lambda: requests.get(world.url + "/", timeout=10).status_code, 200)


def get_run(wire, run):
    return wire.send("GET", f"runs/get?run_id={run}").json()["run"]


def metrics(wire, run):
    return {m["key"]: m for m in get_run(wire, run)["data"]["metrics"]}


def charts(world, wire, client, experiment):
    from mlflow.entities import Metric

    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    for number, run in enumerate(runs):
        client.log_batch(run, [Metric("c", s + number * 1000, s, s) for s in range(1000)])
    query = "&".join(f"run_ids={r}" for r in runs)
    ajax = Wire(world.url, "/ajax-api/2.0/mlflow/")

    def interval(extra):
        points = ajax.send("GET", f"metrics/get-history-bulk-interval?{query}&metric_key=c{extra}").json().get("metrics", [])
        return {r: [p["step"] for p in points if p["run_id"] == r] for r in runs}

    same("chart.at_most_asked_for", lambda: [len(s) <= 50 for s in interval("&max_results=50").values()], [True, True])
    same("chart.first_and_last_are_kept", lambda: [(s[0], s[-1]) for s in interval("&max_results=50").values()], [(0, 999), (0, 999)])
    same("chart.in_order", lambda: all(s == sorted(s) for s in interval("&max_results=50").values()))
    same("chart.range_of_steps", lambda: [(s[0], s[-1]) for s in interval("&max_results=50&start_step=100&end_step=200").values()], [(100, 200), (100, 200)])
    same("chart.few_are_all", lambda: [len(s) for s in interval("&max_results=320&start_step=10&end_step=19").values()], [10, 10])
    same("chart.start_without_end", lambda: ajax.send("GET", f"metrics/get-history-bulk-interval?{query}&metric_key=c&start_step=1").status_code, 400)
    bulk = "&".join(f"run_id={r}" for r in runs)
    same("chart.bulk", lambda: len(ajax.send("GET", f"metrics/get-history-bulk?{bulk}&metric_key=c&max_results=1500").json()["metrics"]), 1500)


def proxy(world, client, run):
    root = client.get_run(run).info.artifact_uri.removeprefix("mlflow-artifacts:/")
    wire = Wire(world.url, "/api/2.0/mlflow-artifacts/artifacts")

    def get(path, **headers):
        return wire.send("GET", f"/{root}/{path}", headers=headers)

    same("proxy.put", lambda: wire.send("PUT", f"/{root}/page.html", "<b>x</b>", {"Content-Type": "text/html"}).status_code, 200)
    same("proxy.get", lambda: get("page.html").text, "<b>x</b>")
    same("proxy.is_an_attachment", lambda: get("page.html").headers["Content-Disposition"].startswith("attachment"))
    same("proxy.is_not_sniffed", lambda: get("page.html").headers["X-Content-Type-Options"], "nosniff")
    same("proxy.length", lambda: get("page.html", **{"Accept-Encoding": "identity"}).headers["Content-Length"], "8")
    same("proxy.range", lambda: (lambda r: (r.status_code, r.text))(get("page.html", Range="bytes=3-3")), (206, "x"))
    same("proxy.missing", lambda: (lambda r: (r.status_code, r.json()["error_code"]))(get("none.txt")), (404, "RESOURCE_DOES_NOT_EXIST"))
    same("proxy.folder_is_no_file", lambda: get("dir").status_code in (400, 404))
    same("proxy.list", lambda: sorted((f["path"], f["is_dir"]) for f in wire.send("GET", f"?path={root}").json()["files"]), [("dir", True), ("page.html", False)])
    same("proxy.list_of_missing", lambda: wire.send("GET", f"?path={root}/none").json(), {})
    same("proxy.delete", lambda: (wire.send("DELETE", f"/{root}/page.html").status_code, get("page.html").status_code), (200, 404))
    same("proxy.delete_of_missing", lambda: wire.send("DELETE", f"/{root}/page.html").status_code, 200)
    for name, method, path in [("multipart", "POST", "mpu/create/" + root + "/big"), ("presigned", "GET", "presigned/" + root + "/big")]:
        answer = requests.request(method, f"{world.url}/api/2.0/mlflow-artifacts/{path}", json={"path": "big", "num_parts": 1} if method == "POST" else None, timeout=10)
        same(f"proxy.{name}_answers_properly", lambda: answer.status_code == 200 or (answer.status_code == 501 and answer.json()["message"].startswith("Multipart")))
