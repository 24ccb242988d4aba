"""Models that answer what they are asked, one for each datatype that Millrace serves: identity.py FOLDER; prints their names."""

import pathlib
import sys

from onnx import TensorProto, helper, save

TYPES = {
    "bool": TensorProto.BOOL, "int8": TensorProto.INT8, "uint8": TensorProto.UINT8, "int16": TensorProto.INT16, "int32": TensorProto.INT32,
    "int64": TensorProto.INT64, "fp32": TensorProto.FLOAT, "fp64": TensorProto.DOUBLE, "bytes": TensorProto.STRING,
}


def model(datatype):
    fields = [helper.make_tensor_value_info(name, datatype, ["N", "M"]) for name in ("given", "same")]
    graph = helper.make_graph([helper.make_node("Identity", ["given"], ["same"])], "identity", fields[:1], fields[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


folder = pathlib.Path(sys.argv[1])
for name, datatype in TYPES.items():
    save(model(datatype), str(folder / f"identity_{name}.onnx"))
print(*(f"identity_{name}" for name in TYPES))
