"""Words of sensitivity and the worth of figures."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
    "sens_running": Term("模拟并分析不确定数字", "running and looking at uncertain figures"),
    "sens_head": Term("{run} · {target}（{year} 年）：哪些数字起决定作用", "{run} · {target} ({year}): which figures decide"),
    "sens_now": Term(
        "目前均值 {mean}，5–95 % 区间 {span}，达成概率 {p}。",
        "Now the mean is {mean}, the 5–95 % interval {span}, the probability {p}.",
    ),
    "sens_now_shown": Term("目前均值 {mean}，5–95 % 区间 {span}。", "Now the mean is {mean}, the 5–95 % interval {span}."),
    "sens_still": Term(
        "该目标的值在各次模拟中不变或没有数值，没有数字值得为它查清。",
        "Its value does not vary, or there is none: no figure is worth collecting for it.",
    ),
    "sens_first": Term("最值得先查清的数字：", "Most worth collecting:"),
    "sens_known": Term(
        "{i}. {name}（{kind}）：若查清，5–95 % 区间宽度可由 {width} 缩小到 {known} {unit}",
        "{i}. {name} ({kind}): with it known, the 5–95 % interval narrows from {width} to {known} {unit}",
    ),
    "sens_ends": Term(
        "；它取 5 % 分位时达成概率为 {low}，取 95 % 分位时为 {high}", "; at its 5 % point the probability is {low}, at its 95 % point {high}",
    ),
    "sens_flips": Term(
        "；据此改变判断（较可能、未定、不太可能）的概率为 {flips}",
        "; the chance that it changes the label (likely, open, unlikely) is {flips}",
    ),
    "sens_ask_graduates": Term("调查约 {n} 名毕业生", "asking about {n} graduates"),
    "sens_ask_students": Term("调查约 {n} 名学生", "asking about {n} students"),
    "sens_ask_teachers": Term("调查约 {n} 名教师", "asking about {n} teachers"),
    "sens_ask_workers": Term("调查约 {n} 名从业人员", "asking about {n} workers"),
    "sens_ask_vacancies": Term("调查约 {n} 个招聘岗位", "asking about {n} vacancies"),
    "sens_ask_people": Term("调查约 {n} 人", "asking about {n} people"),
    "sens_ask_compared": Term(
        "比较条件相差一个单位的两组、共约 {n} 人", "comparing two groups that differ by one unit, about {n} people in all,",
    ),
    "sens_halves": Term(
        "；{ask}可使该数字的区间减半，目标的区间宽度则为 {halves} {unit}。",
        "; {ask} halves the interval of the figure, and that of the target is then {halves} {unit} wide.",
    ),
    "sens_later": Term("；这是今后年份的数，目前无台账可查。", "; it is of years to come, of which there are no records yet."),
    "sens_record": Term("；查台账即可得知。", "; one look at the records tells it."),
    "sens_blank": Term("；没有现成的调查办法可估算人数。", "; how many to ask can't be told for this kind of figure."),
    "sens_next": Term(
        "{i}. {name}（{kind}）：约占目标值方差的 {share}（按均值过程，见下表）",
        "{i}. {name} ({kind}): about {share} of the variance of the value (on means, see the table below)",
    ),
    "sens_halves_own": Term("；{ask}可使该数字的区间减半。", "; {ask} halves the interval of the figure."),
    "sens_left": Term(
        "在这 {pairs} 组参数中与随机误差无法区分的待查数字：{n} 个；单独查清其中任何一个，方差至多减少约 {floor}。增加模拟次数可分辨更小的作用。",
        "Figures that can't be told from chance in these {pairs} parameter draws: {n}; any of them alone would take away about "
        "{floor} of the variance at most. More replications tell smaller effects apart.",
    ),
    "sens_bars": Term(
        "单个数字从 5 % 分位变到 95 % 分位时的目标值（其余取中间值；竖线为全取中间值的 {base}）",
        "Value of the target as one figure goes from its 5 to its 95 % point (the others in the middle; the line is {base}, all of "
        "them in the middle)",
    ),
    "sens_indices": Term("各数字在整个取值范围内的作用", "What each figure does over all that it may be"),
    "sens_figure": Term("数字", "figure"),
    "sens_low": Term("取 5 % 分位", "at its 5 % point"),
    "sens_high": Term("取 95 % 分位", "at its 95 % point"),
    "sens_bar": Term("目标值的变动", "how far it moves"),
    "sens_effect": Term("单独变动的影响，{unit}", "effect, alone ({unit})"),
    "sens_mixed": Term("影响随其他数字的波动", "how it varies with the others"),
    "sens_alone": Term("占目标值方差：单独", "of the value's variance: alone"),
    "sens_total": Term("占目标值方差：含交互作用", "with interactions"),
    "sens_total_p": Term("占达成概率方差：含交互作用", "of the probability's, with interactions"),
    "sens_clear": Term("是否显著", "above noise"),
    "sens_yes": Term("是", "yes"),
    "sens_no": Term("否", "no"),
    "sens_shared": Term("{name}（等 {n} 个同一次抽样的数字）", "{name} (and others in the same draw, {n} in all)"),
    "sens_rest": Term("其余 {n} 个数字合计", "the other {n} figures together"),
    "sens_dummy": Term("对照项（不起作用的虚拟数字）", "a number without effect"),
    "sens_flat": Term(
        "该目标的值不随不确定数字变化，没有可列的影响。",
        "The value of this target does not move with any uncertain figure: there are no effects to show.",
    ),
    "sens_note_worth": Term(
        "区间宽度按方差推算；调查人数只计抽样误差，未计调查偏差，也不能预知今后年份的变化。",
        "Widths follow from variances. The number to ask holds the error of sampling only, not that of whom a survey misses, and no "
        "survey tells how later years will differ.",
    ),
    "sens_note": Term(
        "影响和方差占比按均值过程计算，过程随机性视为处处相同（标准差 {sd}）；± 为 95 % 置信区间的一半。它们只说明在写明的范围内哪些"
        "数字重要，不能说明这些范围是否正确，也看不到没有写成不确定的数字。",
        "Effects and shares of variance are computed on means, and what chance adds in a single run is taken as the same everywhere "
        "(standard deviation {sd}); ± is half a 95 % interval. They say which figures matter within the ranges that the file states, "
        "not whether the ranges are right, and see nothing of figures that the file states without a range.",
    ),
}

MESSAGES: dict[str, Term] = {
    "sens_target": Term("没有名为“{name}”的目标；{near}", "no target is called {name!r}; {near}"),
    "sens_no_target": Term("情景没有目标；请在 targets 中写入至少一个", "the scenario has no targets; write at least one under targets"),
    "sens_certain": Term(
        "没有不确定的数字（或 uncertainty 的 parameters 已关闭）；请为数字写出范围，或打开 parameters",
        "nothing is uncertain, or parameters under uncertainty is off; give figures a range, or switch parameters on",
    ),
    "sens_few": Term("模拟次数应至少为 {least}", "replications must be {least} at least"),
    "sens_trajectories": Term("应为 {least} 到 {most} 之间的整数", "it must be a whole number from {least} to {most}"),
    "sens_samples": Term(
        "应为 {least} 到 {most} 之间的 2 的幂（64、128、256…）", "it must be a power of 2 from {least} to {most} (64, 128, 256 …)",
    ),
}
