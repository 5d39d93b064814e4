import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Java client, with the steps of foreign_producer.py except "hold". */
public class ForeignProducer {
  public static void main(String[] args) throws Exception {
    for (JsonNode step : new ObjectMapper().readTree(new File(args[1]))) {
      Properties settings = new Properties();
      settings.put("bootstrap.servers", args[0]);
      settings.put("compression.type", step.path("codec").asText("none"));
      settings.put("linger.ms", "50");
      String transaction = step.path("transaction").asText("");
      if (!transaction.isEmpty()) settings.put("transactional.id", UUID.randomUUID().toString());
      try (KafkaProducer<byte[], byte[]> producer =
          new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
        if (!transaction.isEmpty()) {
          producer.initTransactions();
          producer.beginTransaction();
        }
        List<Future<?>> sent = new ArrayList<>();
        for (JsonNode record : step.get("records")) {
          sent.add(
              producer.send(
                  new ProducerRecord<>(
                      record.get("topic").asText(),
                      record.path("partition").asInt(0),
                      record.has("timestamp") ? record.get("timestamp").asLong() : null,
                      bytes(record.get("key")),
                      bytes(record.get("value")))));
        }
        producer.flush();
        for (Future<?> each : sent) each.get();
        if (transaction.equals("commit")) producer.commitTransaction();
        if (transaction.equals("abort")) producer.abortTransaction();
      }
    }
    System.out.println("done");
  }

  private static byte[] bytes(JsonNode text) {
    return text == null || text.isNull() ? null : text.asText().getBytes(StandardCharsets.UTF_8);
  }
}
