package io.millrace.experiments.mlflow;

import io.millrace.base.InvalidInput;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where the next page begins, as a text that clients hand back. */
public final class PageToken {
  private static final Pattern SHAPE = Pattern.compile("\\{\"offset\": ?(\\d{1,12})\\}");

  private PageToken() {}

  public static String of(long offset) {
    return Base64.getEncoder()
        .encodeToString("{\"offset\": %d}".formatted(offset).getBytes(StandardCharsets.UTF_8));
  }

  /** 0 for none. */
  public static long offset(@Nullable String token) {
    if (token == null || token.isEmpty()) return 0;
    try {
      var text = new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8);
      var matcher = SHAPE.matcher(text);
      if (matcher.matches()) return Long.parseLong(matcher.group(1));
    } catch (IllegalArgumentException e) {
      // told below, as is any other text
    }
    throw new InvalidInput(
        "Invalid page token, decoded value is no offset; give the next_page_token of the page before");
  }
}
