/**
 * The Open Inference Protocol, version 2, over HTTP with JSON tensors: reads requests strictly,
 * calls the endpoints, writes answers. Holds no rules of its own.
 */
@NullMarked
package io.millrace.serving.oip;

import org.jspecify.annotations.NullMarked;
