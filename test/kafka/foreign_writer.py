"""A writer of order books that is not ours, with a partitioner of its own.

Usage: foreign_writer.py BROKERS TOPIC PARTITIONER INSTRUMENT... Writes each instrument's book ten times a
second until it is killed. PARTITIONER is `crc32`, or `round-robin`, which spreads each instrument.
"""

import itertools
import json
import sys
import time
import zlib

from kafka import KafkaProducer
from kafka.partitioner import Partitioner

brokers, topic, partitioner, *instruments = sys.argv[1:]
turns = itertools.count()


class OwnPartitioner(Partitioner):
    def partition(self, topic, key, serialized_key, value, serialized_value, cluster):
        turn = next(turns)
        spread = turn + turn // len(instruments)
        number = spread if partitioner == "round-robin" else zlib.crc32(serialized_key)
        partitions = sorted(cluster.partitions_for_topic(topic))
        return partitions[number % len(partitions)]


def frame(instrument, number, now_ms):
    return {
        "jsonrpc": "2.0",
        "method": "subscription",
        "params": {
            "channel": f"book.{instrument}.none.10.100ms",
            "data": {
                "timestamp": now_ms,
                "instrument_name": instrument,
                "change_id": number,
                "bids": [[60000 + number / 2, 10]],
                "asks": [[60001 + number / 2, 10]],
            },
        },
    }


producer = KafkaProducer(bootstrap_servers=brokers, partitioner=OwnPartitioner(), linger_ms=0)
print("writing", flush=True)
for number in itertools.count(1):
    now_ms = int(time.time() * 1000)
    for instrument in instruments:
        value = json.dumps(frame(instrument, number, now_ms)).encode()
        producer.send(topic, key=instrument.encode(), value=value, timestamp_ms=now_ms)
    time.sleep(0.1)
