/**
 * The running program: its configuration, the one place where everything is wired (Platform), and
 * what every HTTP request meets before and after a room: the gate, the limits, the error documents,
 * the page. Owns no table. May use every room.
 */
@NullMarked
package io.millrace.server;

import org.jspecify.annotations.NullMarked;
