"""The example model in BentoML, which has no inference protocol of its own: it takes and gives what the others do."""

import os

import bentoml
import numpy
import onnxruntime

TYPES = {"FP32": numpy.float32, "INT64": numpy.int64}


@bentoml.service(workers=int(os.environ["WORKERS"]))
class Diamonds:
    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["MODEL"], options)
        self.names = [output.name for output in self.session.get_outputs()]

    @bentoml.api(route="/v2/models/m/infer")
    async def infer(self, inputs: list) -> dict:
        given = {one["name"]: numpy.array(one["data"], TYPES[one["datatype"]]).reshape(one["shape"]) for one in inputs}
        answers = self.session.run(self.names, given)
        outputs = [
            {"name": name, "datatype": "FP32", "shape": answer.shape, "data": answer.ravel().tolist()}
            for name, answer in zip(self.names, answers)
        ]
        return {"model_name": "m", "outputs": outputs}
