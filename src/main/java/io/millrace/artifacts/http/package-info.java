/** Blobs over HTTP, as the command line uploads them, and the scan for damage. */
@NullMarked
package io.millrace.artifacts.http;

import org.jspecify.annotations.NullMarked;
