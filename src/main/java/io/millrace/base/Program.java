package io.millrace.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this program is: facts that the build wrote into it. */
public final class Program {
  private Program() {}

  public static String version() {
    try (var in = Program.class.getResourceAsStream("/millrace.properties")) {
      if (in == null) throw new IllegalStateException("millrace.properties is not in the program");
      var properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
