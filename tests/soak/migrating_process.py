"""Migrations in processes of their own, which a test can kill -9 or stop.

`python migrating_process.py` reads a line of JSON for each, forks, and prints the new process's id: the modules are imported once,
which takes longer than a migration. A process that comes to its end writes its exit code and its error to the file `result`.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from migrating import apply_job

from ecgen.live.migrate.asking import Ask, MigrationError
from ecgen.live.migrate.copy_job import Manner
from ecgen.live.migrate.driving import Driver, connect
from ecgen.live.migrate.job import Job
from ecgen.live.migrate.lease import Lease
from ecgen.live.migrate.watchdog import Watchdog


class Mortal(Driver):
    """Gets a signal at its n-th request: before it is sent, or with its answer."""

    at, after, signal = 0, False, 0
    asked = 0

    def ask(self, ask: Ask) -> Any:
        self.asked += 1
        hit = self.asked == self.at
        if hit and not self.after:
            os.kill(os.getpid(), self.signal)
        answer = super().ask(ask)
        if hit and self.after:
            os.kill(os.getpid(), self.signal)
        return answer


def migrate(given: dict[str, Any]) -> tuple[int, str]:
    """Exit code and error."""
    faulthandler.register(signal.SIGUSR1)  # a process that does not end says where it is
    watchdog = Watchdog(given["url"]) if given["watchdog"] else None
    made = connect(given["url"], {})
    driver = Mortal(made._transport, {}, guard=watchdog or (lambda undo: None))
    driver.at, driver.after = given["at"], given["after"]
    driver.signal = signal.SIGSTOP if given["stop"] else signal.SIGKILL
    lease = Lease(given["job"]["name"], f"process {os.getpid()}", given["seconds"])
    manner = Manner(max_pause=60.0, whole=given["whole"])
    try:
        outcome = driver.run(apply_job(lease, Job.from_json(given["job"]), manner))
    except MigrationError as error:
        return 3, str(error)
    finally:
        driver.close()
        made.close()
        if watchdog is not None:
            watchdog.close()
    return (0 if outcome.done else 4), ""


def serve() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries them
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            given, end = json.loads(line), (1, "an exception")
            try:
                end = migrate(given)
            except Exception as error:  # noqa: BLE001 - the test reads it
                end = (1, repr(error))
            finally:
                written = Path(given["result"] + ".new")
                written.write_text(json.dumps(end))
                written.rename(given["result"])
                os._exit(end[0])
        print(pid, flush=True)


if __name__ == "__main__":
    serve()
