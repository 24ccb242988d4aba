/** Features that endpoints look up in datasets. */
@NullMarked
package io.millrace.serving.lookup;

import org.jspecify.annotations.NullMarked;
