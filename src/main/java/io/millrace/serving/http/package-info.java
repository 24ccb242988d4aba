/** Endpoints over our own REST: list, show, deploy, delete. */
@NullMarked
package io.millrace.serving.http;

import org.jspecify.annotations.NullMarked;
