package io.millrace.serving.predictions;

import io.millrace.models.Tensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What logging costs a request: the time of {@code offer}, and the CPU of all threads, at a rate
 * that a server of two cores reaches. Run by hand: {@code OfferBench [RATE [SECONDS]]}.
 */
final class OfferBench {
  private OfferBench() {}

  public static void main(String... arguments) throws IOException {
    int rate = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 40_000;
    int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10;
    var folder = Files.createTempDirectory("offer");
    try (var room = new LogRoom(folder)) {
      room.predictions.start();
      for (int round = 0; round < 4; round++) measure(room, rate, round == 0 ? 3 : seconds);
      long began = System.nanoTime();
      var count =
          room.predictions.sql("select count(*) from predictions", LogRoom.HOUSES, null, null, 1);
      System.out.printf(
          Locale.ROOT,
          "count(*) over all: %s in %d ms; log: %s%n",
          count.path("rows"),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began),
          room.predictions.standing(LogRoom.HOUSES).counts());
    }
    System.out.printf("files: %s%n", folder);
  }

  private static void measure(LogRoom room, int rate, int seconds) {
    long cpu = processCpu();
    long offering = 0;
    long offered = 0;
    var log = room.predictions.log();
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    for (long now = start; now < end; now = System.nanoTime()) {
      long due = (long) ((now - start) * 1e-9 * rate);
      var batch = new Prediction[(int) Math.min(2_000, due - offered)];
      for (int i = 0; i < batch.length; i++) batch[i] = prediction(room, offered + i);
      long before = System.nanoTime();
      for (var one : batch) log.offer(one);
      offering += System.nanoTime() - before;
      offered += batch.length;
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
    var threads = ManagementFactory.getThreadMXBean();
    for (var info : threads.dumpAllThreads(false, false)) {
      if (info.getThreadName().startsWith("prediction-"))
        System.out.printf(
            Locale.ROOT,
            "%s: %d ms of CPU since its start%n",
            info.getThreadName(),
            threads.getThreadCpuTime(info.getThreadId()) / 1_000_000);
    }
    System.out.printf(
        Locale.ROOT,
        "%,d a second: offer %.0f ns; CPU of all threads, making them included, %.2f us a request%n",
        rate,
        (double) offering / offered,
        (processCpu() - cpu) / 1e3 / offered);
  }

  private static long processCpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** As the small perceptron over diamonds has them. */
  private static Prediction prediction(LogRoom room, long number) {
    float f = number % 1_000;
    return LogRoom.prediction(
        "%016x%016x".formatted(room.clock.millis(), number),
        room.clock.instant(),
        List.of(
            Tensor.of("numeric", 0.23f + f, 61.5f, 55f, 3.95f, 3.98f, 2.43f),
            Tensor.of("cut", "Ideal"),
            Tensor.of("color", "E"),
            Tensor.of("clarity", "SI2")),
        List.of(Tensor.of("price", 326f + f)));
  }
}
