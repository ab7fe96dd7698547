"""The data types and joins under the module name that elastic_connect had; ecgen.runtime has them all."""

from . import *  # noqa: F403 - that is what it is for
