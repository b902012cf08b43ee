"""Every error that a user can meet, in one tree.

ForepostError            one line: what, where, the value, the remedy; exit code 2
├── ConfigError          config.toml: all faults found in one pass, one line each
├── PluginError          no such flow, source, channel, chart or storefront; or a broken one
├── StoreError           the store cannot be opened, read or written
│   └── StoreBusyError   another Forepost already runs on this store
├── BrowserError         no browser, or one that does not start: our side, never the shop's
├── ProbeError           a flow file that cannot be run as written
├── SourceError          a complaint source that did not answer; the last good poll is kept
├── DeliveryError        an alert channel that did not take an alert; it is tried again
├── LoadError            a load test that cannot be run as asked
└── ReportError          a report that cannot be written
"""


class ForepostError(Exception):
    """Base of the tree. `str(error)` is the line the user reads."""

    exit_code = 2


class ConfigError(ForepostError):
    """One or more faults in the configuration, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class PluginError(ForepostError):
    """A plugin that is not there or does not keep its contract."""


class StoreError(ForepostError):
    """The store cannot be opened, read or written."""


class StoreBusyError(StoreError):
    """Another Forepost already runs on this store."""


class BrowserError(ForepostError):
    """No browser that starts: counts as broken, never as a failure of the shop."""


class ProbeError(ForepostError):
    """A flow that cannot be run as it is written."""


class SourceError(ForepostError):
    """A complaint source that did not answer as documented."""


class DeliveryError(ForepostError):
    """An alert channel that did not take an alert."""


class LoadError(ForepostError):
    """A load test that cannot be run as asked."""


class ReportError(ForepostError):
    """A report that cannot be written."""
