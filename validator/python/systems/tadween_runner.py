"""Runs one variant of the published tadween-core benchmarks.

`python tadween_runner.py SPEC FILE`: SPEC is JSON, FILE gets the records. The
stages, the broker, the workflow and the handlers are the package's own; only
the handler of the memory test is written here, as the document describes it.
"""

import json
import sys
import time

from pydantic import BaseModel
from tadween_core.broker import InMemoryBroker
from tadween_core.handler import BaseHandler
from tadween_core.handler.dummy import (
    MockDownloadHandler,
    MockDownloadInput,
    MockDownloadOutput,
    NumpySumHandler,
    PythonSumSquaresHandler,
)
from tadween_core.stage.policy import DefaultStagePolicy
from tadween_core.task_queue import init_queue
from tadween_core.workflow import Workflow

from records import Records

TRANSFER = {"file_size_mb": 1.0}
"""All else as the package has it: 10 Mbit/s, 50 ms, 64 KiB chunks, 5 % CPU."""
TRANSFER_THREADS = 5


class Transfer(MockDownloadHandler):
    """The package's transfer, with the CPU time that it took."""

    def __init__(self, records):
        super().__init__()
        self._records = records

    def run(self, inputs: MockDownloadInput) -> MockDownloadOutput:
        began, cpu = time.monotonic_ns(), time.thread_time_ns()
        output = super().run(inputs)
        self._records.add(event="transfer", at=began, cpu_ns=time.thread_time_ns() - cpu)
        return output


class PayloadInput(BaseModel):
    sleep_s: float
    size: int


class PayloadOutput(BaseModel):
    data: bytes


class PayloadHandler(BaseHandler[PayloadInput, PayloadOutput]):
    """Sleeps, then returns a heavy result."""

    def run(self, inputs: PayloadInput) -> PayloadOutput:
        time.sleep(inputs.sleep_s)
        return PayloadOutput.model_construct(data=bytearray(inputs.size))

    def warmup(self):
        pass

    def shutdown(self):
        pass


class Recorder(DefaultStagePolicy):
    """Notes when each request was submitted, begun and done by a stage."""

    def __init__(self, records, stage):
        self._records = records
        self._stage = stage

    def on_done(self, message, envelope):
        timing = envelope.metadata
        self._records.add(
            event="stage",
            stage=self._stage,
            request=message.metadata["request"],
            submitted=round(timing.submit_time * 1e9),
            started=round(timing.start_time * 1e9),
            finished=round(timing.end_time * 1e9),
            ok=envelope.success,
        )


def executor(spec):
    """The task queue of the stage in question."""
    if spec["start_method"] is None:
        return init_queue("thread", max_workers=spec["workers"])
    # Without a context the package spawns, whatever the system's default is.
    return init_queue("process", max_workers=spec["workers"], mp_context=spec["start_method"])


def pipeline(spec, records):
    """Download, a sum of squares, upload."""
    handler = NumpySumHandler() if spec["numpy"] else PythonSumSquaresHandler()
    workflow = Workflow(InMemoryBroker())
    elements = {"n_elements": spec["elements"]}

    def stage(name, handler, queue, following):
        policy = Recorder(records, name)
        workflow.add_stage(
            name, handler, policy=policy, task_queue=queue, payload_extractor=lambda _: following
        )

    transfer = lambda: init_queue("thread", max_workers=TRANSFER_THREADS)  # noqa: E731
    stage("download", Transfer(records), transfer(), elements)
    stage("compute", handler, executor(spec), TRANSFER)
    stage("upload", Transfer(records), transfer(), {})
    workflow.link("download", "compute")
    workflow.link("compute", "upload")
    workflow.set_entry_point("download")
    return workflow, TRANSFER


def memory(spec, records):
    """One stage that returns heavy results, retained or not."""
    workflow = Workflow(InMemoryBroker())
    queue = executor(spec)
    queue.retain_results = spec["retain"]
    workflow.add_stage(
        "payload", PayloadHandler(), policy=Recorder(records, "payload"), task_queue=queue
    )
    workflow.set_entry_point("payload")
    return workflow, {"sleep_s": 0.2, "size": spec["bytes"]}


BENCHMARKS = {"pipeline": pipeline, "memory": memory}


def main(spec, path):
    records = Records(path)
    records.application()
    workflow, payload = BENCHMARKS[spec["benchmark"]](spec, records)
    workflow.build()
    records.add(event="begin", at=time.monotonic_ns())
    for request in range(spec["requests"]):
        workflow.submit(payload, metadata={"request": request})
    workflow.broker.join()
    records.add(event="end", at=time.monotonic_ns())
    if spec["benchmark"] == "memory":
        # As there: half a second with the results before they go.
        time.sleep(0.5)
    workflow.close()
    records.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2])
