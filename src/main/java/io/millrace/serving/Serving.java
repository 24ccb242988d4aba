package io.millrace.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint answers now.
 *
 * @param warmUp what was learnt before the version was let serve
 * @param rowMicros what a call of one row takes now
 * @param mostRows that are put into one call now
 * @param apart why requests do not share a call; null where they do
 */
public record Serving(
    ObjectNode settings,
    ObjectNode warmUp,
    double rowMicros,
    int mostRows,
    @Nullable String apart) {}
