"""Ids of the shop that no template can say; the definitions name these functions in `compute_id: {python: …}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generated import Shipment


def shipment_id(shipment: Shipment) -> str:
    """Return `dhl:00340434161094042557`: the carriers print the same code with and without spaces and dashes."""
    return (
        f"{shipment.carrier.lower()}:{re.sub(r'[^0-9A-Za-z]', '', shipment.tracking_code).upper()}"
    )
