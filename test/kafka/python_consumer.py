"""A consumer that knows Kafka and the exchange's JSON, and nothing of this project.

Usage: python_consumer.py BROKERS TOPIC COUNT. Prints one JSON line for each record.
"""

import json
import sys

from kafka import KafkaConsumer

brokers, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=brokers,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    consumer_timeout_ms=60_000,
)
for seen, record in enumerate(consumer, start=1):
    value = json.loads(record.value)
    print(
        json.dumps(
            {
                "key": record.key.decode("utf-8"),
                "partition": record.partition,
                "timestamp": record.timestamp,
                "headers": record.headers,
                "channel": value["params"]["channel"],
                "best_bid": value["params"]["data"]["bids"][0][0],
                "best_bid_amount": value["params"]["data"]["bids"][0][1],
            }
        ),
        flush=True,
    )
    if seen == count:
        break
consumer.close()
