/**
 * What every room stands on: failures, digests, ids, JSON, the database and its transactions, CEL.
 * Knows no machine-learning word. Owns no table. May use no other room.
 */
@NullMarked
package io.millrace.base;

import org.jspecify.annotations.NullMarked;
