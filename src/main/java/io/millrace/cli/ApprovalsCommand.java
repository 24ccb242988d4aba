package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code approvals}. */
@Command(name = "approvals", description = "What steps of runs wait to be approved.")
final class ApprovalsCommand implements Runnable {
  @Mixin Connection connection;

  @Override
  public void run() {
    var answer = connection.api().get("/api/v1/approvals");
    connection.print(
        answer,
        () -> {
          var rows = new ArrayList<List<String>>();
          for (var approval : answer.path("approvals"))
            rows.add(
                List.of(
                    approval.path("run").asText(),
                    approval.path("pipeline").asText(),
                    approval.path("step").asText(),
                    approval.path("due_at").asText(),
                    approval.path("otherwise").asBoolean() ? "approve" : "reject",
                    approval.path("ask").asText()));
          Connection.table(List.of("RUN", "PIPELINE", "STEP", "UNTIL", "THEN", "ASKS"), rows);
        });
  }
}
