package io.millrace.pipelines;

import io.millrace.base.InvalidInput;

/** Something that may change, as people write it. */
sealed interface ImpactNode {
  record Dataset(String name) implements ImpactNode {}

  record Column(String dataset, String column) implements ImpactNode {}

  record PipelineParam(String pipeline, String param) implements ImpactNode {}

  record UsedComponent(String name) implements ImpactNode {}

  record PipelineStep(String pipeline, String step) implements ImpactNode {}

  record ProjectFile(String project, String path) implements ImpactNode {}

  /** The program itself, whose digest is part of each key. */
  record Program() implements ImpactNode {}

  /** Reads KIND:NAME; InvalidInput for another form. */
  static ImpactNode parse(String text) {
    int colon = text.indexOf(':');
    var kind = colon < 0 ? "" : text.substring(0, colon);
    var name = text.substring(colon + 1);
    if (name.isBlank()) throw unknown(text);
    return switch (kind) {
      case "dataset" -> new Dataset(name);
      case "column" -> {
        var parts = parted(text, name, '.', "column:DATASET.COLUMN");
        yield new Column(parts[0], parts[1]);
      }
      case "param" -> {
        var parts = partedLast(text, name, "param:PIPELINE.NAME");
        yield new PipelineParam(parts[0], parts[1]);
      }
      case "step" -> {
        var parts = partedLast(text, name, "step:PIPELINE.STEP");
        yield new PipelineStep(parts[0], parts[1]);
      }
      case "component" -> new UsedComponent(name);
      case "file" -> {
        var parts = parted(text, name, '/', "file:PROJECT/PATH");
        yield new ProjectFile(parts[0], parts[1]);
      }
      case "library" -> {
        if (!name.equals("program"))
          throw new InvalidInput("library", name, "program: its digest covers the libraries too");
        yield new Program();
      }
      default -> throw unknown(text);
    };
  }

  private static String[] parted(String text, String name, char at, String expected) {
    return parts(text, name, name.indexOf(at), expected);
  }

  /** Names of pipelines may hold dots, those of parameters and steps do not. */
  private static String[] partedLast(String text, String name, String expected) {
    return parts(text, name, name.lastIndexOf('.'), expected);
  }

  private static String[] parts(String text, String name, int at, String expected) {
    if (at < 1 || at == name.length() - 1) throw new InvalidInput("node", text, expected);
    return new String[] {name.substring(0, at), name.substring(at + 1)};
  }

  private static InvalidInput unknown(String text) {
    return new InvalidInput(
        "node",
        text,
        "dataset:NAME, column:DATASET.COLUMN, param:PIPELINE.NAME, component:NAME, step:PIPELINE.STEP, file:PROJECT/PATH or library:program");
  }
}
