package io.millrace.pipelines;

import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Unavailable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Runs commands as processes of this machine, each the leader of a session of its own under a small
 * supervisor in sh. What is known of one lies in files below ROOT/NAME/runner, so that another
 * runner on the same root takes over where this one is gone.
 */
public final class ProcessRunner implements Runner {
  /** Where the runner's own files lie in the folder of an attempt. */
  static final String CONTROL = "runner";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+/[A-Za-z0-9_-]+");
  private static final Duration STARTING = Duration.ofSeconds(10);
  private static final long LONGEST_POLL_MILLIS = 150;
  private static final int MOST_READ = 1 << 20;

  private static final FileAttribute<?> OWN =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path root;

  public ProcessRunner(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  @Override
  public void start(String name, Command command) {
    var control = control(name);
    try {
      Files.createDirectories(control.getParent());
      try {
        Files.createDirectory(control, OWN); // What the command writes may hold its secrets.
      } catch (FileAlreadyExistsException e) {
        return;
      }
      Files.writeString(control.resolve("command.sh"), command.command() + "\n");
      var supervisor = control.resolve("supervisor.sh");
      try (var script = ProcessRunner.class.getResourceAsStream("supervisor.sh")) {
        if (script == null) throw new IllegalStateException("supervisor.sh is not in the program");
        Files.copy(script, supervisor);
      }
      var words = new ArrayList<>(Sessions.command());
      words.addAll(List.of("/bin/sh", supervisor.toString(), control.toString()));
      words.add(command.memory() == null ? "-" : String.valueOf(command.memory() >> 10));
      var builder =
          new ProcessBuilder(words)
              .directory(command.folder().toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectErrorStream(true)
              .redirectOutput(control.resolve("supervisor").toFile());
      builder.environment().clear();
      builder.environment().putAll(command.environment());
      awaitStart(control, builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void awaitStart(Path control, Process process) throws IOException {
    long deadline = System.nanoTime() + STARTING.toNanos();
    while (Supervised.read(control).isEmpty()) {
      if (!process.isAlive() && Supervised.read(control).isEmpty())
        throw new Unavailable(
            "the command could not be started: %s"
                .formatted(Files.readString(control.resolve("supervisor")).strip()));
      if (System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new Unavailable(
            "the command did not start within %d s; is this machine too busy?"
                .formatted(STARTING.toSeconds()));
      }
      pause(2);
    }
  }

  @Override
  public Optional<Status> find(String name) {
    var control = control(name);
    return Files.isDirectory(control) ? Optional.of(status(control)) : Optional.empty();
  }

  private static Status status(Path control) {
    try {
      var exit = exit(control);
      if (exit.isPresent()) return exit.get();
      var supervised = Supervised.read(control);
      boolean lives =
          supervised.isPresent()
              ? supervised.get().isAlive()
              : Files.getLastModifiedTime(control).toMillis()
                  > System.currentTimeMillis() - STARTING.toMillis();
      if (lives) return new Status.Running();
      // It may have ended between the two looks.
      return exit(control).orElseGet(Status.Lost::new);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The whole line of the file, since its writer may be half done. */
  private static Optional<Status> exit(Path control) throws IOException {
    var file = control.resolve("exit");
    if (!Files.exists(file)) return Optional.empty();
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    return text.endsWith("\n")
        ? Optional.of(new Status.Exited(Integer.parseInt(text.strip())))
        : Optional.empty();
  }

  @Override
  public Status await(String name, Duration longest) throws InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    for (long poll = 2; ; poll = Math.min(2 * poll, LONGEST_POLL_MILLIS)) {
      var status =
          find(name).orElseThrow(() -> new NotFound("command", name, "it was never started"));
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (!status.isRunning() || left <= 0) return status;
      Thread.sleep(Math.min(poll, left));
    }
  }

  @Override
  public byte[] logs(String name, long from) {
    var file = control(name).resolve("output");
    if (!Files.exists(file)) return new byte[0];
    try (var open = new RandomAccessFile(file.toFile(), "r")) {
      long length = open.length() - from;
      if (length <= 0) return new byte[0];
      open.seek(from);
      var read = new byte[(int) Math.min(length, MOST_READ)];
      open.readFully(read);
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void cancel(String name, Duration grace) {
    var control = control(name);
    if (!Files.isDirectory(control) || !status(control).isRunning()) return;
    try {
      var supervised = Supervised.read(control);
      if (supervised.isEmpty()) return;
      var process = supervised.get();
      // Those that made a session of their own are not of its group.
      var below = process.descendants();
      if (!grace.isZero()) {
        process.signal("TERM");
        long deadline = System.nanoTime() + grace.toNanos();
        while (status(control).isRunning() && System.nanoTime() < deadline) pause(10);
      }
      if (status(control).isRunning()) process.signal("KILL");
      below.forEach(ProcessHandle::destroyForcibly);
      while (process.isAlive()) pause(5);
      note(control);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** That it was killed, unless its supervisor noted another end. */
  private static void note(Path control) throws IOException {
    if (exit(control).isPresent()) return;
    try {
      Files.writeString(control.resolve("exit"), "137\n");
    } catch (NoSuchFileException e) {
      // Its folder has been deleted meanwhile: nobody will ask.
    }
  }

  @Override
  public List<String> names() {
    // Folders of runs that end meanwhile vanish.
    return Folders.list(root).stream()
        .flatMap(run -> Folders.list(run).stream())
        .filter(attempt -> Files.isDirectory(attempt.resolve(CONTROL)))
        .map(attempt -> root.relativize(attempt).toString().replace('\\', '/'))
        .sorted()
        .toList();
  }

  private Path control(String name) {
    if (!NAME.matcher(name).matches())
      throw new InvalidInput("name of a command", name, "RUN/STEP-ATTEMPT of A-Z a-z 0-9 _ -");
    return root.resolve(name).resolve(CONTROL);
  }

  /** Not cut short by an interruption, since what was begun here must be ended. */
  private static void pause(long millis) {
    long deadline = System.nanoTime() + millis * 1_000_000;
    boolean interrupted = Thread.interrupted();
    for (long left = millis; left > 0; left = (deadline - System.nanoTime()) / 1_000_000) {
      try {
        Thread.sleep(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }
}
