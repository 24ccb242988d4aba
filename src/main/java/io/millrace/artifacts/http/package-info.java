/**
 * Blobs over HTTP, as the command line uploads them, the scan for damage, and garbage collection.
 */
@NullMarked
package io.millrace.artifacts.http;

import org.jspecify.annotations.NullMarked;
