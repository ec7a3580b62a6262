"""Entry point of the job: `python job.py RUN` does the long work of a run beside the lake.

The job has the image of the function `report`, because that has all that the works import.
"""

from shared.concurrency import in_one_thread

in_one_thread()  # before pandas, which imports numpy

import logging
import sys

from shared import config, logs
from shared.clock import utc_now

log = logging.getLogger("shared.job")


def main(words: list[str]) -> int:
    """Do the work of the run that is named. The same run again resumes, or changes nothing.

    Exit status 0 when the run has its result; 1 to be started again; 2 without a run.
    """
    from shared.region_job.documents import RUN
    from shared.region_job.worker import work_off
    from shared.region_job.works import JobServices

    logs.configure()
    if len(words) != 1 or not RUN.fullmatch(words[0]):
        log.error("start a run with `tta erase`, `tta rebuild` or `tta report`")
        return 2
    services = JobServices.connect(config.read(config.LakeWorkSettings), utc_now)
    return work_off(words[0], services)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
