"""Published and closed-form answers through the whole engine (docs/model.md, Answers known beforehand).

Families of tests at 1 % (Bonferroni).  On totals of 500 people or more each z-test has 90 % power or better against a bias
of 0.5 %; the replications are chosen for that and the power is asserted from the known standard deviation.
"""

import numpy as np
import pytest
from scipy import integrate, stats

from worlds import ALL_FOUND, FAMILY, build, get, means, path, place, power, row, run, stage, steps, z_limit

# ------------------------------------------------------------------------------------------------------- Kemeny and Snell

LEVELS = ["y1", "y2", "y3", "y4"]
EXPECTED_YEARS = {4: 4.138184, 3: 3.300781, 2: 2.34375, 1: 1.25}


def chain(last):
    """Stages of 4, 3, 2 and 1 years (drop .1, repeat .2, pass .7), 1,000 entrants each in 2000, nobody before or after.

    Each year of a stage is counted at a level of its own, so that headcounts show the state of the chain.
    """
    pathways = {f"p{n}": path(stage("y4", n, 0.1, repeat=0.2, counted_as=LEVELS[4 - n :])) for n in EXPECTED_YEARS}
    rows = [row(code, steps(y1999=0, y2000=1000, y2001=0)) for code in pathways]
    return build(place(pathways, rows, first=2000, last=last, junior=4000, levels=LEVELS))


@pytest.fixture(scope="module")
def chain_means():
    return means(chain(2060))


def test_chain_starts_empty_and_is_over_by_the_horizon(chain_means):
    """Nobody is there in 2000 but the 1,000; who still is there in 2060 has repeated over 50 times: fewer than 1e-9."""
    for n, code in ((n, f"p{n}") for n in EXPECTED_YEARS):
        heads = get(chain_means, "headcount", pathways=[code])
        assert heads[0] == 1000
        assert get(chain_means, "entrants", pathways=[code]).tolist() == [1000] + [0] * 60
        assert 0 <= heads[-1] < 1e-9, n


@pytest.mark.parametrize(("years", "expected"), EXPECTED_YEARS.items())
def test_expected_years_in_school(chain_means, years, expected):
    """Kemeny and Snell's fundamental matrix: (I - Q)^-1 has 1.25 (7/8)^(j-i) at (i, j)."""
    total = get(chain_means, "headcount", pathways=[f"p{years}"]).sum() / 1000
    assert round(total, 6) == expected
    assert total == pytest.approx(1.25 * sum(0.875**j for j in range(years)), rel=1e-11)


@pytest.mark.parametrize("state", range(4))
def test_expected_years_in_each_state(chain_means, state):
    heads = get(chain_means, "headcount", pathways=["p4"], levels=[LEVELS[state]])
    assert heads.sum() / 1000 == pytest.approx(1.25 * 0.875**state, rel=1e-11)


@pytest.mark.parametrize("years", EXPECTED_YEARS)
def test_probability_of_graduating(chain_means, years):
    graduates = get(chain_means, "graduates", pathways=[f"p{years}"]).sum() / 1000
    dropouts = get(chain_means, "dropouts", pathways=[f"p{years}"]).sum() / 1000
    assert graduates == pytest.approx((0.7 / 0.8) ** years, rel=1e-11)
    assert graduates + dropouts == pytest.approx(1, rel=1e-11)
    if years == 4:
        assert f"{graduates:.6f}" == "0.586182"


def test_chain_under_draws():
    """One cohort of 1,000: graduates have mean 586.18 and sd 15.575; family of three (two z-tests, one chi-square test).

    The mean number of years has sd sqrt((2N - I) N 1 - (N 1)^2) per person.  R = 2,000: se of the mean 0.35, of a bias of
    0.5 % (2.93) the power is above 99.9 %.  Chi-square: the excess kurtosis of Bin(1000, .586) is -0.002.
    """
    replications, tests = 2000, 3
    r = run(chain(2045), replications)
    graduates = get(r, "graduates", pathways=["p4"]).sum(axis=0)
    p = 0.875**4
    sd = np.sqrt(1000 * p * (1 - p))
    assert round(1000 * p, 2) == 586.18 and round(sd, 3) == 15.575
    assert power(0.005 * 1000 * p, sd / np.sqrt(replications), tests) > 0.9
    assert abs(graduates.mean() - 1000 * p) < z_limit(tests) * sd / np.sqrt(replications)

    chi = graduates.var(ddof=1) * (replications - 1) / sd**2
    low, high = stats.chi2.ppf([FAMILY / tests / 2, 1 - FAMILY / tests / 2], replications - 1)
    assert low < chi < high

    q = np.diag([0.2] * 4) + np.diag([0.7] * 3, 1)
    n = np.linalg.inv(np.eye(4) - q)
    years = n.sum(axis=1)
    variance = ((2 * n - np.eye(4)) @ years - years**2)[0]
    total = get(r, "headcount", pathways=["p4"]).sum(axis=0)
    error = np.sqrt(1000 * variance / replications)
    assert power(0.005 * 1000 * years[0], error, tests) > 0.9
    assert abs(total.mean() - 1000 * years[0]) < z_limit(tests) * error


# --------------------------------------------------------------------------------------------- probability of a target


def stayers(graduates, rate, parameters, goal=0.7):
    """A class of so many, all at work: the share who stay is Bin(graduates, rate) / graduates by r1, r2 and r3 alike."""
    pathways = {"p": path(stage(years=1))}
    rows = [row("p", graduates)]
    targets = {
        d: {
            "title": {"zh": d, "en": d},
            "indicator": f"local_retention_{d}",
            "year": 2025,
            "direction": "reach",
            "value": goal,
            "clause": "-",
        }
        for d in ("r1", "r3")
    }
    raw = place(pathways, rows, junior=graduates, uncertainty={"parameters": parameters}, targets=targets)
    raw["retention"] = {**ALL_FOUND, "base": [{**raw["retention"]["base"][0], "rate": rate}]}
    return build(raw)


def answers(r):
    return {a.code: a for a in r.answers}


@pytest.mark.parametrize(("graduates", "rate", "known"), [(1000, 0.68, 0.0926), (200, 0.72, 0.762490)])
def test_probability_with_known_rate(graduates, rate, known):
    """P(Bin(1000, .68) >= 700) = 0.0926 and P(Bin(200, .72) >= 140) = .762490; z-tests, family of two for each case.

    R = 8,000: se of the probability at most 0.005 (a point of the published figure is seen); se of the mean of 680 is
    0.16 (power against 0.5 % above 99.9 %).
    """
    replications, tests = 8000, 2
    goal = round(0.7 * graduates)
    exact = stats.binom.sf(goal - 1, graduates, rate)
    assert round(exact, len(str(known)) - 2) == known
    r = run(stayers(graduates, rate, False), replications)
    a = answers(r)["r3"]
    assert abs(a.probability - exact) < z_limit(tests) * np.sqrt(exact * (1 - exact) / replications)
    assert answers(r)["r1"].probability == a.probability
    error = np.sqrt(rate * (1 - rate) / graduates / replications)
    if graduates >= 500:
        assert power(0.005 * rate, error, tests) > 0.9
    assert abs(a.values.mean() - rate) < z_limit(tests) * error


def test_probability_and_parameter_share_with_an_uncertain_rate():
    """Rate from counts, 68 of 100 (Beta(68, 32)); a class of 1,000: 0.3534, and parameters explain 0.9091 of the variance.

    Family of four z-tests.  Two of a pair share the rate, so the variance of a pair's mean is
    (v + cov) / 2 with cov = E[P(reach | p)^2] - P^2, by quadrature.  The intraclass correlation by Fisher's transformation
    for pairs, sd 1 / sqrt(m - 3/2) (Fisher 1925, par. 39).  R = 8,000, 4,000 pairs.
    """
    replications, tests = 8000, 4
    a, b, n = 68, 32, 1000
    exact = stats.betabinom.sf(699, n, a, b)
    assert round(exact, 4) == 0.3534
    share = (1 / (a + b + 1)) / (1 / (a + b + 1) + (a + b) / (a + b + 1) / n)
    assert round(share, 4) == 0.9091

    answer = answers(run(stayers(n, {"passed": a, "of": a + b}, True), replications))["r3"]
    both, _ = integrate.quad(lambda p: stats.binom.sf(699, n, p) ** 2 * stats.beta.pdf(p, a, b), 0.4, 0.95, epsabs=1e-10)
    error = np.sqrt((exact * (1 - exact) + both - exact**2) / replications)
    assert abs(answer.probability - exact) < z_limit(tests) * error
    # the reported error squared is a sample variance of pair means 0, 1/2, 1, whose fourth moment is known
    weights = np.array([1 - 2 * exact + both, 2 * (exact - both), both])
    fourth = weights @ (np.array([0, 0.5, 1]) - exact) ** 4
    variance = replications / 2 * error**2
    assert weights @ (np.array([0, 0.5, 1]) - exact) ** 2 == pytest.approx(variance, rel=1e-9)
    spread = np.sqrt((fourth - variance**2) / (replications / 2))
    assert abs(replications / 2 * answer.mcse**2 - variance) < z_limit(tests) * spread

    z = np.arctanh(answer.parameter_share) - np.arctanh(share)
    assert abs(z) < z_limit(tests) / np.sqrt(replications / 2 - 1.5)
    # the value's variance: beta-binomial; pair mean = (v + cov) / 2 with cov the variance of the rate
    rate_var = a * b / (a + b) ** 2 / (a + b + 1)
    within = a * b / (a + b) / (a + b + 1) / n
    error = np.sqrt((2 * rate_var + within) / replications)
    assert abs(answer.values.mean() - 0.68) < z_limit(tests) * error


def test_held_parameters_leave_the_mean_rate():
    """With parameters off the same counts stand for their mean, 0.68, and every replication is independent: 0.0926."""
    exact = stats.binom.sf(699, 1000, 0.68)
    r = run(stayers(1000, {"passed": 68, "of": 100}, False), 8000)
    assert abs(answers(r)["r3"].probability - exact) < z_limit(1) * np.sqrt(exact * (1 - exact) / 8000)


def test_held_process_gives_each_pair_its_mean():
    """With process chance off the value of a pair is its rate itself: P(Beta(68, 32) >= 0.7), both of a pair equal."""
    raw_scenario = stayers(1000, {"passed": 68, "of": 100}, True)
    r = run(raw_scenario.model_copy(update={"uncertainty": raw_scenario.uncertainty.model_copy(update={"process": False})}), 4000)
    values = answers(r)["r3"].values
    assert (values[0::2] == values[1::2]).all()
    exact = stats.beta.sf(0.7, 68, 32)
    assert abs((values >= 0.7).mean() - exact) < z_limit(2) * np.sqrt(exact * (1 - exact) / 2000)
    assert stats.kstest(values[::2], stats.beta(68, 32).cdf).pvalue > FAMILY / 2


# ------------------------------------------------------------------------------------------------------------- Kapur


def kapur(bands, people=100_000):
    """Weights (2, 1, 2), seats (.2, .3, .1) a head, no way outside; in the k-th year only the best k bands take part.

    Band b goes to general high school until it takes part, so that the entrants of the k-th year are those of its best
    k bands: serial dictatorship from the top makes the lower bands irrelevant to them.
    """
    first = 2025
    programmes = {"a": {"preference": float(np.log(2))}, "b": {"preference": 0}, "c": {"preference": float(np.log(2))}}
    seats = {"a": 0.2, "b": 0.3, "c": 0.1}
    share = [steps(**{f"y{first}": 1, f"y{first + b + 1}": 0}) for b in range(len(bands))]
    raw = place(
        {"p": path(stage(years=1))},
        [row("p", round(people * s), code) for code, s in seats.items()],
        first=first,
        last=first + len(bands),
        junior=people,
        programmes=programmes,
        choice={"bands": bands, "general_share": share},
    )
    return build(raw)


def kapur_taken(s):
    """Seats taken by the best share ``s``, by hand: c fills at .25 (cut-off .75), a at .4 (.6), b at .6 (.4)."""
    to_c, to_a, to_b = min(s, 0.25), np.clip(s, 0.25, 0.4) - 0.25, np.clip(s, 0.4, 0.6) - 0.4
    return {"a": 0.4 * to_c + 2 / 3 * to_a, "b": 0.2 * to_c + 1 / 3 * to_a + to_b, "c": 0.4 * to_c}


@pytest.mark.parametrize("bands", [[0.05] * 20, [0.13, 0.07, 0.3, 0.02, 0.18, 0.3], [1.0]], ids=["twenty", "uneven", "one"])
def test_kapur_cut_offs(bands):
    """Kapur (arXiv 2107.01340): cut-offs (0.6, 0.4, 0.75), also where they fall within a band."""
    v = means(kapur(bands))
    assert kapur_taken(1.0) == pytest.approx({"a": 0.2, "b": 0.3, "c": 0.1})
    for k, s in enumerate(np.cumsum([0.0, *bands])):
        for code, share in kapur_taken(s).items():
            assert get(v, "entrants", programmes=[code])[k] == pytest.approx(100_000 * share, rel=1e-9, abs=1e-6), (k, code)
    unplaced = get(v, "not_local")
    assert unplaced[-1] == pytest.approx(40_000, rel=1e-9)


def test_kapur_band_shares_change_at_the_cut_offs():
    """With twenty bands the admitted shares of a band are (.4, .2, .4) to band 5, (2/3, 1/3, 0) to 8, (0, 1, 0) to 12."""
    v = means(kapur([0.05] * 20))
    of_band = {c: np.diff(get(v, "entrants", programmes=[c])) / 5000 for c in "abc"}
    for c, shares in {"a": (0.4, 2 / 3, 0, 0), "b": (0.2, 1 / 3, 1, 0), "c": (0.4, 0, 0, 0)}.items():
        assert of_band[c] == pytest.approx(np.repeat(shares, (5, 3, 4, 8)), abs=1e-9)


def test_kapur_under_draws():
    """The best fifth (20,000) fills no programme, so that a and b are chosen binomially, with .4 and .2.

    Family of two z-tests, R = 400: se 3.5 of 8,000 and 2.8 of 4,000, power against 0.5 % above 99.9 %.
    """
    r = run(kapur([0.05] * 20), 400)
    for code, share in (("a", 0.4), ("b", 0.2)):
        taken = get(r, "entrants", programmes=[code])[4]
        error = np.sqrt(20_000 * share * (1 - share) / 400)
        assert power(0.005 * 20_000 * share, error, 2) > 0.9
        assert abs(taken.mean() - 20_000 * share) < z_limit(2) * error


# ------------------------------------------------------------------------------------------------ a stage, by hand


def test_two_gates_and_an_open_exam_by_hand():
    """1,000 enter 1 + 1 + 1 years; drop .1 each, sit .9, pass .8, caps .6 and .3; half of the leavers pass the exam.

    Year 1: 900 stay, 648 pass, cap 600 of 1,000 entrants: 600 through, 300 leave with the first diploma, of whom .5 x .8 =
    120 pass the exam; of those weight 1 : 1 splits 60 to the local college (200 seats) and 60 elsewhere.
    Year 2: 540 stay, 388.8 pass, cap 300: 300 through, 240 leave.  Year 3: 270 graduate.
    """
    pathways = {
        "p": path(
            stage("secondary", 1, 0.1, further={"gate": "exam", "sits": 0.5, "passes": 0.8}),
            stage("college", 1, 0.1, transfer={"sits": 0.9, "passes": 0.8, "cap": 0.6}),
            stage("bachelor", 1, 0.1, transfer={"sits": 0.9, "passes": 0.8, "cap": 0.3}),
        ),
        "q": path(stage("college", 1, 0), entry="exam"),
    }
    rows = [row("p", 1000), row("q", 200, areas="any")]
    v = means(build(place(pathways, rows, junior=1000, last=2026, gates={"exam": {"elsewhere": 0}})))
    at = {"pathways": ["p"]}
    for level, gate, through, out in (("secondary", 900, 600, 300), ("college", 540, 300, 240), ("bachelor", 0, 0, 270)):
        assert get(v, "graduates", levels=[level], **at) == pytest.approx([out, out])
        faced = v.layout.gate_lines
        lines = (v.layout.line_level[faced] == v.layout.levels.index(level)) & (v.layout.line_pathway[faced] == 0)
        assert v.history.at_gate[:, lines].sum(axis=(1, 2)) == pytest.approx([gate, gate])
        assert v.history.through_gate[:, lines].sum(axis=(1, 2)) == pytest.approx([through, through])
    assert get(v, "headcount", **at) == pytest.approx([1900, 1900])
    assert get(v, "dropouts", **at) == pytest.approx([190, 190])
    assert get(v, "entrants", pathways=["q"]) == pytest.approx([60, 60])
    assert get(v, "further_local", levels=["secondary"]) == pytest.approx([60, 60])
    assert get(v, "further_away", levels=["secondary"]) == pytest.approx([60, 60])


@pytest.mark.parametrize(("exam_entry", "sits"), [("05-25", 300), ("05-10", 0)])
def test_who_failed_the_gate_sits_the_exam_only_if_told_in_time(exam_entry, sits):
    """1,000 face a gate that 700 pass; the 300 others all sit and pass the exam if the assessment precedes its entry date."""
    pathways = {
        "p": path(
            stage("secondary", 1, 0, further={"gate": "exam", "sits": 1, "passes": 1}),
            stage("college", 1, 0, transfer={"sits": 1, "passes": 0.7}),
        )
    }
    v = means(build(place(pathways, [row("p", 1000)], gates={"exam": {"elsewhere": 0}}, calendar={"exam_entry": exam_entry})))
    assert get(v, "further_away") == pytest.approx([sits])


def test_the_general_track_by_hand():
    """1,000 enter two years: 200 move in the first year, then 80 of the 800 left; a quarter of the first 200 come back.

    At the end 800 - 80 + 50 = 770 graduate; 150 + 80 leave for good; headcount 1,000 + 800.
    """
    pathways = {"p": path(stage("secondary", 2, 0, to_general=[0.2, 0.1], back=0.25))}
    v = means(build(place(pathways, [row("p", 1000)])))
    assert get(v, "graduates") == pytest.approx([770])
    assert get(v, "headcount") == pytest.approx([1800])


def test_capacity_leaves_room_for_who_is_there():
    """A school of 250 with three years of stay takes what is free: 250 / 3 in the long run, never more than 250 in all.

    The plan offers capacity less those who stay on, from an empty school in the warm-up: 100, 100, 50, 100, 100, 50, ...
    """
    pathways = {"p": path(stage("secondary", 3, 0))}
    raw = place(pathways, [row("p", 100)], first=2025, last=2033, institutions={"school": {"capacity": 250}})
    v = means(build(raw))
    assert get(v, "seats") == pytest.approx([100, 100, 50] * 3)
    assert get(v, "headcount") == pytest.approx([250] * 9)


def test_junior_graduates_are_whole_people():
    """A class of (1655 + 2 x 1786) / 3 = 1742.33 counts 1742, on the expectation source too."""
    v = means(build(place({"p": path(stage())}, [row("p", 5000)], junior=(1655 + 2 * 1786) / 3)))
    assert get(v, "junior_graduates").tolist() == [1742]


def test_bands_of_whole_people():
    """7 juniors in bands of .2, .3 and .5: cut at 1.4 and 3.5, to the nearest person 1 and 4, so 1, 3 and 3 (draws only)."""
    raw = place({"p": path(stage())}, [row("p", 100)], junior=7, choice={"bands": [0.2, 0.3, 0.5]})
    for band, people in enumerate((1, 3, 3)):
        raw["choice"]["general_share"] = [float(b == band) for b in range(3)]
        assert get(run(build(raw), 2), "general_entrants").tolist() == [[people, people]]
    assert get(means(build(raw)), "general_entrants") == pytest.approx([3.5])


def test_places_for_later_stages_are_reserved():
    """A college of 100 and a gate with a cap of .5 of the 80 who entered at a school: 40 places are kept and 60 offered."""
    pathways = {
        "p": path(stage("secondary"), stage("college", transfer={"sits": 1, "passes": 0.25, "cap": 0.5})),
        "q": path(stage("college")),
    }
    rows = [row("p", 80, then=["college"]), row("q", 100, school="college")]
    v = means(build(place(pathways, rows, last=2027, institutions={"college": {"capacity": 100}})))
    assert get(v, "seats", pathways=["q"]).tolist() == [60, 60, 60]
    # 20 pass: 80 of the 100 places are taken
    assert get(v, "headcount", schools=["college"]) == pytest.approx([80, 80, 80])


@pytest.mark.parametrize(("elsewhere", "shares"), [(None, (0.75, 0.25)), (0.0, (3 / 7, 1 / 7))])
def test_own_programme_family_and_elsewhere_after_the_exam(elsewhere, shares):
    """700 of programme a: weights 1 for a, 1/3 for b of its family, 0 for c of another, 1 for elsewhere if any."""
    pathways = {
        "p": path(stage("secondary", further={"gate": "exam", "sits": 1, "passes": 1})),
        "q": path(stage("college"), entry="exam"),
    }
    rows = [row("p", 700, "a"), *(row("q", 1000, c, areas="any") for c in "abc")]
    gate = {"other_field": -float(np.log(3)), **({} if elsewhere is None else {"elsewhere": elsewhere})}
    raw = place(pathways, rows, gates={"exam": gate}, programmes={"a": {"family": "x"}, "b": {"family": "x"}})
    v = means(build(raw))
    got = [get(v, "entrants", pathways=["q"], programmes=[c])[0] for c in "abc"]
    assert got == pytest.approx([700 * shares[0], 700 * shares[1], 0])
    assert get(v, "further_away", pathways=["p"])[0] == pytest.approx(700 * (1 - sum(shares)), abs=1e-9)
