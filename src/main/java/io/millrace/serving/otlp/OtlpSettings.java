package io.millrace.serving.otlp;

import io.millrace.base.InvalidInput;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where spans go, under OpenTelemetry's own names of variables.
 *
 * @param url of the collector, with /v1/traces
 * @param ratio of the requests without a traceparent that are told of, from 0 to 1
 */
public record OtlpSettings(URI url, double ratio, String service) {
  private static final String RATIO = "OTEL_TRACES_SAMPLER_ARG";

  /**
   * Empty where no endpoint is named.
   *
   * @param endpoint the collector's base URL
   */
  public static Optional<OtlpSettings> of(String endpoint, Map<String, String> environment) {
    if (endpoint.isBlank()) return Optional.empty();
    URI url;
    try {
      url = URI.create(endpoint.replaceFirst("/+$", "") + "/v1/traces");
    } catch (IllegalArgumentException e) {
      throw unusable(endpoint);
    }
    var scheme = url.getScheme();
    if (url.getHost() == null || !("http".equals(scheme) || "https".equals(scheme)))
      throw unusable(endpoint);
    return Optional.of(
        new OtlpSettings(
            url,
            ratio(environment.get(RATIO)),
            environment.getOrDefault("OTEL_SERVICE_NAME", "millrace")));
  }

  private static InvalidInput unusable(String endpoint) {
    return new InvalidInput(
        "OTLP endpoint", endpoint, "a URL of http or https, such as http://127.0.0.1:4318");
  }

  private static double ratio(@Nullable String text) {
    if (text == null || text.isBlank()) return 1;
    try {
      double ratio = Double.parseDouble(text);
      if (ratio >= 0 && ratio <= 1) return ratio;
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new InvalidInput(RATIO, text, "a number from 0 to 1");
  }
}
