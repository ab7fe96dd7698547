"""`make release-check`: find problems of the built distributions that must not be published.

Builds the wheel and the source distribution, and refuses placeholder addresses, relative links in the packaged README, and
different metadata in the two.
"""

from __future__ import annotations

import email
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def problems(metadata: Message) -> list[str]:
    """Return why a distribution with this metadata must not be published; empty if it may."""
    found = []
    urls = [entry.partition(", ")[2] for entry in metadata.get_all("Project-URL", [])]
    if not urls:
        found.append("it names no address ([project.urls] of pyproject.toml)")
    links = _LINK.findall(str(metadata.get_payload()))
    if not links:
        found.append("its description is not the README")
    for address in sorted({*urls, *links}):
        parts = urlsplit(address)
        if not parts.scheme and not address.startswith("#"):
            found.append(f"the packaged README has a relative link: {address}")
        elif (parts.hostname or "").endswith(".example"):
            found.append(f"the address leads nowhere: {address}")
    return found


def metadata_of(distribution: Path) -> Message:
    """Return the METADATA of a wheel or the PKG-INFO of a source distribution."""
    if distribution.suffix == ".whl":
        with zipfile.ZipFile(distribution) as archive:
            (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
            content = archive.read(name)
    else:
        with tarfile.open(distribution) as archive:
            member = archive.extractfile(f"{distribution.name.removesuffix('.tar.gz')}/PKG-INFO")
            if member is None:
                raise ValueError(f"{distribution.name} has no PKG-INFO")
            content = member.read()
    return email.message_from_string(content.decode("utf-8"))


def main() -> int:
    """Return 0 if both distributions may be published, else 1."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, str(ROOT)]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode:
            print(built.stdout + built.stderr, file=sys.stderr)
            return 1
        found = {path.name: metadata_of(path) for path in sorted(Path(folder).iterdir())}
    refused = [f"{name}: {problem}" for name, each in found.items() for problem in problems(each)]
    if len({each.as_string() for each in found.values()}) != 1:
        refused.append("the wheel and the source distribution describe themselves differently")
    for line in refused:
        print(line, file=sys.stderr)
    if not refused:
        print(f"may be published: {', '.join(found)}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
