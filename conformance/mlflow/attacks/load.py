"""Requests that are too large, too deep or too slow; and SQL in every text."""

import time

from .target import judge

API = "/api/2.0/mlflow/"
SECONDS = 10


def attack(target):
    sizes(target)
    filters(target)
    likes(target)
    sql(target)


def quick(target, name, method, path, body=None, headers=None, refused=True):
    begin = time.monotonic()
    slow = lambda: f"took {time.monotonic() - begin:.0f} s" if time.monotonic() - begin > SECONDS else None  # noqa: E731
    (target.refused if refused else target.harmless)(name, method, path, body, headers, unless=slow, timeout=3 * SECONDS)


def sizes(target):
    huge = "n" * 10_000_000
    quick(target, "size[experiment name]", "POST", API + "experiments/create", {"name": huge})
    quick(target, "size[experiment name just too long]", "POST", API + "experiments/create", {"name": target.name + "n" * 500})
    quick(target, "size[model name]", "POST", API + "registered-models/create", {"name": huge})
    quick(target, "size[model name just too long]", "POST", API + "registered-models/create", {"name": target.name + "n" * 256})
    quick(target, "size[model description]", "POST", API + "registered-models/create", {"name": target.name + "-d", "description": "d" * 5001})
    quick(target, "size[experiment tag]", "POST", API + "experiments/set-experiment-tag", {"experiment_id": target.experiment, "key": "k", "value": huge})
    quick(target, "size[experiment location]", "POST", API + "experiments/create", {"name": target.name + "-l", "artifact_location": "s3://bucket/" + "l" * 2100})
    quick(target, "size[run tag key]", "POST", API + "runs/set-tag", {"run_id": target.run, "key": huge, "value": "v"})
    quick(target, "size[metric key]", "POST", API + "runs/log-metric", {"run_id": target.run, "key": huge, "value": 1, "timestamp": 1})
    quick(target, "size[param key]", "POST", API + "runs/log-parameter", {"run_id": target.run, "key": huge, "value": "1"})
    quick(target, "size[alias]", "POST", API + "registered-models/alias", {"name": target.name, "alias": "a" * 256, "version": "1"})
    quick(target, "size[version source]", "POST", API + "model-versions/create", {"name": target.name, "source": "s3://b/" + "x" * 100_000})
    quick(target, "size[webhook name]", "POST", API + "webhooks", {"name": "w" * 64, "url": "https://1.1.1.1/", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]})
    quick(target, "size[batch of a million]", "POST", API + "runs/log-batch", '{"run_id":"%s","metrics":[%s]}' % (target.run, ",".join(['{"key":"m","value":1,"timestamp":1}'] * 300_000)))
    quick(target, "size[claimed body of 1 TB]", "POST", API + "runs/log-batch", b"{}", {"Content-Type": "application/json", "Content-Length": str(10**12)})
    quick(target, "size[claimed body below zero]", "POST", API + "runs/log-batch", b"{}", {"Content-Type": "application/json", "Content-Length": "-1"})
    quick(target, "size[upload over 10 MB]", "POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={target.run}&path=large", b"x" * 11_000_000)
    quick(target, "size[path]", "GET", target.proxy + "/" + "a/" * 40_000)
    quick(target, "size[artifact name]", "PUT", f"{target.proxy}/{target.root}/" + "a" * 5000, b"x")
    quick(target, "size[header]", "GET", API + "experiments/search?max_results=1", None, {"X-Long": "h" * 1_000_000})
    for form, body in {"lists": "[" * 100_000, "objects": '{"a":' * 100_000, "closed lists": '{"run_id":' + "[" * 50_000 + "]" * 50_000 + "}", "ignored field": '{"run_id":"%s","key":"k","value":"v","x":%s}' % (target.run, "[" * 50_000 + "]" * 50_000)}.items():
        quick(target, f"nesting[{form}]", "POST", API + "runs/set-tag", body, {"Content-Type": "application/json"})
    quick(target, "number[endless digits]", "POST", API + "runs/log-metric", '{"run_id":"%s","key":"m","value":1,"timestamp":%s}' % (target.run, "9" * 200_000), {"Content-Type": "application/json"})
    quick(target, "number[endless exponent]", "POST", API + "runs/log-metric", '{"run_id":"%s","key":"m","value":1,"timestamp":1e999999999}' % target.run, {"Content-Type": "application/json"})
    for path, most in {"runs/search": 50_000, "experiments/search": 50_000}.items():
        for size in (most + 1, 10**9, 2**63, -1):
            quick(target, f"page[{path} of {size}]", "POST", API + path, {"experiment_ids": [target.experiment], "max_results": size})
    for path, size in {"registered-models/search": 1001, "model-versions/search": 200_001}.items():
        quick(target, f"page[{path} of {size}]", "GET", f"{API}{path}?max_results={size}")
    for token in ("x", "eyJvZmZzZXQiOiAtMX0=", "eyJvZmZzZXQiOiAxZTMwMH0=", "eyJvZmZzZXQiOiAiMSBPUiAxPTEifQ==", "A" * 100_000):
        quick(target, f"page[token {token[:24]}]", "POST", API + "runs/search", {"experiment_ids": [target.experiment], "page_token": token})
    runs = "&".join(f"run_ids={target.run}" for _ in range(101))
    quick(target, "chart[of 101 runs]", "GET", f"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?{runs}&metric_key=m")
    quick(target, "chart[of 2501 points]", "GET", f"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids={target.run}&metric_key=m&max_results=2501")


def search(target, text, **more):
    return {"experiment_ids": [target.experiment], "filter": text} | more


def filters(target):
    for form, text in {
        "of 5 MB": "tags.a = '" + "x" * 5_000_000 + "'", "of 5,000 comparisons": " AND ".join(["tags.a = 'b'"] * 5000), "open quote": "tags.a = 'x", "parentheses": "(" * 10_000 + "tags.a = 'b'",
        "backticks": "`" * 100_000, "operators": "= " * 50_000, "list of 100,000": "run_id IN (" + ",".join(["'a'"] * 100_000) + ")",
    }.items():
        quick(target, f"filter[{form}]", "POST", API + "runs/search", search(target, text))
    quick(target, "filter[NUL]", "POST", API + "runs/search", search(target, "tags.a = 'x\u0000y'"), refused=False)
    quick(target, "order[of 2,000]", "POST", API + "runs/search", search(target, "", order_by=[f"metrics.m{i} DESC" for i in range(2_000)]))
    quick(target, "order[nonsense]", "POST", API + "runs/search", search(target, "", order_by=["metrics"]))
    quick(target, "experiments[100,000 of them]", "POST", API + "runs/search", {"experiment_ids": ["1"] * 100_000}, refused=False)


def likes(target):
    """Patterns that make a backtracking matcher try for ever."""
    for i in range(10):
        run = target.rpc("runs/create", {"experiment_id": target.experiment})["run"]["info"]["run_id"]
        target.rpc("runs/log-batch", {"run_id": run, "params": [{"key": "long", "value": "a" * 6000}], "tags": [{"key": "long", "value": "a" * 8000}]})
    for form, pattern in {"percents": "%a" * 500 + "%b", "underscores": "%_" * 1000 + "b", "few percents": "%a%a%a%a%a%a%a%a%b", "all percents": "%" * 5000 + "b"}.items():
        for operator in ("LIKE", "ILIKE"):
            for key in ("params.long", "tags.long"):
                quick(target, f"like[{key} {operator} {form}]", "POST", API + "runs/search", search(target, f"{key} {operator} '{pattern}'"), refused=False)
    quick(target, "like[name of experiments]", "POST", API + "experiments/search", {"max_results": 10, "filter": "name LIKE '" + "%a" * 500 + "%b'"}, refused=False)


def sql(target):
    """Nothing that is asked for becomes SQL; and the tables are there afterwards."""
    before = len(target.rpc("runs/search", {"experiment_ids": [target.experiment], "max_results": 1000})["runs"])
    for text in [
        "tags.a = 'x' OR 1=1", "tags.a = 'x'; DROP TABLE runs; --", "tags.a = 'x' UNION SELECT * FROM users", "tags.`a' OR '1'='1` = 'x'", "metrics.`a\" OR 1=1 --` > 0", "params.a = 'x' -- ", "params.a LIKE '%' ESCAPE '%'",
        "attributes.status = 'x' OR 'a'='a'", "run_id IN ('a') OR 1=1", "run_id IN (SELECT run_uuid FROM runs)", "metrics.a > (SELECT 1)", "metrics.a > 1e", "status = 'x'/**/OR/**/1=1", "attributes.start_time > 0 OR 1",
    ]:
        answer = target.send("POST", API + "runs/search", search(target, text))
        judge(f"sql.filter[{text}]", answer, 400 <= answer.status < 500 or answer.status == 200 and "runs" not in answer.json())
    for text in ["metrics.a; DROP TABLE runs", "metrics.`a` DESC, (SELECT 1)", "run_id' OR '1'='1", "1", "(SELECT 1)", "status ASC; --", "attributes.status COLLATE NOCASE", "random()"]:
        quick(target, f"sql.order[{text}]", "POST", API + "runs/search", search(target, "", order_by=[text]))
    for text in ["x'; DROP TABLE metrics; --", "x' OR '1'='1", 'x" OR ""="']:
        answer = target.send("GET", f"{API}metrics/get-history?run_id={target.run}&metric_key=" + text.replace(" ", "%20").replace("'", "%27").replace('"', "%22").replace(";", "%3B"))
        judge(f"sql.metric_key[{text}]", answer, answer.status < 500 and "metrics" not in (answer.json() if answer.status == 200 else {}))
        answer = target.send("POST", API + "registered-models/create", {"name": f"{target.name} {text}"})
        judge(f"sql.model_name[{text}]", answer, answer.status < 500)
    for path, text in {"experiments/search": "name = 'x' OR 1=1", "registered-models/search": "name = 'x' OR 1=1", "model-versions/search": "name = 'x' UNION SELECT 1"}.items():
        if path.startswith("experiments"):
            quick(target, f"sql.filter[{path}]", "POST", API + path, {"max_results": 10, "filter": text})
        else:
            quick(target, f"sql.filter[{path}]", "GET", f"{API}{path}?filter=" + text.replace(" ", "%20").replace("'", "%27"))
    quick(target, "sql.filter[logged-models/search]", "POST", API + "logged-models/search", {"experiment_ids": [target.experiment], "filter": "name = 'x' OR 1=1"})
    target.refused("sql.text[experiment that exists]", "POST", API + "experiments/create", {"name": target.name})
    target.refused("sql.text[model that exists]", "POST", API + "registered-models/create", {"name": target.name})
    after = target.send("POST", API + "runs/search", {"experiment_ids": [target.experiment], "max_results": 1000})
    judge("sql[the runs are all there]", after, after.status == 200 and len(after.json()["runs"]) == before)
