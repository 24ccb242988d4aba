package io.millrace.experiments;

import io.millrace.base.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reads histories of metrics. A short one is read whole, put in order, and freed of values that
 * were sent twice; of a long one only the chunks that are needed are read, in the order in which
 * they came.
 */
final class History {
  /** Up to here a history is read whole. */
  static final int SHORT = 100_000;

  static final Comparator<Metric> BY_TIME =
      Comparator.comparing(Metric::at)
          .thenComparingLong(Metric::step)
          .thenComparingDouble(Metric::value);
  static final Comparator<Metric> BY_STEP =
      Comparator.comparingLong(Metric::step)
          .thenComparing(Metric::at)
          .thenComparingDouble(Metric::value);

  private final MetricStore store;
  private final Snapshot snapshot;
  private final String key;
  private final List<MetricStore.Piece> pieces;

  History(MetricStore store, Snapshot snapshot, long run, String key) {
    this.store = store;
    this.snapshot = snapshot;
    this.key = key;
    this.pieces = store.pieces(snapshot, run, key);
  }

  long points() {
    return pieces.stream().mapToLong(MetricStore.Piece::points).sum();
  }

  /** A part of the history by time; the last part has fewer points than asked for. */
  List<Metric> page(long offset, int limit) {
    if (points() <= SHORT) {
      var all = whole(pieces, BY_TIME);
      int from = (int) Math.min(offset, all.size());
      return all.subList(from, Math.min(all.size(), from + limit));
    }
    var page = new ArrayList<Metric>();
    for (var piece : pieces) {
      if (piece.before() + piece.points() <= offset) continue;
      if (piece.before() >= offset + limit) break;
      long[] place = {piece.before()};
      Points.read(
          key,
          store.data(snapshot, piece),
          point -> {
            if (place[0] >= offset && place[0] < offset + limit) page.add(point);
            place[0]++;
          });
    }
    page.sort(BY_TIME);
    return page;
  }

  /**
   * At most that many points of the steps from first to last, evenly chosen by their place, with
   * the first and the last of them.
   */
  List<Metric> sample(long firstStep, long lastStep, int most) {
    var inside =
        pieces.stream()
            .filter(p -> p.lastStep() >= firstStep && p.firstStep() <= lastStep)
            .toList();
    long points = inside.stream().mapToLong(MetricStore.Piece::points).sum();
    if (points <= SHORT) {
      var all =
          whole(inside, BY_STEP).stream()
              .filter(m -> m.step() >= firstStep && m.step() <= lastStep)
              .toList();
      var chosen = new ArrayList<Metric>();
      for (long place : places(all.size(), most)) chosen.add(all.get((int) place));
      return chosen;
    }
    var chosen = new ArrayList<Metric>();
    int piece = 0;
    long before = 0;
    long loaded = -1;
    byte[] data = {};
    for (long place : places(points, most)) {
      while (place >= before + inside.get(piece).points()) before += inside.get(piece++).points();
      if (loaded != piece) data = store.data(snapshot, inside.get(piece));
      loaded = piece;
      var point = Points.at(key, data, (int) (place - before));
      if (point.step() >= firstStep && point.step() <= lastStep) chosen.add(point);
    }
    chosen.sort(BY_STEP);
    return chosen;
  }

  /** The least and the greatest value in each of at most that many stretches of the history. */
  List<Stretch> stretches(int most) {
    var result = new ArrayList<Stretch>();
    if (points() <= SHORT) {
      var all = whole(pieces, BY_STEP);
      int size = Math.max(1, (all.size() + most - 1) / most);
      for (int from = 0; from < all.size(); from += size) {
        var some = all.subList(from, Math.min(all.size(), from + size));
        var numbers =
            some.stream()
                .mapToDouble(Metric::value)
                .filter(v -> !Double.isNaN(v))
                .summaryStatistics();
        result.add(
            new Stretch(
                some.getFirst().step(),
                some.getLast().step(),
                some.size(),
                numbers.getMin(),
                numbers.getMax()));
      }
      return result;
    }
    int size = Math.max(1, (pieces.size() + most - 1) / most);
    for (int from = 0; from < pieces.size(); from += size) {
      var some = pieces.subList(from, Math.min(pieces.size(), from + size));
      result.add(
          new Stretch(
              some.stream().mapToLong(MetricStore.Piece::firstStep).min().orElseThrow(),
              some.stream().mapToLong(MetricStore.Piece::lastStep).max().orElseThrow(),
              some.stream().mapToLong(MetricStore.Piece::points).sum(),
              some.stream().mapToDouble(p -> p.range()[0]).min().orElseThrow(),
              some.stream().mapToDouble(p -> p.range()[1]).max().orElseThrow()));
    }
    return result;
  }

  private List<Metric> whole(List<MetricStore.Piece> some, Comparator<Metric> order) {
    var all = new ArrayList<Metric>();
    for (var piece : some) Points.read(key, store.data(snapshot, piece), all::add);
    all.sort(order);
    var distinct = new ArrayList<Metric>(all.size());
    for (var metric : all)
      if (distinct.isEmpty() || order.compare(distinct.getLast(), metric) != 0)
        distinct.add(metric);
    return distinct;
  }

  private static long[] places(long count, int most) {
    if (count <= most) return java.util.stream.LongStream.range(0, count).toArray();
    if (most == 1) return new long[] {count - 1};
    var places = new long[most];
    for (int i = 0; i < most; i++) places[i] = Math.round((double) i * (count - 1) / (most - 1));
    return places;
  }
}
