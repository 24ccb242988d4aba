package io.millrace.pipelines;

import io.millrace.base.Unavailable;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** How a program is started as the leader of a session of its own. */
final class Sessions {
  private Sessions() {}

  /** What stands before the words of the program. */
  static List<String> command() {
    var setsid = onPath("setsid");
    if (setsid.isPresent()) return List.of(setsid.get().toString());
    // macOS has no setsid command.
    var perl = onPath("perl");
    if (perl.isPresent())
      return List.of(perl.get().toString(), "-MPOSIX", "-e", "setsid() >= 0 or die; exec @ARGV");
    throw new Unavailable(
        "run: steps need the command setsid (package util-linux) or perl on the server's PATH, which has neither");
  }

  private static Optional<Path> onPath(String program) {
    var path = System.getenv("PATH");
    if (path == null) return Optional.empty();
    return Pattern.compile(Pattern.quote(File.pathSeparator))
        .splitAsStream(path)
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
