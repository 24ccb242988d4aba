package io.millrace.experiments;

import static io.millrace.experiments.ExperimentsRoom.NOW;
import static io.millrace.experiments.ExperimentsRoom.metric;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsTest {
  @TempDir Path folder;
  private ExperimentsRoom room;

  @BeforeEach
  void open() {
    room = new ExperimentsRoom(folder);
  }

  @AfterEach
  void close() {
    room.close();
  }

  /**
   * What was logged is what is read, in order and once, however it was cut into requests and
   * repeated.
   */
  @Test
  void historiesAndLatestValuesAreThoseOfAllThatWasLogged() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 8; round++) {
      var where = "seed %d, round %d".formatted(seed, round);
      var run = room.run("r" + round);
      var logged = new HashMap<String, List<Metric>>();
      var sent = new ArrayList<Metric[]>();
      for (int request = 0; request < 40; request++) {
        var batch = new Metric[1 + random.nextInt(200)];
        for (int i = 0; i < batch.length; i++) {
          double value = random.nextInt(20) == 0 ? Double.NaN : random.nextInt(5);
          batch[i] =
              new Metric(
                  "key" + random.nextInt(3),
                  value,
                  NOW.plusMillis(random.nextInt(50)),
                  random.nextInt(400));
          logged.computeIfAbsent(batch[i].key(), _ -> new ArrayList<>()).add(batch[i]);
        }
        room.metrics(run.id(), batch);
        sent.add(batch);
        if (random.nextInt(4) == 0) room.metrics(run.id(), sent.get(random.nextInt(sent.size())));
        if (random.nextInt(6) == 0) room.runs.data(run.id());
      }
      var latest = new HashMap<String, Metric>();
      room.runs.data(run.id()).metrics().forEach(m -> latest.put(m.key(), m));
      logged.forEach((key, metrics) -> {
        var distinct = new ArrayList<>(new LinkedHashSet<>(metrics));
        distinct.sort(History.BY_TIME);
        assertThat(room.runs.history(run.id(), key, 0, 1_000_000)).as(where).isEqualTo(distinct);
        int offset = random.nextInt(distinct.size());
        assertThat(room.runs.history(run.id(), key, offset, 7))
            .as(where)
            .isEqualTo(distinct.subList(offset, Math.min(distinct.size(), offset + 7)));
        var last = metrics.stream().reduce((a, b) -> b.supersedes(a) ? b : a).orElseThrow();
        assertThat(latest.get(key)).as(where).isEqualTo(last);
      });
    }
  }

  @Test
  void aLongHistoryIsSampledWithItsEndsAndItsRanges() {
    var run = room.run("long");
    int points = History.SHORT + 50_000;
    for (int from = 0; from < points; from += 10_000) {
      int first = from;
      room.metrics(
          run.id(),
          IntStream.range(0, 10_000)
              .mapToObj(i -> metric("loss", Math.sin((first + i) / 1_000.0), first + i))
              .toArray(Metric[]::new));
    }
    var sample = room.runs.sample(run.id(), "loss", Long.MIN_VALUE, Long.MAX_VALUE, 320);
    assertThat(sample).hasSize(320).isSortedAccordingTo(History.BY_STEP);
    assertThat(sample.getFirst().step()).isZero();
    assertThat(sample.getLast().step()).isEqualTo(points - 1);
    assertThat(room.runs.sample(run.id(), "loss", 1_000, 1_099, 50))
        .hasSize(50)
        .allMatch(m -> m.step() >= 1_000 && m.step() < 1_100);
    assertThat(room.runs.sample(run.id(), "loss", 0, points, 1))
        .extracting(Metric::step)
        .containsExactly(points - 1L);
    var stretches = room.runs.stretches(run.id(), "loss", 50);
    assertThat(stretches.stream().mapToLong(Stretch::points).sum()).isEqualTo(points);
    assertThat(stretches.stream().mapToDouble(Stretch::greatest).max().orElseThrow())
        .isGreaterThan(0.999);
    assertThat(stretches.stream().mapToDouble(Stretch::least).min().orElseThrow())
        .isLessThan(-0.999);
    var pages = new ArrayList<Metric>();
    for (long offset = 0; offset < points; offset += 25_000)
      pages.addAll(room.runs.history(run.id(), "loss", offset, 25_000));
    assertThat(pages)
        .extracting(Metric::step)
        .containsExactlyElementsOf(IntStream.range(0, points).mapToObj(Long::valueOf).toList());
  }

  @Test
  void infiniteValuesBecomeTheLargest() {
    var run = room.run("r");
    room.metrics(
        run.id(),
        metric("m", Double.POSITIVE_INFINITY, 0),
        metric("n", Double.NEGATIVE_INFINITY, 0));
    assertThat(room.runs.data(run.id()).metrics())
        .extracting(Metric::value)
        .containsExactly(Double.MAX_VALUE, -Double.MAX_VALUE);
  }

  @Test
  void manyWritersOnOneRunLoseNothing() throws Exception {
    var run = room.run("shared");
    var threads = new ArrayList<Thread>();
    for (int writer = 0; writer < 64; writer++) {
      int number = writer;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int step = 0; step < 50; step++)
                  room.metrics(run.id(), metric("m" + number % 4, number, number * 50L + step));
              }));
    }
    for (var thread : threads) thread.join();
    long points = 0;
    for (int key = 0; key < 4; key++)
      points += room.runs.history(run.id(), "m" + key, 0, 100_000).size();
    assertThat(points).isEqualTo(64 * 50);
  }
}
