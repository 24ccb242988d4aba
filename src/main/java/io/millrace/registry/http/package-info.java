/** Registered models over HTTP. */
@NullMarked
package io.millrace.registry.http;

import org.jspecify.annotations.NullMarked;
