/** ONNX at file level: building graphs and reading what a file holds without running it. */
@NullMarked
package io.millrace.models.onnx;

import org.jspecify.annotations.NullMarked;
