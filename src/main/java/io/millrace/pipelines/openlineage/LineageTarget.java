package io.millrace.pipelines.openlineage;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/** Where events go, as the administrator says. */
public sealed interface LineageTarget {
  /** Takes an event, or throws: IOException where trying again may help, InvalidInput where not. */
  void send(JsonNode event) throws IOException, InterruptedException;

  /** Reads http://..., https://..., or else the path of a file. */
  static LineageTarget of(String text) {
    if (!text.startsWith("http:") && !text.startsWith("https:")) return new File(Path.of(text));
    try {
      var uri = URI.create(text);
      if (uri.getHost() != null) return new Http(uri);
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw new InvalidInput(
        "OpenLineage URL", text, "such as http://lineage.example.org:5000/api/v1/lineage");
  }

  /** POSTs each event. */
  record Http(URI uri, HttpClient client) implements LineageTarget {
    private static final Duration LONGEST = Duration.ofSeconds(10);

    Http(URI uri) {
      this(uri, HttpClient.newBuilder().connectTimeout(LONGEST).build());
    }

    @Override
    public void send(JsonNode event) throws IOException, InterruptedException {
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(LONGEST)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(event.toString()))
              .build();
      int status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status / 100 == 2) return;
      boolean mayPass = status >= 500 || status == 429 || status == 408;
      var told = "%s answered %d".formatted(uri, status);
      if (mayPass) throw new IOException(told);
      throw new InvalidInput(told);
    }
  }

  /** Adds a line to a file for each event, and sees it to the disk. */
  record File(Path path) implements LineageTarget {
    @Override
    public void send(JsonNode event) throws IOException {
      var line = StandardCharsets.UTF_8.encode(event + "\n");
      try (var file =
          FileChannel.open(
              path,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.APPEND)) {
        while (line.hasRemaining()) file.write(line);
        file.force(false);
      }
    }
  }
}
