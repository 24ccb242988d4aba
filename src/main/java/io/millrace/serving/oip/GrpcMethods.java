package io.millrace.serving.oip;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.millrace.base.Failure;
import io.millrace.base.Futures;
import io.millrace.base.Ids;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Program;
import io.millrace.base.Unavailable;
import io.millrace.base.Unsupported;
import io.millrace.models.Field;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.Inference;
import io.millrace.serving.Lease;
import io.millrace.serving.ServedRepository;
import io.millrace.serving.oip.proto.HealthCheckRequest;
import io.millrace.serving.oip.proto.HealthCheckResponse;
import io.millrace.serving.oip.proto.ModelConfigRequest;
import io.millrace.serving.oip.proto.ModelInferRequest;
import io.millrace.serving.oip.proto.ModelInferResponse;
import io.millrace.serving.oip.proto.ModelMetadataRequest;
import io.millrace.serving.oip.proto.ModelMetadataResponse;
import io.millrace.serving.oip.proto.ModelReadyRequest;
import io.millrace.serving.oip.proto.ModelReadyResponse;
import io.millrace.serving.oip.proto.ModelStatisticsRequest;
import io.millrace.serving.oip.proto.ModelStreamInferResponse;
import io.millrace.serving.oip.proto.RepositoryIndexRequest;
import io.millrace.serving.oip.proto.RepositoryIndexResponse;
import io.millrace.serving.oip.proto.RepositoryModelRequest;
import io.millrace.serving.oip.proto.RepositoryModelResponse;
import io.millrace.serving.oip.proto.ServerLiveResponse;
import io.millrace.serving.oip.proto.ServerMetadataResponse;
import io.millrace.serving.oip.proto.ServerReadyResponse;
import io.millrace.serving.oip.proto.TraceSettingRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What each method of the gRPC services answers to a message. Thread-safe; all but predictions
 * block.
 */
@Singleton
final class GrpcMethods {
  private static final String INFERENCE = "inference.GRPCInferenceService";
  private static final String HEALTH = "grpc.health.v1.Health";
  static final Set<String> SERVICES = Set.of(INFERENCE, HEALTH);

  private static final String INFER = INFERENCE + "/ModelInfer";
  private static final String STREAM = INFERENCE + "/ModelStreamInfer";

  private final Endpoints endpoints;
  private final Inference inference;
  private final ServedRepository repository;
  private final Ids ids = new Ids(Clock.systemUTC());

  @Inject
  GrpcMethods(Endpoints endpoints, Inference inference, ServedRepository repository) {
    this.endpoints = endpoints;
    this.inference = inference;
    this.repository = repository;
  }

  /**
   * An answer's message.
   *
   * @param predictionId of a prediction; else null
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Reply(byte[] message, @Nullable String predictionId) {
    static Reply of(MessageLite message) {
      return new Reply(message.toByteArray(), null);
    }
  }

  static boolean isStream(String method) {
    return method.equals(STREAM);
  }

  /** Whether it asks for a prediction, and so holds up nobody. */
  static boolean isInference(String method) {
    return method.equals(INFER) || method.equals(STREAM);
  }

  String nextId() {
    return ids.next();
  }

  /**
   * @param method SERVICE/METHOD
   * @param timeoutMicros how long the client still waits; -1 where it does not say
   * @param context of the request, as the client gave it
   */
  CompletableFuture<Reply> answer(
      String method, byte[] message, long timeoutMicros, Map<String, String> context) {
    return switch (method) {
      case INFER -> infer(parse(ModelInferRequest.parser(), message), timeoutMicros, context);
      case STREAM -> streamed(parse(ModelInferRequest.parser(), message), timeoutMicros, context);
      default -> CompletableFuture.completedFuture(answer(method, message));
    };
  }

  private Reply answer(String method, byte[] message) {
    return switch (method) {
      case INFERENCE + "/ServerLive" ->
          Reply.of(ServerLiveResponse.newBuilder().setLive(true).build());
      case INFERENCE + "/ServerReady" ->
          Reply.of(ServerReadyResponse.newBuilder().setReady(true).build());
      case INFERENCE + "/ServerMetadata" ->
          Reply.of(
              ServerMetadataResponse.newBuilder()
                  .setName(ProtocolWords.SERVER)
                  .setVersion(Program.version())
                  .addAllExtensions(ProtocolWords.EXTENSIONS)
                  .build());
      case INFERENCE + "/ModelReady" -> ready(parse(ModelReadyRequest.parser(), message));
      case INFERENCE + "/ModelMetadata" -> metadata(parse(ModelMetadataRequest.parser(), message));
      case INFERENCE + "/ModelConfig" -> configuration(parse(ModelConfigRequest.parser(), message));
      case INFERENCE + "/ModelStatistics" ->
          statistics(parse(ModelStatisticsRequest.parser(), message));
      case INFERENCE + "/RepositoryIndex" -> index(parse(RepositoryIndexRequest.parser(), message));
      case INFERENCE + "/RepositoryModelLoad" ->
          load(parse(RepositoryModelRequest.parser(), message), true);
      case INFERENCE + "/RepositoryModelUnload" ->
          load(parse(RepositoryModelRequest.parser(), message), false);
      case INFERENCE + "/TraceSetting" -> trace(message);
      case INFERENCE + "/LogSettings" -> Reply.of(GrpcSettings.log(message));
      case HEALTH + "/Check" -> health(parse(HealthCheckRequest.parser(), message));
      case String other when other.contains("SharedMemory") ->
          throw new Unsupported("shared memory is not supported: send the data in the request");
      case String other -> throw new Unsupported("there is no method %s here".formatted(other));
    };
  }

  static <T extends MessageLite> T parse(Parser<T> parser, byte[] message) {
    try {
      return parser.parseFrom(message);
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidInput(
          "the message is not what this method takes: %s".formatted(e.getMessage()));
    }
  }

  /** Empty means that any version will do. */
  private static @Nullable String version(String given) {
    return given.isEmpty() ? null : given;
  }

  private Lease lease(String name, String version) {
    return inference.lease(new EndpointName(name), version(version));
  }

  /** Says no, as Triton does, also of a model that is not there. */
  private Reply ready(ModelReadyRequest request) {
    boolean ready;
    try (var lease = lease(request.getName(), request.getVersion())) {
      ready = lease.obstacle().isEmpty();
    } catch (NotFound | Unavailable e) {
      ready = false;
    }
    return Reply.of(ModelReadyResponse.newBuilder().setReady(ready).build());
  }

  private Reply metadata(ModelMetadataRequest request) {
    try (var lease = lease(request.getName(), request.getVersion())) {
      var signature = lease.asked();
      return Reply.of(
          ModelMetadataResponse.newBuilder()
              .setName(request.getName())
              .addVersions(String.valueOf(lease.deployment().version().number()))
              .setPlatform(ProtocolWords.platform(lease))
              .addAllInputs(tensors(signature.inputs()))
              .addAllOutputs(tensors(signature.outputs()))
              .build());
    }
  }

  private static List<ModelMetadataResponse.TensorMetadata> tensors(List<Field> fields) {
    return fields.stream()
        .map(field ->
            ModelMetadataResponse.TensorMetadata.newBuilder()
                .setName(field.name())
                .setDatatype(field.datatype().name())
                .addAllShape(field.shape())
                .build())
        .toList();
  }

  private CompletableFuture<Reply> infer(
      ModelInferRequest request, long timeoutMicros, Map<String, String> context) {
    return answered(
        request,
        timeoutMicros,
        context,
        answer ->
            new Reply(GrpcAnswers.write(answer).build().toByteArray(), answer.predictionId()));
  }

  private CompletableFuture<Reply> answered(
      ModelInferRequest request,
      long timeoutMicros,
      Map<String, String> context,
      Function<InferAnswer, Reply> written) {
    var answer =
        inference.infer(
            new EndpointName(request.getModelName()),
            version(request.getModelVersion()),
            context,
            signature -> GrpcRequests.read(request, signature, timeoutMicros));
    return Futures.cancelling(answer.thenApply(written), answer);
  }

  /** A request that fails is an answer that says so, and the stream goes on. */
  private CompletableFuture<Reply> streamed(
      ModelInferRequest request, long timeoutMicros, Map<String, String> context) {
    CompletableFuture<Reply> answer;
    try {
      answer = answered(request, timeoutMicros, context, GrpcMethods::streamed);
    } catch (Failure e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return Futures.cancelling(
        answer.exceptionallyCompose(thrown -> {
          var cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
          return cause instanceof Failure e
              ? CompletableFuture.completedFuture(failed(request, e))
              : CompletableFuture.failedFuture(thrown);
        }),
        answer);
  }

  private static Reply streamed(InferAnswer answer) {
    var response = GrpcAnswers.write(answer);
    response.putParameters("triton_final_response", GrpcAnswers.flag(true));
    return Reply.of(ModelStreamInferResponse.newBuilder().setInferResponse(response).build());
  }

  private static Reply failed(ModelInferRequest request, Failure failure) {
    return Reply.of(
        ModelStreamInferResponse.newBuilder()
            .setErrorMessage(String.valueOf(failure.getMessage()))
            .setInferResponse(ModelInferResponse.newBuilder().setId(request.getId()))
            .build());
  }

  private Reply configuration(ModelConfigRequest request) {
    try (var lease = lease(request.getName(), request.getVersion())) {
      return Reply.of(GrpcAnswers.configuration(request.getName(), lease));
    }
  }

  private Reply statistics(ModelStatisticsRequest request) {
    if (!request.getName().isEmpty()) {
      try (var lease = lease(request.getName(), request.getVersion())) {
        return Reply.of(GrpcAnswers.statistics(List.of(lease.deployment()), endpoints));
      }
    }
    var deployments = endpoints.list().stream().map(endpoint -> endpoint.deployment()).toList();
    return Reply.of(GrpcAnswers.statistics(deployments, endpoints));
  }

  private Reply index(RepositoryIndexRequest request) {
    OipExtensions.oneRepository(request.getRepositoryName());
    var response = RepositoryIndexResponse.newBuilder();
    for (var entry : repository.index(request.getReady()))
      response
          .addModelsBuilder()
          .setName(entry.name().value())
          .setVersion(entry.version())
          .setState(OipExtensions.state(entry))
          .setReason(entry.reason());
    return Reply.of(response.build());
  }

  /** The model is in the second field from Triton's clients, and in the first from KServe's. */
  private Reply load(RepositoryModelRequest request, boolean load) {
    var model = request.getModelName();
    if (model.isEmpty()) model = request.getRepositoryName();
    else OipExtensions.oneRepository(request.getRepositoryName());
    var name = new EndpointName(model);
    if (load) {
      request.getParametersMap().keySet().forEach(OipExtensions::onlyWhatIsRegistered);
      repository.load(name);
    } else {
      repository.unload(name);
    }
    return Reply.of(RepositoryModelResponse.newBuilder().setModelName(model).setDone(true).build());
  }

  private Reply trace(byte[] message) {
    var request = parse(TraceSettingRequest.parser(), message);
    if (!request.getModelName().isEmpty()) lease(request.getModelName(), "").close();
    return Reply.of(GrpcSettings.trace(request));
  }

  private Reply health(HealthCheckRequest request) {
    if (!request.getService().isEmpty() && !SERVICES.contains(request.getService()))
      throw new NotFound("service", request.getService());
    return Reply.of(
        HealthCheckResponse.newBuilder()
            .setStatus(HealthCheckResponse.ServingStatus.SERVING)
            .build());
  }
}
