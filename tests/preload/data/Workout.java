// SPDX-License-Identifier: BSD-2-Clause
// Java: the compiler itself (this file is compiled as it starts), collections, threads, native
// buffers, compression; output never changes.
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import java.util.zip.*;

public class Workout {
  static String digest(byte[] data) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data), 0, 8);
  }

  static void collections() throws Exception {
    Map<String, Integer> table = new HashMap<>();
    for (int i = 0; i < 200000; i++) table.put("key" + i, i * 31 % 1009);
    for (int i = 0; i < 200000; i += 3) table.remove("key" + i);
    System.out.println(table.size() + " " + table.values().stream().mapToLong(i -> i).sum());
    String text = IntStream.range(0, 30000).mapToObj(i -> "word" + i % 613).collect(Collectors.joining(" "));
    Map<String, Long> tally = Arrays.stream(text.split(" ")).collect(
        Collectors.groupingBy(w -> w, TreeMap::new, Collectors.counting()));
    System.out.println(tally.size() + " " + tally.entrySet().iterator().next());
    System.out.println(digest(text.replaceAll("(\\w+?)(\\d+)", "$2-$1").getBytes("UTF-8")));
    record Point(int x, double y) {}
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < 100000; i++) points.add(new Point(i * 7919 % 5003, i / 4.0));
    points.sort(Comparator.comparingInt(Point::x).thenComparingDouble(Point::y));
    System.out.println(points.get(0) + " " + points.get(99999));
    java.math.BigInteger big = java.math.BigInteger.ONE;
    for (int i = 1; i < 1500; i++) big = big.multiply(java.math.BigInteger.valueOf(i));
    System.out.println(digest(big.toByteArray()));
  }

  static void nativeMemory() throws Exception {
    long sum = 0;
    for (int round = 0; round < 50; round++) {
      List<ByteBuffer> buffers = new ArrayList<>();
      for (int i = 1; i < 100; i++) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(i * 500);
        for (int at = 0; at + 4 <= buffer.capacity(); at += 400) buffer.putInt(at, at * i);
        buffers.add(buffer);
      }
      for (ByteBuffer buffer : buffers) sum += buffer.getInt(0) + buffer.capacity();
    }
    System.gc();
    System.out.println(sum);
    byte[] data = new byte[500000];
    for (int i = 0; i < data.length; i++) data[i] = (byte) (i * i >> 7);
    for (int level = 1; level <= 9; level += 4) {
      Deflater deflater = new Deflater(level);
      deflater.setInput(data);
      deflater.finish();
      byte[] packed = new byte[600000];
      int size = deflater.deflate(packed);
      deflater.end();
      Inflater inflater = new Inflater();
      inflater.setInput(packed, 0, size);
      byte[] back = new byte[data.length];
      System.out.println(inflater.inflate(back) + " " + Arrays.equals(back, data));
      inflater.end();
    }
    CRC32 crc = new CRC32();
    crc.update(data);
    System.out.println(crc.getValue());
  }

  static void threads() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    List<Future<Long>> answers = new ArrayList<>();
    for (int n = 0; n < 64; n++) {
      final int number = n;
      answers.add(pool.submit(() -> {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 3000; i++) text.append(i * number % 97).append(',');
        return (long) text.length();
      }));
    }
    long total = 0;
    for (Future<Long> answer : answers) total += answer.get();
    pool.shutdown();
    System.out.println(total);
    Thread[] many = new Thread[200];
    java.util.concurrent.atomic.LongAdder adder = new java.util.concurrent.atomic.LongAdder();
    for (int i = 0; i < many.length; i++) {
      many[i] = new Thread(adder::increment);
      many[i].start();
    }
    for (Thread thread : many) thread.join();
    System.out.println(adder.sum());
  }

  public static void main(String[] arguments) throws Exception {
    collections();
    nativeMemory();
    threads();
    Path file = Files.createTempFile("uma", ".txt");
    Files.write(file, IntStream.range(0, 20000).mapToObj(Integer::toString).toList());
    System.out.println(Files.size(file) + " " + Files.lines(file).filter(l -> l.endsWith("7")).count());
    Files.delete(file);
    Process child = new ProcessBuilder("sh", "-c", "echo from the shell").start();
    System.out.print(new String(child.getInputStream().readAllBytes()));
    System.out.println("status " + child.waitFor());
  }
}
