"""A creator has one pseudonym, whatever the spelling of the handle."""

import pytest

from shared.privacy.pseudonym import pseudonym
from shared.privacy.tombstones import digest


@pytest.mark.parametrize("spelling", ["ada.l", "@Ada.L", "ADA.L ", "@@ada.l", "＠ada.l"])
def test_every_spelling_gives_the_pseudonym_and_the_tombstone_that_lakes_have(spelling):
    assert pseudonym("key", spelling) == "p_8d6f944061d0209d2eaa"
    assert digest("key", "creators", spelling) == "9a7acaaace7d1a14074382675e2bef614a55d5f2"
