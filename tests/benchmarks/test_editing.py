"""What a gradual edit does to a score is told apart from what it hides."""

import numpy as np

from benchmarks.real import editing
from shared.rating.signals.ordinary import EditMarks


def test_what_both_clips_show_is_what_neither_of_them_hides():
    plain, edit = (EditMarks(np.zeros(ticks, bool), np.zeros(ticks, bool)) for ticks in (6, 5))
    plain.touched[[1, 5]], plain.new_shot[1] = True, True
    edit.touched[[2, 3]], edit.new_shot[3] = True, True

    hidden = editing._hidden(6, plain, edit)

    assert np.flatnonzero(hidden.touched).tolist() == [1, 2, 3, 5]
    assert np.flatnonzero(hidden.new_shot).tolist() == [3]
    assert len(editing._hidden(5, plain, edit).touched) == 5
