package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How source files are to be read.
 *
 * @param format null: by the files' names
 * @param types owned types by column: text, integer, number, boolean, date, timestamp; the others
 *     are found out
 */
public record SourceOptions(@Nullable Format format, Csv csv, SortedMap<String, String> types) {
  public static final SourceOptions DEFAULT = new SourceOptions(null, Csv.DEFAULT, new TreeMap<>());

  public SourceOptions {
    types = new TreeMap<>(types);
    types.forEach((column, type) -> ValueKind.named(column, type));
  }

  /** The form of a file. */
  public enum Format {
    PARQUET,
    CSV,
    JSONL;

    static final String NAMES = "parquet, csv or jsonl";

    /** By the word a user writes. */
    public static Format named(String word) {
      for (var format : values()) if (format.word().equals(word)) return format;
      throw new InvalidInput(
          "format",
          word,
          NAMES + Names.suggestion(word, Arrays.stream(values()).map(Format::word).toList()));
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** By the file's name, or null. */
    static @Nullable Format of(String path) {
      var name = path.toLowerCase(Locale.ROOT);
      if (name.endsWith(".gz")) name = name.substring(0, name.length() - 3);
      else if (name.endsWith(".parquet") || name.endsWith(".pq")) return PARQUET;
      if (name.endsWith(".csv") || name.endsWith(".tsv") || name.endsWith(".txt")) return CSV;
      if (name.endsWith(".jsonl") || name.endsWith(".ndjson") || name.endsWith(".json"))
        return JSONL;
      return null;
    }
  }

  /**
   * How a CSV file is written.
   *
   * @param delimiter null: found out, one of comma, semicolon, tab, bar
   */
  public record Csv(@Nullable Character delimiter, char quote, boolean header) {
    public static final Csv DEFAULT = new Csv(null, '"', true);

    /** From the texts a user writes; null means the default. */
    public static Csv of(
        @Nullable String delimiter, @Nullable String quote, @Nullable Boolean header) {
      var d =
          delimiter == null
              ? null
              : character(
                  "csv delimiter",
                  delimiter.equals("\\t") || delimiter.equals("tab") ? "\t" : delimiter);
      char q = quote == null ? '"' : character("csv quote", quote);
      if (d != null && d == q)
        throw new InvalidInput("csv delimiter", d.toString(), "another character than the quote");
      return new Csv(d, q, header == null || header);
    }

    private static Character character(String what, String text) {
      if (text.length() != 1 || text.equals("\n") || text.equals("\r"))
        throw new InvalidInput(what, text, "one character");
      return text.charAt(0);
    }
  }

  public SourceOptions withTypes(SortedMap<String, String> owned) {
    return new SourceOptions(format, csv, owned);
  }

  /** From {"format": ..., "csv": {"delimiter", "quote", "header"}} of a request. */
  public static SourceOptions of(JsonNode body) {
    var format =
        body.path("format").isTextual() ? Format.named(body.path("format").asText()) : null;
    var csv = body.path("csv");
    for (var key : csv.properties()) {
      var known = List.of("delimiter", "quote", "header");
      if (!known.contains(key.getKey()))
        throw new InvalidInput(
            "csv option \"%s\" is unknown%s"
                .formatted(key.getKey(), Names.suggestion(key.getKey(), known)));
    }
    return new SourceOptions(
        format,
        Csv.of(
            csv.hasNonNull("delimiter") ? csv.path("delimiter").asText() : null,
            csv.hasNonNull("quote") ? csv.path("quote").asText() : null,
            csv.hasNonNull("header") ? csv.path("header").asBoolean() : null),
        new TreeMap<>());
  }

  /** All of it, for a key of what was read. */
  ObjectNode json() {
    var json = Json.object();
    if (format != null) json.put("format", format.word());
    json.put("delimiter", csv.delimiter() == null ? "" : csv.delimiter().toString());
    json.put("quote", String.valueOf(csv.quote())).put("header", csv.header());
    json.set("types", Json.tree(types));
    return json;
  }
}
