"""What a page of a stranger can make a browser do: DNS rebinding, cross-site requests, scripts in artifacts."""

from urllib.parse import quote

from .target import judge

SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
SCRIPT = "<script>alert(1)</script>"


def attack(target):
    hosts(target)
    origins(target)
    types(target)
    pages(target)
    artifacts(target)


def hosts(target):
    for host in ["evil.example", "evil.example:80", f"evil.example:{target.port}", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example#127.0.0.1", "8.8.8.8", "evil.example@127.0.0.1", "127.0.0.1@evil.example", "[2001:db8::1]"]:
        for path in (SEARCH, "/", "/ajax-api/2.0/mlflow/experiments/search?max_results=1", f"/get-artifact?run_uuid={target.run}&path=ok.txt", f"{target.proxy}/{target.root}/ok.txt"):
            target.refused(f"host[{host} {path.split('?')[0].replace(target.root, 'R')}]", "GET", path, headers={"Host": host})
    for path in ("/health", "/version"):
        answer = target.send("GET", path, headers={"Host": "evil.example"})
        judge(f"host[{path} answers any]", answer, answer.status == 200)
    for host in ("localhost", f"localhost:{target.port}", f"127.0.0.1:{target.port}", f"[::1]:{target.port}"):
        answer = target.send("GET", SEARCH, headers={"Host": host})
        judge(f"host[{host} is ours]", answer, answer.status == 200)


def origins(target):
    requests = {
        "experiments/create": ("POST", "/api/2.0/mlflow/experiments/create", {"name": target.name + "-origin"}),
        "ajax runs/create": ("POST", "/ajax-api/2.0/mlflow/runs/create", {"experiment_id": target.experiment}),
        "webhooks": ("POST", "/api/2.0/mlflow/webhooks", {"name": "x", "url": "https://1.1.1.1/", "events": []}),
        "put artifact": ("PUT", f"{target.proxy}/{target.root}/origin.txt", b"x"),
        "delete artifact": ("DELETE", f"{target.proxy}/{target.root}/ok.txt", None),
        "upload-artifact": ("POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={target.run}&path=origin.txt", b"x"),
        "patch": ("PATCH", "/api/2.0/mlflow/registered-models/update", {"name": target.name, "description": "evil"}),
        "delete model": ("DELETE", "/api/2.0/mlflow/registered-models/delete", {"name": target.name + "-nowhere"}),
        "traces": ("POST", "/v1/traces", {}),
        "graphql": ("POST", "/graphql", {"query": "query { __typename }"}),
    }
    for origin in ("http://evil.example", "https://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://evil.example:8080", "file://", "http://localhost@evil.example"):
        for name, (method, path, body) in requests.items():
            target.refused(f"origin[{origin} {name}]", method, path, body, headers={"Origin": origin})
        answer = target.send("OPTIONS", "/api/2.0/mlflow/experiments/create", headers={"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"})
        judge(f"origin[{origin} preflight]", answer, answer.headers.get("Access-Control-Allow-Origin") not in (origin, "*"))
        answer = target.send("GET", SEARCH, headers={"Origin": origin})
        judge(f"origin[{origin} may not read]", answer, answer.headers.get("Access-Control-Allow-Origin") not in (origin, "*"))
    answer = target.send("POST", "/api/2.0/mlflow/experiments/create", {"name": "x"}, headers={"Origin": "http://evil.example"})
    judge("origin[refusal is not sniffed]", answer, answer.headers.get("X-Content-Type-Options") == "nosniff")
    for origin in (f"http://127.0.0.1:{target.port}", f"http://localhost:{target.port}"):
        answer = target.send("POST", "/api/2.0/mlflow/experiments/search", {"max_results": 1}, headers={"Origin": origin})
        judge(f"origin[{origin.rsplit(':', 1)[0]} is ours]", answer, answer.status == 200)


def types(target):
    """Content types that a form can send without asking first."""
    calls = {
        "experiments/create": '{"name": "%s-simple"}' % target.name, "runs/create": '{"experiment_id": "%s"}' % target.experiment, "registered-models/create": '{"name": "%s-simple"}' % target.name,
        "runs/delete": '{"run_id": "%s"}' % target.run, "webhooks": '{"name": "x", "url": "https://1.1.1.1/", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]}',
    }
    for kind in ("text/plain", "text/plain; application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "TEXT/PLAIN;charset=UTF-8", ""):
        for path, body in calls.items():
            target.refused(f"content type[{kind or 'none'} {path}]", "POST", f"/api/2.0/mlflow/{path}", body, headers={"Content-Type": kind} if kind else {})
    target.refused("content type[left nothing]", "GET", f"/api/2.0/mlflow/experiments/get-by-name?experiment_name={target.name}-simple")


def pages(target):
    """No text of a request comes back where a browser would run it."""
    for form, (method, path, body, headers) in {
        "path": ("GET", "/" + SCRIPT, None, {}), "encoded path": ("GET", "/" + quote(SCRIPT), None, {}), "api path": ("GET", "/api/2.0/mlflow/" + quote(SCRIPT), None, {}),
        "content type": ("POST", "/api/2.0/mlflow/runs/create", "{}", {"Content-Type": SCRIPT}), "json in content type": ("POST", "/api/2.0/mlflow/runs/create", "{}", {"Content-Type": "application/json" + SCRIPT}),
        "run id": ("GET", f"/get-artifact?run_uuid={quote(SCRIPT)}&path=x", None, {}), "artifact path": ("GET", f"{target.proxy}/{target.root}/{quote(SCRIPT)}", None, {}),
        "experiment id": ("GET", f"/api/2.0/mlflow/experiments/get?experiment_id={quote(SCRIPT)}", None, {}), "host": ("GET", "/", None, {"Host": SCRIPT}), "method": ("GET<script>", "/", None, {}),
    }.items():
        answer = target.send(method, path, body, headers)
        kind = answer.headers.get("Content-Type", "")
        runs = SCRIPT in answer.text and not kind.startswith(("application/json", "text/plain"))
        judge(f"echo[{form}]", answer, 400 <= answer.status < 500 and not runs)
    answer = target.send("GET", "/")
    judge("page[may not be framed]", answer, answer.headers.get("X-Frame-Options", "").upper() in ("DENY", "SAMEORIGIN") or "frame-ancestors" in answer.headers.get("Content-Security-Policy", ""))
    judge("page[is not sniffed]", answer, answer.headers.get("X-Content-Type-Options") == "nosniff")


def artifacts(target):
    """Whatever a file claims to be, a browser saves it and runs none of it."""
    files = {"page.html": SCRIPT, "page.htm": SCRIPT, "page.xhtml": SCRIPT, "image.svg": f"<svg xmlns='http://www.w3.org/2000/svg'>{SCRIPT}</svg>", "data.xml": SCRIPT, "code.js": "alert(1)", "no_extension": SCRIPT, "page.html.txt": SCRIPT, "x.mhtml": SCRIPT, "x.pdf": "%PDF-", "x.swf": "FWS"}
    for name, text in files.items():
        target.send("PUT", f"{target.proxy}/{target.root}/{name}", text, {"Content-Type": "text/html"})
        for how, path in {
            "proxy": f"{target.proxy}/{target.root}/{name}", "get-artifact": f"/get-artifact?run_uuid={target.run}&path={name}",
            "version": f"/model-versions/get-artifact?name={target.name}&version=1&path={name}", "ajax": f"/ajax-api/2.0/mlflow-artifacts/artifacts/{target.root}/{name}",
        }.items():
            answer = target.send("GET", path)
            headers = answer.headers
            judge(f"artifact[{name} by {how} is saved]", answer, answer.status == 200 and headers.get("Content-Disposition", "").startswith("attachment"))
            judge(f"artifact[{name} by {how} is not sniffed]", answer, headers.get("X-Content-Type-Options") == "nosniff")
            judge(f"artifact[{name} by {how} runs nothing]", answer, "sandbox" in headers.get("Content-Security-Policy", "") or "default-src 'none'" in headers.get("Content-Security-Policy", ""))
    for form, name in {"line break": "a%0d%0aX-Evil:%20yes.html", "quote": "a%22;%20filename=%22evil.exe", "line separator": "a%e2%80%a8X-Evil.html"}.items():
        target.send("PUT", f"{target.proxy}/{target.root}/{name}", SCRIPT)
        answer = target.send("GET", f"{target.proxy}/{target.root}/{name}")
        said = answer.headers.get("Content-Disposition", "")
        judge(f"artifact[{form} in its name]", answer, "X-Evil" not in answer.headers and 'filename="evil.exe"' not in said and said.count('filename=') <= 1)
