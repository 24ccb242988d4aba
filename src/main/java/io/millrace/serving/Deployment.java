package io.millrace.serving;

import io.millrace.base.Digest;
import io.millrace.registry.VersionId;
import java.time.Instant;

/**
 * That a model version was put in service at an endpoint.
 *
 * @param packageDigest of what is served: the version's sealed package, or the files of a model in
 *     Python
 */
public record Deployment(
    long id, EndpointName endpoint, VersionId version, Digest packageDigest, Instant deployedAt) {}
