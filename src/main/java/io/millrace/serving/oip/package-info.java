/**
 * The Open Inference Protocol, version 2, with Triton's extensions, over REST and over gRPC on the
 * same port: reads requests strictly, calls the endpoints, writes answers. Holds no rules of its
 * own. {@code Oip*} speak REST, {@code Grpc*} gRPC; the rest serves both.
 */
@NullMarked
package io.millrace.serving.oip;

import org.jspecify.annotations.NullMarked;
