"""A request without a wire, and how each wire writes it."""

import copy
import json
import struct

import numpy as np
from tritonclient.grpc import service_pb2 as pb
from tritonclient.utils import np_to_triton_dtype, serialize_byte_tensor, triton_to_np_dtype

LENGTH = "Inference-Header-Content-Length"
FIELDS = {
    "BOOL": "bool_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents", "INT64": "int64_contents",
    "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents", "UINT64": "uint64_contents",
    "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents",
}


class Tensor:
    """What is said of an input, which need not be true of its array."""

    def __init__(self, name, array, datatype=None, shape=None, parameters=None):
        self.name = name
        self.array = array
        self.datatype = datatype or ("BYTES" if array.dtype == object else np_to_triton_dtype(array.dtype))
        self.shape = list(array.shape) if shape is None else shape
        self.parameters = parameters or {}

    def raw(self):
        if self.array.dtype == object:
            return serialize_byte_tensor(self.array).item() if self.array.size else b""
        return self.array.tobytes()

    def elements(self):
        flat = self.array.ravel().tolist()
        if self.array.dtype == object:
            return [value.decode() for value in flat]
        return [None if isinstance(value, float) and value != value else value for value in flat]


class Request:
    def __init__(self, model, inputs, version="", id=None, parameters=None, outputs=None):
        self.model = model
        self.version = version
        self.id = id
        self.parameters = parameters
        self.inputs = inputs
        self.outputs = outputs  # pairs of a name and parameters

    def but(self, **changes):
        other = copy.deepcopy(self)
        for key, value in changes.items():
            setattr(other, key, value)
        return other

    def first(self, **changes):
        """With another first input."""
        other = copy.deepcopy(self)
        for key, value in changes.items():
            setattr(other.inputs[0], key, value)
        return other

    def path(self):
        return f"/v2/models/{self.model}" + (f"/versions/{self.version}" if self.version else "") + "/infer"

    def document(self, binary=False):
        document = {}
        if self.id is not None:
            document["id"] = self.id
        if self.parameters is not None:
            document["parameters"] = self.parameters
        document["inputs"] = []
        for t in self.inputs:
            tensor = {"name": t.name, "shape": t.shape, "datatype": t.datatype}
            parameters = dict(t.parameters)
            if binary:
                parameters.setdefault("binary_data_size", len(t.raw()))
            else:
                tensor["data"] = t.elements()
            if parameters:
                tensor["parameters"] = parameters
            document["inputs"].append(tensor)
        if self.outputs is not None:
            document["outputs"] = [{"name": name, "parameters": parameters} if parameters else {"name": name} for name, parameters in self.outputs]
        return document

    def rest(self):
        return "POST", self.path(), {}, json.dumps(self.document()).encode()

    def binary(self):
        head = json.dumps(self.document(binary=True)).encode()
        return "POST", self.path(), {LENGTH: str(len(head))}, head + b"".join(t.raw() for t in self.inputs)

    def message(self, raw):
        message = pb.ModelInferRequest(model_name=self.model, model_version=self.version, id=self.id or "")
        fill(message.parameters, self.parameters or {})
        for t in self.inputs:
            tensor = message.inputs.add(name=t.name, datatype=t.datatype, shape=t.shape)
            fill(tensor.parameters, t.parameters)
            if raw:
                message.raw_input_contents.append(t.raw())
            elif t.array.size:
                # By the array's own type, as a client does whose array is of another than it says.
                kind = "BYTES" if t.array.dtype == object else np_to_triton_dtype(t.array.dtype)
                getattr(tensor.contents, FIELDS.get(kind, "fp32_contents")).extend(t.array.ravel().tolist())
        for name, parameters in self.outputs or []:
            fill(message.outputs.add(name=name).parameters, parameters)
        return message


def fill(to, parameters):
    for name, value in parameters.items():
        kind = {bool: "bool_param", int: "int64_param", float: "double_param", str: "string_param"}[type(value)]
        setattr(to[name], kind, value)


def recorded(folder, model, rows):
    """The example's own request, these of its rows."""
    document = json.loads((folder / f"{model}.cases.json").read_text())
    inputs = []
    for t in document["request"]["inputs"]:
        data = [np.nan if value is None else value.encode() if t["datatype"] == "BYTES" else value for value in t["data"]]
        array = np.array(data, dtype=triton_to_np_dtype(t["datatype"])).reshape(t["shape"])
        inputs.append(Tensor(t["name"], array[rows]))
    return Request(model, inputs)


def texts(raw):
    """The elements of BYTES."""
    found, at = [], 0
    while at < len(raw):
        (length,) = struct.unpack_from("<I", raw, at)
        found.append(raw[at + 4:at + 4 + length].decode("utf-8", "replace"))
        at += 4 + length
    return found


def numbers(datatype, raw):
    if datatype == "BYTES":
        return texts(raw)
    return np.frombuffer(raw, dtype=triton_to_np_dtype(datatype)).tolist()
