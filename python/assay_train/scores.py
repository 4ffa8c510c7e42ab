"""Scores of a prediction against its ground truth: exact match, token F1, ROUGE-L and chrF, each from 0 to 1."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter

# Of chrF: the longest character n-gram, and how many times more recall weighs than precision (chrF2).
CHRF_ORDER = 6
CHRF_BETA = 2

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORDS = re.compile(r"\w+")


def scores_of(prediction: str, truth: str) -> dict[str, float]:
    """All scores by the names that the server knows."""
    return {
        "exact_match": exact_match(prediction, truth),
        "token_f1": token_f1(prediction, truth),
        "rouge_l": rouge_l(prediction, truth),
        "chrf": chrf(prediction, truth),
    }


def exact_match(prediction: str, truth: str) -> float:
    """
    1 when both texts are the same, but for how much white space stands where and for how Unicode composes letters.
    Case and punctuation count: -3 is not 3.
    """
    return float(_plain(prediction) == _plain(truth))


def token_f1(prediction: str, truth: str) -> float:
    """
    F1 of the words that both have, each as often as it stands in both, in lower case without punctuation and the
    articles a, an, the: the F1 of SQuAD (Rajpurkar et al. 2016). Where no word is left of either, their exact match.
    """
    told, true = _squad_words(prediction), _squad_words(truth)
    if not told and not true:
        return exact_match(prediction, truth)
    shared = sum((Counter(told) & Counter(true)).values())
    return _f_score(shared, len(told), len(true))


def rouge_l(prediction: str, truth: str) -> float:
    """
    F1 of the longest common subsequence of words (Lin 2004, "ROUGE", section 3.1, with beta 1), in lower case, a word
    being a run of letters and digits of any script. Where neither text has a word, their exact match.
    """
    told, true = _WORDS.findall(prediction.lower()), _WORDS.findall(truth.lower())
    if not told and not true:
        return exact_match(prediction, truth)
    return _f_score(common_subsequence(told, true), len(told), len(true))


def chrf(prediction: str, truth: str) -> float:
    """
    chrF2 (Popovic 2015): F2 of the means of precision and recall over character n-grams of 1 to 6, without white space.
    As in sacreBLEU, lengths of n-grams that either text is too short for do not count.
    """
    told, true = "".join(prediction.split()), "".join(truth.split())
    orders = range(1, min(CHRF_ORDER, len(told), len(true)) + 1)
    if not orders:
        return float(told == true)
    precision = recall = 0.0
    for order in orders:
        told_grams, true_grams = _grams(told, order), _grams(true, order)
        shared = sum((told_grams & true_grams).values())
        precision += shared / told_grams.total()
        recall += shared / true_grams.total()
    precision, recall = precision / len(orders), recall / len(orders)
    weight = CHRF_BETA**2
    below = weight * precision + recall
    return (1 + weight) * precision * recall / below if below else 0.0


def common_subsequence(first: list[str], second: list[str]) -> int:
    """
    Length of the longest common subsequence, a whole row of the usual table in one whole number (Hyyro 2004): texts of
    some thousand words take milliseconds.
    """
    places: dict[str, int] = {}
    for at, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << at
    every = (1 << len(first)) - 1
    row = every
    for word in second:
        hits = row & places.get(word, 0)
        row = ((row + hits) | (row - hits)) & every
    return len(first) - bin(row).count("1")


def _f_score(shared: int, told: int, true: int) -> float:
    return 2 * shared / (told + true) if shared else 0.0


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _squad_words(text: str) -> list[str]:
    return _ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split()


def _grams(text: str, order: int) -> Counter[str]:
    return Counter(text[at : at + order] for at in range(len(text) - order + 1))
