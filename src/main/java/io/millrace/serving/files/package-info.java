/** The files {@code endpoints/*.yaml}: how endpoints answer, as a project says. */
@NullMarked
package io.millrace.serving.files;

import org.jspecify.annotations.NullMarked;
