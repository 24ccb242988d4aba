package io.millrace.server;

import io.millrace.base.Unsupported;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/**
 * Where the native libraries that the program carries (SQLite, DuckDB, ONNX Runtime, XGBoost) all
 * exist.
 */
final class Natives {
  private static final Set<String> PLATFORMS =
      Set.of("linux-x86_64", "linux-aarch64", "macos-aarch64");

  private Natives() {}

  static void check() {
    check(System.getProperty("os.name"), System.getProperty("os.arch"), mapped());
  }

  /**
   * @param mapped the files that this process has in its address space, as far as they are known
   */
  static void check(String name, String arch, String mapped) {
    var platform = system(name) + "-" + (arch.equals("amd64") ? "x86_64" : arch);
    // By what the JVM itself runs on: musl may be installed beside glibc.
    boolean musl = mapped.contains("/ld-musl-");
    if (PLATFORMS.contains(platform) && !musl) return;
    if (musl) platform += " with musl as its C library";
    throw new Unsupported(
        "this machine is %s, and Millrace runs on 64-bit Linux (x86 or ARM, with glibc) and macOS (Apple silicon): use one of those, or a Linux container"
            .formatted(platform));
  }

  private static String mapped() {
    try {
      return Files.readString(Path.of("/proc/self/maps"));
    } catch (IOException e) {
      return "";
    }
  }

  private static String system(String name) {
    var lower = name.toLowerCase(Locale.ROOT);
    if (lower.startsWith("mac")) return "macos";
    return lower.startsWith("linux") ? "linux" : lower.replace(' ', '-');
  }
}
