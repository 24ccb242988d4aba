/**
 * A project's files: strict reading with places in every message, plan and apply. Each later room
 * plugs in the kind of file it owns. Owns tables project and project_file. May use: base,
 * artifacts, metadata.
 */
@NullMarked
package io.millrace.definitions;

import org.jspecify.annotations.NullMarked;
