package io.millrace.models;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unsupported;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The files that make a folder a model of MLflow's onnx flavor, for mlflow.onnx.load_model and
 * mlflow.pyfunc.load_model. Strings are written as JSON writes them, which YAML reads.
 */
final class MlflowFiles {
  private static final String MLMODEL = "MLmodel";

  /**
   * The first version of the onnx package that knows all that graphs made here use (ai.onnx.ml 5).
   */
  private static final String ONNX_VERSION = "1.16.0";

  private static final String PYTHON_VERSION = "3.11.9";
  private static final String REQUIREMENTS =
      """
      mlflow
      numpy
      onnx>=1.16
      onnxruntime>=1.20
      pandas
      """;

  private MlflowFiles() {}

  /** The texts by path. */
  static Map<String, String> of(Signature signature) {
    var files = new TreeMap<String, String>();
    files.put("requirements.txt", REQUIREMENTS);
    files.put(
        "python_env.yaml",
        """
        python: %s
        build_dependencies:
        - pip
        - setuptools
        - wheel
        dependencies:
        - -r requirements.txt
        """
            .formatted(PYTHON_VERSION));
    files.put(
        "conda.yaml",
        """
        name: mlflow-env
        channels:
        - conda-forge
        dependencies:
        - python=%s
        - pip
        - pip:
          - -r requirements.txt
        """
            .formatted(PYTHON_VERSION));
    files.put(
        MLMODEL,
        """
        flavors:
          onnx:
            code: null
            data: model.onnx
            onnx_session_options: null
            onnx_version: %s
            providers:
            - CPUExecutionProvider
          python_function:
            data: model.onnx
            env:
              conda: conda.yaml
              virtualenv: python_env.yaml
            loader_module: mlflow.onnx
            python_version: %s
        signature:
          inputs: %s
          outputs: %s
          params: null
        """
            .formatted(
                ONNX_VERSION,
                PYTHON_VERSION,
                schema(signature.inputs()),
                schema(signature.outputs())));
    return files;
  }

  /** A list of tensors as JSON, inside a string of YAML. */
  private static String schema(List<Field> fields) {
    var schema = Json.array();
    for (var field : fields) {
      var shape = Json.array();
      field.shape().forEach(shape::add);
      var tensor = Json.object().put("dtype", field.datatype().numpy());
      tensor.set("shape", shape);
      var entry = schema.addObject().put("name", field.name());
      entry.set("tensor-spec", tensor);
      entry.put("type", "tensor");
    }
    return Json.write(Json.write(schema));
  }

  /** The digest of the ONNX file in a folder that MLflow wrote; other flavors are refused. */
  static Digest model(String name, Artifacts artifacts, Manifest folder) {
    if (!folder.entries().containsKey(MLMODEL)) {
      throw new InvalidInput(
          "%s: no file MLmodel at the top of the folder; give the folder that mlflow.onnx.save_model wrote, or the ONNX file itself"
              .formatted(name));
    }
    var flavors = flavors(name, mlmodel(name, artifacts, folder));
    if (!(flavors.get("onnx") instanceof Map<?, ?> onnx)) {
      throw new Unsupported(
          "%s: MLflow model of flavor %s; only onnx and python_function are imported: export it to ONNX (skl2onnx, torch.onnx, onnxmltools) and save that with mlflow.onnx.save_model"
              .formatted(name, listed(flavors)));
    }
    var path = onnx.get("data") instanceof String data ? data : ModelPackage.MODEL;
    Manifest.check(path);
    if (!folder.entries().containsKey(path)) {
      throw new InvalidInput(
          "%s: MLmodel names the file \"%s\", which the folder does not have"
              .formatted(name, path));
    }
    return folder.entry(path).digest();
  }

  /** Whether the folder is of flavor python_function and not of onnx, which can be sealed. */
  static boolean isPythonAlone(String name, Artifacts artifacts, Manifest folder) {
    if (!folder.entries().containsKey(MLMODEL)) return false;
    var flavors = flavors(name, mlmodel(name, artifacts, folder));
    return flavors.containsKey("python_function") && !flavors.containsKey("onnx");
  }

  /** The MLmodel of a folder of flavor python_function; others are refused. */
  static Map<?, ?> python(String name, Artifacts artifacts, Manifest folder) {
    if (!folder.entries().containsKey(MLMODEL))
      throw new Unsupported(
          "%s: neither an ONNX model nor one of MLflow's, since there is no MLmodel at the top of the folder; only those are served"
              .formatted(name));
    var mlmodel = mlmodel(name, artifacts, folder);
    var flavors = flavors(name, mlmodel);
    if (!flavors.containsKey("python_function"))
      throw new Unsupported(
          "%s: MLflow model of flavor %s; only onnx and python_function are served"
              .formatted(name, listed(flavors)));
    return mlmodel;
  }

  private static Map<?, ?> mlmodel(String name, Artifacts artifacts, Manifest folder) {
    var text = artifacts.bytes(folder.entry(MLMODEL).digest(), 1 << 20);
    return yaml(name, new String(text, StandardCharsets.UTF_8)) instanceof Map<?, ?> mlmodel
        ? mlmodel
        : Map.of();
  }

  private static Map<?, ?> flavors(String name, Map<?, ?> mlmodel) {
    if (mlmodel.get("flavors") instanceof Map<?, ?> flavors) return flavors;
    throw new InvalidInput("%s: MLmodel has no flavors".formatted(name));
  }

  private static String listed(Map<?, ?> flavors) {
    return String.join(", ", flavors.keySet().stream().map(String::valueOf).sorted().toList());
  }

  private static Object yaml(String name, String text) {
    var settings =
        LoadSettings.builder()
            .setLabel(MLMODEL)
            .setCodePointLimit(1 << 20)
            .setMaxAliasesForCollections(10)
            .build();
    try {
      var document = new Load(settings).loadFromString(text);
      return document == null ? Map.of() : document;
    } catch (YamlEngineException e) {
      throw new InvalidInput("%s: MLmodel is not YAML: %s".formatted(name, e.getMessage()));
    }
  }
}
