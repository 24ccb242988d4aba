"""The example model in MLServer, the shortest way to ONNX Runtime that it offers."""

import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class MlServerModel(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, options)
        self.names = [output.name for output in self.session.get_outputs()]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        given = {tensor.name: NumpyCodec.decode_input(tensor).reshape(tensor.shape) for tensor in payload.inputs}
        answers = self.session.run(self.names, given)
        outputs = [NumpyCodec.encode_output(name, answer) for name, answer in zip(self.names, answers)]
        return InferenceResponse(model_name=self.name, outputs=outputs)
