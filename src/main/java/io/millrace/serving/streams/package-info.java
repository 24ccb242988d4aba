/**
 * Streams: what comes in a topic is answered by an endpoint's model into another topic, at least
 * once, each record with an id that it has again when it is answered again. Owns table stream. May
 * use: serving, models, metadata, base. What speaks to Kafka is in {@code serving.streams.kafka}.
 */
@NullMarked
package io.millrace.serving.streams;

import org.jspecify.annotations.NullMarked;
