/**
 * Takes over what another program kept, through the facades of the rooms that keep it here. Owns no
 * table. May use: registry, models, experiments, artifacts, base.
 */
@NullMarked
package io.millrace.migration;

import org.jspecify.annotations.NullMarked;
