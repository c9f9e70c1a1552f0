"""What these services say while they work: as all services do (``chain.reporting``)."""

from plurichain.chain.reporting import Progress, Report, ignore_progress

__all__ = ["Progress", "Report", "ignore_progress"]
