package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options every command that talks to a server has, and how it answers. */
final class Connection {
  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "The server to talk to (default: MILLRACE_URL, else http://127.0.0.1:8080).")
  @Nullable String server;

  @Option(names = "--json", description = "Print JSON: one document on standard output.")
  boolean json;

  Api api() {
    if (server != null) return new Api(server);
    var environment = System.getenv("MILLRACE_URL");
    return new Api(
        environment == null || environment.isBlank() ? "http://127.0.0.1:8080" : environment);
  }

  /** Prints the document, or what the text says of it. */
  void print(JsonNode document, Runnable text) {
    if (json) System.out.println(Json.pretty(document));
    else text.run();
  }

  /** Prints rows of equal length under a header, columns aligned. */
  static void table(List<String> header, List<List<String>> rows) {
    System.out.print(aligned(header, rows));
  }

  static String aligned(List<String> header, List<List<String>> rows) {
    var widths = new int[header.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = header.get(i).length();
      for (var row : rows) widths[i] = Math.max(widths[i], row.get(i).length());
    }
    var text = new StringBuilder();
    line(text, header, widths);
    for (var row : rows) line(text, row, widths);
    return text.toString();
  }

  private static void line(StringBuilder text, List<String> cells, int[] widths) {
    var line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append(cells.get(i)).append(" ".repeat(widths[i] - cells.get(i).length() + 2));
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }
}
