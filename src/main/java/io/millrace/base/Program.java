package io.millrace.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;

/** What this program is: facts that the build wrote into it. */
public final class Program {
  private static final String LIBRARY = "library.";

  private Program() {}

  public static String version() {
    return facts().getProperty("version");
  }

  /** The versions of the libraries that numbers come from, by name. */
  public static SortedMap<String, String> libraries() {
    var libraries = new TreeMap<String, String>();
    facts()
        .forEach((key, value) -> {
          var name = key.toString();
          if (name.startsWith(LIBRARY))
            libraries.put(name.substring(LIBRARY.length()), value.toString());
        });
    return libraries;
  }

  private static Properties facts() {
    try (var in = Program.class.getResourceAsStream("/millrace.properties")) {
      if (in == null) throw new IllegalStateException("millrace.properties is not in the program");
      var properties = new Properties();
      properties.load(in);
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
