package io.millrace.models;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * The process's one ONNX Runtime environment, with its telemetry off. Since 1.29 the runtime
 * reports its use to its maker on Linux and macOS too, from the moment the environment is made, and
 * crashes there when the command line is longer than about 3,500 bytes or the image has no shell.
 * Only an environment variable stops it in time, so that is set here, in this process, before the
 * library is loaded.
 */
final class OrtRuntime {
  private static final OrtEnvironment ENVIRONMENT = quiet();

  private OrtRuntime() {}

  static OrtEnvironment environment() {
    return ENVIRONMENT;
  }

  private static OrtEnvironment quiet() {
    setenv("ORT_DISABLE_TELEMETRY", "1");
    // What goes wrong comes as an exception; the runtime's own log would say it a second time.
    var environment =
        OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "millrace");
    try {
      environment.setTelemetry(false);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
    return environment;
  }

  /**
   * As the C library's: System.getenv does not see it, native code does. Does nothing where there
   * is none (Windows).
   */
  @SuppressWarnings("restricted")
  private static void setenv(String name, String value) {
    var linker = Linker.nativeLinker();
    var function = linker.defaultLookup().find("setenv");
    if (function.isEmpty()) return;
    var descriptor =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    try (var arena = Arena.ofConfined()) {
      var failed =
          (int)
              linker
                  .downcallHandle(function.get(), descriptor)
                  .invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 1);
      if (failed != 0) throw new IllegalStateException("setenv " + name);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
