/** Secrets over HTTP: their names and versions; no value ever leaves by it. */
@NullMarked
package io.millrace.governance.http;

import org.jspecify.annotations.NullMarked;
