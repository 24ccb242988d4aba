package io.millrace.serving;

import io.millrace.base.Digest;
import java.time.Instant;

/**
 * That a model version was put in service at an endpoint.
 *
 * @param content the digest of the version's package
 */
public record Deployment(long id, EndpointName endpoint, Version version, Digest content, Instant deployedAt) {}
