/**
 * The content-addressed store: blobs named by their SHA-256, directories as manifests,
 * verification; named files over it, and uploads of such in parts. Owns tables file, upload,
 * upload_part, and the folders {@code blobs} and {@code incoming} below its root. May use: base.
 */
@NullMarked
package io.millrace.artifacts;

import org.jspecify.annotations.NullMarked;
