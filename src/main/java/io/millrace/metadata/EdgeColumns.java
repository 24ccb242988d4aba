package io.millrace.metadata;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The graph's edges as columns of numbers. Each artifact and each execution is the head of two
 * lists, of what it is input of or reads and of what it is output of or makes; an edge is a link of
 * one list of each. Edges are only added, so that what is known of the first N of them stays true.
 * 24 bytes an edge, 8 a node. Not thread-safe while edges are added.
 */
final class EdgeColumns {
  private int size;
  private int[] seqs = new int[64];
  private int[] executions = new int[64];
  private int[] artifacts = new int[64];

  /** Twice the number of its role, and 1 more for an output. */
  private int[] kinds = new int[64];

  private int[] nextOfArtifact = new int[64];
  private int[] nextOfExecution = new int[64];

  /** By side, then by id: one more than the newest edge; 0 if there is none. */
  private final int[][] headOfArtifact = {new int[64], new int[64]};

  private final int[][] headOfExecution = {new int[64], new int[64]};
  private final List<String> roles = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();

  int size() {
    return size;
  }

  /** The number of the edge added last. */
  int lastSeq() {
    return size == 0 ? 0 : seqs[size - 1];
  }

  /** How many of the edges have numbers up to that. */
  int upTo(int seq) {
    if (seq >= lastSeq()) return size;
    int at = Arrays.binarySearch(seqs, 0, size, seq);
    return at >= 0 ? at + 1 : -at - 1;
  }

  /** Adds an edge whose number is greater than all before. */
  void add(int seq, int execution, int artifact, boolean made, String role) {
    if (size == seqs.length) grow();
    var known = numbers.get(role);
    int number = known != null ? known : number(role);
    int side = made ? 1 : 0;
    seqs[size] = seq;
    executions[size] = execution;
    artifacts[size] = artifact;
    kinds[size] = number << 1 | side;
    nextOfArtifact[size] = link(headOfArtifact, side, artifact);
    nextOfExecution[size] = link(headOfExecution, side, execution);
    size++;
  }

  private int number(String role) {
    roles.add(role);
    numbers.put(role, roles.size() - 1);
    return roles.size() - 1;
  }

  /** Makes the new edge the head of a list; what was the head before. */
  private int link(int[][] heads, int side, int id) {
    if (id >= heads[side].length)
      heads[side] = Arrays.copyOf(heads[side], Math.max(id + 1, larger(heads[side].length)));
    int before = heads[side][id];
    heads[side][id] = size + 1;
    return before;
  }

  private void grow() {
    int length = larger(size);
    seqs = Arrays.copyOf(seqs, length);
    executions = Arrays.copyOf(executions, length);
    artifacts = Arrays.copyOf(artifacts, length);
    kinds = Arrays.copyOf(kinds, length);
    nextOfArtifact = Arrays.copyOf(nextOfArtifact, length);
    nextOfExecution = Arrays.copyOf(nextOfExecution, length);
  }

  private static int larger(int length) {
    return length + (length >> 1);
  }

  int execution(int edge) {
    return executions[edge];
  }

  int artifact(int edge) {
    return artifacts[edge];
  }

  Lineage.Edge edge(int edge) {
    return new Lineage.Edge(
        new ExecutionId(executions[edge]),
        new ArtifactId(artifacts[edge]),
        (kinds[edge] & 1) == 1 ? Lineage.Side.OUTPUT : Lineage.Side.INPUT,
        roles.get(kinds[edge] >> 1));
  }

  /** The newest of the artifact's edges on that side, or -1. */
  int firstOfArtifact(int artifact, Lineage.Side side) {
    return first(headOfArtifact, artifact, side);
  }

  /** The newest of the execution's edges on that side, or -1. */
  int firstOfExecution(int execution, Lineage.Side side) {
    return first(headOfExecution, execution, side);
  }

  private static int first(int[][] heads, int id, Lineage.Side side) {
    var ofSide = heads[side == Lineage.Side.OUTPUT ? 1 : 0];
    return id < ofSide.length ? ofSide[id] - 1 : -1;
  }

  /** The next older edge of the same artifact and side, or -1. */
  int nextOfArtifact(int edge) {
    return nextOfArtifact[edge] - 1;
  }

  /** The next older edge of the same execution and side, or -1. */
  int nextOfExecution(int edge) {
    return nextOfExecution[edge] - 1;
  }
}
