/**
 * The content-addressed store: blobs named by their SHA-256, directories as manifests,
 * verification; and named files over it. Owns table file, and the folders {@code blobs} and {@code
 * incoming} below its root. May use: base.
 */
@NullMarked
package io.millrace.artifacts;

import org.jspecify.annotations.NullMarked;
