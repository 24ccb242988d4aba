package io.millrace.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A Kafka in a process of its own, which can be killed and started again on the same folder. */
public final class BrokerProcess implements AutoCloseable {
  private final String address = "127.0.0.1:" + KafkaBroker.freePort();
  private final String controller = "127.0.0.1:" + KafkaBroker.freePort();
  private final Path folder;
  private Process process;

  public BrokerProcess(Path folder) throws IOException {
    this.folder = folder;
    process = started();
  }

  private Process started() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx384m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            BrokerProcess.class.getName(),
            address,
            controller,
            folder.toString())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("broker.log").toFile())
        .start();
  }

  public String address() {
    return address;
  }

  /** As kill -9; returns when it is gone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  public void startAgain() throws IOException {
    process = started();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** Serves until its input ends, as it does when the test is gone. */
  public static void main(String[] arguments) throws Exception {
    var server = KafkaBroker.serve(arguments[0], arguments[1], Path.of(arguments[2]), Map.of());
    var _ = System.in.readAllBytes();
    server.shutdown();
  }
}
