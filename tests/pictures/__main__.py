"""`python -m tests.pictures`: make the pictures anew."""

from tests.pictures import PICTURE, picture, printed

PICTURE.write_text(picture(printed()), encoding="utf-8")
