/** The REST interface of taking over. */
@NullMarked
package io.millrace.migration.http;

import org.jspecify.annotations.NullMarked;
