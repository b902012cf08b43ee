"""What is started as the generator: Locust's master, or one of its workers.

`python -m loadtests.locustfile --master` or `--worker`; what to do stands on standard input.
Locust's own command line is not used: it reads settings files of the user's home, which would
change the run.
"""

import sys

from loadtests.generator import master, worker

MODES = {"--master": master.main, "--worker": worker.main}

if __name__ == "__main__":
    MODES[sys.argv[1]]()
