package io.millrace.models;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import ai.onnxruntime.OrtSession;
import io.millrace.base.Unsupported;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The call of a session, straight by the runtime's C interface. The Java binding, which opens
 * sessions and describes them, takes for a call as long again as a small model does, and lacks
 * types: larger unsigned numbers, and halves. Thread-safe, until it is closed.
 */
@SuppressWarnings("restricted")
final class OrtCall implements AutoCloseable {
  /** What the runtime said, in its own words. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String said) {
      super(said);
    }
  }

  private static final Linker LINKER = Linker.nativeLinker();

  /** The interface's functions. Their order never changes: new ones come to the end. */
  private static final MemorySegment TABLE = table();

  private static final MethodHandle ERROR_MESSAGE = function(2, "p", JAVA_LONG, true);
  private static final MethodHandle RUN = function(9, "pppppppp", JAVA_LONG, false);
  private static final MethodHandle NEW_TEXTS = function(48, "pppip", JAVA_LONG, true);
  private static final MethodHandle NEW_TENSOR = function(49, "pppppip", JAVA_LONG, true);
  private static final MethodHandle DATA = function(51, "pp", JAVA_LONG, true);
  private static final MethodHandle FILL_TEXTS = function(52, "ppp", JAVA_LONG, false);
  private static final MethodHandle TEXTS_LENGTH = function(53, "pp", JAVA_LONG, false);
  private static final MethodHandle TEXTS = function(54, "ppppp", JAVA_LONG, false);
  private static final MethodHandle TYPE = function(60, "pp", JAVA_LONG, true);
  private static final MethodHandle RANK = function(61, "pp", JAVA_LONG, true);
  private static final MethodHandle SIZES = function(62, "ppp", JAVA_LONG, true);
  private static final MethodHandle INFO = function(65, "pp", JAVA_LONG, true);
  private static final MethodHandle PROCESSOR_MEMORY = function(69, "iip", JAVA_LONG, true);
  private static final MethodHandle ALLOCATOR = function(78, "p", JAVA_LONG, true);
  private static final MethodHandle RELEASE_STATUS = function(93, "p", null, true);
  private static final MethodHandle RELEASE_VALUE = function(96, "p", null, false);
  private static final MethodHandle RELEASE_INFO = function(99, "p", null, true);

  /** That tensors lie in this process's own memory, and who makes those that hold texts. */
  private static final long MEMORY;

  private static final long TEXT_ALLOCATOR;

  static {
    try (var arena = Arena.ofConfined()) {
      var out = arena.allocate(JAVA_LONG);
      check((long) PROCESSOR_MEMORY.invokeExact(0, 0, out.address()));
      MEMORY = out.get(JAVA_LONG, 0);
      check((long) ALLOCATOR.invokeExact(out.address()));
      TEXT_ALLOCATOR = out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final int ALIGNED = 16;

  /** As many sizes as most tensors have at most. */
  private static final int FEW = 8;

  private final long session;
  private final Signature signature;
  private final Arena names = Arena.ofShared();
  private final long[] inputNames;
  private final long[] outputNames;

  OrtCall(OrtSession session, Signature signature) {
    this.session = address(session);
    this.signature = signature;
    this.inputNames = written(signature.inputNames());
    this.outputNames = written(signature.outputNames());
  }

  private long[] written(List<String> texts) {
    return texts.stream().mapToLong(text -> names.allocateFrom(text).address()).toArray();
  }

  /** The binding keeps it to itself. */
  private static long address(OrtSession session) {
    try {
      var field = OrtSession.class.getDeclaredField("nativeHandle");
      field.setAccessible(true);
      return field.getLong(session);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("ONNX Runtime's Java binding is another than this was made for", e);
    }
  }

  private static MemorySegment table() {
    OrtRuntime.environment(); // loads the library
    var base =
        SymbolLookup.loaderLookup()
            .find("OrtGetApiBase")
            .orElseThrow(() -> new LinkageError("ONNX Runtime's library has no OrtGetApiBase"));
    try {
      var functions =
          (MemorySegment) LINKER.downcallHandle(base, FunctionDescriptor.of(ADDRESS)).invokeExact();
      var get = functions.reinterpret(ADDRESS.byteSize()).get(ADDRESS, 0);
      var table =
          (MemorySegment)
              LINKER.downcallHandle(get, FunctionDescriptor.of(ADDRESS, JAVA_INT)).invokeExact(1);
      return table.reinterpret(101 * ADDRESS.byteSize());
    } catch (Throwable e) {
      throw new LinkageError("ONNX Runtime's functions", e);
    }
  }

  /**
   * @param parameters a letter for each: p for an address or a size, i for an int
   * @param result null for none; an address otherwise, that of an error where it is not 0
   * @param quick whether it neither waits nor takes long, so that the JVM need not be told
   */
  private static MethodHandle function(
      int place, String parameters, @Nullable MemoryLayout result, boolean quick) {
    var layouts =
        parameters
            .chars()
            .mapToObj(letter -> letter == 'i' ? JAVA_INT : JAVA_LONG)
            .toArray(MemoryLayout[]::new);
    var descriptor =
        result == null
            ? FunctionDescriptor.ofVoid(layouts)
            : FunctionDescriptor.of(result, layouts);
    var address = TABLE.getAtIndex(ADDRESS, place);
    return quick
        ? LINKER.downcallHandle(address, descriptor, Linker.Option.critical(false))
        : LINKER.downcallHandle(address, descriptor);
  }

  private static void check(long status) throws Throwable {
    if (status == 0) return;
    var said =
        MemorySegment.ofAddress((long) ERROR_MESSAGE.invokeExact(status))
            .reinterpret(Long.MAX_VALUE)
            .getString(0);
    RELEASE_STATUS.invokeExact(status);
    throw new Refused(said);
  }

  /**
   * Answers inputs that fit the signature, in any order; null texts are given to the model as "".
   *
   * @param wanted places of outputs in the signature
   */
  List<Tensor> run(List<Tensor> inputs, int[] wanted) throws Refused {
    int given = inputs.size();
    long size = 8L * (2L * given + 2L * wanted.length + 1 + FEW);
    for (var input : inputs) size += 8L * input.shape().length + room(input);
    var values = new long[given + wanted.length];
    // The memory is given back at once, where direct buffers would wait for a garbage collection
    // that little heap use brings about late.
    try (var arena = Arena.ofConfined()) {
      var memory = SegmentAllocator.slicingAllocator(arena.allocate(size, ALIGNED));
      var names = memory.allocate(JAVA_LONG, given);
      var tensors = memory.allocate(JAVA_LONG, given);
      var outNames = memory.allocate(JAVA_LONG, wanted.length);
      var outTensors = memory.allocate(JAVA_LONG, wanted.length);
      var result = memory.allocate(JAVA_LONG);
      var few = memory.allocate(JAVA_LONG, FEW);
      for (int i = 0; i < given; i++) {
        var input = inputs.get(i);
        values[i] = give(memory, arena, input, result);
        names.setAtIndex(JAVA_LONG, i, inputNames[place(input, i)]);
        tensors.setAtIndex(JAVA_LONG, i, values[i]);
      }
      for (int i = 0; i < wanted.length; i++)
        outNames.setAtIndex(JAVA_LONG, i, outputNames[wanted[i]]);
      check(
          (long)
              RUN.invokeExact(
                  session,
                  0L,
                  names.address(),
                  tensors.address(),
                  (long) given,
                  outNames.address(),
                  (long) wanted.length,
                  outTensors.address()));
      for (int i = 0; i < wanted.length; i++)
        values[given + i] = outTensors.getAtIndex(JAVA_LONG, i);
      var answer = new ArrayList<Tensor>(wanted.length);
      for (int i = 0; i < wanted.length; i++)
        answer.add(
            take(signature.outputs().get(wanted[i]).name(), values[given + i], arena, few, result));
      return answer;
    } catch (Refused | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    } finally {
      for (long value : values) release(value);
    }
  }

  /** Where in the signature; given in its order as a rule. */
  private int place(Tensor input, int likely) {
    var fields = signature.inputs();
    if (fields.get(likely).name().equals(input.name())) return likely;
    for (int i = 0; i < fields.size(); i++) if (fields.get(i).name().equals(input.name())) return i;
    throw new IllegalArgumentException(input.name());
  }

  private static void release(long value) {
    if (value == 0) return;
    try {
      RELEASE_VALUE.invokeExact(value);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many bytes its elements take there at most, where they are no texts. */
  private static long room(Tensor tensor) {
    return ALIGNED + (long) width(tensor.datatype()) * tensor.size();
  }

  private static int width(DataType type) {
    return switch (type) {
      case BYTES -> 0;
      case BOOL, UINT8, INT8 -> 1;
      case UINT16, INT16, FP16, BF16 -> 2;
      case UINT32, INT32, FP32 -> 4;
      case UINT64, INT64, FP64 -> 8;
    };
  }

  /** The runtime's tensor over a copy in the memory, which must outlive it. */
  private static long give(
      SegmentAllocator memory, Arena arena, Tensor tensor, MemorySegment result) throws Throwable {
    var shape = tensor.shape();
    var sizes = memory.allocateFrom(JAVA_LONG, shape);
    if (tensor.datatype() == DataType.BYTES) return texts(arena, tensor, sizes, result);
    long bytes = (long) width(tensor.datatype()) * tensor.size();
    var to = memory.allocate(bytes, ALIGNED);
    copy(tensor.data(), to);
    check(
        (long)
            NEW_TENSOR.invokeExact(
                MEMORY,
                to.address(),
                bytes,
                sizes.address(),
                (long) shape.length,
                tensor.datatype().onnxNumber(),
                result.address()));
    return result.get(JAVA_LONG, 0);
  }

  private static void copy(Object from, MemorySegment to) {
    switch (from) {
      case float[] data -> MemorySegment.copy(data, 0, to, JAVA_FLOAT, 0, data.length);
      case double[] data -> MemorySegment.copy(data, 0, to, JAVA_DOUBLE, 0, data.length);
      case long[] data -> MemorySegment.copy(data, 0, to, JAVA_LONG, 0, data.length);
      case int[] data -> MemorySegment.copy(data, 0, to, JAVA_INT, 0, data.length);
      case short[] data -> MemorySegment.copy(data, 0, to, JAVA_SHORT, 0, data.length);
      case byte[] data -> MemorySegment.copy(data, 0, to, JAVA_BYTE, 0, data.length);
      case boolean[] data -> {
        for (int i = 0; i < data.length; i++) to.set(JAVA_BYTE, i, (byte) (data[i] ? 1 : 0));
      }
      default -> throw new IllegalArgumentException(from.getClass().toString());
    }
  }

  private static long texts(Arena arena, Tensor tensor, MemorySegment sizes, MemorySegment result)
      throws Throwable {
    check(
        (long)
            NEW_TEXTS.invokeExact(
                TEXT_ALLOCATOR,
                sizes.address(),
                (long) tensor.shape().length,
                tensor.datatype().onnxNumber(),
                result.address()));
    long value = result.get(JAVA_LONG, 0);
    try {
      var texts = tensor.texts();
      var addresses = arena.allocate(JAVA_LONG, texts.length);
      for (int i = 0; i < texts.length; i++)
        addresses.setAtIndex(JAVA_LONG, i, arena.allocateFrom(given(texts[i])).address());
      check((long) FILL_TEXTS.invokeExact(value, addresses.address(), (long) texts.length));
      return value;
    } catch (Throwable e) {
      release(value);
      throw e;
    }
  }

  private static String given(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** A copy on the heap. */
  private static Tensor take(
      String name, long value, Arena arena, MemorySegment few, MemorySegment result)
      throws Throwable {
    if (value == 0) throw new Unsupported("output \"%s\" has no value".formatted(name));
    check((long) INFO.invokeExact(value, result.address()));
    long info = result.get(JAVA_LONG, 0);
    long[] shape;
    DataType type;
    try {
      check((long) TYPE.invokeExact(info, result.address()));
      type = type(name, result.get(JAVA_INT, 0));
      check((long) RANK.invokeExact(info, result.address()));
      int rank = Math.toIntExact(result.get(JAVA_LONG, 0));
      var sizes = rank <= FEW ? few : arena.allocate(JAVA_LONG, rank);
      check((long) SIZES.invokeExact(info, sizes.address(), (long) rank));
      shape = new long[rank];
      MemorySegment.copy(sizes, JAVA_LONG, 0, shape, 0, rank);
    } finally {
      RELEASE_INFO.invokeExact(info);
    }
    int count = Math.toIntExact(Tensor.elements(name, shape));
    if (type == DataType.BYTES)
      return new Tensor(name, type, shape, texts(value, count, arena, result));
    check((long) DATA.invokeExact(value, result.address()));
    var from =
        MemorySegment.ofAddress(result.get(JAVA_LONG, 0)).reinterpret((long) width(type) * count);
    return new Tensor(name, type, shape, copied(from, type, count));
  }

  private static DataType type(String name, int number) {
    return DataType.numbered(number)
        .orElseThrow(() ->
            new Unsupported("output \"%s\": its type (%d) is not served".formatted(name, number)));
  }

  private static Object copied(MemorySegment from, DataType type, int count) {
    return switch (type) {
      case BOOL -> {
        var data = new boolean[count];
        for (int i = 0; i < count; i++) data[i] = from.get(JAVA_BYTE, i) != 0;
        yield data;
      }
      case UINT8, INT8 -> {
        var data = new byte[count];
        MemorySegment.copy(from, JAVA_BYTE, 0, data, 0, count);
        yield data;
      }
      case UINT16, INT16, FP16, BF16 -> {
        var data = new short[count];
        MemorySegment.copy(from, JAVA_SHORT, 0, data, 0, count);
        yield data;
      }
      case UINT32, INT32 -> {
        var data = new int[count];
        MemorySegment.copy(from, JAVA_INT, 0, data, 0, count);
        yield data;
      }
      case FP32 -> {
        var data = new float[count];
        MemorySegment.copy(from, JAVA_FLOAT, 0, data, 0, count);
        yield data;
      }
      case UINT64, INT64 -> {
        var data = new long[count];
        MemorySegment.copy(from, JAVA_LONG, 0, data, 0, count);
        yield data;
      }
      case FP64 -> {
        var data = new double[count];
        MemorySegment.copy(from, JAVA_DOUBLE, 0, data, 0, count);
        yield data;
      }
      case BYTES -> throw new IllegalArgumentException("texts");
    };
  }

  private static String[] texts(long value, int count, Arena arena, MemorySegment result)
      throws Throwable {
    if (count == 0) return new String[0];
    check((long) TEXTS_LENGTH.invokeExact(value, result.address()));
    long length = result.get(JAVA_LONG, 0);
    var all = arena.allocate(Math.max(1, length));
    var starts = arena.allocate(JAVA_LONG, count);
    check((long) TEXTS.invokeExact(value, all.address(), length, starts.address(), (long) count));
    var texts = new String[count];
    for (int i = 0; i < count; i++) {
      long start = starts.getAtIndex(JAVA_LONG, i);
      long end = i + 1 < count ? starts.getAtIndex(JAVA_LONG, i + 1) : length;
      texts[i] =
          new String(all.asSlice(start, end - start).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }
    return texts;
  }

  @Override
  public void close() {
    names.close();
  }
}
