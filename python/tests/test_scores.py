"""Scores agree with published figures and with the reference programs."""

from __future__ import annotations

import random

import pytest

from assay_train.scores import chrf, common_subsequence, exact_match, rouge_l, scores_of, token_f1

# chrF by sacreBLEU 2.6.0 (sentence_chrf / 100), ROUGE-L by rouge_score 0.1.2 (without stemming).
REFERENCE = [
    ("The cat sat on the mat.", "The cat is sitting on the mat.", 0.496485170311433, 0.769230769230769),
    ("the quick brown fox", "the fast brown fox jumps", 0.384965183089302, 0.666666666666667),
    # The two of Lin 2004, section 3.1: the first is 3 of 4 in order, the second 2 of 4.
    ("police kill the gunman", "police killed the gunman", 0.762403764978002, 0.75),
    ("the gunman kill police", "police killed the gunman", 0.624670603683175, 0.5),
    ("Paris", "paris", 0.543333333333333, 1.0),
    ("a", "abcdefgh", 0.151515151515152, 0.0),
    ("abc", "xyz", 0.0, 0.0),
    ("42", "42", 1.0, 1.0),
]


@pytest.mark.parametrize(("prediction", "truth", "chrf_score", "rouge_score"), REFERENCE)
def test_chrf_and_rouge_l_are_those_of_the_reference_programs(
    prediction: str, truth: str, chrf_score: float, rouge_score: float
) -> None:
    assert chrf(prediction, truth) == pytest.approx(chrf_score, abs=1e-12)
    assert rouge_l(prediction, truth) == pytest.approx(rouge_score, abs=1e-12)


def test_token_f1_is_that_of_squad_by_hand() -> None:
    # Without article and full stop: 3 words told, 4 true, 2 in both: precision 2/3, recall 2/4.
    f1 = 2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4)
    assert token_f1("The tower of Paris.", "a big tower in paris") == pytest.approx(f1)
    # A word counts as often as both have it.
    assert token_f1("no no no", "no") == pytest.approx(0.5)
    assert token_f1("Paris!", "paris") == 1.0


def test_exact_match_forgives_white_space_and_nothing_else() -> None:
    assert exact_match("  in\nParis ", "in Paris") == 1.0
    assert exact_match("caf\u00e9", "cafe\u0301") == 1.0
    assert exact_match("paris", "Paris") == 0.0
    assert exact_match("-3", "3") == 0.0
    assert exact_match("1.5", "15") == 0.0


def test_texts_without_words_are_compared_as_they_are() -> None:
    assert scores_of("+", "-") == {"exact_match": 0.0, "token_f1": 0.0, "rouge_l": 0.0, "chrf": 0.0}
    assert set(scores_of("+", "+").values()) == {1.0}
    assert set(scores_of("", "Paris").values()) == {0.0}
    assert rouge_l("\u041c\u043e\u0441\u043a\u0432\u0430", "\u043c\u043e\u0441\u043a\u0432\u0430") == 1.0


def test_the_subsequence_in_whole_numbers_is_that_of_the_table() -> None:
    drawing = random.Random(5)
    for _ in range(300):
        first = [drawing.choice("abcd") for _ in range(drawing.randint(0, 12))]
        second = [drawing.choice("abcd") for _ in range(drawing.randint(0, 12))]
        table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
        for i, left in enumerate(first):
            for j, right in enumerate(second):
                table[i + 1][j + 1] = table[i][j] + 1 if left == right else max(table[i][j + 1], table[i + 1][j])
        assert common_subsequence(first, second) == table[-1][-1]
