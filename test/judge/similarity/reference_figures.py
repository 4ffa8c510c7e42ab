"""Records what the reference libraries say of pairs of texts, for reference-figures.test.ts.

pip install rouge-score==0.1.2 sacrebleu==2.6.0 nltk==3.10.4 transformers==4.57.6
python reference_figures.py > reference-figures.json && npx biome format --write reference-figures.json
"""

import json
import random
import sys
from importlib.metadata import version

from nltk.stem.porter import PorterStemmer
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import CHRF
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1

STORY = (
    "The caretaker was carefully caring for 12 cared-for cats, relating relational stories to the "
    "electricians while the flies were dying and the skies darkened. Organizations organized the "
    "organizational activities; hopefully the hopefulness of the vietnamization was sensible."
)


def long_text(seed, words):
    """Words as they follow from a seed, many of them repeated."""
    draw = random.Random(seed)
    syllables = ["ba", "ren", "tion", "ing", "lo", "mu", "the", "ed", "ka", "s"]
    known = ["".join(draw.choice(syllables) for _ in range(draw.randint(1, 4))) for _ in range(300)]
    return [draw.choice(known) for _ in range(words)]


def edited(words, seed):
    """The same words with some left out, doubled or moved."""
    draw = random.Random(seed)
    out = []
    for word in words:
        roll = draw.random()
        if roll < 0.1:
            continue
        out.append(word)
        if roll > 0.95:
            out.append(word)
        if roll > 0.9 and len(out) > 1:
            out[-1], out[-2] = out[-2], out[-1]
    return out


LONG = long_text(7, 1200)

# Each an answer and the expected answer.
PAIRS = [
    ("", ""),
    ("", "the cat"),
    ("the cat", ""),
    (" \t\n", "x"),
    ("the", "a"),
    ("!!!", "..."),
    ("a", "a"),
    ("a", "b"),
    ("Paris", "paris"),
    ("The cat sat on the mat.", "The cat sat on the mat."),
    ("The cat sat on the mat.", "the cat is sitting on a mat"),
    ("on the mat the cat sat", "the cat sat on the mat"),
    ("The quick brown fox jumps over the lazy dog", "The quick brown dog jumps on the log."),
    ("the the the the the", "the cat"),
    ("no no no yes yes", "yes no yes no yes no yes"),
    ("aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaa"),
    ("ab", "abcdefghij"),
    ("abcdefghij", "ab"),
    ("It's a dog's life, isn't it?", "Its a dogs life isnt it"),
    ("(hello) [world]!", "hello world"),
    ("\"quoted\" -- and --dashed--", "quoted and dashed"),
    ("e.g. U.S.A. vs. UK", "eg USA vs UK"),
    ("1,234.50 dollars", "$1234.50"),
    ("3/4 of 100%", "75 percent"),
    ("An apple, a pear and the plum", "apple pear plum"),
    ("theatre another and anthem", "the other a n them"),
    ("running runner runs easily", "run ran easy"),
    (STORY, "The care taker cared for twelve cats and related stories to an electrician; flies die, sky darkens."),
    (STORY, STORY.upper()),
    ("Stra\u00dfe nach K\u00f6ln", "STRASSE NACH K\u00d6LN"),
    ("caf\u00e9 au lait", "cafe\u0301 au lait"),
    ("\u0130stanbul \u0131s big", "istanbul is big"),
    ("\u00e9a la\u00e9 a \u00e9", "\u00e9 the la\u00e9"),
    ("\u5317\u4eac\u662f\u4e2d\u56fd\u7684\u9996\u90fd\u3002", "\u4e2d\u56fd\u7684\u9996\u90fd\u662f\u5317\u4eac\u3002"),
    ("\u5317\u4eac", "\u5317\u4eac"),
    ("\u6771\u4eac\u30bf\u30ef\u30fc\u306f 333 m", "\u6771\u4eac\u30bf\u30ef\u30fc\u306e\u9ad8\u3055\u306f333\u30e1\u30fc\u30c8\u30eb"),
    ("\u041c\u043e\u0441\u043a\u0432\u0430 \u2014 \u0441\u0442\u043e\u043b\u0438\u0446\u0430", "\u0441\u0442\u043e\u043b\u0438\u0446\u0430 \u041c\u043e\u0441\u043a\u0432\u0430"),
    ("\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c2 \u03bf\u03b4\u03bf\u03c2"),
    ("\U0001f600\U0001f601\U0001f602 fun", "\U0001f602\U0001f601\U0001f600 fun"),
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467 family", "family \U0001f468\u200d\U0001f469\u200d\U0001f467"),
    ("\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "\u0645\u0631\u062d\u0628\u0627"),
    ("\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e", "\u092d\u093e\u0937\u093e \u0939\u093f\u0928\u094d\u0926\u0940"),
    ("a\u00a0b\u2003c\u3000d", "a b c d"),
    ("a\x1cb\x85c\ufeffd", "a b c d"),
    ("one\r\ntwo\r\n\r\nthree", "one two three"),
    ("\uff34\uff48\uff45 \uff43\uff41\uff54", "the cat"),
    ("snake_case and kebab-case", "snake case and kebab case"),
    ("def f(x):\n    return x + 1", "def f(y): return y+1"),
    ("word " * 200, "word " * 150),
    ("x" * 1500, "xy" * 700),
    (" ".join(LONG), " ".join(edited(LONG, 8))),
    (" ".join(LONG[:900]), " ".join(LONG[300:])),
    (" ".join(reversed(LONG)), " ".join(LONG)),
]

# Beside those of the pairs: words for each rule of the stemmer, and for its exceptions.
WORDS = """caresses ponies ties dies caress cats flies gas this feed agreed freed plastered bled motoring sing
conflated troubled sized hopping tanned falling hissing fizzed failing filing tried died spied tying happy sky
enjoy spy fly say by relational conditional rational valenci hesitanci digitizer conformabli radicalli differentli
vileli analogousli vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti
sensitiviti sensibiliti triplicate formative formalize electriciti electrical hopeful goodness revival allowance
inference airliner gyroscopic adjustable defensible irritant replacement adjustment dependent adoption homologou
communism activate angulariti homologous effective bowdlerize probate rate cease controll roll geologi theologi
archaeologi mythology hopefully carefully totally really usually skies dying lying news innings outing cannings howe
proceed exceed succeed yyyy yes toy syzygy 1234 12ing abc123 ing eed ied use used using owed eying oing ally
generalizations oscillators analytically electricity activities national nationally possibly ability nobly""".split()


def main():
    plain = RougeScorer(["rougeL"], use_stemmer=False)
    stemming = RougeScorer(["rougeL"], use_stemmer=True)
    chrf = CHRF()
    chrf_pp = CHRF(word_order=2)
    pairs = []
    for answer, expected in PAIRS:
        pairs.append(
            {
                "answer": answer,
                "expected": expected,
                "rouge_l": float(plain.score(expected, answer)["rougeL"].fmeasure),
                "rouge_l_stemmed": float(stemming.score(expected, answer)["rougeL"].fmeasure),
                "chrf": chrf.sentence_score(answer, [expected]).score / 100,
                "chrf_pp": chrf_pp.sentence_score(answer, [expected]).score / 100,
                "token_f1": float(compute_f1(expected, answer)),
                "squad_exact": compute_exact(expected, answer),
            }
        )
    stemmer = PorterStemmer()
    json.dump(
        {
            "made_by": "test/judge/similarity/reference_figures.py",
            "versions": {name: version(name) for name in ["rouge-score", "sacrebleu", "nltk", "transformers"]},
            "pairs": pairs,
            "stems": {word: stemmer.stem(word) for word in sorted(set(WORDS + LONG))},
        },
        sys.stdout,
        indent=2,
    )
    print()


if __name__ == "__main__":
    main()
