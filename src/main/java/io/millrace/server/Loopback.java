package io.millrace.server;

import java.util.Locale;
import java.util.regex.Pattern;

/** The names by which only this machine itself is reached. */
final class Loopback {
  private static final Pattern IPV4 = Pattern.compile("127(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}");

  private Loopback() {}

  /** Decides by the text alone: a name service must not have a say in it. */
  static boolean isLoopback(String host) {
    var name = host.toLowerCase(Locale.ROOT);
    if (name.startsWith("[") && name.endsWith("]")) name = name.substring(1, name.length() - 1);
    return name.equals("localhost") || name.equals("::1") || IPV4.matcher(name).matches();
  }
}
