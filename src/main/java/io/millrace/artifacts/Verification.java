package io.millrace.artifacts;

import java.util.List;

/** What a scan of the whole store found: how many blobs and bytes it read, and what is damaged. */
public record Verification(long blobs, long bytes, List<Damage> damages) {
  public Verification {
    damages = List.copyOf(damages);
  }
}
