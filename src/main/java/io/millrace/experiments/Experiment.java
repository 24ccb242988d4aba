package io.millrace.experiments;

import java.time.Instant;

/** What runs are collected under; the runs of one pipeline form one. */
public record Experiment(long id, String name, Instant createdAt) {}
