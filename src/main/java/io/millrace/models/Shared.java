package io.millrace.models;

import io.millrace.base.Futures;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Things that are open while anybody holds them: the first opens one, the last closes it. */
public final class Shared<K, T> {
  private final Consumer<T> closing;
  private final Map<K, Entry<T>> entries = new HashMap<>();

  /** A thing that is open, or on its way there, and how many hold it. Guarded by the map. */
  private static final class Entry<T> {
    final CompletableFuture<T> thing = new CompletableFuture<>();
    int holders;
  }

  /**
   * One holder's part.
   *
   * @param release to be called once
   */
  public record Hold<T>(T thing, Runnable release) {}

  public Shared(Consumer<T> closing) {
    this.closing = closing;
  }

  /** Opens the thing of that key, or joins those who hold it; throws what opening it throws. */
  public Hold<T> hold(K key, Supplier<T> opening) {
    Entry<T> entry;
    boolean first;
    synchronized (entries) {
      first = !entries.containsKey(key);
      entry = entries.computeIfAbsent(key, _ -> new Entry<>());
      entry.holders++;
    }
    if (first) open(entry, opening);
    try {
      return new Hold<>(Futures.join(entry.thing), () -> release(key, entry));
    } catch (RuntimeException | Error e) {
      release(key, entry);
      throw e;
    }
  }

  private static <T> void open(Entry<T> entry, Supplier<T> opening) {
    try {
      entry.thing.complete(opening.get());
    } catch (RuntimeException | Error e) {
      entry.thing.completeExceptionally(e);
    }
  }

  private void release(K key, Entry<T> entry) {
    synchronized (entries) {
      if (--entry.holders > 0) return;
      entries.remove(key, entry);
    }
    if (!entry.thing.isCompletedExceptionally()) closing.accept(Futures.join(entry.thing));
  }

  /** How many are open or being opened. */
  public int size() {
    synchronized (entries) {
      return entries.size();
    }
  }

  /** Those that are open now. */
  public List<T> open() {
    synchronized (entries) {
      return entries.values().stream()
          .map(entry -> entry.thing)
          .filter(thing -> thing.isDone() && !thing.isCompletedExceptionally())
          .map(CompletableFuture::join)
          .toList();
    }
  }
}
