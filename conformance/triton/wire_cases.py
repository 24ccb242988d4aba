"""Requests of one wire: documents and bodies that say something else than a request does, and what servers say of themselves."""

import gzip
import json
import struct
import time
import zlib

import numpy as np
from infer import LENGTH, Request, Tensor, recorded
from tritonclient.grpc import service_pb2 as pb


def documents(cases, request):
    """Documents that say something else than a request does."""
    good = request.document()

    def add(what, document):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        cases.rest(f"json: document: {what}", "POST", request.path(), {}, body)

    def with_input(**changes):
        return good | {"inputs": [good["inputs"][0] | changes, *good["inputs"][1:]]}

    def without(key):
        return good | {"inputs": [{k: v for k, v in good["inputs"][0].items() if k != key}, *good["inputs"][1:]]}

    text = json.dumps(good).encode()
    data = good["inputs"][0]["data"]
    add("nothing", b"")
    add("white space", b"  \n")
    add("no JSON", b"hello")
    add("cut off", text[:-5])
    add("another after it", text * 2)
    add("white space around it", b" \n" + text + b" \n")
    add("a comment", b"/* a */" + text)
    add("a comma too many", text[:-1] + b",}")
    add("a key twice", text[:-1] + b',"id":"a","id":"b"}')
    add("a byte order mark", b"\xef\xbb\xbf" + text)
    add("bytes that are not UTF-8", text[:-1] + b',"id":"\xff"}')
    add("half a surrogate pair", text[:-1] + b',"id":"\\ud800"}')
    add("a list", [])
    add("null", None)
    add("a number", 7)
    add("empty", {})
    add("deep", b'{"inputs":' + b"[" * 10_000)
    add("deep and whole", b'{"inputs":' + b"[" * 200 + b"]" * 200 + b"}")
    add("an unknown key", good | {"extra": 1})
    add("model_name beside the path", good | {"model_name": "other", "model_version": "7"})
    add("inputs null", good | {"inputs": None})
    add("inputs an object", good | {"inputs": {}})
    add("inputs a text", good | {"inputs": "a"})
    add("an input that is a number", good | {"inputs": [1]})
    add("an input that is null", good | {"inputs": [None]})
    for key in ("name", "shape", "datatype", "data"):
        add(f"an input without {key}", without(key))
        for value in (None, 7, {}, []):
            if not (key == "shape" and value == []):
                add(f"an input with {key} {json.dumps(value)}", with_input(**{key: value}))
    add("an unknown key of an input", with_input(extra=1))
    add("a size that is a text", with_input(shape=["1", 6]))
    add("a size with a fraction", with_input(shape=[1.5, 6]))
    add("a size with a point", with_input(shape=[1.0, 6]))
    add("a size that is null", with_input(shape=[None, 6]))
    add("a size beyond 64 bits", with_input(shape=[10**30, 6]))
    add("nested data", with_input(data=[data]))
    add("data nested otherwise", with_input(data=[data[:3], data[3:]]))
    add("data nested more than the shape", with_input(data=[[data]]))
    add("data partly nested", with_input(data=[data[:3], *data[3:]]))
    add("data that is a text", with_input(data="0.3"))
    add("data and binary_data_size", with_input(parameters={"binary_data_size": 24}))
    for value in (7, "a", []):
        add(f"parameters {json.dumps(value)}", good | {"parameters": value})
        add(f"parameters {json.dumps(value)} of an input", with_input(parameters=value))
        add(f"outputs {json.dumps(value)}", good | {"outputs": value})
        if value != "a":
            add(f"id {json.dumps(value)}", good | {"id": value})
    for value in (None, [], {}, 2**63, -(2**63) - 1, 1e400):
        add(f"a parameter {json.dumps(value)}", good | {"parameters": {"a": value}})
    add("parameters null", good | {"parameters": None})
    add("outputs null", good | {"outputs": None})
    add("id null", good | {"id": None})
    add("id true", good | {"id": True})
    add("an output that is a number", good | {"outputs": [1]})
    add("an output without name", good | {"outputs": [{}]})
    add("an output with name 7", good | {"outputs": [{"name": 7}]})
    add("an unknown key of an output", good | {"outputs": [{"name": "price_usd", "extra": 1}]})
    add("parameters 7 of an output", good | {"outputs": [{"name": "price_usd", "parameters": 7}]})
    add("binary_data that is a text", good | {"outputs": [{"name": "price_usd", "parameters": {"binary_data": "yes"}}]})


def bodies(cases, request, image):
    """What follows the JSON, and the header that says where."""
    method, path, headers, body = request.binary()
    length = int(headers[LENGTH])
    head, tail = body[:length], body[length:]
    document = json.loads(head)

    def add(what, body, size=None, path=path, headers=None):
        cases.rest(f"binary: body: {what}", method, path, ({} if size is None else {LENGTH: str(size)}) | (headers or {}), body)

    for value in ("-1", "x", "", " 7", "7.0", "999999999", "99999999999999999999", "0x10", str(length) + " "):
        add(f"JSON's length {value!r}", body, value)
    add("JSON's length one too small", body, length - 1)
    add("JSON's length one too large", body, length + 1)
    add("JSON's length within it", body, 10)
    add("JSON's length of all", body, len(body))
    add("no length", body)
    add("a content type that is nonsense", body, length, headers={"Content-Type": "nonsense"})
    add("one byte more", body + b"x", length)
    add("one byte less", body[:-1], length)
    add("none of the bytes", head, length)
    add("the header with JSON alone", json.dumps(request.document()).encode(), len(json.dumps(request.document()).encode()))

    def sized(what, size, bytes_=tail):
        other = json.loads(head)
        other["inputs"][0]["parameters"] = {"binary_data_size": size}
        text = json.dumps(other).encode()
        add(what, text + bytes_, len(text))

    sized("too small a size", 20)
    sized("too small a size, and the rest of the bytes", 20, tail[4:])
    sized("too large a size", 28)
    sized("a size of 0", 0, tail[24:])
    sized("a negative size", -24)
    sized("a size that is a text", "24")
    sized("a size with a fraction", 24.5)
    sized("a size beyond 64 bits", 2**64)
    sized("a size that is true", True)
    both = json.loads(head)
    both["inputs"][0]["data"] = [1] * 6
    text = json.dumps(both).encode()
    add("data and bytes of an input", text + tail, len(text))
    some = request.document()
    some["inputs"][0] = document["inputs"][0]
    text = json.dumps(some).encode()
    add("one input in bytes, the others in JSON", text + tail[:24], len(text))
    raw = image.inputs[0].raw()
    image_path = image.path()
    add("all bytes, no JSON", raw, 0, image_path)
    add("all bytes, one row too short", raw[:-1], 0, image_path)
    add("all bytes, three bytes", b"123", 0, image_path)
    add("all bytes, two rows", raw * 2, 0, image_path)
    add("all bytes for several inputs", raw, 0)
    add("all bytes, nothing", b"", 0, image_path)
    add("all bytes, a text", b"hello", 0, "/v2/models/identity_bytes/infer")
    add("all bytes, an unknown model", raw, 0, "/v2/models/no-such-model/infer")
    texts = {"inputs": [{"name": "given", "shape": [1, 2], "datatype": "BYTES", "parameters": {"binary_data_size": 0}}]}

    def elements(what, raw):
        texts["inputs"][0]["parameters"]["binary_data_size"] = len(raw)
        text = json.dumps(texts).encode()
        add(f"BYTES {what}", text + raw, len(text), "/v2/models/identity_bytes/infer")

    one, two = struct.pack("<I", 1) + b"a", struct.pack("<I", 2) + b"bc"
    elements("as they are", one + two)
    elements("one too few", one)
    elements("one too many", one + two + one)
    elements("cut off within a length", one + two[:3])
    elements("cut off within an element", one + two[:-1])
    elements("a length beyond the end", one + struct.pack("<I", 2**32 - 1) + b"bc")
    flags = json.dumps({"inputs": [{"name": "given", "shape": [1, 1], "datatype": "BOOL", "parameters": {"binary_data_size": 1}}]}).encode()
    add("BOOL that is 2", flags + b"\2", len(flags), "/v2/models/identity_bool/infer")
    cases.rest("rest: a chunked body", method, path, {LENGTH: str(length)}, body, chunked=True)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "application/json; charset=utf-8"):
        cases.rest(f"rest: content type {kind}", *request.rest()[:2], {"Content-Type": kind}, request.rest()[3])
    for kind in ("application/json", "text/html", "*/*", "application/octet-stream"):
        cases.rest(f"rest: accepts {kind}", *request.rest()[:2], {"Accept": kind}, request.rest()[3])


def packed(cases, image):
    many = image.but(inputs=[Tensor("image", np.ones((200, 1, 8, 8), np.float32))])
    for wire, (method, path, headers, body) in (("json", many.rest()), ("binary", many.binary())):
        for packing, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
            cases.rest(f"{wire}: {packing}", method, path, headers | {"Content-Encoding": packing}, pack(body))
            cases.rest(f"{wire}: {packing} that is none", method, path, headers | {"Content-Encoding": packing}, b"hello")
            cases.rest(f"{wire}: {packing} cut off", method, path, headers | {"Content-Encoding": packing}, pack(body)[:-9])
            cases.rest(f"{wire}: wants {packing}", method, path, headers | {"Accept-Encoding": packing}, body)
        cases.rest(f"{wire}: an unknown packing", method, path, headers | {"Content-Encoding": "br"}, body)
        cases.rest(f"{wire}: identity as packing", method, path, headers | {"Content-Encoding": "identity"}, body)
        cases.rest(f"{wire}: wants an unknown packing", method, path, headers | {"Accept-Encoding": "br"}, body)
        cases.rest(f"{wire}: wants gzip or deflate", method, path, headers | {"Accept-Encoding": "gzip, deflate"}, body)
        cases.rest(f"{wire}: wants anything but gzip", method, path, headers | {"Accept-Encoding": "gzip;q=0, *"}, body)


def messages(cases, request):
    """What only a message of gRPC can say."""
    def add(what, message, **how):
        cases.grpc(f"grpc: {what}", "ModelInfer", message, pb.ModelInferResponse, **how)

    typed, raw = request.message(False), request.message(True)

    def changed(message, change):
        other = pb.ModelInferRequest()
        other.CopyFrom(message)
        change(other)
        return other

    add("nothing", pb.ModelInferRequest())
    add("a model and nothing else", pb.ModelInferRequest(model_name=request.model))
    add("bytes that are no message", b"\xff\xff\xff")
    add("a message cut off", raw.SerializeToString()[:-3])
    add("an unknown field", raw.SerializeToString() + b"\xfa\x3f\x01a")
    add("fields and bytes", changed(typed, lambda m: m.raw_input_contents.extend(raw.raw_input_contents)))
    add("bytes for some inputs", changed(raw, lambda m: m.raw_input_contents.pop()))
    add("bytes for more inputs than there are", changed(raw, lambda m: m.raw_input_contents.append(b"1234")))
    add("bytes too short", changed(raw, lambda m: m.raw_input_contents.__setitem__(0, m.raw_input_contents[0][:-1])))
    add("bytes too long", changed(raw, lambda m: m.raw_input_contents.__setitem__(0, m.raw_input_contents[0] + b"x")))
    add("no bytes", changed(raw, lambda m: m.raw_input_contents.__setitem__(0, b"")))
    add("fields of another datatype", changed(typed, lambda m: (m.inputs[0].contents.fp64_contents.extend([1] * 6), m.inputs[0].contents.ClearField("fp32_contents"))))
    add("fields of two datatypes", changed(typed, lambda m: m.inputs[0].contents.fp64_contents.extend([1] * 6)))
    add("no fields", changed(typed, lambda m: m.inputs[0].ClearField("contents")))
    add("a parameter without a value", changed(raw, lambda m: m.parameters["a"].SetInParent()))
    add("a model's name that none has", changed(raw, lambda m: setattr(m, "model_name", "a b/c")))
    add("gzip", raw, metadata=(("grpc-internal-encoding-request", "gzip"),))
    add("an unknown key of metadata", raw, metadata=(("x-something", "1"),))
    cases.grpc("grpc: INT8 beyond it", "ModelInfer", whole("int8", "INT8", "int_contents", 128), pb.ModelInferResponse)
    cases.grpc("grpc: UINT8 beyond it", "ModelInfer", whole("uint8", "UINT8", "uint_contents", 256), pb.ModelInferResponse)
    cases.grpc("grpc: an unknown method", "NoSuchMethod", b"", pb.ModelInferResponse)
    cases.grpc("grpc: an unknown service", "/no.such.Service/Check", b"", pb.ModelInferResponse)
    cases.grpc("grpc: ten megabytes", "ModelInfer", Request("identity_fp32", [Tensor("given", np.zeros((512, 5000), np.float32))]).message(True), pb.ModelInferResponse)


def whole(model, datatype, field, value):
    message = pb.ModelInferRequest(model_name=f"identity_{model}")
    tensor = message.inputs.add(name="given", datatype=datatype, shape=[1, 1])
    getattr(tensor.contents, field).append(value)
    return message


def streams(cases, request):
    good = [request.but(id=f"s-{n}").message(True) for n in range(3)]
    bad = request.but(id="bad").first(name="nobody").message(True)
    unknown = request.but(id="unknown", model="no-such-model").message(True)
    last = request.but(id="end", parameters={"triton_enable_empty_final_response": True}).message(True)
    for what, sent in {
        "three": good, "nothing": [], "a broken one first": [bad, good[0]], "a broken one between": [good[0], bad, good[1]],
        "an unknown model between": [good[0], unknown, good[1]], "in fields": [request.message(False)],
        "an empty last answer": [last], "only broken": [bad, unknown],
    }.items():
        cases.add(f"stream: {what}", lambda server, sent=sent: server.stream(sent))


def described(cases):
    """What servers and models say of themselves."""
    for model in ("diamonds_mlp", "digits_cnn", "titanic_logreg", "identity_bytes", "no-such-model"):
        for version in ("", "1", "99", "one"):
            at = f"/v2/models/{model}" + (f"/versions/{version}" if version else "")
            of = f"{model} {version}".strip()
            for part in ("", "/ready", "/config", "/stats"):
                cases.rest(f"rest: GET of {of}{part}", "GET", at + part)
            cases.grpc(f"grpc: ModelMetadata of {of}", "ModelMetadata", pb.ModelMetadataRequest(name=model, version=version), pb.ModelMetadataResponse)
            cases.grpc(f"grpc: ModelReady of {of}", "ModelReady", pb.ModelReadyRequest(name=model, version=version), pb.ModelReadyResponse)
            cases.grpc(f"grpc: ModelConfig of {of}", "ModelConfig", pb.ModelConfigRequest(name=model, version=version), pb.ModelConfigResponse)
            cases.grpc(f"grpc: ModelStatistics of {of}", "ModelStatistics", pb.ModelStatisticsRequest(name=model, version=version), pb.ModelStatisticsResponse)
    for path in ("/v2", "/v2/", "/v2/health/live", "/v2/health/ready", "/v2/models/stats", "/v2/trace/setting", "/v2/logging", "/v2/models/digits_cnn/trace/setting",
                 "/v2/models/no-such-model/trace/setting", "/v2/nothing", "/v2/models/digits_cnn/nothing", "/v1/models/digits_cnn", "/v2/models/digits_cnn/",
                 "/v2/models", "/v2/health", "/v2/models/digits_cnn/versions", "/v2/models/digits_cnn/infer", "/v2/repository/index"):
        cases.rest(f"rest: GET {path}", "GET", path)
    for path in ("/v2", "/v2/health/live", "/v2/models/digits_cnn", "/v2/models/digits_cnn/ready", "/v2/models/digits_cnn/stats", "/v2/models/digits_cnn/config", "/v2/nothing"):
        cases.rest(f"rest: POST {path}", "POST", path, {}, b"{}")
    for verb in ("PUT", "DELETE", "PATCH", "HEAD"):
        cases.rest(f"rest: {verb} of infer", verb, "/v2/models/digits_cnn/infer", {}, b"{}" if verb != "HEAD" else None)
    cases.rest("rest: a name with a space", "GET", "/v2/models/a%20b")
    cases.rest("rest: a name with a slash", "GET", "/v2/models/a%2Fb")
    cases.rest("rest: a long name", "GET", "/v2/models/" + "a" * 300)
    for method, message, answer in (
        ("ServerLive", pb.ServerLiveRequest(), pb.ServerLiveResponse), ("ServerReady", pb.ServerReadyRequest(), pb.ServerReadyResponse),
        ("ServerMetadata", pb.ServerMetadataRequest(), pb.ServerMetadataResponse), ("TraceSetting", pb.TraceSettingRequest(), pb.TraceSettingResponse),
        ("LogSettings", pb.LogSettingsRequest(), pb.LogSettingsResponse), ("ModelStatistics", pb.ModelStatisticsRequest(), pb.ModelStatisticsResponse),
    ):
        cases.grpc(f"grpc: {method}", method, message, answer)
    for method, message, answer in (
        ("ModelMetadata", pb.ModelMetadataRequest(), pb.ModelMetadataResponse), ("ModelReady", pb.ModelReadyRequest(), pb.ModelReadyResponse),
        ("ModelConfig", pb.ModelConfigRequest(), pb.ModelConfigResponse), ("TraceSetting", pb.TraceSettingRequest(model_name="no-such-model"), pb.TraceSettingResponse),
    ):
        cases.grpc(f"grpc: {method} of " + ("an unknown model" if method == "TraceSetting" else "a model without a name"), method, message, answer)
    for service in (b"", b"inference.GRPCInferenceService", b"other"):
        cases.grpc(f"grpc: health of {service.decode()!r}", "/grpc.health.v1.Health/Check", (b"\x0a" + bytes([len(service)]) + service) if service else b"", pb.ServerLiveResponse)


def repository(cases):
    """Last, since some of it changes what is served."""
    for body in (b"", b"{}", b'{"ready":true}', b'{"ready":false}', b'{"ready":1}', b"hello", b"[]", b'{"extra":1}'):
        cases.rest(f"rest: index of {body.decode()!r}", "POST", "/v2/repository/index", {}, body)
    cases.rest("rest: index of a repository with a name", "POST", "/v2/repository/other/index", {}, b"")
    cases.grpc("grpc: RepositoryIndex", "RepositoryIndex", pb.RepositoryIndexRequest(), pb.RepositoryIndexResponse)
    cases.grpc("grpc: RepositoryIndex of what is ready", "RepositoryIndex", pb.RepositoryIndexRequest(ready=True), pb.RepositoryIndexResponse)
    cases.grpc("grpc: RepositoryIndex of a repository with a name", "RepositoryIndex", pb.RepositoryIndexRequest(repository_name="other"), pb.RepositoryIndexResponse)
    digits = recorded(cases.folder, "digits_cnn", [0])
    for what, model, body in (
        ("unload of an unknown model", "no-such-model", b""), ("load of an unknown model", "no-such-model", b""), ("load", "digits_cnn", b""),
        ("load with no JSON", "digits_cnn", b"hello"), ("load with a list", "digits_cnn", b"[]"), ("load with an unknown parameter", "digits_cnn", b'{"parameters":{"a":"b"}}'),
        ("load with parameters 7", "digits_cnn", b'{"parameters":7}'), ("load with files and no config", "digits_cnn", b'{"parameters":{"file:1/model.onnx":"eA=="}}'),
        ("load with a config that is none", "digits_cnn", b'{"parameters":{"config":"hello"}}'),
        ("unload", "digits_cnn", b""),
    ):
        cases.rest(f"rest: {what}", "POST", f"/v2/repository/models/{model}/{what.split()[0]}", {}, body)
    cases.infer("digits_cnn: unloaded", digits)
    for part in ("", "/ready", "/config", "/stats"):
        cases.rest(f"rest: GET of an unloaded model{part}", "GET", f"/v2/models/digits_cnn{part}")
    cases.add("rest: index with an unloaded model", lambda server: settled(lambda: server.rest("POST", "/v2/repository/index", {}, b"")))
    cases.rest("rest: index of what is ready with an unloaded model", "POST", "/v2/repository/index", {}, b'{"ready":true}')
    cases.rest("rest: unload again", "POST", "/v2/repository/models/digits_cnn/unload", {}, b"")
    cases.rest("rest: unload with unload_dependents", "POST", "/v2/repository/models/identity_bool/unload", {}, b'{"parameters":{"unload_dependents":true}}')
    cases.grpc("grpc: load", "RepositoryModelLoad", pb.RepositoryModelLoadRequest(model_name="digits_cnn"), pb.RepositoryModelLoadResponse)
    cases.infer("digits_cnn: loaded again", digits)
    cases.grpc("grpc: load of an unknown model", "RepositoryModelLoad", pb.RepositoryModelLoadRequest(model_name="no-such-model"), pb.RepositoryModelLoadResponse)
    cases.grpc("grpc: unload", "RepositoryModelUnload", pb.RepositoryModelUnloadRequest(model_name="digits_cnn"), pb.RepositoryModelUnloadResponse)
    cases.grpc("grpc: ModelReady of an unloaded model", "ModelReady", pb.ModelReadyRequest(name="digits_cnn"), pb.ModelReadyResponse)
    cases.grpc("grpc: load of a repository with a name", "RepositoryModelLoad", pb.RepositoryModelLoadRequest(model_name="digits_cnn", repository_name="other"), pb.RepositoryModelLoadResponse)


def settled(ask):
    """What is answered once nothing is being unloaded any more, or after ten seconds."""
    end = time.monotonic() + 10
    while (facts := ask()).get("digits_cnn.state") == "UNLOADING" and time.monotonic() < end:
        time.sleep(0.05)
    return facts
