package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Unsupported;
import org.junit.jupiter.api.Test;

final class NativesTest {
  private static final String GLIBC =
      "7f00-7f01 r-xp 0 08:01 1 /usr/lib/x86_64-linux-gnu/libc.so.6";
  private static final String MUSL = "7f00-7f01 r-xp 0 08:01 1 /lib/ld-musl-x86_64.so.1";

  @Test
  void theSupportedPlatformsPass() {
    Natives.check("Linux", "amd64", GLIBC);
    Natives.check("Linux", "aarch64", "");
    Natives.check("Mac OS X", "aarch64", "");
  }

  @Test
  void othersAreToldWhatToUse() {
    assertThatThrownBy(() -> Natives.check("Windows 11", "amd64", ""))
        .isInstanceOf(Unsupported.class)
        .hasMessageStartingWith("this machine is windows-11-x86_64, and Millrace runs on");
    assertThatThrownBy(() -> Natives.check("Linux", "amd64", MUSL))
        .isInstanceOf(Unsupported.class)
        .hasMessageStartingWith("this machine is linux-x86_64 with musl as its C library, and")
        .hasMessageContaining("glibc");
  }
}
