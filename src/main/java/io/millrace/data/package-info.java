/**
 * Datasets and their immutable versions, ingest, contracts, statistics, splits, and the locked
 * query engine. Owns the tables of V3__data.sql. May use: definitions, pipelines, metadata,
 * artifacts, base.
 */
@NullMarked
package io.millrace.data;

import org.jspecify.annotations.NullMarked;
