package io.millrace.registry;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A move of an alias: to a version's number, or away (null). */
public record AliasChange(Alias alias, @Nullable Long number, Instant changedAt) {}
