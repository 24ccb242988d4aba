/**
 * Endpoints: names under which one model version each answers requests. Owns tables endpoint,
 * endpoint_deployment and endpoint_withdrawn. May use: registry, models, pipelines, metadata, base.
 * The protocol that clients speak is in {@code serving.oip}.
 */
@NullMarked
package io.millrace.serving;

import org.jspecify.annotations.NullMarked;
