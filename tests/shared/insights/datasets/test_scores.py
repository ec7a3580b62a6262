"""Published scores of arousal, valence and surprise, in files built like the published ones.

The data themselves may not be passed on. Names, order and ranges of the columns are those of the
published README (LIRIS-ACCEDE) and of programs that read the published file (Cowen & Keltner).
"""

import io
import zipfile

import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.convergence import convergence
from shared.insights.agreement.long_table import RatingsBuilder
from shared.insights.datasets import cowen, liris
from shared.insights.datasets.benchmarks import BENCHMARKS

RANKING = (
    "id\tname\tvalenceRank\tarousalRank\tvalenceValue\tarousalValue\tvalenceVariance\t"
    "arousalVariance\n"
    "0\tACCEDE00000.mp4\t3755\t787\t2.76\t1.37\t0.118\t0.149\n"
    "1\tACCEDE00001.mp4\t9799\t9799\t3.5\t4.25\t0.1\t0.2\n"
    "2\tACCEDE00002.mp4\t0\t0\t1.5\t1.25\t0.1\t0.2\n"
)
SETS = "id\tname\tset\n0\tACCEDE00000.mp4\t0\n1\tACCEDE00001.mp4\t1\n2\tACCEDE00002.mp4\t2\n"
CATEGORIES = (
    *("Admiration", "Adoration", "Aesthetic Appreciation", "Amusement", "Anger", "Anxiety", "Awe"),
    *("Awkwardness", "Boredom", "Calmness", "Confusion", "Contempt", "Craving", "Disappointment"),
    *("Disgust", "Empathic Pain", "Entrancement", "Envy", "Excitement", "Fear", "Guilt"),
    *("Horror", "Interest", "Joy", "Nostalgia", "Pride", "Relief", "Romance"),
    *("Sadness", "Satisfaction", "Sexual Desire", "Surprise", "Sympathy", "Triumph"),
)
COWEN = [
    "Filename",
    *CATEGORIES,
    *("approach", "arousal", "attention", "certainty", "commitment", "control", "dominance"),
    *("effort", "fairness", "identity", "obstruction", "safety", "upswing", "valence", "arousal"),
]


def cowen_file(**scores):
    """A file with one clip; the second column `arousal` is always 2."""
    values = {"Surprise": "0.3", "arousal": "6.5", "valence": "3", "upswing": "4"} | scores
    row = ["0001.mp4"] + [values.get(name, "0.1") for name in COWEN[1:-1]] + ["2"]
    return f"{','.join(COWEN)}\n{','.join(row)}\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def ranking(write):
    return write(RANKING, "ACCEDEranking.txt")


def values(labels):
    return {(label.file, label.dimension): label.value for label in labels.labels}


def test_liris_gives_arousal_for_people_models_and_signals_and_valence_both_ways(ranking):
    scores = values(liris.read(ranking))

    assert len(scores) == 12
    assert {key[1]: value for key, value in scores.items() if key[0] == "ACCEDE00000"} == {
        "positivity": 2.76,
        "negativity": pytest.approx(6 - 2.76),
        "emotional_intensity": 1.37,
        "arousal_proxy": 1.37,
    }


def test_the_official_test_set_of_liris_is_a_benchmark_of_its_own(ranking, write):
    write(SETS, "ACCEDEsets.txt")

    labels = BENCHMARKS["liris-test"](ranking, None)

    assert {label.file for label in labels.labels} == {"ACCEDE00000"}
    assert labels.ratings().raters == ["benchmark/liris-test"]


def test_cowen_gives_the_share_of_surprise_and_the_first_of_its_two_columns_of_arousal(write):
    labels = cowen.read(write(cowen_file(), "CowenKeltnerEmotionalVideos.csv"))

    assert values(labels) == {
        ("0001", "unexpectedness"): 0.3,
        ("0001", "emotional_intensity"): 6.5,
        ("0001", "arousal_proxy"): 6.5,
        ("0001", "positivity"): 3.0,
        ("0001", "negativity"): 7.0,
        ("0001", "desirability_shift"): 4.0,
    }


def test_an_empty_score_is_missing_and_is_counted(write):
    labels = cowen.read(write(cowen_file(Surprise="", upswing="NA"), "ratings.csv"))

    assert {label.dimension for label in labels.labels}.isdisjoint(
        {"unexpectedness", "desirability_shift"}
    )
    assert labels.notes == ["2 scores are missing in ratings.csv."]


def test_measured_arousal_and_a_models_feelings_meet_the_published_ones(write):
    lines = [
        f"{n}\tACCEDE{n:05}.mp4\t{n}\t{n}\t{1 + n / 10}\t{1 + n / 10}\t0\t0" for n in range(30)
    ]
    path = write("\n".join([RANKING.split("\n", 1)[0], *lines]), "ACCEDEranking.txt")
    ratings = RatingsBuilder()
    for n in range(30):
        ratings.add(f"ACCEDE{n:05}", "signals/2", "arousal_proxy", 50 + n)
        ratings.add(f"ACCEDE{n:05}", "gemini/m/2.0", "negativity", 90 - n)
    ratings.add_all(liris.read(path).ratings())

    estimates = {
        record["dimension"]: (record["raters"], record["estimate"], record["n"])
        for record in convergence(ratings.ratings())
    }

    assert estimates == {
        "arousal_proxy": (["signals/2", "benchmark/liris"], pytest.approx(1.0), 30),
        "negativity": (["gemini/m/2.0", "benchmark/liris"], pytest.approx(1.0), 30),
    }


def zip_of(content):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("annotations/ACCEDEranking.txt", content)
    return archive.getvalue()


@pytest.mark.parametrize(
    ("read", "content", "says"),
    [
        (liris.read, "<!DOCTYPE html><title>Sign in</title>", "a web page, not data; download ACC"),
        (liris.read, zip_of(RANKING), "an archive; unpack it and give ACCEDEranking.txt"),
        (liris.read, SETS, "has no column valenceValue, but id, name, set; give ACCEDEranking.txt"),
        (liris.read, RANKING.replace("2.76", "2,76"), "ACCEDE00000.mp4, valenceValue: '2,76' is"),
        (liris.read, RANKING.replace("1.37", "137"), "arousalValue is 137, not 1 to 5"),
        (liris.read, RANKING.replace("00001.mp4", "00000.mp4"), "line 3: ACCEDE00000.mp4 is there"),
        (liris.read, RANKING.replace("\t0.149", ""), "line 2: 7 fields where the header has 8"),
        (liris.read, RANKING.replace("ACCEDE00001.mp4", ""), "line 3: name is empty"),
        (liris.read, b"", "is empty"),
        (cowen.read, "<html>", "download CowenKeltnerEmotionalVideos.csv itself"),
        (cowen.read, "stimulus_id,valence\n1,5\n", "has no column Filename, but stimulus_id"),
        (cowen.read, cowen_file(Surprise="30"), "0001.mp4, Surprise is 30, not 0 to 1"),
        (cowen.read, cowen_file(valence="0.4"), "valence is 0.4, not 1 to 9"),
        (cowen.read, cowen_file(arousal="inf"), "arousal is inf, not 1 to 9"),
    ],
)
def test_another_file_is_refused_with_the_place_and_the_file_to_give(read, content, says, write):
    with pytest.raises(BadTable) as refusal:
        read(write(content, "labels.txt"))

    assert says in refusal.value.sentence


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        (None, "no such file; put ACCEDEsets.txt beside ACCEDEranking.txt"),
        (RANKING, "ACCEDEsets.txt has no column set"),
        (SETS.replace("mp4\t1", "mp4\ttrain"), "ACCEDE00001.mp4: set is 'train', not 0, 1 or 2"),
    ],
)
def test_the_test_set_needs_the_file_of_sets(sets, says, ranking, write):
    if sets is not None:
        write(sets, "ACCEDEsets.txt")

    with pytest.raises(BadTable) as refusal:
        liris.read_test(ranking)

    assert says in refusal.value.sentence


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(BadTable, match="no such file"):
        cowen.read(tmp_path / "nothing.csv")
