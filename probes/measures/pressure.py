"""How busy this machine was: times measured under pressure are marked, and fail no band."""

import psutil


def cpu() -> tuple[float, float]:
    """Return the seconds this machine's cores were busy, and all their seconds."""
    times = psutil.cpu_times()
    # Linux counts a guest's time in user time already.
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return total - times.idle - getattr(times, "iowait", 0.0), total


def ratio(before: tuple[float, float]) -> float | None:
    """Return the share of the machine in use since `before`; None if no time has passed."""
    busy, total = (now - then for now, then in zip(cpu(), before, strict=True))
    return min(max(busy / total, 0.0), 1.0) if total > 0 else None
