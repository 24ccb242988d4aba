package io.millrace.serving.oip;

import io.millrace.base.Conflict;
import io.millrace.base.Damaged;
import io.millrace.base.Expired;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Overloaded;
import io.millrace.base.Refused;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import io.millrace.base.Unsupported;
import java.nio.charset.StandardCharsets;

/** How a gRPC call ends: a code, and what is said about it. */
record GrpcStatus(int code, String message) {
  static final int OK = 0;
  static final int CANCELLED = 1;
  static final int DEADLINE_EXCEEDED = 4;
  static final int INTERNAL = 13;

  /** Clients read no more of the headers than 8 KiB. */
  private static final int MOST_SENT = 4096;

  /** The one table from what a room throws to gRPC's codes. */
  static GrpcStatus of(Failure failure) {
    int code =
        switch (failure) {
          case InvalidInput _ -> 3;
          case NotFound _ -> 5;
          case Conflict _ -> 6;
          case Refused _ -> 7;
          case Expired _ -> DEADLINE_EXCEEDED;
          case TooLarge _, Overloaded _ -> 8;
          case Unsupported _ -> 12;
          case Damaged _ -> INTERNAL;
          case Unavailable _ -> 14;
        };
    var message = failure.getMessage();
    return new GrpcStatus(code, message == null ? failure.getClass().getSimpleName() : message);
  }

  /** The message as a header holds it: what is not plain ASCII, and %, as %XX of its UTF-8. */
  String header() {
    var encoded = new StringBuilder();
    for (byte octet : message.getBytes(StandardCharsets.UTF_8)) {
      if (encoded.length() >= MOST_SENT) break;
      if (octet >= ' ' && octet <= '~' && octet != '%') encoded.append((char) octet);
      else encoded.append("%%%02X".formatted(octet));
    }
    return encoded.toString();
  }
}
