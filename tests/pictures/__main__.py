"""`python -m tests.pictures`: make the picture of a plan anew; with `screenshots` those of the page."""

from __future__ import annotations

import sys

from tests.pictures import PICTURE, picture, printed

if sys.argv[1:] == ["screenshots"]:
    from tests.pictures.screenshots import take

    take()
else:
    PICTURE.write_text(picture(printed()), encoding="utf-8")
