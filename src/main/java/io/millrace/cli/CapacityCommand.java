package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code capacity}. */
@Command(
    name = "capacity",
    description = "Cores, memory and pools that steps take, and how much is free.")
final class CapacityCommand implements Runnable {
  @Mixin Connection connection;

  @Override
  public void run() {
    var answer = connection.api().get("/api/v1/capacity");
    connection.print(
        answer,
        () -> {
          var rows = new ArrayList<List<String>>();
          for (var stock : answer.path("stocks"))
            rows.add(
                List.of(
                    stock.path("what").asText(),
                    number(stock.path("free").asLong()),
                    number(stock.path("all").asLong())));
          Connection.table(List.of("WHAT", "FREE", "ALL"), rows);
          int waiting = answer.path("waiting").asInt();
          if (waiting > 0) System.out.printf(Locale.ROOT, "%,d steps wait%n", waiting);
        });
  }

  private static String number(long amount) {
    return String.format(Locale.ROOT, "%,d", amount);
  }
}
