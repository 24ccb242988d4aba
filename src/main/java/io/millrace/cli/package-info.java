/**
 * The command line: every command but {@code up} talks to a running server over HTTP and nothing
 * else; files are uploaded by digest; reports are drawn here from what REST answers. Owns no table.
 * May use: base, server (to start one).
 */
@NullMarked
package io.millrace.cli;

import org.jspecify.annotations.NullMarked;
