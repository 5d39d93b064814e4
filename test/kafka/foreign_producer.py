"""A producer that knows Kafka, by librdkafka, and nothing of this project.

Usage: foreign_producer.py BROKERS STEPS. STEPS is a file with a JSON list; each step is a producer of its own:
{"codec": "zstd", "transaction": null | "commit" | "abort" | "hold", "records": [{"topic", "partition",
"key", "value", "timestamp", "headers"}]}. "hold" prints "held" and commits at SIGUSR1.
"""

import json
import signal
import sys
import uuid

from confluent_kafka import Producer

brokers = sys.argv[1]
with open(sys.argv[2], encoding="utf-8") as file:
    steps = json.load(file)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
for step in steps:
    transaction = step.get("transaction")
    settings = {
        "bootstrap.servers": brokers,
        "compression.type": step.get("codec", "none"),
        "linger.ms": 50,
    }
    if transaction is not None:
        settings["transactional.id"] = str(uuid.uuid4())
    producer = Producer(settings)
    if transaction is not None:
        producer.init_transactions(30)
        producer.begin_transaction()
    failures = []
    for record in step["records"]:
        text = record.get("value")
        producer.produce(
            record["topic"],
            partition=record.get("partition", 0),
            key=record.get("key"),
            value=None if text is None else text.encode(),
            timestamp=record.get("timestamp", 0),
            headers=record.get("headers"),
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )
    producer.flush(30)
    if failures:
        sys.exit(str(failures[0]))
    if transaction == "hold":
        print("held", flush=True)
        signal.sigwait({signal.SIGUSR1})
    if transaction in ("commit", "hold"):
        producer.commit_transaction(30)
    if transaction == "abort":
        producer.abort_transaction(30)
print("done", flush=True)
