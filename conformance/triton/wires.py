"""Sends a request to a server and says what it answered, as facts by name, alike for every wire."""

import gzip
import http.client
import json
import re
import zlib

import grpc
from infer import FIELDS, LENGTH, numbers
from tritonclient.grpc import service_pb2 as pb

SERVICE = "/inference.GRPCInferenceService/"


class Server:
    def __init__(self, rest, grpc_address):
        self.address = rest
        self.channel = grpc.insecure_channel(grpc_address, options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)])

    def rest(self, method, path, headers, body, chunked=False):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, path, body=iter([body]) if chunked else body, headers=headers, encode_chunked=chunked)
            answer = connection.getresponse()
            return facts_of_rest(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException) as e:
            return {"status": type(e).__name__}
        finally:
            connection.close()

    def unary(self, method, message, answer, metadata=()):
        call = self.channel.unary_unary(
            method if method.startswith("/") else SERVICE + method,
            request_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString(),
            response_deserializer=answer.FromString)
        try:
            got = call(message, timeout=30, metadata=metadata)
        except grpc.RpcError as e:
            return {"status": e.code().name, "form": "an error that says why" if e.details() else "an error without a word"}
        return {"status": "OK"} | facts_of_message(got)

    def stream(self, messages):
        call = self.channel.stream_stream(
            SERVICE + "ModelStreamInfer", request_serializer=lambda m: m.SerializeToString(), response_deserializer=pb.ModelStreamInferResponse.FromString)
        facts = {"status": "OK"}
        try:
            for n, got in enumerate(call(iter(messages), timeout=30)):
                if got.error_message:
                    facts[f"{n}.form"] = "an error that says why"
                    facts[f"{n}.id"] = got.infer_response.id
                else:
                    facts |= {f"{n}.{name}": value for name, value in facts_of_message(got.infer_response).items()}
        except grpc.RpcError as e:
            facts["status"] = e.code().name
        return facts


def facts_of_rest(status, headers, body):
    facts = {"status": status}
    packed = headers.get("content-encoding")
    if packed:
        facts["packed"] = packed
        body = {"gzip": gzip.decompress, "deflate": zlib.decompress}[packed](body)
    length = int(headers.get(LENGTH.lower(), len(body)))
    facts["binary"] = LENGTH.lower() in headers
    if not body:
        return facts | {"form": "empty"}
    facts["content-type"] = headers.get("content-type")
    try:
        document = json.loads(body[:length])
    except ValueError:
        return facts | {"form": "no JSON"}
    if status != 200 and isinstance(document, dict) and list(document) == ["error"] and document["error"] and isinstance(document["error"], str):
        return facts | {"form": "an error that says why"}
    if isinstance(document, dict) and "outputs" in document and "model_name" in document and "platform" not in document:
        return facts | facts_of_answer(document, body[length:])
    return facts | flat(document)


def facts_of_answer(document, rest):
    facts = {"form": "an answer", "keys": " ".join(sorted(document))}
    facts |= {key: value for key, value in document.items() if key in ("model_name", "model_version", "id")}
    facts |= flat(document.get("parameters", {}), "parameters.")
    facts["order"] = " ".join(output["name"] for output in document["outputs"])
    at = 0
    for output in document["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is not None:
            values = numbers(output["datatype"], rest[at:at + size])
            at += size
        else:
            values = output.get("data")
        facts |= output_facts(output["name"], output["datatype"], output["shape"], "bytes" if size is not None else "JSON", values)
    if at != len(rest):
        facts["rest"] = len(rest) - at
    return facts


def output_facts(name, datatype, shape, how, values):
    return {f"output {name}": f"{datatype} {list(shape)} in {how}", f"values {name}": values}


def facts_of_message(got):
    if isinstance(got, pb.ModelInferResponse):
        facts = {"form": "an answer", "model_name": got.model_name, "model_version": got.model_version, "id": got.id}
        facts |= {f"parameters.{name}": value.WhichOneof("parameter_choice") for name, value in got.parameters.items()}
        facts["order"] = " ".join(output.name for output in got.outputs)
        for n, output in enumerate(got.outputs):
            if got.raw_output_contents:
                how, values = "bytes", numbers(output.datatype, got.raw_output_contents[n])
            else:
                how, values = "fields", list(getattr(output.contents, FIELDS[output.datatype]))
            facts |= output_facts(output.name, output.datatype, output.shape, how, values)
        return facts
    from google.protobuf.json_format import MessageToDict
    return flat(MessageToDict(got, preserving_proto_field_name=True, always_print_fields_with_no_presence=True))


def flat(document, at=""):
    """A document as its leaves, by their paths; lists of plain values are leaves."""
    if isinstance(document, dict):
        found = {}
        for key, value in document.items():
            found |= flat(value, f"{at}{key}.")
        return found or ({at.rstrip("."): {}} if at else {})
    if isinstance(document, list) and any(isinstance(value, (dict, list)) for value in document):
        found = {}
        for n, value in enumerate(document):
            name = value.get("name", n) if isinstance(value, dict) else n
            found |= flat(value, f"{at}{name}.")
        return found
    if at.startswith("model_stats."):
        # What was counted and how long it took is not the same, only that it is a number.
        return {re.sub(r"\.\d+\.", ".", at).rstrip("."): "a number" if isinstance(document, int) or str(document).isdigit() else document}
    return {at.rstrip(".") or "document": document}
