#!/bin/bash
# The start of Kafka's image: the setup program of that image, then the broker. Compilers that are not
# worth their time in a short run are off.
set -euf
java='java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp /opt/kafka/libs/*'
said=$($java kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config 2>&1) ||
  [[ $said == *'already formatted'* ]] || {
  echo "$said"
  exit 1
}
# shellcheck disable=SC2086
exec $java ${KAFKA_HEAP_OPTS:-} -Dkafka.logs.dir=/opt/kafka/logs \
  -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml \
  kafka.Kafka /opt/kafka/config/server.properties
