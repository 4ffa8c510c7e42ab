"""Records what the reference libraries say of drawn numbers, for the tests beside this file.

pip install ppi-python==0.2.3 choix==0.4.1 statsmodels==0.15.0 scipy==1.17.1 numpy==2.4.6
python reference_figures.py > reference-figures.json && npx biome format --write reference-figures.json
"""

import json
import sys
from importlib.metadata import version

import choix
import numpy as np
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy.stats import norm
from statsmodels.discrete.discrete_model import Logit
from statsmodels.stats.proportion import proportion_confint

DRAW = np.random.default_rng(20)


def binary(n, agree):
    """Labels, and verdicts that are the label with the given probability."""
    labels = (DRAW.random(n) < 0.6).astype(float)
    return labels, np.where(DRAW.random(n) < agree, labels, 1 - labels)


def scores(n, noise):
    """Scores of 10 with one decimal, and a judge that is 0.7 too kind."""
    labels = np.round(DRAW.uniform(1, 10, n), 1)
    return labels, np.round(labels + 0.7 + DRAW.normal(0, noise, n), 1)


def cut(pair, n):
    labels, judged = pair
    return labels[:n], judged[:n], judged[n:]


PPI = {
    "a good judge": cut(binary(500, 0.9), 100),
    "a poor judge": cut(binary(400, 0.6), 80),
    "a judge that guesses": cut(binary(300, 0.5), 60),
    "a judge that says the reverse": cut(binary(300, 0.2), 60),
    "a judge that is always right": cut(binary(300, 1.0), 50),
    "scores": cut(scores(300, 1.0), 60),
    "scores with much noise": cut(scores(300, 8.0), 60),
    "more labels than unlabelled": cut(scores(200, 1.0), 180),
    "two labels": cut(scores(50, 1.0), 2),
    "three labels": cut(binary(60, 0.9), 3),
    "one label": cut(scores(30, 1.0), 1),
    "one unlabelled": cut(scores(30, 1.0), 29),
    "all labels equal": (np.ones(20), np.array([1.0, 0.0] * 10), np.array([1.0, 0.0, 1.0] * 20)),
    "all labels zero": (np.zeros(10), np.array([1.0] + [0.0] * 9), np.array([1.0, 0.0] * 30)),
    "large numbers": tuple(1e6 + part for part in cut(scores(120, 1.0), 40)),
}


def ppi_cases():
    out = []
    for name, (labels, judged, unlabelled) in PPI.items():
        figures = []
        for lam in [None, 0, 0.5, 1]:
            for alpha in [0.05, 0.2]:
                low, high = ppi_mean_ci(labels, judged, unlabelled, alpha=alpha, lam=lam)
                figures.append(
                    {
                        "lambda": lam,
                        "level": 1 - alpha,
                        "value": float(np.ravel(ppi_mean_pointestimate(labels, judged, unlabelled, lam=lam))[0]),
                        "low": float(np.ravel(low)[0]),
                        "high": float(np.ravel(high)[0]),
                    }
                )
        out.append(
            {
                "name": name,
                "labels": labels.tolist(),
                "judged": judged.tolist(),
                "unlabelled": unlabelled.tolist(),
                "figures": figures,
            }
        )
    return out


def comparisons(strengths, n, tie):
    """Drawn comparisons: who stood left and right, and who won (1 left, 2 right, 0 neither)."""
    drawn = []
    for _ in range(n):
        a, b = DRAW.choice(len(strengths), 2, replace=False)
        chance = 1 / (1 + np.exp(strengths[b] - strengths[a]))
        won = 0 if DRAW.random() < tie else 1 if DRAW.random() < chance else 2
        drawn.append([int(a), int(b), won])
    return drawn


def likeliest(n, drawn):
    """Strengths by choix, a tie being half a win for each; the same by a logistic regression."""
    wins = []
    for a, b, won in drawn:
        wins += [(a, b), (b, a)] if won == 0 else [(a, b)] * 2 if won == 1 else [(b, a)] * 2
    found = choix.ilsr_pairwise(n, wins, alpha=0, max_iter=10000, tol=1e-14)
    # One row a comparison and side; the first strength is 0, since only differences count.
    rows = np.zeros((2 * len(wins), n))
    for at, (winner, loser) in enumerate(wins):
        rows[2 * at, winner] = rows[2 * at + 1, loser] = 1
        rows[2 * at, loser] = rows[2 * at + 1, winner] = -1
    won = np.tile([1.0, 0.0], len(wins))
    fitted = np.concatenate([[0], Logit(won, rows[:, 1:]).fit(disp=0, method="newton", tol=1e-13).params])
    found, fitted = found - found.mean(), fitted - fitted.mean()
    assert np.abs(found - fitted).max() < 1e-8
    return found.tolist()


def ranking_cases():
    out = []
    for name, strengths, n, tie in [
        ("three models", [0.8, 0.0, -0.8], 60, 0.0),
        ("five models with ties", [1.0, 0.5, 0.0, -0.5, -1.0], 300, 0.2),
        ("eight models, far apart", [3.5, 2.5, 1.5, 0.5, -0.5, -1.5, -2.5, -3.5], 3000, 0.05),
    ]:
        drawn = comparisons(strengths, n, tie)
        # Each comparison is three digits: left, right, who won.
        written = " ".join("".join(map(str, each)) for each in drawn)
        out.append({"name": name, "comparisons": written, "strengths": likeliest(len(strengths), drawn)})
    return out


def wilson_cases():
    out = []
    for hits, n in [(0, 1), (1, 1), (0, 10), (10, 10), (3, 7), (50, 100), (81, 90), (999, 1000), (1, 100000)]:
        for level in [0.8, 0.95, 0.99]:
            low, high = proportion_confint(hits, n, alpha=1 - level, method="wilson")
            out.append({"hits": hits, "n": n, "level": level, "low": float(low), "high": float(high)})
    return out


def main():
    shares = [1e-300, 1e-20, 1e-9, 0.001, 0.02, 0.05, 0.074, 0.076, 0.1, 0.3, 0.5, 0.6, 0.9, 0.975, 0.995, 1 - 1e-9]
    json.dump(
        {
            "made_by": "test/judge/trust/reference_figures.py",
            "versions": {name: version(name) for name in ["ppi-python", "choix", "statsmodels", "scipy", "numpy"]},
            "ppi": ppi_cases(),
            "rankings": ranking_cases(),
            "wilson": wilson_cases(),
            "normal": [{"p": p, "value": float(norm.ppf(p))} for p in shares],
        },
        sys.stdout,
        indent=2,
    )
    print()


if __name__ == "__main__":
    main()
