package io.millrace.serving.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.definitions.Yaml;
import io.millrace.definitions.YamlNode;
import io.millrace.registry.ModelName;
import io.millrace.registry.VersionId;
import io.millrace.serving.EndpointFile;
import io.millrace.serving.EndpointName;
import io.millrace.serving.EndpointSettings;
import io.millrace.serving.predictions.LogSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A file of endpoints/: all of how an endpoint answers; what it leaves out is as usual.
 *
 * @param model NAME, NAME@ALIAS or NAME/VERSION; null where it says nothing
 * @param settings in the words of {@link EndpointSettings}
 */
record EndpointDefinition(
    EndpointName name,
    YamlNode root,
    @Nullable String model,
    ObjectNode settings,
    LogSettings log) {
  static final String FOLDER = "endpoints";
  static final List<String> LOG_KEYS = List.of("sample", "mask", "keep_days");

  /** All that a file may say. */
  static final List<String> KEYS = keys();

  private static List<String> keys() {
    var keys = new ArrayList<String>();
    keys.add("model");
    keys.addAll(EndpointSettings.KEYS);
    keys.add("log");
    return List.copyOf(keys);
  }

  static boolean isOne(String path) {
    return path.startsWith(FOLDER + "/") && path.endsWith(".yaml");
  }

  static EndpointDefinition parse(String path, String text) {
    var name = name(path);
    var root = Yaml.read(path, text);
    for (var key : root.map().keySet())
      if (!KEYS.contains(key))
        throw root.key(key)
            .invalid(
                "unknown key \"%s\"; a file of an endpoint may say %s"
                    .formatted(key, String.join(", ", KEYS)));
    var settings = Json.object();
    for (var key : EndpointSettings.KEYS)
      root.optional(key)
          .ifPresent(node -> {
            var value = node.json();
            placed(node, () -> EndpointSettings.of(Json.object().set(key, value)));
            settings.set(key, value);
          });
    var model = root.optional("model").map(EndpointDefinition::model).orElse(null);
    var log = root.optional("log").map(EndpointDefinition::log).orElse(LogSettings.DEFAULT);
    return new EndpointDefinition(name, root, model, settings, log);
  }

  private static EndpointName name(String path) {
    var file = path.substring(FOLDER.length() + 1, path.length() - ".yaml".length());
    try {
      return new EndpointName(file);
    } catch (InvalidInput e) {
      throw new InvalidInput(
          "%s: the file's name is the endpoint's: %s".formatted(path, e.getMessage()));
    }
  }

  private static String model(YamlNode node) {
    var text = node.text();
    return placed(
        node,
        () -> {
          if (text.contains("/")) VersionId.parse(text);
          else new ModelName(text);
          return text;
        });
  }

  private static LogSettings log(YamlNode node) {
    for (var key : node.map().keySet())
      if (!LOG_KEYS.contains(key))
        throw node.key(key)
            .invalid(
                "unknown key \"%s\"; the log of an endpoint may say %s"
                    .formatted(key, String.join(", ", LOG_KEYS)));
    var usual = LogSettings.DEFAULT;
    double sample =
        node.optional("sample")
            .map(n -> placed(n, () -> new LogSettings(n.number(), List.of(), 1)).sample())
            .orElse(usual.sample());
    var mask =
        node.optional("mask")
            .map(n ->
                placed(
                        n,
                        () -> new LogSettings(1, n.list().stream().map(YamlNode::text).toList(), 1))
                    .mask())
            .orElse(usual.mask());
    int keepDays =
        node.optional("keep_days")
            .map(n -> placed(n, () -> new LogSettings(1, List.of(), days(n))).keepDays())
            .orElse(usual.keepDays());
    return new LogSettings(sample, mask, keepDays);
  }

  private static int days(YamlNode node) {
    return Math.clamp(node.integer(), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** Says where in the file what is wrong stands, unless that is said already. */
  private static <T> T placed(YamlNode node, Supplier<T> work) {
    try {
      return work.get();
    } catch (InvalidInput e) {
      var message = String.valueOf(e.getMessage());
      throw message.startsWith(node.file() + ":") ? e : node.invalid(message);
    }
  }

  /** With what it leaves out. */
  EndpointSettings usual() {
    return EndpointSettings.of(settings);
  }

  EndpointFile file(String project) {
    return new EndpointFile(name, project, model);
  }

  /** A message about what the file says of the model. */
  InvalidInput aboutModel(String message) {
    return root.optional("model").orElse(root).invalid(message);
  }
}
