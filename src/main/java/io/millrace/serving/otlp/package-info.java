/** Sends what requests took as spans of OpenTelemetry, over HTTP in its JSON. */
@NullMarked
package io.millrace.serving.otlp;

import org.jspecify.annotations.NullMarked;
