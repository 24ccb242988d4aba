package io.millrace.cli;

import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code endpoint log ENDPOINT}. */
@Command(
    name = "log",
    description =
        "How an endpoint's predictions are kept, and how many were and were lost; options change it.")
final class EndpointLogCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "ENDPOINT")
  String name;

  @Option(
      names = "--sample",
      paramLabel = "SHARE",
      description = "The share of requests that is logged, 0 to 1.")
  @Nullable Double sample;

  @Option(
      names = "--mask",
      paramLabel = "NAME,...",
      split = ",",
      description = "Inputs and outputs whose values are never written; --mask= for none.")
  @Nullable List<String> mask;

  @Option(names = "--keep-days", paramLabel = "DAYS", description = "How long to keep them.")
  @Nullable Integer keepDays;

  @Override
  public void run() {
    var path = "/api/v1/endpoints/" + Api.segment(name) + "/log";
    var body = Json.object();
    if (sample != null) body.put("sample", sample);
    if (keepDays != null) body.put("keep_days", keepDays);
    if (mask != null) {
      var names = body.putArray("mask");
      mask.stream().filter(one -> !one.isBlank()).forEach(names::add);
    }
    var answer = body.isEmpty() ? connection.api().get(path) : connection.api().put(path, body);
    connection.print(
        answer,
        () -> {
          var settings = answer.path("settings");
          var masked = new ArrayList<String>();
          settings.path("mask").forEach(one -> masked.add(one.asText()));
          System.out.printf(
              "%s: sample %s, keep %d days, masked: %s%n",
              name,
              settings.path("sample").asText(),
              settings.path("keep_days").asInt(),
              masked.isEmpty() ? "nothing" : String.join(", ", masked));
          var counts = answer.path("counts");
          System.out.printf(
              "since the server started: %,d logged, %,d not sampled, %,d lost (the log could not keep up), %,d failed%n",
              counts.path("logged").asLong(),
              counts.path("unsampled").asLong(),
              counts.path("lost").asLong(),
              counts.path("failed").asLong());
        });
  }
}
