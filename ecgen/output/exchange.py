"""Exchange two folders in one system call, so that readers see either the old or the new tree."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_AT_FDCWD = {"linux": -100, "darwin": -2}
_EXCHANGE = {"linux": 1 << 1, "darwin": 1 << 1}
"""RENAME_EXCHANGE of renameat2(2), RENAME_SWAP of renameatx_np(2)."""
_FUNCTION = {"linux": "renameat2", "darwin": "renameatx_np"}


def exchange(one: Path, other: Path) -> bool:
    """Exchange two existing paths; return False if the system or file system does not support it.

    Raises:
        OSError: it is supported, but failed.
    """
    import ctypes  # not needed by a build without changes
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
    if code in unable:  # EXDEV and EBUSY: a mount point
        return False
    raise OSError(code, os.strerror(code), str(other))
