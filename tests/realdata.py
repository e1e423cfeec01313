"""Where real files are read from, if they are at hand: SAMHSA's directories, payers' answers, worked cases.

They are not ours to ship. `IOP_SHARED` names the folder that holds `data`; else it is looked for beside the repository.
"""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("IOP_SHARED") or Path(__file__).resolve().parents[2] / "shared") / "data"


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"{path.relative_to(DATA.parent)} is not at hand")
