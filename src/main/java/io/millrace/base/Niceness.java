package io.millrace.base;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** How a thread of the background stands back for those that answer requests. */
public final class Niceness {
  private static final int PROCESS = 0;
  private static final int CALLER = 0;
  private static final int NICE = 10;

  private Niceness() {}

  /**
   * Does the work on a thread of its own that stands back, and waits for it. Processes that the
   * work starts would stand back too, for as long as they live.
   */
  public static <T> T behind(Supplier<T> work) {
    return Futures.join(
        CompletableFuture.supplyAsync(
            () -> {
              standBack();
              return work.get();
            },
            task -> Thread.ofPlatform().daemon().name("behind").start(task)));
  }

  /**
   * The calling thread gets the processor only where no other wants it, or about a tenth of it.
   * Java's own priorities mean nothing on Linux. Does nothing elsewhere, where the call would be
   * for the whole process.
   */
  @SuppressWarnings("restricted")
  public static void standBack() {
    if (!System.getProperty("os.name", "").equals("Linux")) return;
    var linker = Linker.nativeLinker();
    var function = linker.defaultLookup().find("setpriority");
    if (function.isEmpty()) return;
    var descriptor =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    try {
      // If it is refused, all goes on as it would without it.
      int _ =
          (int)
              linker.downcallHandle(function.get(), descriptor).invokeExact(PROCESS, CALLER, NICE);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
