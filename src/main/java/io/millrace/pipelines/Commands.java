package io.millrace.pipelines;

import java.util.function.Supplier;

/**
 * What steps that run commands need of their surroundings.
 *
 * @param server the URL of this server for the tracking protocol's clients, once it listens
 */
public record Commands(Runner runner, Supplier<String> server) {}
