"""Runs one variant of the published pyrallel-consumer benchmark.

`python pyrallel_runner.py SPEC FILE`: SPEC is JSON, FILE gets the records. The
broker is librdkafka's own mock cluster, inside this process; it runs in native
threads. Consumer, engines and orderings are the package's. `baseline` is the
loop that the document compares with: poll, work, commit every hundredth.
"""

import asyncio
import hashlib
import json
import sys
import time

from confluent_kafka import Consumer, Producer
from pyrallel_consumer import PyrallelConsumer
from pyrallel_consumer.config import (
    ExecutionConfig,
    KafkaConfig,
    ParallelConsumerConfig,
    ProcessConfig,
)
from pyrallel_consumer.dto import ExecutionMode, OrderingMode

from records import Records

TOPIC = "benchmark"
PARTITIONS = 4
"""What the mock cluster gives a topic that it makes by itself."""
SLEEP_S = 0.005
HASHES = 500
COMMIT_EVERY = 100
POLL_S = 0.1


def hash_chain():
    digest = b"0"
    for _ in range(HASHES):
        digest = hashlib.sha256(digest).digest()


def sleep(item):
    time.sleep(SLEEP_S)


def cpu(item):
    hash_chain()


async def sleep_async(item):
    await asyncio.sleep(SLEEP_S)


async def cpu_async(item):
    hash_chain()


WORK = {"sleep": (sleep, sleep_async), "cpu": (cpu, cpu_async)}


class Broker:
    """A mock cluster with the messages of one run; ends with this object."""

    def __init__(self, spec):
        self._producer = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1})
        brokers = self._producer.list_topics(TOPIC, timeout=10).brokers.values()
        self.address = ",".join("%s:%d" % (each.host, each.port) for each in brokers)
        for number in range(spec["messages"]):
            key = number % spec["keys"]
            self._producer.produce(
                TOPIC,
                json.dumps({"number": number}).encode(),
                key=b"key-%d" % key,
                partition=key % PARTITIONS,
            )
        if self._producer.flush(30):
            raise RuntimeError("the mock cluster took no messages for 30 s")


class Recorder:
    """Told by the package's work manager of each message that is settled."""

    def __init__(self, records, messages):
        self._records = records
        self._left = messages
        self.settled = asyncio.Event()

    def observe_work_completion(self, event, item, duration):
        now = time.monotonic_ns()
        self._records.add(
            event="message",
            at=now,
            took_ns=round(duration * 1e9),
            ok=event.status.value == "success",
        )
        self._left -= 1
        if self._left == 0:
            self.settled.set()


async def consume(spec, broker, records):
    """The package's consumer, until every message is settled."""
    process = spec["engine"] == "process"
    execution = ExecutionConfig(
        mode=ExecutionMode(spec["engine"]),
        max_in_flight=spec["max_in_flight"],
        process_config=ProcessConfig(process_count=spec["processes"]),
    )
    config = KafkaConfig(
        BOOTSTRAP_SERVERS=broker.address,
        CONSUMER_GROUP="benchmark",
        dlq_enabled=False,
        parallel_consumer=ParallelConsumerConfig(
            ordering_mode=OrderingMode(spec["ordering"]), execution=execution
        ),
    )
    work = WORK[spec["work"]]
    consumer = PyrallelConsumer(config, work[0] if process else work[1], TOPIC)
    await consumer.start()
    recorder = Recorder(records, spec["messages"])
    # The facade offers no observer but its own exporter to Prometheus.
    consumer._work_manager.set_metrics_exporter(recorder)
    await recorder.settled.wait()
    records.add(event="end", at=time.monotonic_ns())
    await consumer.stop()


def baseline(spec, broker, records):
    """One message after another."""
    work = WORK[spec["work"]][0]
    consumer = Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": "benchmark",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([TOPIC])
    done = 0
    while done < spec["messages"]:
        began = time.monotonic_ns()
        message = consumer.poll(POLL_S)
        if message is None or message.error():
            continue
        work(message)
        done += 1
        if done % COMMIT_EVERY == 0:
            consumer.commit(asynchronous=False)
        now = time.monotonic_ns()
        records.add(event="message", at=now, took_ns=now - began, ok=True)
    records.add(event="end", at=time.monotonic_ns())
    consumer.close()


def main(spec, path):
    records = Records(path)
    broker = Broker(spec)
    # With the broker: it is no part of the consumer, but of this process.
    records.application()
    records.add(event="begin", at=time.monotonic_ns())
    if spec["engine"] == "baseline":
        baseline(spec, broker, records)
    else:
        asyncio.run(consume(spec, broker, records))
    records.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2])
