package io.millrace.serving.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrpcFramesTest {
  @Test
  void messagesComeOutWhereverTheConnectionCutsThem() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      var sent = new ArrayList<byte[]>();
      var wire = Buffer.buffer();
      for (int i = random.nextInt(5); i > 0; i--) {
        var message = new byte[random.nextInt(300)];
        random.nextBytes(message);
        sent.add(message);
        wire.appendBuffer(GrpcFrames.frame(message));
      }
      var frames = new GrpcFrames(300);
      var got = new ArrayList<byte[]>();
      for (int at = 0; at < wire.length(); ) {
        int to = Math.min(wire.length(), at + 1 + random.nextInt(100));
        frames.add(wire.getBuffer(at, to)).forEach(message -> got.add(message.bytes()));
        at = to;
      }
      frames.end();
      assertThat(got.toArray(byte[][]::new))
          .as("seed %d, round %d", seed, round)
          .isDeepEqualTo(sent.toArray(byte[][]::new));
    }
  }

  @Test
  void whatIsTooLargeIsRefusedByItsPrefix() {
    var prefix = Buffer.buffer().appendByte((byte) 0).appendInt(-1);
    assertThatThrownBy(() -> new GrpcFrames(100).add(prefix))
        .isInstanceOf(TooLarge.class)
        .hasMessage(
            "a message may have 100 bytes at most, and this one has 4294967295: send less at once");
  }

  @Test
  void whatIsNoMessageIsRefused() {
    assertThatThrownBy(() -> new GrpcFrames(100).add(Buffer.buffer("hello")))
        .isInstanceOf(InvalidInput.class);
    var cut = new GrpcFrames(100);
    assertThat(cut.add(GrpcFrames.frame(new byte[9]).getBuffer(0, 8))).isEmpty();
    assertThatThrownBy(cut::end)
        .hasMessage("the call ended within a message, after 8 of its bytes");
  }

  @ParameterizedTest
  @CsvSource({"100m,100000", "2S,2000000", "7u,7", "5000n,5", "1M,60000000", "x,-1", "9,-1"})
  void timeoutsAreReadInEveryUnit(String header, long micros) {
    assertThat(GrpcCall.timeoutMicros(header)).isEqualTo(micros);
  }

  @Test
  void messagesOfFailuresAreReadableInAHeader() {
    assertThat(GrpcStatus.of(new InvalidInput("100% \"è\"\n")))
        .extracting(GrpcStatus::code, GrpcStatus::header)
        .containsExactly(3, "100%25 \"%C3%A8\"%0A");
  }
}
