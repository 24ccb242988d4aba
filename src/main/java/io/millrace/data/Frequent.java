package io.millrace.data;

/** A value and the number of rows that have it. */
public record Frequent(String value, long rows) {}
