package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.TooLarge;
import io.millrace.base.Unsupported;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code predict ENDPOINT --input rows.csv}. */
@Command(name = "predict", description = "Ask an endpoint about the rows of a file.")
final class PredictCommand implements Runnable {
  private static final int MOST_ROWS = 100_000;
  private static final int ROWS_A_REQUEST = 500;
  private static final int MOST_COLUMNS = 1_000;

  /** As many as the server explains with a request. */
  private static final int EXPLAINED_A_REQUEST = 16;

  private static final String EXPLANATION = "explanation";

  @Mixin Connection connection;

  @Parameters(paramLabel = "ENDPOINT")
  String endpoint;

  @Option(
      names = "--input",
      required = true,
      paramLabel = "FILE",
      description =
          "Rows with the model's columns (NAME_0, NAME_1, ... for an input of several values): .csv, .jsonl (a row a line), .json (a list of rows) or .parquet, .gz too; 100,000 rows at the most.")
  Path input;

  @Option(names = "--explain", description = "Say also what each input added to each answer.")
  boolean explain;

  @Override
  public void run() {
    var api = connection.api();
    var path = "/v2/models/" + Api.segment(endpoint);
    var inputs = api.get(path).path("inputs");
    for (var field : inputs) checkColumns(field, api.url() + path);
    var blob = Uploads.upload(api, input, line -> {});
    var table =
        api.post(
            "/api/v1/tables",
            expecting(inputs)
                .put("blob", blob.hex())
                .put("file", input.getFileName().toString())
                .put("limit", MOST_ROWS));
    if (table.path("truncated").asBoolean()) {
      throw new TooLarge(
          "%s has more than %,d rows, which is the most that predict asks about at once: split the file, and ask about each part"
              .formatted(input, MOST_ROWS));
    }
    var position = new HashMap<String, Integer>();
    table.path("columns").forEach(c -> position.put(c.path("name").asText(), position.size()));
    for (var field : inputs) {
      for (var column : columns(field))
        if (!position.containsKey(column))
          throw new InvalidInput(
              "%s has no column \"%s\", which the model needs; it has %s"
                  .formatted(input, column, position.keySet()));
    }
    var rows = table.path("rows");
    var predictions = Json.array();
    int atOnce = explain ? EXPLAINED_A_REQUEST : ROWS_A_REQUEST;
    var version = "";
    for (int from = 0; from < rows.size(); from += atOnce) {
      int to = Math.min(rows.size(), from + atOnce);
      var request = request(inputs, rows, from, to, position);
      if (explain) request.putObject("parameters").put("explain", true);
      var answer = api.post(path + "/infer", request);
      version = endpoint + ", version " + answer.path("model_version").asText();
      collect(answer.path("outputs"), to - from, predictions);
    }
    if (explain) predictions.forEach(PredictCommand::readExplanation);
    var by = version;
    connection.print(
        Json.object().set("predictions", predictions),
        () -> {
          if (predictions.isEmpty()) return;
          if (explain) {
            printExplanations(predictions, by);
            return;
          }
          var header = new ArrayList<String>();
          predictions.get(0).fieldNames().forEachRemaining(header::add);
          var lines = new ArrayList<List<String>>();
          for (var prediction : predictions)
            lines.add(header.stream().map(h -> text(prediction.path(h))).toList());
          Connection.table(header, lines);
        });
  }

  /** The columns of an input: one of its name, or of several values a row NAME_0, NAME_1, ... */
  private static List<String> columns(JsonNode field) {
    var name = field.path("name").asText();
    var shape = field.path("shape");
    long width = shape.path(0).asLong(-1) == -1 ? 1 : 0;
    for (int i = 1; i < shape.size() && width > 0 && width <= MOST_COLUMNS; i++)
      width *= Math.abs(shape.path(i).asLong()) == 1 ? 1 : Math.max(0, shape.path(i).asLong());
    if (width == 1) return List.of(name);
    if (width > MOST_COLUMNS) return List.of();
    return IntStream.range(0, (int) width).mapToObj(i -> name + "_" + i).toList();
  }

  private void checkColumns(JsonNode field, String url) {
    if (!columns(field).isEmpty()) return;
    var shape = field.path("shape");
    throw new Unsupported(
        "%s takes no table: its input \"%s\" is %s of shape %s, which is not a known number of values a row, 1,000 at the most; send it tensors instead, by the Open Inference Protocol: POST %s/infer with {\"inputs\": [{\"name\", \"datatype\", \"shape\", \"data\"}]}"
            .formatted(
                endpoint,
                field.path("name").asText(),
                field.path("datatype").asText(),
                shape,
                url));
  }

  private static ObjectNode request(
      JsonNode inputs, JsonNode rows, int from, int to, Map<String, Integer> position) {
    var request = Json.object();
    var tensors = request.putArray("inputs");
    for (var field : inputs) {
      var tensor =
          tensors
              .addObject()
              .put("name", field.path("name").asText())
              .put("datatype", field.path("datatype").asText());
      var shape = tensor.putArray("shape").add(to - from);
      for (int i = 1; i < field.path("shape").size(); i++)
        shape.add(Math.abs(field.path("shape").path(i).asLong()));
      var data = tensor.putArray("data");
      var datatype = field.path("datatype").asText();
      var places =
          columns(field).stream().mapToInt(column -> position.getOrDefault(column, -1)).toArray();
      for (int i = from; i < to; i++)
        for (int place : places)
          data.add(
              Json.fitted(
                  rows.get(i).get(place), datatype.equals("BYTES"), datatype.equals("BOOL")));
    }
    return request;
  }

  /** Says what the model takes, so that a file is read as it was when the model learnt. */
  private static ObjectNode expecting(JsonNode inputs) {
    var body = Json.object();
    var expected = body.putObject("expected");
    for (var field : inputs) {
      var kind = field.path("datatype").asText();
      if (kind.equals("BOOL")) continue;
      for (var column : columns(field))
        expected.put(column, kind.equals("BYTES") ? "text" : "number");
    }
    return body;
  }

  /** Turns flat outputs into one object a row; what has several values a row becomes a list. */
  private static void collect(JsonNode outputs, int rows, ArrayNode predictions) {
    for (int i = 0; i < rows; i++) {
      var prediction = predictions.addObject();
      for (var output : outputs) {
        var data = output.path("data");
        int each = data.size() / rows;
        if (each == 1) prediction.set(output.path("name").asText(), data.get(i));
        else
          for (int j = 0; j < each; j++)
            prediction.withArray("/" + output.path("name").asText()).add(data.get(i * each + j));
      }
    }
  }

  /** A row's explanation comes as the text of a JSON document. */
  private static void readExplanation(JsonNode prediction) {
    if (prediction instanceof ObjectNode row)
      row.set(EXPLANATION, Json.parse(row.path(EXPLANATION).asText()));
  }

  private static void printExplanations(ArrayNode predictions, String by) {
    for (int row = 0; row < predictions.size(); row++) {
      var outputs = new ArrayList<String>();
      for (var output : predictions.get(row).properties())
        if (!output.getKey().equals(EXPLANATION))
          outputs.add(output.getKey() + "=" + text(output.getValue()));
      System.out.printf("row %,d: %s%n", row + 1, String.join(", ", outputs));
      ExplainCommand.printContributions(predictions.get(row).path(EXPLANATION), by);
      System.out.println();
    }
  }

  private static String text(JsonNode value) {
    return value.isValueNode() ? value.asText() : value.toString();
  }
}
