"""What holds for every test."""

import signal

# A shell starts what it puts into the background with SIGINT ignored, and children inherit
# that: tests of Ctrl-C would then send it to deaf ears. A handler is reset by exec.
signal.signal(signal.SIGINT, signal.default_int_handler)
