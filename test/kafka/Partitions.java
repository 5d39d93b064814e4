import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

/** Keys in, one a line; out, for each, its partitions of 4, 7 and 64, as the Java producer chooses them. */
public class Partitions {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String key = in.readLine(); key != null; key = in.readLine()) {
      byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
      out.println(
          BuiltInPartitioner.partitionForKey(bytes, 4)
              + " "
              + BuiltInPartitioner.partitionForKey(bytes, 7)
              + " "
              + BuiltInPartitioner.partitionForKey(bytes, 64));
    }
    out.flush();
  }
}
