package io.millrace.registry;

import io.millrace.base.InvalidInput;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a webhook's deliveries go: an http or https URL whose host can be read in one way only.
 *
 * @param text as it was given
 */
public record WebhookUrl(String text) {
  private static final int LONGEST = 2_048;
  private static final Pattern NAME =
      Pattern.compile("(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)*[A-Za-z0-9-]{1,63}");
  private static final Pattern IPV6 = Pattern.compile("\\[[0-9A-Fa-f:.]{2,45}]");
  // What some read as decimal, others as octal or as one large number, is refused.
  private static final Pattern ENDS_IN_NUMBER =
      Pattern.compile("(?:.*\\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)");
  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile("(?:" + BYTE + "\\.){3}" + BYTE);

  public WebhookUrl {
    if (text.length() > LONGEST)
      throw new InvalidInput(
          "webhook URL of %d characters, expected at most %d".formatted(text.length(), LONGEST));
    var uri = uri(text);
    var scheme = uri.getScheme();
    if (scheme == null
        || !(scheme.equalsIgnoreCase("https") || scheme.equalsIgnoreCase("http"))
        || uri.isOpaque()) throw invalid(text);
    if (uri.getRawUserInfo() != null || uri.getRawFragment() != null)
      throw new InvalidInput("webhook URL", text, "one without a user and without a fragment");
    var host = uri.getHost();
    if (host == null || uri.getPort() == 0 || uri.getPort() > 65_535) throw invalid(text);
    boolean clear =
        host.startsWith("[")
            ? IPV6.matcher(host).matches()
            : ENDS_IN_NUMBER.matcher(host).matches()
                ? IPV4.matcher(host).matches()
                : NAME.matcher(host).matches();
    if (!clear)
      throw new InvalidInput("host of a webhook URL", host, "a name, or an address in full");
  }

  private static URI uri(String text) {
    try {
      return new URI(text).parseServerAuthority();
    } catch (URISyntaxException e) {
      throw invalid(text);
    }
  }

  private static InvalidInput invalid(String text) {
    return new InvalidInput("webhook URL", text, "such as https://hooks.example.org/models");
  }

  boolean secure() {
    return "https".equals(uri(text).getScheme().toLowerCase(Locale.ROOT));
  }

  /** Without the brackets of an IPv6 address. */
  String host() {
    var host = uri(text).getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  int port() {
    int port = uri(text).getPort();
    return port > 0 ? port : secure() ? 443 : 80;
  }

  /** What the Host header says. */
  String authority() {
    return uri(text).getRawAuthority();
  }

  /** Path and query, as the request line has them. */
  String target() {
    var uri = URI.create(uri(text).toASCIIString());
    var path = uri.getRawPath();
    return (path == null || path.isEmpty() ? "/" : path)
        + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
  }

  @Override
  public String toString() {
    return text;
  }
}
