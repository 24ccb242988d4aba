"""A model of Triton's Python backend that ONNX Runtime answers: graph.onnx beside this file (a name that leads Triton to no
other backend). Triton asks it for the model's inputs and outputs, so that no configuration needs to be written; a config.pbtxt
adds what stands in none (instances, batching).
"""

import os

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

TYPES = {
    "tensor(bool)": "BOOL", "tensor(uint8)": "UINT8", "tensor(uint16)": "UINT16", "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64", "tensor(int8)": "INT8", "tensor(int16)": "INT16", "tensor(int32)": "INT32",
    "tensor(int64)": "INT64", "tensor(float16)": "FP16", "tensor(float)": "FP32", "tensor(double)": "FP64",
    "tensor(string)": "STRING",
}


def open_session():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("TRITON_MODEL_THREADS", "1"))
    options.inter_op_num_threads = 1
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "graph.onnx")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        """As Triton's own backend for ONNX does it: rows are batches where every tensor has them in front of another dimension."""
        session = open_session()
        fields = session.get_inputs() + session.get_outputs()
        shapes = {f.name: [size if isinstance(size, int) and size >= 0 else -1 for size in f.shape] for f in fields}
        batched = all(len(shape) > 1 and shape[0] == -1 for shape in shapes.values())
        config.set_max_batch_size(int(os.environ.get("TRITON_MODEL_BATCH", "65536")) if batched else 0)
        for f in fields:
            dims = shapes[f.name][1:] if batched else shapes[f.name]
            add = config.add_input if f in session.get_inputs() else config.add_output
            add({"name": f.name, "data_type": "TYPE_" + TYPES[f.type], "dims": dims})
        return config

    def initialize(self, args):
        self.session = open_session()
        self.texts = {f.name for f in self.session.get_inputs() if f.type == "tensor(string)"}

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        try:
            inputs = {t.name(): self.array(t) for t in request.inputs()}
            names = [f.name for f in self.session.get_outputs() if f.name in request.requested_output_names()]
            outputs = self.session.run(names, inputs)
        except Exception as e:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(str(e)))
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, self.sent(array)) for name, array in zip(names, outputs)])

    def array(self, tensor):
        array = tensor.as_numpy()
        if tensor.name() not in self.texts:
            return array
        return np.array([text.decode() for text in array.ravel()], dtype=object).reshape(array.shape)

    @staticmethod
    def sent(array):
        if array.dtype != object:
            return array
        return np.array([text.encode() for text in array.ravel()], dtype=object).reshape(array.shape)
