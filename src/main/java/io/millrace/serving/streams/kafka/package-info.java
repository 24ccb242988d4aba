/**
 * The topics of streams by Kafka's own client. Nothing here is loaded before the first stream runs.
 */
@NullMarked
package io.millrace.serving.streams.kafka;

import org.jspecify.annotations.NullMarked;
