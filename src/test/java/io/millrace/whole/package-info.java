/** The outermost ring of tests: the packaged program, started by its launcher as a user would. */
@NullMarked
package io.millrace.whole;

import org.jspecify.annotations.NullMarked;
