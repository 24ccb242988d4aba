package io.millrace.registry;

import io.millrace.experiments.Comparison;
import io.millrace.experiments.FilterParser;
import java.util.List;

/** A search for registered models or for model versions, in MLflow's grammar. */
public record RegistryQuery(
    List<Comparison> filter, List<FilterParser.Order> order, int limit, long offset) {}
