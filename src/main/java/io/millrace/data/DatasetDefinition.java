package io.millrace.data;

import io.millrace.base.InvalidInput;
import io.millrace.definitions.Yaml;
import io.millrace.definitions.YamlNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A file of datasets/: where the data lies, how it is read, what it must look like.
 *
 * @param source a file or folder of the project
 */
record DatasetDefinition(
    String name, YamlNode root, String source, SourceOptions options, Contract contract) {
  private static final Set<String> KEYS = Set.of("source", "format", "csv", "description", "owner");
  private static final Set<String> CSV_KEYS = Set.of("delimiter", "quote", "header");

  static DatasetDefinition parse(String path, String text) {
    var root = Yaml.read(path, text);
    var known = new HashSet<>(KEYS);
    known.addAll(ContractFile.KEYS);
    if (root.optional("freshness").isPresent())
      throw root.key("freshness").invalid("freshness is known but not supported yet; leave it out");
    root.only(known);
    var file = path.substring(path.lastIndexOf('/') + 1);
    var name = file.substring(0, file.length() - ".yaml".length());
    for (var key : Set.of("description", "owner")) root.optional(key).ifPresent(YamlNode::text);
    try {
      Datasets.checkName(name);
    } catch (InvalidInput e) {
      throw new InvalidInput(
          "%s: the file's name is the dataset's: %s".formatted(path, e.getMessage()));
    }
    var contract = ContractFile.part(root);
    contract.rules().stream()
        .filter(r -> r.onFailure() == OnFailure.QUARANTINE)
        .findFirst()
        .ifPresent(_ -> noQuarantine(root));
    if (contract.onFailure() == OnFailure.QUARANTINE) noQuarantine(root);
    return new DatasetDefinition(
        name, root, source(root), options(root).withTypes(contract.types()), contract);
  }

  private static void noQuarantine(YamlNode root) {
    throw root.invalid(
        "a dataset's version holds all its rows, so none can be set aside here; say stop or warn, and quarantine in a contract that a data/validate step checks");
  }

  private static String source(YamlNode root) {
    var node = root.required("source");
    var source = node.text();
    boolean whole = Stream.of(source.split("/")).allMatch(p -> p.isBlank() || p.equals("."));
    if (whole
        || source.startsWith("/")
        || source.contains("\\")
        || source.contains("://")
        || List.of(source.split("/")).contains("..")) {
      throw node.invalid(
          "source: got \"%s\", expected a file or folder of this project, such as data/flights"
              .formatted(source));
    }
    return source;
  }

  private static SourceOptions options(YamlNode root) {
    var format =
        root.optional("format")
            .map(node -> placed(node, () -> SourceOptions.Format.named(node.text())))
            .orElse(null);
    var csv =
        root.optional("csv")
            .map(node -> {
              node.only(CSV_KEYS);
              return placed(
                  node,
                  () ->
                      SourceOptions.Csv.of(
                          node.optional("delimiter").map(YamlNode::text).orElse(null),
                          node.optional("quote").map(YamlNode::text).orElse(null),
                          node.optional("header").map(YamlNode::bool).orElse(null)));
            });
    return new SourceOptions(
        format, csv.orElse(SourceOptions.Csv.DEFAULT), new java.util.TreeMap<>());
  }

  private static <T> T placed(YamlNode node, java.util.function.Supplier<T> work) {
    try {
      return work.get();
    } catch (InvalidInput e) {
      throw node.invalid(String.valueOf(e.getMessage()));
    }
  }
}
