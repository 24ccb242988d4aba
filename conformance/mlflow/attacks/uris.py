"""URIs that a client gives and the server must never open: artifact locations and model version sources."""

import pathlib
import shutil
import tempfile

from .target import SECRETS, Canary, judge

PLANTED = "root:x:0:0:planted:/root:/bin/sh\n"

# {d} is a folder made for this, without its first slash; {u} as many steps up as reach the root.
LOCAL = [
    "/{d}", "/{d}/", "//{d}", "///{d}", "file:///{d}", "file:/{d}", "file://localhost/{d}", "file://127.0.0.1/{d}", "FILE:///{d}", "file:///{d}#x", "file:///{d}?x", "file://host/{d}", "//proc/self/root/{d}",
    "file://proc/self/root/{d}", "/proc/self/root/{d}", "./{u}{d}", "{u}{d}", "file:{u}{d}", "/tmp/{u}{d}", "file:///tmp/{u}{d}", "file:///%2e%2e/{d}", "local:/{d}", "sqlite:////{d}/passwd", "jar:file:///{d}!/x",
]
# Not where such a folder can be; only asked for, never written to.
ELSEWHERE = ["file:", "file://", "file:x", "..\\..\\..\\etc", "\\..\\..\\etc", "C:\\Windows", "c:/Windows", "file:///C:/Windows"]
DISGUISED = [
    "mlflow-artifacts:/{u}{d}", "mlflow-artifacts:/x/{u}{d}", "mlflow-artifacts:/%2e%2e/%2e%2e/%2e%2e/{d}", "mlflow-artifacts:/%252e%252e/%252e%252e/{d}", "mlflow-artifacts:/..%2f..%2f..%2f{d}",
    "mlflow-artifacts:/x%00", "mlflow-artifacts:/..\\..\\etc", "mlflow-artifacts:/#/{u}{d}", "mlflow-artifacts:/x?/{u}{d}", "mlflow-artifacts:/x;/{u}{d}", "mlflow-artifacts:/;..%2f..%2f{d}", "mlflow-artifacts:////{d}",
    "mlflow-artifacts://evil.example/{d}", "http:///#/{u}{d}", "http://x/#/{u}{d}", "http://x/?/{u}{d}", "https://x/;/{u}{d}", "http://x/api/2.0/mlflow-artifacts/artifacts/{u}{d}", "ftp://127.0.0.1/{d}", "sftp://127.0.0.1/{d}",
    "hdfs://127.0.0.1/{d}", "dbfs:/{u}{d}", "runs:/0/{u}{d}", "models:/{u}{d}", "s3://bucket/{u}{d}\x00", "gopher://127.0.0.1/", "data:text/plain,x", "javascript:alert(1)",
]
TAG = "mlflow.prompt.is_prompt"


def attack(target):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="attacked-"))
    (folder / "passwd").write_text(PLANTED)
    locations(target, folder)
    sources(target, folder)
    prompts(target, folder)
    fetching(target)
    shutil.rmtree(folder)


def forms(uris, folder):
    return {uri: uri.replace("{d}", str(folder).lstrip("/")).replace("{u}", "../" * 12) for uri in uris}


def locations(target, folder):
    """Refused when the experiment is made; or else kept as a name that only clients open, and refused whenever the server is asked to."""
    for number, (form, uri) in enumerate(forms(LOCAL + ELSEWHERE + DISGUISED, folder).items()):
        made = target.send("POST", "/api/2.0/mlflow/experiments/create", {"name": f"{target.name}-location-{number}", "artifact_location": uri})
        run = made
        if made.status == 200:
            run = target.send("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": made.json()["experiment_id"]})
        if run.status != 200:
            judge(f"location[{form!r}]", run, 400 <= run.status < 500)
        else:
            use(target, f"location[{form!r}]", folder, run.json()["run"]["info"]["run_id"], form not in ELSEWHERE)


def use(target, name, folder, run, write):
    """Asks the server to read, list and write where the run's artifacts are said to be."""
    inside = folder / run / "artifacts"
    inside.mkdir(parents=True)
    (inside / "passwd").write_text(PLANTED)
    reads = [f"/get-artifact?run_uuid={run}&path={path}" for path in ("passwd", "../../passwd")]
    for path in reads:
        answer = target.send("GET", path)
        if not 400 <= answer.status < 500 or SECRETS.search(answer.body):
            return judge(name, answer, False)
    answer = target.send("GET", f"/api/2.0/mlflow/artifacts/list?run_id={run}")
    if answer.status >= 500 or "passwd" in answer.text:
        return judge(name, answer, False)
    if write:
        answer = target.send("POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=evil", b"evil")
        if (inside / "evil").exists():
            return judge(name, answer, False, lambda: "a file was written there")
    return judge(name, answer, True)


def read_version(target, name, version):
    return [target.send("GET", f"/model-versions/get-artifact?name={name}&version={version}&path={path}") for path in ("passwd", "../passwd", "etc/passwd", "hostname")]


def sources(target, folder):
    """Refused when the version is made, with and without the run it claims to be from."""
    for form, uri in forms(LOCAL + ELSEWHERE + DISGUISED, folder).items():
        for whose, run in (("run", target.run), ("no run", None)):
            body = {"name": target.name, "source": uri} | ({"run_id": run} if run else {})
            target.refused(f"source of {whose}[{form!r}]", "POST", "/api/2.0/mlflow/model-versions/create", body)
    root = f"mlflow-artifacts:/{target.root}"
    for form, uri in {"climbing": f"{root}/../../../x", "encoded": f"{root}/%2e%2e/%2e%2e/x", "another run": root.replace(target.run, "0" * 32), "another model": f"models:/{target.model}", "sibling by prefix": f"{root}-evil"}.items():
        target.refused(f"source[{form}]", "POST", "/api/2.0/mlflow/model-versions/create", {"name": target.name, "source": uri, "run_id": target.run})


def prompts(target, folder):
    """The tag of prompts does not switch the check of the source off (CVE-2026-2614)."""
    tags = {"true": [(TAG, "true")], "upper case": [(TAG, "TRUE")], "false then true": [(TAG, "false"), (TAG, "true")], "true then false": [(TAG, "true"), (TAG, "false")], "with text": [(TAG, "true"), ("mlflow.prompt.text", "x")]}
    for form, pairs in tags.items():
        for place, uri in forms(["file:///{d}", "/{d}", "mlflow-artifacts:/{u}{d}"], folder).items():
            for name in (target.name, f"{target.name}-prompt"):
                target.send("POST", "/api/2.0/mlflow/registered-models/create", {"name": f"{target.name}-prompt", "tags": [{"key": TAG, "value": "true"}]})
                answer = target.refused(
                    f"prompt tag[{form}, {place}, {'model' if name == target.name else 'prompt'}]", "POST", "/api/2.0/mlflow/model-versions/create",
                    {"name": name, "source": uri, "tags": [{"key": k, "value": v} for k, v in pairs]})
                if answer.status == 200:
                    for read in read_version(target, name, answer.json()["model_version"]["version"]):
                        judge(f"prompt tag[{form}, {place}, read]", read, 400 <= read.status < 500)


def fetching(target):
    """The server calls no address that a location or a source names."""
    canary = Canary()
    for form, uri in {"http": f"http://127.0.0.1:{canary.port}/x", "proxy elsewhere": f"mlflow-artifacts://127.0.0.1:{canary.port}/x", "proxy path": f"http://127.0.0.1:{canary.port}/api/2.0/mlflow-artifacts/artifacts/x"}.items():
        body = {"name": target.name, "source": uri}
        answer = target.harmless(f"fetch.source[{form}]", "POST", "/api/2.0/mlflow/model-versions/create", body, unless=canary.called)
        if answer.status == 200:
            for read in read_version(target, target.name, answer.json()["model_version"]["version"]):
                judge(f"fetch.version[{form}]", read, 400 <= read.status < 500, canary.called)
        made = target.harmless(f"fetch.location[{form}]", "POST", "/api/2.0/mlflow/experiments/create", {"name": f"{target.name}-fetch-{form}", "artifact_location": uri}, unless=canary.called)
        if made.status == 200:
            run = target.rpc("runs/create", {"experiment_id": made.json()["experiment_id"]})["run"]["info"]["run_id"]
            target.harmless(f"fetch.list[{form}]", "GET", f"/api/2.0/mlflow/artifacts/list?run_id={run}", unless=canary.called)
            target.harmless(f"fetch.get[{form}]", "GET", f"/get-artifact?run_uuid={run}&path=x", unless=canary.called)
