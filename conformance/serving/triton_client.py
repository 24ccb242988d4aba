"""The official Triton client, over every wire that it has, against models whose right answers are known.

triton_client.py URL MODELS NAME...
"""

import asyncio
import pathlib
import queue
import sys

import numpy as np
import tritonclient.grpc as grpcclient
import tritonclient.grpc.aio as grpcaio
import tritonclient.http as httpclient
import tritonclient.http.aio as httpaio
from checks import Checks
from recorded import Recorded
from tritonclient.utils import InferenceServerException

checks = Checks()


class Case(Recorded):
    def tensors(self, kind, **how):
        tensors = []
        for name, (datatype, array) in self.inputs.items():
            one = kind.InferInput(name, list(array.shape), datatype)
            one.set_data_from_numpy(array, **how)
            tensors.append(one)
        return tensors

    def check(self, wire, result):
        super().check(checks, wire, result.as_numpy)


def over_http(address, case):
    with httpclient.InferenceServerClient(address) as client:
        case.check("http bytes", client.infer(case.name, case.tensors(httpclient, binary_data=True)))
        case.check("http bytes, version 1", client.infer(case.name, case.tensors(httpclient), model_version="1", request_id="r-1"))
        names = list(case.expected)
        as_json = [httpclient.InferRequestedOutput(name, binary_data=False) for name in names]
        as_bytes = [httpclient.InferRequestedOutput(name, binary_data=True) for name in reversed(names)]
        case.check("http bytes in, JSON out", client.infer(case.name, case.tensors(httpclient), outputs=as_json))
        case.check("http bytes out by name", client.infer(case.name, case.tensors(httpclient), outputs=as_bytes))
        for packing in ("gzip", "deflate"):
            result = client.infer(
                case.name, case.tensors(httpclient), request_compression_algorithm=packing, response_compression_algorithm=packing)
            case.check(f"http {packing}", result)
        if not case.has_missing_numbers():
            case.check("http JSON", client.infer(case.name, case.tensors(httpclient, binary_data=False), outputs=as_json))
        pending = [client.async_infer(case.name, case.tensors(httpclient)) for _ in range(3)]
        for one in pending:
            case.check("http async_infer", one.get_result())
        result = client.infer(case.name, case.tensors(httpclient), request_id="my-request").get_response()
        checks.equal(f"{case.name} request id over http", result.get("id"), "my-request")
        checks.equal(f"{case.name} model_name over http", result.get("model_name"), case.name)
        checks.equal(f"{case.name} model_version over http", result.get("model_version"), "1")


async def over_http_aio(address, case):
    async with httpaio.InferenceServerClient(address) as client:
        case.check("http.aio", await client.infer(case.name, case.tensors(httpclient)))
        case.check("http.aio gzip", await client.infer(
            case.name, case.tensors(httpclient), request_compression_algorithm="gzip", response_compression_algorithm="gzip"))
        checks.equal("http.aio live", await client.is_server_live(), True)
        checks.equal("http.aio ready", await client.is_model_ready(case.name), True)


def over_grpc(address, case):
    with grpcclient.InferenceServerClient(address) as client:
        case.check("grpc", client.infer(case.name, case.tensors(grpcclient)))
        case.check("grpc, version 1", client.infer(case.name, case.tensors(grpcclient), model_version="1"))
        for packing in ("gzip", "deflate"):
            case.check(f"grpc {packing}", client.infer(case.name, case.tensors(grpcclient), compression_algorithm=packing))
        outputs = [grpcclient.InferRequestedOutput(name) for name in reversed(list(case.expected))]
        result = client.infer(case.name, case.tensors(grpcclient), outputs=outputs, request_id="my-request", client_timeout=10)
        case.check("grpc outputs by name", result)
        checks.equal(f"{case.name} request id over grpc", result.get_response().id, "my-request")
        checks.equal(f"{case.name} order of outputs", [o.name for o in result.get_response().outputs], list(reversed(list(case.expected))))
        answers = queue.Queue()
        client.async_infer(case.name, case.tensors(grpcclient), lambda result, error: answers.put((result, error)))
        result, error = answers.get(timeout=10)
        checks.that(f"{case.name} grpc async_infer", error is None, error)
        if error is None:
            case.check("grpc async_infer", result)
        client.start_stream(lambda result, error: answers.put((result, error)))
        for n in range(5):
            client.async_stream_infer(case.name, case.tensors(grpcclient), request_id=f"s-{n}")
        client.async_stream_infer("no-such-model", case.tensors(grpcclient), request_id="s-bad")
        client.async_stream_infer(case.name, case.tensors(grpcclient), request_id="s-after")
        got = [answers.get(timeout=10) for _ in range(7)]
        client.stop_stream()
        for n, (result, error) in enumerate(got):
            if n == 5:
                checks.that("an error in a stream names the model", error is not None and "no-such-model" in str(error), error)
            else:
                checks.that(f"{case.name} grpc stream", error is None, error)
                if error is None:
                    case.check("grpc stream", result)
        checks.equal("a stream answers in order", got[6][0] and got[6][0].get_response().id, "s-after")


async def over_grpc_aio(address, case):
    async with grpcaio.InferenceServerClient(address) as client:
        case.check("grpc.aio", await client.infer(case.name, case.tensors(grpcclient)))
        many = await asyncio.gather(*(client.infer(case.name, case.tensors(grpcclient)) for _ in range(20)))
        for result in many:
            case.check("grpc.aio, many at once", result)


def described(address, case):
    """Metadata, configuration, statistics and repository say the same on both wires."""
    name = case.name
    with httpclient.InferenceServerClient(address) as rest, grpcclient.InferenceServerClient(address) as grpc:
        metadata = rest.get_model_metadata(name)
        other = grpc.get_model_metadata(name, as_json=True)
        checks.equal(f"{name} metadata name", (metadata["name"], other["name"]), (name, name))
        checks.equal(f"{name} versions", (metadata["versions"], other["versions"]), (["1"], ["1"]))
        for side in ("inputs", "outputs"):
            checks.equal(
                f"{name} {side}",
                [(t["name"], t["datatype"], t["shape"]) for t in metadata[side]],
                [(t["name"], t["datatype"], [int(size) for size in t["shape"]]) for t in other[side]])
        checks.equal(f"{name} inputs are those of its cases", {t["name"] for t in metadata["inputs"]}, set(case.inputs))
        config = rest.get_model_config(name)
        other = grpc.get_model_config(name, as_json=True)["config"]
        checks.equal(f"{name} config", (config["platform"], config["backend"]), (other["platform"], other["backend"]))
        checks.equal(
            f"{name} config inputs",
            [(t["name"], t["data_type"], t["dims"]) for t in config["input"]],
            [(t["name"], t["data_type"], [int(size) for size in t["dims"]]) for t in other["input"]])
        before = rest.get_inference_statistics(name)["model_stats"][0]
        rest.infer(name, case.tensors(httpclient))
        grpc.infer(name, case.tensors(grpcclient))
        after = grpc.get_inference_statistics(name, as_json=True)["model_stats"][0]
        rows = next(iter(case.inputs.values()))[1].shape[0]
        checks.equal(f"{name} executions counted", int(after["execution_count"]) - before["execution_count"], 2)
        checks.equal(f"{name} rows counted", int(after["inference_count"]) - before["inference_count"], 2 * rows)
        checks.that(f"{name} time counted", int(after["inference_stats"]["compute_infer"]["ns"]) > 0, after)
        checks.that(f"{name} batches counted", any(int(b["batch_size"]) == rows for b in after["batch_stats"]), after)
        checks.that(f"{name} last inference", int(after["last_inference"]) > 1_600_000_000_000, after)
        index = rest.get_model_repository_index()
        checks.that(f"{name} in the index", {"name": name, "version": "1", "state": "READY", "reason": ""} in index, index)
        checks.equal(f"{name} same index over grpc", [m.name for m in grpc.get_model_repository_index().models], [m["name"] for m in index])


def server(address):
    with httpclient.InferenceServerClient(address) as rest, grpcclient.InferenceServerClient(address) as grpc:
        for wire, client in (("http", rest), ("grpc", grpc)):
            checks.equal(f"live over {wire}", client.is_server_live(), True)
            checks.equal(f"ready over {wire}", client.is_server_ready(), True)
            checks.equal(f"unknown model not ready over {wire}", client.is_model_ready("no-such-model"), False)
        metadata = rest.get_server_metadata()
        other = grpc.get_server_metadata()
        checks.equal("server name", (metadata["name"], other.name), ("millrace", "millrace"))
        checks.equal("server extensions", metadata["extensions"], list(other.extensions))
        checks.that("server extensions", "binary_tensor_data" in metadata["extensions"], metadata)
        checks.equal("trace settings", rest.get_trace_settings()["trace_level"], ["OFF"])
        checks.equal("trace settings over grpc", list(grpc.get_trace_settings().settings["trace_level"].value), ["OFF"])
        checks.equal("log settings", rest.get_log_settings()["log_info"], True)
        checks.equal("log settings over grpc", grpc.get_log_settings().settings["log_info"].bool_param, True)
        refused("trace settings are fixed", lambda: rest.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]}), "501")
        refused("log settings are fixed", lambda: grpc.update_log_settings({"log_info": False}), "UNIMPLEMENTED")
        refused("shared memory", rest.get_system_shared_memory_status, "501")
        refused("shared memory over grpc", grpc.get_system_shared_memory_status, "UNIMPLEMENTED")


def refused(name, action, status):
    try:
        action()
        checks.that(name, False, "was done")
    except InferenceServerException as e:
        checks.that(name, status in str(e.status()), f"{e.status()} {e.message()}")


def repository(address, case):
    name = case.name
    with httpclient.InferenceServerClient(address) as rest, grpcclient.InferenceServerClient(address) as grpc:
        for wire, client in (("http", rest), ("grpc", grpc)):
            client.unload_model(name)
            checks.equal(f"unloaded over {wire}", client.is_model_ready(name), False)
            states = {m["name"]: (m["state"], m["reason"]) for m in rest.get_model_repository_index()}
            checks.equal(f"state of an unloaded model after {wire}", states[name], ("UNAVAILABLE", "unloaded"))
            kind = httpclient if wire == "http" else grpcclient
            refused(f"inference of an unloaded model over {wire}", lambda: client.infer(name, case.tensors(kind)), "404" if wire == "http" else "NOT_FOUND")
            client.load_model(name)
            checks.equal(f"loaded over {wire}", client.is_model_ready(name), True)
            case.check(f"{wire} after load", client.infer(name, case.tensors(kind)))
            client.load_model(name)
            refused(f"load of what never was over {wire}", lambda: client.load_model("no-such-model"), "404" if wire == "http" else "NOT_FOUND")
            refused(f"unload of what never was over {wire}", lambda: client.unload_model("no-such-model"), "404" if wire == "http" else "NOT_FOUND")
            refused(
                f"load with a configuration over {wire}",
                lambda: client.load_model(name, config="{}", files={"file:1/model.onnx": b"x"}),
                "501" if wire == "http" else "UNIMPLEMENTED")


def classified(address, case):
    with httpclient.InferenceServerClient(address) as rest, grpcclient.InferenceServerClient(address) as grpc:
        wanted = case.expected["probabilities"]
        top = rest.infer(case.name, case.tensors(httpclient), outputs=[httpclient.InferRequestedOutput("probabilities", class_count=3)])
        other = grpc.infer(case.name, case.tensors(grpcclient), outputs=[grpcclient.InferRequestedOutput("probabilities", class_count=3)])
        texts = top.as_numpy("probabilities")
        checks.equal("three classes a row", texts.shape, (wanted.shape[0], 3))
        checks.equal("best class of each row", [int(row[0].decode().split(":")[1]) for row in texts], wanted.argmax(axis=1).tolist())
        checks.that("the same classes over grpc", np.array_equal(texts, other.as_numpy("probabilities")), other.as_numpy("probabilities"))


def main(url, folder, *names):
    address = url.removeprefix("http://")
    checks.runs("server", server, address)
    for name in names:
        case = Case(pathlib.Path(folder), name)
        checks.runs(f"{name} over http", over_http, address, case)
        checks.runs(f"{name} over http.aio", lambda: asyncio.run(over_http_aio(address, case)))
        checks.runs(f"{name} over grpc", over_grpc, address, case)
        checks.runs(f"{name} over grpc.aio", lambda: asyncio.run(over_grpc_aio(address, case)))
        checks.runs(f"{name} described", described, address, case)
        checks.runs(f"{name} in the repository", repository, address, case)
        if "probabilities" in case.expected:
            checks.runs(f"{name} classified", classified, address, case)
    checks.end()


main(*sys.argv[1:])
