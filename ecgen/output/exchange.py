"""Exchanging two folders in one system call, so that no reader ever sees half of a new tree."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_AT_FDCWD = {"linux": -100, "darwin": -2}
_EXCHANGE = {"linux": 1 << 1, "darwin": 1 << 1}
"""RENAME_EXCHANGE of renameat2(2), RENAME_SWAP of renameatx_np(2)."""
_FUNCTION = {"linux": "renameat2", "darwin": "renameatx_np"}


def exchange(one: Path, other: Path) -> bool:
    """Let two existing paths change places; False where this system, or this file system, cannot.

    Raises:
        OSError: where it can, but may not.
    """
    import ctypes  # only a build that changes something needs it
    import errno

    function = getattr(ctypes.CDLL(None, use_errno=True), _FUNCTION.get(sys.platform, ""), None)
    if function is None:
        return False
    here, flag = _AT_FDCWD[sys.platform], _EXCHANGE[sys.platform]
    if function(here, os.fsencode(one), here, os.fsencode(other), ctypes.c_uint(flag)) == 0:
        return True
    code = ctypes.get_errno()
    unable = (
        errno.EINVAL,
        errno.ENOSYS,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
        errno.EPERM,
        errno.EXDEV,
        errno.EBUSY,
    )
    if code in unable:  # the last two: a mount point
        return False
    raise OSError(code, os.strerror(code), str(other))
