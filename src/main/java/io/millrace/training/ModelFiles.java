package io.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Program;
import io.millrace.models.Golden;
import io.millrace.models.ModelPackage;
import io.millrace.models.Reference;
import io.millrace.models.Signature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The files of a trained model between the process that made it and the one that seals it. */
final class ModelFiles {
  private static final int GOLDEN_ROWS = 20;

  private ModelFiles() {}

  /** Writes TRAINER.onnx, and TRAINER.json with the rest of the package. */
  static void write(
      Path folder, TrainerKind trainer, TrainingRequest request, Examples examples, Fitted fitted)
      throws IOException {
    var json = Json.object();
    json.set("signature", Json.tree(examples.signature()));
    json.set(
        "reference",
        Reference.of(
            new TreeMap<>(examples.columns()),
            Answers.columns(examples.target(), fitted.answers())));
    json.set("golden", golden(trainer, examples, fitted).json());
    json.set("lock", lock(trainer, request, examples, fitted));
    Files.write(folder.resolve(trainer.word() + ".onnx"), fitted.onnx());
    Files.writeString(
        folder.resolve(trainer.word() + ".json"), Json.write(json), StandardCharsets.UTF_8);
  }

  private static Golden golden(TrainerKind trainer, Examples examples, Fitted fitted) {
    int[] candidates =
        IntStream.range(0, examples.rows())
            .filter(
                row -> trainer == TrainerKind.TRIVIAL || !Answers.contested(fitted.answers()[row]))
            .toArray();
    // Where every class is as likely as another, their names are not held against the training
    // library's.
    boolean unsure = candidates.length == 0;
    int[] from = unsure ? examples.all() : candidates;
    int count = Math.min(GOLDEN_ROWS, from.length);
    int[] rows =
        IntStream.range(0, count)
            .map(i -> from[(int) ((long) i * (from.length - 1) / Math.max(1, count - 1))])
            .toArray();
    var answers = IntStream.of(rows).mapToObj(row -> fitted.answers()[row]).toArray(float[][]::new);
    var outputs = Answers.tensors(examples.target(), answers);
    return new Golden(
        Replay.inputs(examples, rows), unsure ? List.of(outputs.getFirst()) : outputs);
  }

  private static ObjectNode lock(
      TrainerKind trainer, TrainingRequest request, Examples examples, Fitted fitted) {
    var settings = request.settings();
    var lock =
        Json.object().put("trainer", trainer.component()).put("dataset", request.dataset().hex());
    lock.put("label", settings.label())
        .put("task", examples.target().task().word())
        .put("objective", examples.target().task().word());
    lock.set("classes", Json.tree(examples.target().classes()));
    lock.set("ignored", Json.tree(settings.ignore()));
    lock.put("rows", examples.rows()).put("seed", settings.seed());
    lock.set("parameters", fitted.parameters());
    var validation =
        lock.putObject("validation")
            .put("rows", examples.validating().length)
            .put("chosen_by", examples.chosenBy());
    validation.set("metrics", fitted.validation());
    lock.putObject("program").put("version", Program.version()).put("digest", request.program());
    lock.set("libraries", Json.tree(Program.libraries()));
    return lock;
  }

  /** Seals what a process left. */
  static Digest seal(Artifacts artifacts, Path folder, TrainerKind trainer) throws IOException {
    var json = json(folder, trainer);
    return ModelPackage.seal(
        artifacts,
        new ModelPackage.Contents(
            artifacts.putFile(folder.resolve(trainer.word() + ".onnx")),
            Json.convert(json.path("signature"), Signature.class),
            json.path("reference"),
            Golden.read(json.path("golden")),
            json.path("lock")));
  }

  private static JsonNode json(Path folder, TrainerKind trainer) throws IOException {
    return Json.parse(Files.readString(folder.resolve(trainer.word() + ".json")));
  }

  /** Seals several, each a folder of one directory. */
  static Digest sealAll(Artifacts artifacts, Path folder, List<TrainerKind> trainers)
      throws IOException {
    var entries = new TreeMap<String, Entry>();
    for (var trainer : trainers) {
      artifacts
          .manifest(seal(artifacts, folder, trainer))
          .entries()
          .forEach((path, entry) -> entries.put(trainer.word() + "/" + path, entry));
    }
    return artifacts.put(new Manifest(entries));
  }
}
