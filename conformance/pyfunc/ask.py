"""Asks models of MLflow's python_function flavor over REST and gRPC, with the official Triton client, and kills their processes.

ask.py URL FILE PID     FILE has rows and the right answers, PID is the server's
"""

import json
import os
import pathlib
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "serving"))

import numpy as np  # noqa: E402
import tritonclient.grpc as grpcclient  # noqa: E402
import tritonclient.http as httpclient  # noqa: E402
from checks import Checks  # noqa: E402
from tritonclient.utils import InferenceServerException  # noqa: E402

checks = Checks()
TYPES = {"text": "BYTES", "plan": "BYTES", "seats": "INT64", "spent": "FP64"}
LONGEST = 15


def children(server):
    """The Python processes of the server."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
            if parent == str(server) and b"serve_model.py" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass
    return found


def until(what, condition):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if condition():
            return checks.that(what, True)
        time.sleep(0.1)
    return checks.that(what, False, "not within 60 s")


class Server:
    def __init__(self, url):
        self.url = url
        self.address = url.removeprefix("http://")

    def post(self, path, document):
        """The status and the answer, read as JSON."""
        request = urllib.request.Request(self.url + path, json.dumps(document).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


def inputs(kind, columns, **how):
    tensors = []
    for name, datatype in TYPES.items():
        values = np.array([v.encode() if isinstance(v, str) else v for v in columns[name]], dtype=object if datatype == "BYTES" else None)
        values = values if datatype == "BYTES" else values.astype("int64" if datatype == "INT64" else "float64")
        one = kind.InferInput(name, list(values.shape), datatype)
        one.set_data_from_numpy(values, **how)
        tensors.append(one)
    return tensors


def as_json(columns, rows):
    return {"inputs": [
        {"name": name, "datatype": datatype, "shape": [rows], "data": columns[name][:rows]} for name, datatype in TYPES.items()
    ]}


def texts(array):
    return [value.decode() if isinstance(value, bytes) else value for value in array]


def right_answers(server, cases):
    columns = cases["columns"]
    http = httpclient.InferenceServerClient(server.address)
    grpc = grpcclient.InferenceServerClient(server.address)
    for wire, answer in [
        ("REST with bytes", http.infer("tickets", inputs(httpclient, columns, binary_data=True))),
        ("REST with JSON", http.infer("tickets", inputs(httpclient, columns, binary_data=False))),
        ("gRPC", grpc.infer("tickets", inputs(grpcclient, columns))),
    ]:
        checks.that(f"labels over {wire}", texts(answer.as_numpy("predictions")) == cases["labels"])
    for wire, client, kind in [("REST", http, httpclient), ("gRPC", grpc, grpcclient)]:
        got = client.infer("urgency", inputs(kind, columns)).as_numpy("predictions")
        checks.that(f"probabilities over {wire}", got.shape == (60, 2) and bool(np.all(got == np.array(cases["probabilities"]))))
        metadata = client.get_model_metadata("tickets") if kind is httpclient else client.get_model_metadata("tickets", as_json=True)
        said = {one["name"]: one["datatype"] for one in metadata["inputs"]}
        checks.that(f"the signature is the metadata over {wire}", said == TYPES and metadata["platform"] == "mlflow_pyfunc", metadata)
    values = np.arange(6, dtype="float32").reshape(2, 3)
    given = [grpcclient.InferInput("values", [2, 3], "FP32"), grpcclient.InferInput("id", [2], "INT64")]
    given[0].set_data_from_numpy(values)
    given[1].set_data_from_numpy(np.array([4, 5]))
    got = grpc.infer("readings", given)
    checks.that("named tensors in, named columns out", got.as_numpy("mean").tolist() == [1, 4] and texts(got.as_numpy("tag")) == ["r4", "r5"])


def reading(value):
    return {"inputs": [
        {"name": "values", "datatype": "FP32", "shape": [1, 3], "data": [value, 0, 0]}, {"name": "id", "datatype": "INT64", "shape": [1], "data": [1]},
    ]}


def wrong_questions(server, cases):
    path = "/v2/models/tickets/infer"
    document = as_json(cases["columns"], 2)
    document["inputs"][2]["datatype"] = "FP32"
    status, said = server.post(path, document)
    checks.that("another type is refused by the signature", status == 400 and "seats" in said["error"], (status, said))
    status, said = server.post(path, {"inputs": as_json(cases["columns"], 2)["inputs"][:3]})
    checks.that("a missing column is refused", status == 400 and "spent" in said["error"], (status, said))
    document = as_json(cases["columns"], 2)
    document["inputs"][0].update(shape=[1], data=["refund"])
    status, said = server.post(path, document)
    checks.that("columns of other lengths are refused", status == 400 and "differ in size" in said["error"], (status, said))
    status, said = server.post("/v2/models/readings/infer", reading(-1))
    checks.that("what the model refuses is a 400 in its words", status == 400 and said["error"].endswith("ValueError: readings of -1 are not taken"), (status, said))
    status, said = server.post("/v2/models/readings/infer", reading(-2))
    checks.that(
        "what fails in the model is a 503 in its words, without folders",
        status == 503 and said["error"].endswith("RuntimeError: no calibration in unit-7.bin") and "Traceback" not in said["error"], (status, said))
    status, said = server.post("/api/v1/endpoints/tickets/deploy", {"model": "tickets/2"})
    checks.that("a version that cannot be loaded is refused with the reason", status >= 400 and "the weights are not here" in json.dumps(said), (status, said))
    status, _ = server.post(path, as_json(cases["columns"], 2))
    checks.that("and leaves the old one serving", status == 200)


def hanging(server):
    """A call that does not end is ended."""
    status, said = server.post("/api/v1/endpoints/readings/configure", {"timeout": "2s"})
    checks.that("the timeout is set", status == 200, said)
    began = time.monotonic()
    status, said = server.post("/v2/models/readings/infer", reading(-3))
    took = time.monotonic() - began
    checks.that("a call that takes too long is told so in time", status == 504 and took < 4, (status, said, took))
    status, said = server.get("/v2/models/readings/ready")
    checks.that("the model is not ready then", status == 503 and said["ready"] is False, (status, said))
    until("and answers again", lambda: server.post("/v2/models/readings/infer", reading(1))[0] == 200)


def killed_under_traffic(server, pid, cases):
    document = as_json(cases["columns"], 5)
    wanted = cases["labels"][:5]
    stop = threading.Event()
    seen, slowest, wrong = {}, [0.0], []
    lock = threading.Lock()

    def ask():
        while not stop.is_set():
            began = time.monotonic()
            try:
                status, said = server.post("/v2/models/tickets/infer", document)
            except OSError as error:
                status, said = 0, repr(error)
            took = time.monotonic() - began
            with lock:
                seen[status] = seen.get(status, 0) + 1
                slowest[0] = max(slowest[0], took)
                if status == 200 and said["outputs"][0]["data"] != wanted or status not in (200, 503):
                    wrong.append((status, said))
                if status == 503 and "Python process" not in said["error"]:
                    wrong.append((status, said))
            if status != 200:
                time.sleep(0.05)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    until("traffic flows", lambda: seen.get(200, 0) > 20)
    # One of them is this endpoint's, so all are killed.
    killed = children(pid)
    for child in killed:
        os.kill(child, signal.SIGKILL)
    until("the loss is told", lambda: seen.get(503, 0) > 0)
    before = seen.get(200, 0)
    until("and it answers again", lambda: seen.get(200, 0) > before + 20)
    stop.set()
    for thread in threads:
        thread.join(LONGEST)
    checks.that("nobody hangs", not any(thread.is_alive() for thread in threads) and slowest[0] < LONGEST, slowest)
    checks.that("every answer is right, or says why there is none", not wrong, wrong[:3])
    until("every process is there again", lambda: len(set(children(pid)) - set(killed)) == len(killed))
    until("and has its model", lambda: all(server.get(f"/v2/models/{name}/ready")[0] == 200 for name in ("tickets", "urgency", "readings")))


def main(url, file, pid):
    server = Server(url)
    with open(file, encoding="utf-8") as read:
        cases = json.load(read)
    right_answers(server, cases)
    wrong_questions(server, cases)
    hanging(server)
    killed_under_traffic(server, int(pid), cases)
    right_answers(server, cases)
    before = len(children(pid))
    request = urllib.request.Request(server.url + "/api/v1/endpoints/readings", method="DELETE")
    urllib.request.urlopen(request, timeout=60).close()
    until("an endpoint's process ends with it", lambda: len(children(pid)) == before - 1)
    checks.end()


main(*sys.argv[1:])
