package io.millrace.serving.oip;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.millrace.base.InvalidInput;
import io.millrace.models.Tensor;
import io.millrace.serving.Deployment;
import io.millrace.serving.Endpoints;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.Lease;
import io.millrace.serving.ServingStatistics;
import io.millrace.serving.oip.proto.DataType;
import io.millrace.serving.oip.proto.InferBatchStatistics;
import io.millrace.serving.oip.proto.InferParameter;
import io.millrace.serving.oip.proto.InferStatistics;
import io.millrace.serving.oip.proto.InferTensorContents;
import io.millrace.serving.oip.proto.ModelConfig;
import io.millrace.serving.oip.proto.ModelConfigResponse;
import io.millrace.serving.oip.proto.ModelInferResponse;
import io.millrace.serving.oip.proto.ModelInput;
import io.millrace.serving.oip.proto.ModelOutput;
import io.millrace.serving.oip.proto.ModelStatistics;
import io.millrace.serving.oip.proto.ModelStatisticsResponse;
import io.millrace.serving.oip.proto.StatisticDuration;
import java.util.List;

/**
 * Writes what gRPC answers. Outputs are raw bytes, since Triton's client reads no typed numbers,
 * unless the request says that it wants no bytes.
 */
final class GrpcAnswers {
  private GrpcAnswers() {}

  static ModelInferResponse.Builder write(InferAnswer answer) {
    var id = answer.request().id();
    var response =
        ModelInferResponse.newBuilder()
            .setModelName(answer.endpoint().value())
            .setModelVersion(answer.number())
            .setId(id == null ? "" : id);
    boolean typed =
        Boolean.FALSE.equals(answer.request().parameters().get(Parameters.BINARY_DATA_OUTPUT));
    for (var tensor : answer.outputs()) {
      var output =
          response.addOutputsBuilder().setName(tensor.name()).setDatatype(tensor.datatype().name());
      for (long size : tensor.shape()) output.addShape(size);
      if (typed) output.setContents(contents(tensor));
      // Nobody else has the array.
      else response.addRawOutputContents(UnsafeByteOperations.unsafeWrap(RawTensors.write(tensor)));
    }
    return response;
  }

  static InferParameter flag(boolean value) {
    return InferParameter.newBuilder().setBoolParam(value).build();
  }

  private static InferTensorContents contents(Tensor tensor) {
    var contents = InferTensorContents.newBuilder();
    switch (tensor.datatype()) {
      case BOOL -> {
        for (boolean value : (boolean[]) tensor.data()) contents.addBoolContents(value);
      }
      case INT8 -> {
        for (byte value : (byte[]) tensor.data()) contents.addIntContents(value);
      }
      case UINT8 -> {
        for (byte value : (byte[]) tensor.data())
          contents.addUintContents(Byte.toUnsignedInt(value));
      }
      case INT16 -> {
        for (short value : (short[]) tensor.data()) contents.addIntContents(value);
      }
      case UINT16 -> {
        for (short value : (short[]) tensor.data())
          contents.addUintContents(Short.toUnsignedInt(value));
      }
      case INT32 -> {
        for (int value : (int[]) tensor.data()) contents.addIntContents(value);
      }
      case UINT32 -> {
        for (int value : (int[]) tensor.data()) contents.addUintContents(value);
      }
      case INT64 -> {
        for (long value : tensor.longs()) contents.addInt64Contents(value);
      }
      case UINT64 -> {
        for (long value : tensor.longs()) contents.addUint64Contents(value);
      }
      case FP32 -> {
        for (float value : tensor.floats()) contents.addFp32Contents(value);
      }
      case FP64 -> {
        for (double value : (double[]) tensor.data()) contents.addFp64Contents(value);
      }
      case BYTES -> {
        for (String value : tensor.texts())
          contents.addBytesContents(ByteString.copyFromUtf8(value));
      }
      case FP16, BF16 ->
          throw new InvalidInput(
              "output \"%s\": %s has no typed contents: ask for it as raw bytes, without the parameter binary_data_output"
                  .formatted(tensor.name(), tensor.datatype()));
    }
    return contents.build();
  }

  static ModelConfigResponse configuration(String model, Lease lease) {
    var signature = lease.asked();
    var config =
        ModelConfig.newBuilder()
            .setName(model)
            .setPlatform(ProtocolWords.platform(lease))
            .setBackend(ProtocolWords.backend(lease));
    for (var field : signature.inputs())
      config.addInput(
          ModelInput.newBuilder()
              .setName(field.name())
              .setDataType(DataType.valueOf(ProtocolWords.configured(field.datatype())))
              .addAllDims(field.shape()));
    for (var field : signature.outputs())
      config.addOutput(
          ModelOutput.newBuilder()
              .setName(field.name())
              .setDataType(DataType.valueOf(ProtocolWords.configured(field.datatype())))
              .addAllDims(field.shape()));
    return ModelConfigResponse.newBuilder().setConfig(config).build();
  }

  static ModelStatisticsResponse statistics(List<Deployment> deployments, Endpoints endpoints) {
    var response = ModelStatisticsResponse.newBuilder();
    for (var deployment : deployments)
      response.addModelStats(line(deployment, endpoints.statistics(deployment)));
    return response.build();
  }

  private static ModelStatistics.Builder line(Deployment deployment, ServingStatistics line) {
    var stats =
        ModelStatistics.newBuilder()
            .setName(deployment.endpoint().value())
            .setVersion(String.valueOf(deployment.version().number()))
            .setLastInference(line.lastMillis())
            .setInferenceCount(line.inferences())
            .setExecutionCount(line.executions())
            .setInferenceStats(
                InferStatistics.newBuilder()
                    .setSuccess(total(line.success()))
                    .setFail(total(line.failure()))
                    .setQueue(total(line.queue()))
                    .setComputeInput(total(line.parts().input()))
                    .setComputeInfer(total(line.parts().infer()))
                    .setComputeOutput(total(line.parts().output()))
                    .setCacheHit(StatisticDuration.getDefaultInstance())
                    .setCacheMiss(StatisticDuration.getDefaultInstance()));
    for (var batch : line.batches())
      stats.addBatchStats(
          InferBatchStatistics.newBuilder()
              .setBatchSize(batch.rows())
              .setComputeInput(total(batch.parts().input()))
              .setComputeInfer(total(batch.parts().infer()))
              .setComputeOutput(total(batch.parts().output())));
    return stats;
  }

  private static StatisticDuration total(ServingStatistics.Total total) {
    return StatisticDuration.newBuilder().setCount(total.count()).setNs(total.nanos()).build();
  }
}
