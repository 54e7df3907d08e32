// A small service's worth of work for the JVM captures: allocation, computation, a contended lock, waiting threads.
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

public class Leaky {
  static final Map<Integer, List<byte[]>> retained = new HashMap<>();
  static final Object lock = new Object();
  static volatile long sink;

  static void retain(int key) {
    synchronized (lock) {
      retained.computeIfAbsent(key % 100, k -> new ArrayList<>()).add(new byte[4096]);
      if (retained.get(key % 100).size() > 200) retained.get(key % 100).clear();
      long x = key;
      for (int i = 0; i < 20_000; i++) x = x * 6364136223846793005L + 1442695040888963407L;
      sink += x;
    }
  }

  static String compute(int n) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < n; i++) out.append(Integer.toHexString(i * 31));
    return out.toString();
  }

  public static void main(String[] args) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(Integer.parseInt(args[0]));
    for (int t = 0; t < 4; t++) {
      int seed = t;
      pool.submit(
          () -> {
            for (int i = seed; System.nanoTime() < until; i++) {
              retain(i);
              sink += compute(500).length();
            }
          });
    }
    pool.shutdown();
    pool.awaitTermination(1, TimeUnit.MINUTES);
    System.out.println(sink);
  }
}
