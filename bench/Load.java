import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests that come at their own time, whatever the server does: what they take counts from then.
 */
final class Load {
  /** Answers by kind; the times of those with 200, and of all others, in milliseconds, sorted. */
  record Result(double seconds, double[] good, double[] others, String firstOther) {
    double goodPerSecond() {
      return good.length / seconds;
    }
  }

  static double quantile(double[] sorted, double q) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[(int) Math.min(sorted.length - 1, q * sorted.length)];
  }

  interface During {
    void run() throws Exception;
  }

  /**
   * @param rate a second; 0 for as fast as the connections allow
   * @param during runs beside it; the load ends when it ends, and not before the seconds are over
   */
  static Result run(
      String url,
      String path,
      byte[] body,
      int connections,
      double rate,
      double seconds,
      During during)
      throws Exception {
    var next = new AtomicLong();
    var good = new ArrayList<double[]>();
    var others = new ArrayList<double[]>();
    var firstOther = new String[1];
    long begin = System.nanoTime() + 50_000_000;
    var end = new AtomicLong(Long.MAX_VALUE);
    var threads = new ArrayList<Thread>();
    for (int c = 0; c < connections; c++)
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                var mine = new double[1024];
                int n = 0;
                var failed = new double[16];
                int f = 0;
                try (var wire = new Wire(url)) {
                  while (true) {
                    long due =
                        rate == 0
                            ? System.nanoTime()
                            : begin + (long) (next.getAndIncrement() * 1e9 / rate);
                    for (long now = System.nanoTime(); now < due; now = System.nanoTime())
                      LockSupport.parkNanos(due - now);
                    if (System.nanoTime() >= end.get()) break;
                    long sent = System.nanoTime();
                    boolean ok;
                    try {
                      wire.post(path, body);
                      ok = true;
                    } catch (java.io.IOException e) {
                      ok = false;
                      if (firstOther[0] == null) firstOther[0] = e.getMessage();
                    }
                    // A refusal counts from when the request was sent.
                    double took = (System.nanoTime() - (ok ? due : sent)) / 1e6;
                    if (ok) {
                      if (n == mine.length) mine = Arrays.copyOf(mine, 2 * n);
                      mine[n++] = took;
                    } else {
                      if (f == failed.length) failed = Arrays.copyOf(failed, 2 * f);
                      failed[f++] = took;
                    }
                  }
                }
                synchronized (good) {
                  good.add(Arrays.copyOf(mine, n));
                  others.add(Arrays.copyOf(failed, f));
                }
              }));
    long started = System.nanoTime();
    during.run();
    long left = (long) (seconds * 1e9) - (System.nanoTime() - started);
    if (left > 0) Thread.sleep(left / 1_000_000);
    end.set(System.nanoTime());
    for (var thread : threads) thread.join();
    double took = (end.get() - Math.max(begin, started)) / 1e9;
    return new Result(took, sorted(good), sorted(others), firstOther[0]);
  }

  private static double[] sorted(ArrayList<double[]> parts) {
    var all = parts.stream().flatMapToDouble(Arrays::stream).toArray();
    Arrays.sort(all);
    return all;
  }
}
