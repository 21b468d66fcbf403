"""What scanning adds to the tree of `engine.errors`.

RequestFault
├── InfectedContent               something was found in it
└── PayloadTooLarge
    └── TooLargeToScan
EnvironmentFault
└── ScannerUnavailable            what must be scanned cannot be
"""

from __future__ import annotations

from engine.errors import EnvironmentFault, PayloadTooLarge, RequestFault


class InfectedContent(RequestFault):
    """The virus scanner found something in the content; nothing of it is kept."""

    code = "InfectedContent"


class TooLargeToScan(PayloadTooLarge):
    """The content is larger than what is scanned, and what is not scanned is not taken."""


class ScannerUnavailable(EnvironmentFault):
    """What must be scanned cannot be: the scanner does not answer, or not sensibly."""

    code = "ScannerUnavailable"
    retryable = True
