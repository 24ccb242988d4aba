package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.experiments.DatasetInput;
import io.millrace.experiments.Experiment;
import io.millrace.experiments.LoggedModel;
import io.millrace.experiments.Metric;
import io.millrace.experiments.Run;
import io.millrace.experiments.RunData;
import io.millrace.experiments.RunState;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes MLflow's messages. What is not set, and lists that are empty, are left out, as MLflow
 * does.
 */
public final class Render {
  private Render() {}

  static void experiment(JsonGenerator out, Experiment experiment) throws IOException {
    out.writeStartObject();
    out.writeStringField("experiment_id", String.valueOf(experiment.id()));
    out.writeStringField("name", experiment.name());
    out.writeStringField("artifact_location", experiment.artifacts());
    out.writeStringField("lifecycle_stage", experiment.lifecycle().name().toLowerCase(Locale.ROOT));
    out.writeNumberField("last_update_time", experiment.updatedAt().toEpochMilli());
    out.writeNumberField("creation_time", experiment.createdAt().toEpochMilli());
    out.writeStringField("workspace", "default");
    pairs(out, "tags", experiment.tags());
    out.writeEndObject();
  }

  public static void pairs(JsonGenerator out, String name, Map<String, String> pairs)
      throws IOException {
    if (pairs.isEmpty()) return;
    out.writeArrayFieldStart(name);
    for (var pair : pairs.entrySet()) {
      out.writeStartObject();
      out.writeStringField("key", pair.getKey());
      out.writeStringField("value", pair.getValue());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  static void info(JsonGenerator out, Run run) throws IOException {
    out.writeStartObject();
    out.writeStringField("run_id", run.id().value());
    out.writeStringField("run_uuid", run.id().value());
    out.writeStringField("run_name", run.name());
    out.writeStringField("experiment_id", String.valueOf(run.experiment()));
    out.writeStringField("user_id", run.user());
    out.writeStringField("status", status(run.status().state()));
    out.writeNumberField("start_time", run.status().startedAt().toEpochMilli());
    var ended = run.status().endedAt();
    if (ended != null) out.writeNumberField("end_time", ended.toEpochMilli());
    out.writeStringField("artifact_uri", run.artifacts());
    out.writeStringField(
        "lifecycle_stage", run.status().lifecycle().name().toLowerCase(Locale.ROOT));
    out.writeEndObject();
  }

  /** MLflow knows no lost runs. */
  private static String status(RunState state) {
    return state == RunState.LOST ? RunState.KILLED.name() : state.name();
  }

  static void run(JsonGenerator out, RunData data, boolean withOutputs) throws IOException {
    out.writeStartObject();
    out.writeFieldName("info");
    info(out, data.run());
    out.writeObjectFieldStart("data");
    if (!data.metrics().isEmpty()) {
      out.writeArrayFieldStart("metrics");
      for (var metric : data.metrics()) metric(out, metric);
      out.writeEndArray();
    }
    pairs(out, "params", data.params());
    pairs(out, "tags", data.tags());
    out.writeEndObject();
    out.writeObjectFieldStart("inputs");
    if (!data.datasets().isEmpty()) {
      out.writeArrayFieldStart("dataset_inputs");
      for (var input : data.datasets()) dataset(out, input);
      out.writeEndArray();
    }
    if (!data.inputs().isEmpty()) {
      out.writeArrayFieldStart("model_inputs");
      for (var input : data.inputs()) {
        out.writeStartObject();
        out.writeStringField("model_id", input.id());
        out.writeEndObject();
      }
      out.writeEndArray();
    }
    out.writeEndObject();
    if (withOutputs) {
      out.writeObjectFieldStart("outputs");
      if (!data.outputs().isEmpty()) {
        out.writeArrayFieldStart("model_outputs");
        for (var output : data.outputs()) {
          out.writeStartObject();
          out.writeStringField("model_id", output.id());
          out.writeNumberField("step", output.step());
          out.writeEndObject();
        }
        out.writeEndArray();
      }
      out.writeEndObject();
    }
    out.writeEndObject();
  }

  private static void dataset(JsonGenerator out, DatasetInput input) throws IOException {
    out.writeStartObject();
    pairs(out, "tags", input.tags());
    out.writeObjectFieldStart("dataset");
    out.writeStringField("name", input.name());
    out.writeStringField("digest", input.digest());
    out.writeStringField("source_type", input.sourceType());
    out.writeStringField("source", input.source());
    if (input.schema() != null) out.writeStringField("schema", input.schema());
    if (input.profile() != null) out.writeStringField("profile", input.profile());
    out.writeEndObject();
    out.writeEndObject();
  }

  static void metric(JsonGenerator out, Metric metric) throws IOException {
    out.writeStartObject();
    fields(out, metric);
    out.writeEndObject();
  }

  static void fields(JsonGenerator out, Metric metric) throws IOException {
    out.writeStringField("key", metric.key());
    number(out, "value", metric.value());
    out.writeNumberField("timestamp", metric.at().toEpochMilli());
    out.writeNumberField("step", metric.step());
  }

  static void number(JsonGenerator out, String name, double value) throws IOException {
    if (Double.isNaN(value)) out.writeStringField(name, "NaN");
    else out.writeNumberField(name, value);
  }

  static void model(JsonGenerator out, LoggedModel model) throws IOException {
    var standing = model.standing();
    out.writeStartObject();
    out.writeObjectFieldStart("info");
    out.writeStringField("model_id", model.id());
    out.writeStringField("experiment_id", String.valueOf(model.experiment()));
    out.writeStringField("name", model.name());
    out.writeNumberField("creation_timestamp_ms", standing.createdAt().toEpochMilli());
    out.writeNumberField("last_updated_timestamp_ms", standing.updatedAt().toEpochMilli());
    out.writeStringField("artifact_uri", model.artifacts());
    out.writeStringField("status", standing.status().name());
    if (!model.type().isEmpty()) out.writeStringField("model_type", model.type());
    if (!model.run().isEmpty()) out.writeStringField("source_run_id", model.run());
    if (standing.message() != null) out.writeStringField("status_message", standing.message());
    pairs(out, "tags", model.contents().tags());
    out.writeEndObject();
    out.writeObjectFieldStart("data");
    pairs(out, "params", model.contents().params());
    if (!model.contents().metrics().isEmpty()) {
      out.writeArrayFieldStart("metrics");
      for (var metric : model.contents().metrics()) {
        out.writeStartObject();
        fields(out, metric.metric());
        out.writeStringField("model_id", model.id());
        if (!metric.datasetName().isEmpty())
          out.writeStringField("dataset_name", metric.datasetName());
        if (!metric.datasetDigest().isEmpty())
          out.writeStringField("dataset_digest", metric.datasetDigest());
        out.writeStringField("run_id", metric.run());
        out.writeEndObject();
      }
      out.writeEndArray();
    }
    out.writeEndObject();
    out.writeEndObject();
  }

  /** A page's elements; the token of the next page where this one is full. */
  public static <T> void page(
      JsonGenerator out, String name, List<T> elements, int limit, long offset, Element<T> element)
      throws IOException {
    if (!elements.isEmpty()) {
      out.writeArrayFieldStart(name);
      for (var one : elements.subList(0, Math.min(limit, elements.size()))) element.write(out, one);
      out.writeEndArray();
    }
    if (elements.size() > limit)
      out.writeStringField("next_page_token", PageToken.of(offset + limit));
  }

  /** Writes one element of a page. */
  public interface Element<T> {
    void write(JsonGenerator out, T element) throws IOException;
  }
}
