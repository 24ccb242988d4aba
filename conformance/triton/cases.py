"""The requests: each a name, and what is sent to a server. Names begin with the wire: json, binary, typed, raw, rest, grpc, stream."""

import json

import numpy as np
from infer import Request, Tensor, recorded
from tritonclient.grpc import service_pb2 as pb
from wire_cases import bodies, described, documents, messages, packed, repository, streams

WIRES = ("json", "binary", "typed", "raw")
TEXTS = ["", "a", "Zürich", "日本 🚂", 'quote " and \\ and \n', "x" * 1000]
WHOLE = {np.dtype(kind): np.iinfo(kind) for kind in ("i1", "i2", "i4", "i8", "u1")}


class Cases:
    def __init__(self, folder):
        self.folder = folder
        self.all = {}

    def add(self, name, ask):
        assert name not in self.all, name
        self.all[name] = ask

    def infer(self, what, request, wires=WIRES):
        """One request over each wire."""
        for wire in wires:
            if wire in ("json", "binary"):
                self.rest(f"{wire}: {what}", *(request.rest() if wire == "json" else request.binary()))
            else:
                message = request.message(wire == "raw")
                self.grpc(f"{wire}: {what}", "ModelInfer", message, pb.ModelInferResponse)

    def rest(self, name, method, path, headers=None, body=None, **how):
        self.add(name, lambda server: server.rest(method, path, headers or {}, body, **how))

    def grpc(self, name, method, message, answer, **how):
        self.add(name, lambda server: server.unary(method, message, answer, **how))


def all_cases(folder):
    cases = Cases(folder)
    for model, rows in (("diamonds_mlp", 2), ("digits_cnn", 2), ("titanic_logreg", 4)):
        # Rows in which nothing is missing.
        whole = recorded(folder, model, slice(0, 20))
        present = [n for n in range(20) if not any(t.array.dtype == np.float32 and np.isnan(t.array[n]).any() for t in whole.inputs)][:rows]
        request = recorded(folder, model, present)
        valid(cases, model, request)
        broken(cases, model, request)
    titanic = recorded(folder, "titanic_logreg", slice(0, 20))
    cases.infer("titanic_logreg: rows with missing numbers", titanic)
    diamonds = recorded(folder, "diamonds_mlp", [0])
    digits = recorded(folder, "digits_cnn", [0])
    identities(cases)
    documents(cases, diamonds)
    bodies(cases, diamonds, digits)
    packed(cases, digits)
    messages(cases, diamonds)
    streams(cases, digits)
    described(cases)
    repository(cases)
    return cases.all


def outputs_of(model):
    return {"diamonds_mlp": ["price_usd"], "digits_cnn": ["logits", "probabilities"], "titanic_logreg": ["label", "survival_probability"]}[model]


def valid(cases, model, request):
    names = outputs_of(model)

    def add(what, other, wires=WIRES):
        cases.infer(f"{model}: {what}", other, wires)

    add("as it is", request)
    add("version 1", request.but(version="1"))
    add("an id", request.but(id="my-request"))
    add("an empty id", request.but(id=""))
    add("an id beyond ASCII", request.but(id="Zürich 日本 🚂"))
    add("a long id", request.but(id="i" * 2000))
    add("inputs in another order", request.but(inputs=list(reversed(request.inputs))))
    add("one output", request.but(outputs=[(names[-1], {})]))
    add("outputs in another order", request.but(outputs=[(name, {}) for name in reversed(names)]))
    add("no outputs listed", request.but(outputs=[]))
    add("parameters of each kind", request.but(parameters={"a": "text", "b": 7, "c": True, "d": 0.5}))
    add("a parameter of an input", request.first(parameters={"a": "text"}))
    add("a timeout", request.but(parameters={"timeout": 30_000_000}))
    add("a priority", request.but(parameters={"priority": 1}))
    add("wants bytes", request.but(parameters={"binary_data_output": True}), ("json", "binary"))
    add("wants no bytes", request.but(parameters={"binary_data_output": False}), ("json", "binary"))
    add("wants bytes of an output", request.but(outputs=[(names[0], {"binary_data": True})]), ("json", "binary"))
    add("an output's wish counts more", request.but(parameters={"binary_data_output": True}, outputs=[(names[0], {"binary_data": False})]), ("json", "binary"))
    add("content_type np", request.first(parameters={"content_type": "np"}), ("json",))
    add("no rows", emptied(request))
    if model == "digits_cnn":
        add("classes", request.but(outputs=[("probabilities", {"classification": 3})]))
        add("classes of one output of two", request.but(outputs=[("logits", {}), ("probabilities", {"classification": 2})]))
        add("more classes than there are", request.but(outputs=[("probabilities", {"classification": 99})]))
    if model == "titanic_logreg":
        add("classes of a column", request.but(outputs=[("survival_probability", {"classification": 1})]))
        add("classes of whole numbers", request.but(outputs=[("label", {"classification": 1})]))


def emptied(request):
    return request.but(inputs=[Tensor(t.name, t.array[:0]) for t in request.inputs])


def broken(cases, model, request):
    first = request.inputs[0]
    name = outputs_of(model)[0]
    count = first.array.size

    def add(what, other, wires=WIRES):
        cases.infer(f"{model}: {what}", other, wires)

    def array(data, **changes):
        return request.first(array=data, shape=first.shape, datatype=first.datatype, **changes)

    flat = first.array.ravel()
    add("no inputs", request.but(inputs=[]))
    add("an input is missing", request.but(inputs=request.inputs[1:]))
    add("an input twice", request.but(inputs=request.inputs + request.inputs[:1]))
    add("an unknown input", request.first(name="nobody"))
    add("an input more", request.but(inputs=request.inputs + [Tensor("more", np.zeros((1, 1), np.float32))]))
    add("an input without a name", request.first(name=""))
    add("another datatype", request.first(datatype="INT32" if first.datatype == "FP32" else "FP32"))
    add("a datatype that is none", request.first(datatype="float"))
    add("an empty datatype", request.first(datatype=""))
    add("a wrong fixed size", request.first(shape=[first.shape[0], *[size + 1 for size in first.shape[1:]]]))
    add("too few dimensions", request.first(shape=[count]))
    add("too many dimensions", request.first(shape=[1, *first.shape]))
    add("no dimensions", request.first(shape=[]))
    add("a negative size", request.first(shape=[-1, *first.shape[1:]]))
    add("a size that overflows", request.first(shape=[2**62, *first.shape[1:]]))
    add("sizes whose product overflows", request.first(shape=[2**32, *[2**32 for _ in first.shape[1:]]]))
    add("more rows said than there are", request.first(shape=[first.shape[0] + 1, *first.shape[1:]]))
    add("fewer rows said than there are", request.first(shape=[first.shape[0] - 1, *first.shape[1:]]))
    add("too few elements", array(flat[:-1]))
    add("too many elements", array(np.concatenate([flat, flat[:1]])))
    add("no elements", array(flat[:0]))
    if len(request.inputs) > 1:
        second = request.inputs[1]
        less = Tensor(second.name, second.array[:-1])
        add("inputs of different rows", request.but(inputs=[first, less, *request.inputs[2:]]))
    add("an unknown output", request.but(outputs=[("nobody", {})]))
    add("an output twice", request.but(outputs=[(name, {}), (name, {})]))
    add("an output without a name", request.but(outputs=[("", {})]))
    add("no classes", request.but(outputs=[(name, {"classification": 0})]))
    add("a negative number of classes", request.but(outputs=[(name, {"classification": -1})]))
    add("classes that are a text", request.but(outputs=[(name, {"classification": "3"})]))
    add("a reserved parameter", request.but(parameters={"triton_x": 1}))
    add("a reserved parameter of an input", request.first(parameters={"triton_x": 1}))
    add("a parameter named headers", request.but(parameters={"headers": "a"}))
    add("a priority that is a text", request.but(parameters={"priority": "high"}))
    add("a negative priority", request.but(parameters={"priority": -1}))
    add("a timeout that is a text", request.but(parameters={"timeout": "long"}))
    add("a negative timeout", request.but(parameters={"timeout": -1}))
    add("sequence_start that is a number", request.but(parameters={"sequence_start": 1}))
    add("a sequence", request.but(parameters={"sequence_id": 1, "sequence_start": True, "sequence_end": True}))
    add("binary_data_output that is a text", request.but(parameters={"binary_data_output": "true"}))
    add("shared memory for an input", request.first(parameters={"shared_memory_region": "r", "shared_memory_byte_size": 24}))
    add("shared memory for an output", request.but(outputs=[(name, {"shared_memory_region": "r", "shared_memory_byte_size": 24})]))
    add("an unknown model", request.but(model="no-such-model"))
    add("an unknown version", request.but(version="99"))
    add("a version that is no number", request.but(version="one"))
    add("version 0", request.but(version="0"))
    add("a negative version", request.but(version="-1"))


def identities(cases):
    """Values at the ends of every datatype, over every wire."""
    def add(what, array, wires=WIRES, **changes):
        model = "identity_" + ("bytes" if array.dtype == object else Tensor("", array).datatype.lower())
        cases.infer(f"{model}: {what}", Request(model, [Tensor("given", array, **changes)]), wires)

    add("both", np.array([[True, False, True]]))
    for kind, info in WHOLE.items():
        add("ends", np.array([[info.min, 0, 1, info.max]], kind))
    add("beyond the digits of a double", np.array([[2**53 + 1, -(2**53) - 1, 2**63 - 1]], np.int64))
    for kind, datatype in ((np.float32, "fp32"), (np.float64, "fp64")):
        info = np.finfo(kind)
        numbers = np.array([[0, -0.0, 1, info.max, info.min, info.tiny, info.smallest_subnormal, 0.1]], kind)
        add("numbers", numbers)
        odd = np.array([[np.nan, np.inf, -np.inf]], kind)
        add("not finite", odd, ("binary", "typed", "raw"))
        for what, array in (("numbers, in bytes", numbers), ("not finite, in bytes", odd)):
            cases.infer(f"identity_{datatype}: {what}", Request(f"identity_{datatype}", [Tensor("given", array)], parameters={"binary_data_output": True}), ("binary",))
    half = Tensor("given", np.array([[1, 2]], np.float16))
    cases.infer("identity_fp32: said to be FP16", Request("identity_fp32", [half]))
    cases.infer("identity_fp32: said to be BF16", Request("identity_fp32", [Tensor("given", half.array, "BF16")]), ("json", "binary", "raw"))
    add("texts", np.array([[text.encode() for text in TEXTS]], object))
    add("a character NUL", np.array([[b"a\0b"]], object))
    add("bytes that are not UTF-8", np.array([[b"\xff\xfe"]], object), ("binary", "typed", "raw"))
    add("no columns", np.zeros((3, 0), np.float32))
    add("no rows and no columns", np.zeros((0, 0), np.float32))
    add("a thousand rows", np.arange(5000, dtype=np.float32).reshape(1000, 5))
    add("a megabyte", np.zeros((512, 512), np.float32))
    add("a scalar", np.array(1, np.float32))
    # A text for a number and the like, which only JSON can say.
    for datatype, values in {
        "BOOL": [[1], [0], ["true"], [None], [0.5]],
        "INT8": [[128], [-129], [1.0], [1.5], ["1"], [True], [None], [10**30]],
        "UINT8": [[256], [-1]],
        "INT32": [[2**31], [1e3], [1.5]],
        "INT64": [[2**63], [-(2**63) - 1], [1.0], [1.5], ["1"], [None], [True]],
        "FP32": [[1e39], [-1e39], ["1"], [True], [None], [1], [2**70], [[1], [2]], [[[1]]], [{}], [1e-60]],
        "FP64": [["1"], [None], [1], [2**70]],
        "BYTES": [[1], [None], [True], [["a"]], ["a\u0000b"], ["\ud83d"], [{}]],
    }.items():
        for data in values:
            document = {"inputs": [{"name": "given", "shape": [1, 1], "datatype": datatype, "data": data}]}
            # Beyond what the language's own floating-point numbers are, written as JSON allows it.
            cases.rest(f"json: identity_{datatype.lower()}: data {json.dumps(data)}", "POST", f"/v2/models/identity_{datatype.lower()}/infer", {}, json.dumps(document).encode())
    for text in ("1e999", "NaN", "Infinity", "01", "+1", "1.", ".5", "0x1", "1e", "--1", "nul"):
        body = b'{"inputs":[{"name":"given","shape":[1,1],"datatype":"FP64","data":[%s]}]}' % text.encode()
        cases.rest(f"json: identity_fp64: data {text}", "POST", "/v2/models/identity_fp64/infer", {}, body)
