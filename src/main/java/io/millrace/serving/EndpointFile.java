package io.millrace.serving;

import io.millrace.base.Conflict;
import io.millrace.registry.VersionId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * That a project's file says how an endpoint answers.
 *
 * @param model what the file says of its model: NAME or NAME@ALIAS, to which the endpoint belongs,
 *     or NAME/VERSION, which pins it; null where it says nothing
 */
public record EndpointFile(EndpointName endpoint, String project, @Nullable String model) {

  /** In the project. */
  public String path() {
    return "endpoints/%s.yaml".formatted(endpoint);
  }

  /** The version that the file pins. */
  public Optional<VersionId> pin() {
    return Optional.ofNullable(model).filter(text -> text.contains("/")).map(VersionId::parse);
  }

  /** Whether the version may serve there. */
  public boolean allows(VersionId version) {
    if (model == null) return true;
    if (pin().isPresent()) return pin().get().equals(version);
    var name = version.model().value();
    return model.equals(name) || model.startsWith(name + "@");
  }

  /** What a file says is not changed by hand. */
  Conflict setByHand() {
    return new Conflict(
        "endpoint %s belongs to the project %s, whose file %s says how it answers: change it there, and apply the project"
            .formatted(endpoint, project, path()));
  }

  void refuseOther(VersionId version) {
    if (allows(version)) return;
    throw new Conflict(
        "%s may not serve at endpoint %s, which %s of the project %s %s: change \"model\" there, and apply the project"
            .formatted(
                version,
                endpoint,
                path(),
                project,
                pin()
                    .map("pins to %s"::formatted)
                    .orElseGet(() -> "says to belong to model %s".formatted(model))));
  }
}
