/**
 * What a server holds its people to, of which there are secrets so far: values that steps' commands
 * are given by name and version, sealed at rest and never shown. Owns table secret_version. May
 * use: base.
 */
@NullMarked
package io.millrace.governance;

import org.jspecify.annotations.NullMarked;
