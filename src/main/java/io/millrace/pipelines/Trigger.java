package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What starts runs of a pipeline by itself. It is written down as JSON. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(name = "schedule", value = Trigger.Schedule.class),
  @JsonSubTypes.Type(name = "dataset", value = Trigger.OfDataset.class),
  @JsonSubTypes.Type(name = "pipeline", value = Trigger.OfPipeline.class),
  @JsonSubTypes.Type(name = "model", value = Trigger.OfModel.class),
  @JsonSubTypes.Type(name = "push", value = Trigger.OfPush.class),
  @JsonSubTypes.Type(name = "alert", value = Trigger.OfAlert.class),
})
sealed interface Trigger {
  /** The parameters of the runs: values, or texts with expressions over {@code trigger}. */
  Map<String, JsonNode> with();

  String kind();

  /** What it is looked up by: the dataset, pipeline, model or endpoint. */
  String name();

  /** What is waited for, in words; tells the triggers of a pipeline apart. */
  String text();

  /** What expressions may read beside kind, at and date. */
  Set<String> evidence();

  /** What happens to times that came while the server was down. */
  enum Missed {
    LAST,
    ALL,
    SKIP
  }

  /** How a pipeline's run ended. */
  enum Outcome {
    SUCCEEDED,
    FAILED,
    ENDED;

    boolean includes(RunState state) {
      return switch (state) {
        case SUCCEEDED -> this != FAILED;
        case FAILED -> this != SUCCEEDED;
        case CANCELLED -> this == ENDED;
        case QUEUED, RUNNING, PAUSED, INTERRUPTED -> false;
      };
    }
  }

  record Schedule(String cron, ZoneId timezone, Missed missed, Map<String, JsonNode> with)
      implements Trigger {
    Cron times() {
      return Cron.of(cron, timezone);
    }

    @Override
    public String kind() {
      return "schedule";
    }

    @Override
    public String name() {
      return cron;
    }

    @Override
    public String text() {
      return "schedule %s %s".formatted(cron, timezone);
    }

    @Override
    public Set<String> evidence() {
      return Set.of("cron", "timezone");
    }
  }

  /**
   * A new version of a dataset.
   *
   * @param debounce how long no other may follow
   * @param minNewRows how many rows more there must be than at the last firing
   */
  record OfDataset(String name, Duration debounce, long minNewRows, Map<String, JsonNode> with)
      implements Trigger {
    boolean gathers() {
      return debounce.isPositive() || minNewRows > 0;
    }

    @Override
    public String kind() {
      return "dataset";
    }

    @Override
    public String text() {
      return "dataset " + name;
    }

    @Override
    public Set<String> evidence() {
      return Set.of("name", "version", "versions", "rows", "new_rows");
    }
  }

  record OfPipeline(String name, Outcome outcome, Map<String, JsonNode> with) implements Trigger {
    @Override
    public String kind() {
      return "pipeline";
    }

    @Override
    public String text() {
      return "pipeline %s %s".formatted(name, TriggerParser.lower(outcome));
    }

    @Override
    public Set<String> evidence() {
      return Set.of("name", "run", "outcome");
    }
  }

  /**
   * @param alias that was moved; null means a new version
   */
  record OfModel(String name, @Nullable String alias, Map<String, JsonNode> with)
      implements Trigger {
    @Override
    public String kind() {
      return "model";
    }

    @Override
    public String text() {
      return "model " + name + (alias == null ? "" : "@" + alias);
    }

    @Override
    public Set<String> evidence() {
      return alias == null ? Set.of("name", "version") : Set.of("name", "version", "alias");
    }
  }

  /**
   * @param branch * stands for any characters but /, ** for any
   * @param paths of which one must have changed, with the same wildcards; none means any
   */
  record OfPush(String branch, List<String> paths, Map<String, JsonNode> with) implements Trigger {
    boolean matches(Push push) {
      return Glob.matches(branch, push.branch())
          && (paths.isEmpty()
              || push.paths().stream()
                  .anyMatch(path -> paths.stream().anyMatch(glob -> Glob.matches(glob, path))));
    }

    @Override
    public String kind() {
      return "push";
    }

    @Override
    public String name() {
      return branch;
    }

    @Override
    public String text() {
      return "push " + branch + (paths.isEmpty() ? "" : " " + String.join(" ", paths));
    }

    @Override
    public Set<String> evidence() {
      return Set.of("repository", "branch", "commit", "paths");
    }
  }

  record OfAlert(String endpoint, Map<String, JsonNode> with) implements Trigger {
    @Override
    public String kind() {
      return "alert";
    }

    @Override
    public String name() {
      return endpoint;
    }

    @Override
    public String text() {
      return "alert " + endpoint;
    }

    @Override
    public Set<String> evidence() {
      return Set.of("endpoint", "evidence");
    }
  }
}
