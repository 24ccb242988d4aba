"""KServe's official client, over REST and gRPC, against models whose right answers are known.

kserve_client.py URL MODELS NAME...
"""

import asyncio
import logging
import pathlib
import sys

import grpc
import httpx
from checks import Checks
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from recorded import Recorded

checks = Checks()


class Case(Recorded):
    def request(self, binary, **how):
        inputs = []
        for name, (datatype, array) in self.inputs.items():
            one = InferInput(name, list(array.shape), datatype)
            one.set_data_from_numpy(array, binary_data=binary)
            inputs.append(one)
        return InferRequest(self.name, inputs, **how)

    def check(self, wire, response):
        outputs = {output.name: output.as_numpy() for output in response.outputs}
        super().check(checks, wire, outputs.get)
        # Its client for REST drops the version.
        checks.equal(f"{self.name} over {wire}: model", (response.model_name, response.model_version or "1"), (self.name, "1"))


async def over_rest(url, case):
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        checks.equal("live over REST", await client.is_server_live(url), True)
        checks.equal("ready over REST", await client.is_server_ready(url), True)
        checks.equal(f"{case.name} ready over REST", await client.is_model_ready(url, case.name), True)
        checks.equal("an unknown model not ready over REST", await client.is_model_ready(url, "no-such-model"), False)

        async def infer(wire, request):
            headers = {}
            response = await client.infer(url, request, model_name=case.name, response_headers=headers)
            case.check(wire, response)
            checks.that(f"{wire}: the prediction's id", headers.get("x-millrace-prediction-id"), headers)
            return response

        # A missing number is null in its JSON.
        await infer("REST in JSON", case.request(False))
        await infer("REST in bytes", case.request(True))
        both = {"binary_data_output": True}
        await infer("REST in JSON, bytes out", case.request(False, parameters=both))
        await infer("REST in bytes, bytes out", case.request(True, parameters=dict(both)))
        wanted = [RequestedOutput(name, {"binary_data": n % 2 == 0}) for n, name in enumerate(reversed(list(case.expected)))]
        response = await infer("REST, outputs by name", case.request(True, request_outputs=wanted, request_id="my-request"))
        checks.equal(f"{case.name} id over REST", response.id, "my-request")
        checks.equal(f"{case.name} order over REST", [o.name for o in response.outputs], list(reversed(list(case.expected))))
        many = await asyncio.gather(*(client.infer(url, case.request(True), model_name=case.name) for _ in range(20)))
        for response in many:
            case.check("REST, many at once", response)
        broken = case.request(False)
        broken.inputs[0]._name = "nobody"
        for name, request, status, word in ((case.name, broken, 400, "nobody"), ("no-such-model", case.request(False), 404, "no-such-model")):
            try:
                await client.infer(url, request, model_name=name)
                checks.that(f"{word} is refused over REST", False, "was answered")
            except httpx.HTTPStatusError as e:
                checks.equal(f"{word} is refused over REST", e.response.status_code, status)
                checks.that(f"the client reads why over REST: {word}", str(e).startswith(('input', 'the', 'no endpoint')) and word in str(e), str(e))


async def over_grpc(address, case):
    async with InferenceGRPCClient(address) as client:
        checks.equal("live over gRPC", await client.is_server_live(), True)
        checks.equal("ready over gRPC", await client.is_server_ready(), True)
        checks.equal(f"{case.name} ready over gRPC", await client.is_model_ready(case.name), True)
        case.check("gRPC in bytes", await client.infer(case.request(True, request_id="r")))
        case.check("gRPC in fields", await client.infer(case.request(False, request_id="r")))
        case.check("gRPC in fields, fields out", await client.infer(case.request(False, parameters={"binary_data_output": False})))
        case.check("gRPC, version 1", await client.infer(case.request(True, model_version="1")))
        wanted = [RequestedOutput(name) for name in reversed(list(case.expected))]
        response = await client.infer(case.request(True, request_outputs=wanted, request_id="my-request"), timeout=10)
        case.check("gRPC, outputs by name", response)
        checks.equal(f"{case.name} id over gRPC", response.id, "my-request")
        many = await asyncio.gather(*(client.infer(case.request(True)) for _ in range(20)))
        for response in many:
            case.check("gRPC, many at once", response)
        broken = case.request(True)
        broken.inputs[0]._name = "nobody"
        unknown = case.request(True)
        unknown.model_name = "no-such-model"
        for word, request, code in (("nobody", broken, "INVALID_ARGUMENT"), ("no-such-model", unknown, "NOT_FOUND")):
            try:
                await client.infer(request)
                checks.that(f"{word} is refused over gRPC", False, "was answered")
            except grpc.RpcError as e:
                checks.equal(f"{word} is refused over gRPC", e.code().name, code)
                checks.that(f"the client reads why over gRPC: {word}", word in e.details(), e.details())


def main(url, folder, *names):
    # It logs what it raises as well.
    logging.disable(logging.CRITICAL)
    for name in names:
        case = Case(pathlib.Path(folder), name)
        checks.runs(f"{name} over REST", lambda: asyncio.run(over_rest(url, case)))
        checks.runs(f"{name} over gRPC", lambda: asyncio.run(over_grpc(url.removeprefix("http://"), case)))
    checks.end()


main(*sys.argv[1:])
