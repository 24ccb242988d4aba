package io.millrace.artifacts;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A file that comes in parts and is not whole yet.
 *
 * @param id nobody can guess it: who knows it may send parts
 * @param path what the file will be called
 * @param parts how many there will be, numbered from 1
 * @param here those that have come, by number
 */
public record Upload(String id, String path, int parts, SortedMap<Integer, Entry> here) {
  public Upload {
    here = Collections.unmodifiableSortedMap(new TreeMap<>(here));
  }
}
