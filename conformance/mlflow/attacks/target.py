"""The server under attack: raw requests whose paths nobody normalises, and what counts as refused."""

import http.client
import http.server
import json
import re
import threading
import uuid
from urllib.parse import urlsplit

from parts.checks import fail, ok

# Content of files that every Linux machine has, and of databases and environments.
SECRETS = re.compile(rb"root:[^:\n]*:0:0:|SQLite format 3|(?:^|\0)PATH=/|PRETTY_NAME=")
# What a database says; an error text must hold none of it.
SQL = re.compile(r"sqlite3?\.|INSERT INTO|SELECT .* FROM|sqlalchemy|psycopg|Traceback \(most recent", re.I)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.text[:300]}"


class Target:
    """One server, with an experiment, a run, a model version and a logged model of its own to attack."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 80
        self.authority = f"{self.host}:{self.port}"
        self.prefix = parts.path.rstrip("/")
        self.name = "attack-" + uuid.uuid4().hex[:8]
        self.experiment = self.rpc("experiments/create", {"name": self.name})["experiment_id"]
        self.run = self.rpc("runs/create", {"experiment_id": self.experiment})["run"]["info"]["run_id"]
        self.root = f"{self.experiment}/{self.run}/artifacts"
        self.proxy = "/api/2.0/mlflow-artifacts/artifacts"
        self.send("PUT", f"{self.proxy}/{self.root}/ok.txt", b"fine")
        self.rpc("registered-models/create", {"name": self.name})
        self.rpc("model-versions/create", {"name": self.name, "source": f"mlflow-artifacts:/{self.root}", "run_id": self.run})
        self.model = self.rpc("logged-models", {"experiment_id": self.experiment, "name": "m", "source_run_id": self.run})["model"]["info"]["model_id"]

    def send(self, method, path, body=None, headers=None, timeout=20):
        """Sends the path as it is. A refusal by closing the connection is status 400."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        connection._validate_path = lambda url: None
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        try:
            connection.putrequest(method, self.prefix + path, skip_host=True, skip_accept_encoding=True)
            if "Host" not in headers:
                connection.putheader("Host", self.authority)
            for key, value in headers.items():
                connection.putheader(key, value)
            if "Content-Length" not in headers and (body is not None or method in ("POST", "PUT", "PATCH")):
                connection.putheader("Content-Length", str(len(body or b"")))
            try:
                connection.endheaders(body)
            except (BrokenPipeError, ConnectionResetError):
                pass
            try:
                reply = connection.getresponse()
                return Answer(reply.status, reply.headers, reply.read())
            except TimeoutError:
                return Answer(0, {}, f"no answer within {timeout} s".encode())
            except (http.client.HTTPException, ConnectionError) as e:
                return Answer(400, {}, f"closed: {type(e).__name__}".encode())
        finally:
            connection.close()

    def rpc(self, path, body):
        answer = self.send("POST", "/api/2.0/mlflow/" + path, body)
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer}")
        return answer.json()

    def refused(self, name, method, path, body=None, headers=None, also=(), unless=None, timeout=20):
        """The answer is a 4xx (or one of also), gives no secret away, and no SQL; unless() names a harm that was done."""
        answer = self.send(method, path, body, headers, timeout)
        judge(name, answer, 400 <= answer.status < 500 or answer.status in also, unless)
        return answer

    def harmless(self, name, method, path, body=None, headers=None, unless=None, timeout=20):
        """The answer may be any below 500, but gives nothing away."""
        answer = self.send(method, path, body, headers, timeout)
        judge(name, answer, 200 <= answer.status < 500, unless)
        return answer


def judge(name, answer, good, unless=None):
    harm = unless() if unless else None
    if SECRETS.search(answer.body):
        fail(name, f"{answer.status} with a file's content: {answer.text[:80]}", "nothing of it")
    elif harm:
        fail(name, f"{answer.status}, and {harm}", "no harm")
    elif answer.status >= 400 and SQL.search(answer.text):
        fail(name, str(answer), "no SQL in the text")
    elif good:
        ok(name)
    else:
        fail(name, str(answer), "a refusal")


class Canary:
    """A server on the loopback address that nobody should call."""

    def __init__(self):
        canary = self
        self.hits = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                canary.hits.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"root:x:0:0:canary")

            do_GET = do_POST = do_HEAD = do_PUT = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def called(self):
        hits, self.hits[:] = list(self.hits), []
        return f"the address was called: {hits[:2]}" if hits else None
