"""Requests that are broken, each with the status and the form of error that the protocol says, over REST and gRPC; and what
clients do that looks broken and is not.

broken.py URL
"""

import gzip
import http.client
import json
import struct
import sys
import zlib

import grpc
from checks import Checks
from tritonclient.grpc import service_pb2 as pb

checks = Checks()
address = sys.argv[1].removeprefix("http://")
MODEL = "diamonds_mlp"
IMAGE = "digits_cnn"
PATH = f"/v2/models/{MODEL}/infer"
LENGTH = "Inference-Header-Content-Length"


def call(method, path, body=None, headers=None, chunked=False):
    connection = http.client.HTTPConnection(address, timeout=20)
    try:
        connection.request(method, path, body=iter([body]) if chunked else body, headers=headers or {}, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def good(**changes):
    """One diamond, as JSON."""
    inputs = [
        {"name": "numeric", "shape": [1, 6], "datatype": "FP32", "data": [0.3, 61.5, 55.0, 4.3, 4.3, 2.7]},
        {"name": "cut", "shape": [1], "datatype": "INT64", "data": [1]},
        {"name": "color", "shape": [1], "datatype": "INT64", "data": [1]},
        {"name": "clarity", "shape": [1], "datatype": "INT64", "data": [1]},
    ]
    request = {"inputs": inputs}
    for key, value in changes.items():
        if key in ("inputs", "outputs", "id", "parameters", "extra"):
            request[key] = value
        else:
            inputs[0][key] = value
    return request


def error(name, status, answer):
    """Exactly {"error": TEXT}, as application/json."""
    got, headers, body = answer
    checks.equal(f"{name}: status", got, status)
    checks.equal(f"{name}: type", headers.get("content-type"), "application/json")
    try:
        document = json.loads(body)
    except ValueError:
        document = body
    checks.that(
        f"{name}: form",
        isinstance(document, dict) and list(document) == ["error"] and isinstance(document["error"], str) and document["error"] != "",
        document)


def refused(name, body, status=400, headers=None, path=PATH):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    error(name, status, call("POST", path, data, headers))


def answered(name, body, headers=None, path=PATH, chunked=False):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, got, content = call("POST", path, data, headers, chunked)
    checks.that(name, status == 200, f"{status} {content[:200]}")
    return got, content


def json_requests():
    headers, body = answered("no Content-Type", good(id="a"))
    checks.equal("answer's type", headers["content-type"], "application/json")
    checks.equal("answer's keys", list(json.loads(body)), ["model_name", "model_version", "id", "outputs"])
    checks.equal("output's keys", list(json.loads(body)["outputs"][0]), ["name", "datatype", "shape", "data"])
    answered("nested data", good(data=[[0.3, 61.5, 55.0, 4.3, 4.3, 2.7]]))
    answered("a chunked body", good(), chunked=True)
    answered("null for a missing number", good(data=[None, 61.5, 55.0, 4.3, 4.3, 2.7]))
    answered("no rows", {"inputs": [
        {"name": "numeric", "shape": [0, 6], "datatype": "FP32", "data": []}] + [
        {"name": name, "shape": [0], "datatype": "INT64", "data": []} for name in ("cut", "color", "clarity")]})
    answered("a version", good(), path=f"/v2/models/{MODEL}/versions/1/infer")
    answered("a text as content type", good(parameters={"content_type": "np"}))
    refused("no body", b"")
    refused("no JSON", b"hello")
    refused("cut JSON", json.dumps(good()).encode()[:-5])
    refused("two documents", json.dumps(good()).encode() * 2)
    refused("a list", [])
    refused("no inputs", {})
    refused("no input at all", {"inputs": []})
    refused("inputs is an object", {"inputs": {}})
    refused("an input is missing", good(inputs=good()["inputs"][:3]))
    refused("an input is there twice", good(inputs=good()["inputs"] + good()["inputs"][:1]))
    refused("an unknown input", good(name="numerics"))
    refused("an unknown key", good(extra=1))
    refused("a wrong datatype", good(datatype="FP64"))
    refused("no datatype of the protocol", good(datatype="float"))
    refused("half numbers in JSON", good(datatype="FP16"))
    refused("a text as datatype's number", good(datatype=1))
    refused("a wrong shape", good(shape=[1, 7]))
    refused("too few dimensions", good(shape=[6]))
    refused("a negative size", good(shape=[-1, 6]))
    refused("a size beyond 64 bits", good(shape=[10**30, 6]))
    refused("a size that overflows", good(shape=[2**62, 6]))
    refused("a size with a fraction", good(shape=[1.5, 6]))
    refused("too few elements", good(data=[1.0]))
    refused("too many elements", good(data=[1.0] * 7))
    refused("a shape that is nested otherwise", good(data=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    refused("a text for a number", good(data=["1", 2, 3, 4, 5, 6]))
    refused("an object for a number", good(data=[{}, 2, 3, 4, 5, 6]))
    refused("NaN, which is no JSON", json.dumps(good(data=[float("nan"), 2, 3, 4, 5, 6])).encode())
    refused("a number beyond FP32", good(data=[1e39, 2, 3, 4, 5, 6]))
    refused("an id that is no text", good(id=7))
    refused("a list as parameter", good(parameters={"a": []}))
    refused("a reserved parameter", good(parameters={"triton_x": 1}))
    refused("shared memory", good(parameters={"shared_memory_region": "r"}), 501)
    refused("an unknown output", good(outputs=[{"name": "price"}]))
    refused("an output twice", good(outputs=[{"name": "price_usd"}] * 2))
    refused("an output without a name", good(outputs=[{}]))
    refused("no classes", good(outputs=[{"name": "price_usd", "parameters": {"classification": 0}}]))
    refused("depth", b'{"inputs":' + b"[" * 10_000)
    refused("INT64 with a fraction", good(inputs=[good()["inputs"][0], {"name": "cut", "shape": [1], "datatype": "INT64", "data": [1.0]}] + good()["inputs"][2:]))
    refused("INT64 beyond 64 bits", good(inputs=[good()["inputs"][0], {"name": "cut", "shape": [1], "datatype": "INT64", "data": [2**63]}] + good()["inputs"][2:]))
    refused("rows that contradict", good(inputs=[good()["inputs"][0], {"name": "cut", "shape": [2], "datatype": "INT64", "data": [1, 1]}] + good()["inputs"][2:]))
    refused("an unknown model", good(), 404, path="/v2/models/no-such-model/infer")
    refused("an unknown version", good(), 404, path=f"/v2/models/{MODEL}/versions/99/infer")
    refused("a version that is no number", good(), 404, path=f"/v2/models/{MODEL}/versions/one/infer")
    refused("a name that none may have", good(), 400, path="/v2/models/a%20b/infer")
    error("the wrong verb", 405, call("GET", PATH))
    error("nothing there", 404, call("GET", "/v2/nothing"))
    error("metadata of an unknown model", 404, call("GET", "/v2/models/no-such-model"))
    error("readiness of an unknown model", 404, call("GET", "/v2/models/no-such-model/ready"))
    error("statistics of an unknown model", 404, call("GET", "/v2/models/no-such-model/stats"))
    error("configuration of an unknown model", 404, call("GET", "/v2/models/no-such-model/config"))
    error("a repository with a name", 501, call("POST", "/v2/repository/other/index"))
    error("index with nonsense", 400, call("POST", "/v2/repository/index", b'{"ready": 1}'))
    error("too large", 413, call("POST", PATH, b" " * (17 << 20)))


def rest_answers():
    for path, key in (("/v2/health/live", "live"), ("/v2/health/ready", "ready"), (f"/v2/models/{MODEL}/ready", "ready"), (f"/v2/models/{MODEL}/versions/1/ready", "ready")):
        status, headers, body = call("GET", path)
        checks.equal(path, (status, headers["content-type"], json.loads(body)[key]), (200, "application/json", True))
    status, _, body = call("GET", "/v2/models")
    checks.that("the list of models", status == 200 and MODEL in json.loads(body)["models"], body)
    status, _, body = call("GET", "/v2/models/stats")
    checks.that("statistics of all", status == 200 and len(json.loads(body)["model_stats"]) >= 3, body)
    status, _, body = call("POST", "/v2/repository/index", b'{"ready": true}')
    checks.that("index of what is ready", status == 200 and isinstance(json.loads(body), list), body)
    for path in (f"/v2/models/{MODEL}/versions/1", f"/v2/models/{MODEL}/versions/1/stats", f"/v2/models/{MODEL}/versions/1/config", f"/v2/models/{MODEL}/trace/setting"):
        checks.equal(path, call("GET", path)[0], 200)


def tail():
    """One diamond in bytes: the JSON, and what follows it."""
    inputs = [{"name": "numeric", "shape": [1, 6], "datatype": "FP32", "parameters": {"binary_data_size": 24}}]
    inputs += [{"name": name, "shape": [1], "datatype": "INT64", "parameters": {"binary_data_size": 8}} for name in ("cut", "color", "clarity")]
    return {"inputs": inputs}, struct.pack("<6f3q", 0.3, 61.5, 55.0, 4.3, 4.3, 2.7, 1, 1, 1)


def whole(document, raw, length=None):
    head = json.dumps(document).encode()
    return head + raw, {LENGTH: str(len(head) if length is None else length)}


def binary_requests():
    document, raw = tail()
    body, headers = whole(document, raw)
    got, content = answered("bytes in, JSON out", body, headers)
    expected = json.loads(content)["outputs"][0]["data"][0]
    checks.equal("no length header with JSON alone", got.get(LENGTH.lower()), None)
    body, headers = whole(document | {"parameters": {"binary_data_output": True}}, raw)
    got, content = answered("bytes in and out", body, headers)
    length = int(got[LENGTH.lower()])
    output = json.loads(content[:length])["outputs"][0]
    checks.equal("bytes' type", got["content-type"], "application/octet-stream")
    checks.equal("bytes' size", (output["parameters"]["binary_data_size"], len(content) - length), (4, 4))
    checks.that("bytes' value", abs(struct.unpack("<f", content[length:])[0] - expected) < 1e-3 * abs(expected), content)
    wanted = {"outputs": [{"name": "price_usd", "parameters": {"binary_data": False}}], "parameters": {"binary_data_output": True}}
    body, headers = whole(document | wanted, raw)
    got, content = answered("an output's own wish counts more", body, headers)
    checks.that("an output's own wish", "data" in json.loads(content)["outputs"][0], content)
    body, headers = whole(document, raw)
    for packing, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        answered(f"{packing} of bytes", pack(body), headers | {"Content-Encoding": packing})
        answered(f"{packing} of JSON", pack(json.dumps(good()).encode()), {"Content-Encoding": packing})
        refused(f"{packing} that is none", b"hello", headers={"Content-Encoding": packing})
        refused(f"{packing} cut off", pack(body)[:-9], headers=headers | {"Content-Encoding": packing})
        refused(f"{packing} of very much", pack(b" " * (64 << 20)), 413, headers={"Content-Encoding": packing})
    refused("an unknown packing", b"hello", 501, headers={"Content-Encoding": "br"})
    rows = 500
    many = {"inputs": [{"name": "image", "shape": [rows, 1, 8, 8], "datatype": "FP32", "data": [1] * 64 * rows}]}
    got, content = answered("a packed answer", many, {"Accept-Encoding": "gzip"}, f"/v2/models/{IMAGE}/infer")
    checks.equal("a packed answer says so", got.get("content-encoding"), "gzip")
    checks.equal("a packed answer is whole", len(json.loads(gzip.decompress(content))["outputs"][0]["data"]), 10 * rows)
    for length in ("-1", "x", "999999999", "99999999999999999999", ""):
        refused(f"length of JSON {length!r}", body, headers={LENGTH: length})
    refused("a length within the JSON", *whole_with(document, raw, 10))
    refused("more bytes than said", *flip(body + b"x", headers))
    refused("fewer bytes than said", *flip(body[:-1], headers))
    document["inputs"][0]["parameters"]["binary_data_size"] = 20
    refused("a size that is not the shape's", *flip(*whole(document, raw)))
    document["inputs"][0]["parameters"]["binary_data_size"] = -24
    refused("a negative number of bytes", *flip(*whole(document, raw)))
    document["inputs"][0]["parameters"]["binary_data_size"] = "24"
    refused("a size that is a text", *flip(*whole(document, raw)))
    document["inputs"][0]["parameters"]["binary_data_size"] = 24
    document["inputs"][0]["data"] = [1] * 6
    refused("data and bytes", *flip(*whole(document, raw)))
    got, content = answered("a body without JSON", struct.pack("<64f", *range(64)), {LENGTH: "0"}, f"/v2/models/{IMAGE}/infer")
    outputs = json.loads(content[: int(got[LENGTH.lower()])])["outputs"]
    checks.equal("a body without JSON is one row", [o["shape"] for o in outputs], [[1, 10], [1, 10]])
    refused("a body without JSON of the wrong length", b"123", headers={LENGTH: "0"}, path=f"/v2/models/{IMAGE}/infer")
    refused("a body without JSON for several inputs", b"123", headers={LENGTH: "0"})


def whole_with(document, raw, length):
    return flip(*whole(document, raw, length))


def flip(body, headers):
    """As refused takes them."""
    return body, 400, headers


def grpc_requests():
    channel = grpc.insecure_channel(address, options=[("grpc.max_send_message_length", -1)])

    def method(name, response, service="inference.GRPCInferenceService"):
        return channel.unary_unary(f"/{service}/{name}", request_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString(), response_deserializer=response.FromString)

    infer = method("ModelInfer", pb.ModelInferResponse)

    def request(**changes):
        message = pb.ModelInferRequest(model_name=changes.get("model", MODEL), model_version=changes.get("version", ""), id="g-1")
        numeric = message.inputs.add(name=changes.get("name", "numeric"), datatype=changes.get("datatype", "FP32"), shape=changes.get("shape", [1, 6]))
        numeric.contents.fp32_contents.extend(changes.get("data", [0.3, 61.5, 55.0, 4.3, 4.3, 2.7]))
        for name in ("cut", "color", "clarity"):
            message.inputs.add(name=name, datatype="INT64", shape=[1]).contents.int64_contents.append(1)
        return message

    def raw(message, *contents):
        for tensor in message.inputs:
            tensor.ClearField("contents")
        message.raw_input_contents.extend(contents)
        return message

    numbers, one = struct.pack("<6f", 0.3, 61.5, 55.0, 4.3, 4.3, 2.7), struct.pack("<q", 1)
    answer, context = infer.with_call(request(), timeout=10)
    checks.equal("typed in, raw out", (answer.id, answer.model_name, answer.model_version, len(answer.raw_output_contents), len(answer.outputs)), ("g-1", MODEL, "1", 1, 1))
    checks.that("the prediction's id", dict(context.initial_metadata()).get("x-millrace-prediction-id"), context.initial_metadata())
    typed = request()
    typed.parameters["binary_data_output"].bool_param = False
    checks.equal("typed out on request", len(infer(typed, timeout=10).outputs[0].contents.fp32_contents), 1)
    checks.equal("raw and typed agree", answer.raw_output_contents[0], infer(raw(request(), numbers, one, one, one), timeout=10).raw_output_contents[0])

    def fails(name, code, message, call=infer, timeout=10):
        try:
            call(message, timeout=timeout)
            checks.that(name, False, "was answered")
        except grpc.RpcError as e:
            checks.equal(name, e.code().name, code)
            checks.that(f"{name}: says why", e.details(), e)

    fails("an unknown model over gRPC", "NOT_FOUND", request(model="no-such-model"))
    fails("an unknown version over gRPC", "NOT_FOUND", request(version="99"))
    fails("an unknown input over gRPC", "INVALID_ARGUMENT", request(name="numerics"))
    fails("a wrong datatype over gRPC", "INVALID_ARGUMENT", request(datatype="FP64"))
    fails("no datatype over gRPC", "INVALID_ARGUMENT", request(datatype="float"))
    fails("a wrong shape over gRPC", "INVALID_ARGUMENT", request(shape=[1, 7]))
    fails("a negative size over gRPC", "INVALID_ARGUMENT", request(shape=[-1, 6]))
    fails("too few elements over gRPC", "INVALID_ARGUMENT", request(data=[1.0]))
    fails("no inputs over gRPC", "INVALID_ARGUMENT", pb.ModelInferRequest(model_name=MODEL))
    fails("no model's name over gRPC", "INVALID_ARGUMENT", pb.ModelInferRequest())
    both = request()
    both.raw_input_contents.extend([numbers, one, one, one])
    fails("typed and raw", "INVALID_ARGUMENT", both)
    fails("too few raw contents", "INVALID_ARGUMENT", raw(request(), numbers, one))
    fails("raw contents too short", "INVALID_ARGUMENT", raw(request(), numbers[:-1], one, one, one))
    fails("half numbers as typed contents", "INVALID_ARGUMENT", request(datatype="FP16"))
    unknown = request()
    unknown.outputs.add(name="price")
    fails("an unknown output over gRPC", "INVALID_ARGUMENT", unknown)
    memory = request()
    memory.inputs[0].parameters["shared_memory_region"].string_param = "r"
    fails("shared memory in a request over gRPC", "UNIMPLEMENTED", memory)
    fails("bytes that are no message", "INVALID_ARGUMENT", b"\xff\xff\xff")
    fails("too large over gRPC", "RESOURCE_EXHAUSTED", raw(request(), b"x" * (17 << 20), one, one, one))
    fails("an unknown method", "UNIMPLEMENTED", b"", method("NoSuchMethod", pb.ModelInferResponse))
    fails("an unknown service", "UNIMPLEMENTED", b"", method("Check", pb.ModelInferResponse, "no.such.Service"))
    fails("metadata of an unknown model over gRPC", "NOT_FOUND", pb.ModelMetadataRequest(name="no-such-model"), method("ModelMetadata", pb.ModelMetadataResponse))
    checks.equal("still answers", infer(request(), timeout=10).id, "g-1")
    health = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=bytes, response_deserializer=bytes)
    checks.equal("health of the server", health(b"", timeout=10), b"\x08\x01")
    checks.equal("health of the service", health(b"\x0a\x1e" + b"inference.GRPCInferenceService", timeout=10), b"\x08\x01")
    fails("health of another service", "NOT_FOUND", b"\x0a\x05other", health)
    # KServe's clients send the model's name in the first field, and read field 2 of the answer.
    load = channel.unary_unary("/inference.GRPCInferenceService/RepositoryModelLoad", request_serializer=bytes, response_deserializer=bytes)
    name = MODEL.encode()
    checks.equal("load as KServe's client does", load(b"\x0a" + bytes([len(name)]) + name, timeout=10), b"\x0a" + bytes([len(name)]) + name + b"\x10\x01")
    # Many bytes in many frames, and an answer of some size.
    image = pb.ModelInferRequest(model_name=IMAGE)
    rows = 40_000
    image.inputs.add(name="image", datatype="FP32", shape=[rows, 1, 8, 8])
    image.raw_input_contents.append(struct.pack("<f", 1) * 64 * rows)
    answer = infer(image, timeout=60)
    # So much cannot be answered in a millisecond, which is the least that a client waits.
    fails("a deadline that passed", "DEADLINE_EXCEEDED", image, timeout=0.001)
    checks.equal("ten megabytes", [len(content) for content in answer.raw_output_contents], [40 * rows, 40 * rows])
    channel.close()
    status, _, body = call("POST", "/inference.GRPCInferenceService/ServerLive", b"")
    checks.equal("gRPC's path over HTTP/1", status, 415)


checks.runs("REST in JSON", json_requests)
checks.runs("REST's other answers", rest_answers)
checks.runs("REST in bytes", binary_requests)
checks.runs("gRPC", grpc_requests)
checks.end()
