"""A Kafka client that is not ours: what the broker says to anybody.

Usage: foreign_client.py BROKERS COMMAND TOPIC [ARGUMENT]. Prints one JSON document.

ends TOPIC              offset that the next record of each partition gets
records TOPIC           every record up to the end as it is now
partitions TOPIC COUNT  adds partitions until there are COUNT
config TOPIC NAME=VALUE sets a config of the topic
create TOPIC COUNT      creates the topic
delete TOPIC            deletes the topic
controller -            id of the active controller
"""

import json
import sys

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

brokers, command, topic = sys.argv[1:4]
argument = sys.argv[4] if len(sys.argv) > 4 else None


def consumer():
    return KafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False)


def partitions_of(client):
    # Asked for by name: the list of all topics may be older.
    return [TopicPartition(topic, number) for number in sorted(client.partitions_for_topic(topic) or [])]


def ends():
    client = consumer()
    found = client.end_offsets(partitions_of(client))
    client.close()
    return {str(place.partition): offset for place, offset in found.items()}


def records():
    client = consumer()
    places = partitions_of(client)
    client.assign(places)
    client.seek_to_beginning()
    until = client.end_offsets(places)
    found = []
    while any(client.position(place) < until[place] for place in places):
        for place, batch in client.poll(timeout_ms=500).items():
            for record in batch:
                if record.offset >= until[place]:
                    continue
                headers = {name: (value or b"").decode() for name, value in record.headers}
                found.append(
                    {
                        "key": (record.key or b"").decode(),
                        "partition": place.partition,
                        "offset": record.offset,
                        "timestampMs": record.timestamp,
                        "kind": headers.get("kind", "frame"),
                        "value": (record.value or b"").decode(errors="replace"),
                    }
                )
    client.close()
    return found


def administer(work):
    client = KafkaAdminClient(bootstrap_servers=brokers)
    work(client)
    client.close()
    return True


def controller():
    client = KafkaAdminClient(bootstrap_servers=brokers)
    quorum = client.describe_metadata_quorum()
    client.close()
    return quorum["topics"][0]["partitions"][0]["leader_id"]


COMMANDS = {
    "controller": controller,
    "ends": ends,
    "records": records,
    "partitions": lambda: administer(
        lambda client: client.create_partitions({topic: NewPartitions(int(argument))})
    ),
    "config": lambda: administer(
        lambda client: client.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, dict([argument.split("=", 1)]))]
        )
    ),
    "create": lambda: administer(
        lambda client: client.create_topics([NewTopic(topic, int(argument), 1)])
    ),
    "delete": lambda: administer(lambda client: client.delete_topics([topic])),
}

print(json.dumps(COMMANDS[command]()))
