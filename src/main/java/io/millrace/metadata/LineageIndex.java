package io.millrace.metadata;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Walks the graph in memory, where a million edges take tens of milliseconds; a recursive query
 * that only counts takes forty times as long. Nothing tells it of commits: each question first
 * reads the edges whose numbers are greater than those it has, then looks only at those that the
 * question's own view of the database holds. The edges are given up where memory is short, and read
 * anew by the next question. Thread-safe.
 */
final class LineageIndex {
  /** Of a graph with more edges than this nothing is kept in memory. */
  static final int MOST_EDGES = 5_000_000;

  private final LineageStore store;
  private final int most;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private SoftReference<EdgeColumns> kept = new SoftReference<>(new EdgeColumns());

  LineageIndex(LineageStore store, int most) {
    this.store = store;
    this.most = most;
  }

  /** What is reached from there within depth executions; empty if the graph is too large. */
  Optional<Reached> reached(Snapshot s, ArtifactId root, Direction direction, int depth) {
    if (s instanceof Transaction)
      throw new IllegalStateException("lineage is asked for on a view of its own");
    long last = store.lastSeq(s);
    if (last > most) return Optional.empty();
    var edges = caughtUp(s, (int) last);
    lock.readLock().lock();
    try {
      var walk = new Walk(edges, edges.upTo((int) last));
      if (direction != Direction.DOWN) walk.from(root, Lineage.Side.OUTPUT, depth);
      if (direction != Direction.UP) walk.from(root, Lineage.Side.INPUT, depth);
      return Optional.of(new Reached(walk.ids(root), () -> told(walk)));
    } finally {
      lock.readLock().unlock();
    }
  }

  private List<Lineage.Edge> told(Walk walk) {
    lock.readLock().lock();
    try {
      return walk.told();
    } finally {
      lock.readLock().unlock();
    }
  }

  private EdgeColumns caughtUp(Snapshot s, int last) {
    lock.writeLock().lock();
    try {
      var edges = kept.get();
      if (edges == null) {
        edges = new EdgeColumns();
        kept = new SoftReference<>(edges);
      }
      if (edges.lastSeq() < last) store.readSince(s, edges.lastSeq(), edges);
      return edges;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** One question: breadth first, each artifact and each execution once a direction. */
  private static final class Walk {
    private final EdgeColumns edges;

    /** The edges before this one are those of the question's view. */
    private final int limit;

    private final BitSet artifacts = new BitSet();
    private final BitSet executions = new BitSet();
    private final BitSet walked;

    Walk(EdgeColumns edges, int limit) {
      this.edges = edges;
      this.limit = limit;
      this.walked = new BitSet(limit);
    }

    /**
     * @param near the side of an execution from which it is come to
     */
    void from(ArtifactId root, Lineage.Side near, int depth) {
      var far = near == Lineage.Side.INPUT ? Lineage.Side.OUTPUT : Lineage.Side.INPUT;
      var seen = new BitSet();
      var passed = new BitSet();
      int[] level = {Math.toIntExact(root.value())};
      seen.set(level[0]);
      for (int d = 0; d < depth && level.length > 0; d++) {
        int[] next = new int[16];
        int count = 0;
        for (int artifact : level) {
          for (int n = edges.firstOfArtifact(artifact, near); n >= 0; n = edges.nextOfArtifact(n)) {
            if (n >= limit) continue;
            walked.set(n);
            int execution = edges.execution(n);
            if (passed.get(execution)) continue;
            passed.set(execution);
            for (int f = edges.firstOfExecution(execution, far);
                f >= 0;
                f = edges.nextOfExecution(f)) {
              if (f >= limit) continue;
              walked.set(f);
              int reached = edges.artifact(f);
              if (seen.get(reached)) continue;
              seen.set(reached);
              if (count == next.length) next = Arrays.copyOf(next, 2 * count);
              next[count++] = reached;
            }
          }
        }
        level = Arrays.copyOf(next, count);
      }
      artifacts.or(seen);
      executions.or(passed);
    }

    LineageIds ids(ArtifactId root) {
      return new LineageIds(
          root,
          artifacts.stream().mapToObj(ArtifactId::new).toList(),
          executions.stream().mapToObj(ExecutionId::new).toList(),
          walked.cardinality());
    }

    /** By execution, its inputs first. */
    private List<Lineage.Edge> told() {
      return walked.stream().mapToObj(edges::edge).sorted(ORDER).toList();
    }
  }

  private static final Comparator<Lineage.Edge> ORDER =
      Comparator.<Lineage.Edge>comparingLong(e -> e.execution().value())
          .thenComparing(Lineage.Edge::direction)
          .thenComparingLong(e -> e.artifact().value())
          .thenComparing(Lineage.Edge::role);
}
