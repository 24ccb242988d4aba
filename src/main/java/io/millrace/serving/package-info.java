/**
 * Endpoints: names under which one model version each answers requests. Owns tables endpoint,
 * endpoint_deployment, endpoint_withdrawn and endpoint_file. May use: registry, models, pipelines,
 * definitions, metadata, base. The protocol that clients speak is in {@code serving.oip}.
 */
@NullMarked
package io.millrace.serving;

import org.jspecify.annotations.NullMarked;
