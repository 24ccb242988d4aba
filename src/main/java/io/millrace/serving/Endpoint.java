package io.millrace.serving;

import java.util.Optional;

/** An endpoint as it stands: what it shall serve, and whether it does. */
public record Endpoint(Deployment deployment, State state) {

  /** Whether an endpoint answers. */
  public sealed interface State {}

  public record Ready() implements State {}

  /** Its model could not be loaded; the reason tells why and what to do. */
  public record NotReady(String reason) implements State {}

  public EndpointName name() {
    return deployment.endpoint();
  }

  public boolean ready() {
    return state instanceof Ready;
  }

  public Optional<String> reason() {
    return switch (state) {
      case Ready _ -> Optional.empty();
      case NotReady(var reason) -> Optional.of(reason);
    };
  }
}
