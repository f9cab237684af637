// SPDX-License-Identifier: BSD-2-Clause
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Small enough that starting the virtual machine and compiling this file is most of the work. */
class Start {
  public static void main(String[] arguments) {
    Map<String, Integer> lengths = new HashMap<>();
    IntStream.range(0, 10_000).forEach(i -> lengths.merge("key" + i % 997, 1, Integer::sum));
    System.out.println(lengths.values().stream().mapToInt(Integer::intValue).sum());
  }
}
