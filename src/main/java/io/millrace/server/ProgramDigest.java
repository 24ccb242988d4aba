package io.millrace.server;

import io.millrace.base.Digest;
import io.millrace.base.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The digest of the program's own code: steps run by another program are other steps. */
final class ProgramDigest {
  private ProgramDigest() {}

  /** That of the jar; of the version alone where the classes lie open, as in tests. */
  static String compute() {
    var source = ProgramDigest.class.getProtectionDomain().getCodeSource();
    if (source == null) return version();
    try {
      var place = Path.of(source.getLocation().toURI());
      if (!Files.isRegularFile(place)) return version();
      var digest = Digest.sha256();
      digest.update(Files.readAllBytes(place));
      return Digest.of(digest).hex();
    } catch (URISyntaxException e) {
      return version();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String version() {
    return Digest.of(Program.version()).hex();
  }
}
