/** Projects over HTTP. */
@NullMarked
package io.millrace.definitions.http;

import org.jspecify.annotations.NullMarked;
