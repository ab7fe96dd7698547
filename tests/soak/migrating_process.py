"""A migration in a process of its own, which a test can kill -9 or stop: `python migrating_process.py JSON`."""

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


def main() -> int:
    faulthandler.register(signal.SIGUSR1)  # a process that does not end says where it is
    given = json.loads(sys.argv[1])
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
        print(error)
        return 3
    finally:
        driver.close()
        made.close()
        if watchdog is not None:
            watchdog.close()
    return 0 if outcome.done else 4


if __name__ == "__main__":
    sys.exit(main())
