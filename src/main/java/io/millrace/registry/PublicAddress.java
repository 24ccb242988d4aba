package io.millrace.registry;

import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * Says which addresses are of the public internet, after IANA's special-purpose address registries.
 * What stands for an IPv4 address within IPv6 is not, whatever it stands for.
 */
final class PublicAddress {
  private record Block(int[] start, int bits) {
    boolean holds(byte[] address) {
      for (int bit = 0; bit < bits; bit += 8) {
        int mask = bits - bit >= 8 ? 0xff : 0xff << (8 - (bits - bit)) & 0xff;
        int expected = bit / 8 < start.length ? start[bit / 8] : 0;
        if ((address[bit / 8] & mask) != (expected & mask)) return false;
      }
      return true;
    }
  }

  private static final Block[] NOT_IPV4 = {
    block(8, 0), // this network
    block(8, 10), // private
    block(10, 100, 64), // carriers' own, and some clouds' metadata
    block(8, 127), // loopback
    block(32, 168, 63, 129, 16), // a cloud's metadata
    block(16, 169, 254), // link-local, and clouds' metadata
    block(12, 172, 16), // private
    block(24, 192, 0, 0), // protocols, and a cloud's metadata
    block(24, 192, 0, 2), // documentation
    block(24, 192, 88, 99), // relays of 6to4
    block(16, 192, 168), // private
    block(15, 198, 18), // benchmarks
    block(24, 198, 51, 100), // documentation
    block(24, 203, 0, 113), // documentation
    block(4, 224), // multicast
    block(4, 240) // reserved, and broadcast
  };
  private static final Block GLOBAL_UNICAST = block(3, 0x20);
  private static final Block[] NOT_IPV6 = {
    block(23, 0x20, 0x01), // protocols, Teredo among them
    block(32, 0x20, 0x01, 0x0d, 0xb8), // documentation
    block(16, 0x20, 0x02), // 6to4
    block(20, 0x3f, 0xff) // documentation
  };

  private PublicAddress() {}

  private static Block block(int bits, int... start) {
    return new Block(start, bits);
  }

  static boolean is(InetAddress address) {
    var bytes = address.getAddress();
    if (address instanceof Inet4Address) return outside(NOT_IPV4, bytes);
    return GLOBAL_UNICAST.holds(bytes) && outside(NOT_IPV6, bytes);
  }

  private static boolean outside(Block[] refused, byte[] address) {
    for (var block : refused) if (block.holds(address)) return false;
    return true;
  }
}
