"""What the customer holds in the hand: a screen, and how fast its processor and its line are.

Only Chromium can be slowed down; elsewhere a device is its screen, and the run says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from playwright.sync_api import CDPSession

from forepost.config import Config
from forepost.config.faults import suggest
from forepost.config.tables import Device
from forepost.errors import ProbeError

# Lighthouse 12's mobile preset (core/config/constants.js: MOTOGPOWER_EMULATION_METRICS,
# throttling.mobileSlow4G): a mid-range phone on a slow 4G line. 1,638 kbit/s are the
# 1.6 Mbit/s of the preset, which counts 1,024 kbit as one Mbit.
MOBILE = Device(
    width=412,
    height=823,
    scale=1.75,
    touch=True,
    user_agent=(
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/{version}.0.0.0 Mobile Safari/537.36"
    ),
    cpu_slowdown=4.0,
    download_kbps=1_638,
    upload_kbps=750,
    latency_ms=150,
)
BUILT_IN = {"desktop": Device(), "mobile": MOBILE}
# A browser delays whole requests, not packets: what a handshake and a slow start cost on a
# real line is added to each request, and the rate is lowered by what packets waste
# (Lighthouse, throttling.DEVTOOLS_RTT_ADJUSTMENT_FACTOR and …THROUGHPUT_ADJUSTMENT_FACTOR).
LATENCY_FACTOR = 3.75
RATE_FACTOR = 0.9
NOT_SLOWED = "screen only: {engine} slows down neither processor nor line"


def device_of(config: Config, name: str) -> dict[str, Any]:
    """Return a device as it crosses the pipe: "name" and the keys of `[devices.x]`.

    Raises: ProbeError with the names there are. A table of the name of a built-in replaces it.
    """
    known = {**BUILT_IN, **config.devices}
    if name not in known:
        remedy = suggest(name, sorted(known))
        raise ProbeError(f'device = "{name}": no such table [devices.{name}]; {remedy}')
    return {"name": name, **asdict(known[name])}


def read(device: Mapping[str, Any]) -> Device:
    """Return the device that `device_of` wrote; the desktop for an empty one."""
    return Device(**{f.name: device[f.name] for f in fields(Device) if f.name in device})


def context_options(device: Device, engine: str, own_agent: str, version: str) -> dict[str, Any]:
    """Return what a browser's context must know of the screen; `user_agent` may be empty."""
    agent = device.user_agent.replace("{version}", version.partition(".")[0]) or own_agent
    options: dict[str, Any] = {
        "viewport": {"width": device.width, "height": device.height},
        "device_scale_factor": device.scale,
        "has_touch": device.touch,
        "user_agent": agent,
        "accept_downloads": False,  # a file that a page pushes never reaches this disk
    }
    if device.touch and engine != "firefox":  # which knows no such screen
        options["is_mobile"] = True
    return options


def slows(device: Device) -> bool:
    """Whether the device is slower than this machine."""
    lines = (device.download_kbps, device.upload_kbps, device.latency_ms)
    return device.cpu_slowdown > 1 or any(lines)


def slow_down(session: CDPSession, device: Device) -> None:
    """Slow a page's processor and line down to those of the device."""
    if device.cpu_slowdown > 1:
        session.send("Emulation.setCPUThrottlingRate", {"rate": device.cpu_slowdown})
    if device.download_kbps or device.upload_kbps or device.latency_ms:
        session.send("Network.emulateNetworkConditions", conditions(device))


def conditions(device: Device) -> dict[str, Any]:
    """Return the line as the browser wants it: bytes a second (-1: not limited), ms a request."""
    return {
        "offline": False,
        "latency": device.latency_ms * LATENCY_FACTOR,
        "downloadThroughput": _rate(device.download_kbps),
        "uploadThroughput": _rate(device.upload_kbps),
    }


def _rate(kbps: int) -> float:
    return kbps * 1000 / 8 * RATE_FACTOR if kbps else -1
