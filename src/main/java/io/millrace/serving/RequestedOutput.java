package io.millrace.serving;

import org.jspecify.annotations.Nullable;

/**
 * An output that a client asks for by name.
 *
 * @param binary whether it wants it as bytes; null where the request as a whole says it, or nothing
 *     does
 * @param classes how many of the largest elements it wants as texts instead; 0 for the output as it
 *     is
 */
public record RequestedOutput(String name, @Nullable Boolean binary, int classes) {}
