"""Words of calibration."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
    "calibrating": Term("拟合 {p} 个参数到 {k} 个观测值", "fitting {p} parameters to {k} figures"),
    "calibrate_parameters": Term("{place} · 拟合的参数", "{place} · Fitted parameters"),
    "calibrate_parameter": Term("参数", "parameter"),
    "calibrate_before": Term("原值", "before"),
    "calibrate_kind_before": Term("原来源", "came from"),
    "calibrate_estimate": Term("估计值", "estimate"),
    "calibrate_se": Term("标准误", "standard error"),
    "calibrate_interval": Term("95 % 区间", "95 % interval"),
    "calibrate_times": Term("× 1（{n} 个数同乘一个倍数）", "× 1 ({n} numbers by one factor)"),
    "calibrate_points": Term(" 个百分点", " points"),
    "calibrate_rows": Term("{place} · 观测值与拟合值", "{place} · Figures and what the fit gives"),
    "calibrate_line": Term("行号", "line"),
    "calibrate_figure": Term("观测项", "figure"),
    "calibrate_year": Term("年份", "year"),
    "calibrate_observed_value": Term("观测值", "observed"),
    "calibrate_fitted": Term("拟合值", "fitted"),
    "calibrate_residual": Term("残差（标准差）", "residual (sd)"),
    "calibrate_quality": Term(
        "拟合优度：χ²={chi2}，自由度 {dof}，p{p}：{verdict}。",
        "Quality of the fit: χ² = {chi2} on {dof} degrees of freedom, p {p}: {verdict}.",
    ),
    "calibrate_fits": Term("观测值与模型相符", "the figures agree with the model"),
    "calibrate_misfits": Term(
        "观测值与模型不符，区间过窄，不宜直接采用；请先核对残差最大的几行和口径",
        "the figures do not agree with the model, and the intervals are too narrow to be used; look first at the rows with the largest "
        "residuals and at how they were counted",
    ),
    "calibrate_no_dof": Term(
        "χ²={chi2}；观测值不多于参数，无法检验拟合优度。", "χ² = {chi2}; with no more figures than parameters the fit can't be tested.",
    ),
    "calibrate_worst": Term(
        "偏离最大的是第 {line} 行（{figure}，{year} 年）：观测值比拟合值{side} {sd} 个标准差。",
        "The worst is line {line} ({figure}, {year}): observed {sd} standard deviations {side} what the fit gives.",
    ),
    "calibrate_above": Term("高", "above"),
    "calibrate_below": Term("低", "below"),
    "calibrate_unused": Term(
        "“{name}”：在原值附近没有一个观测值取决于它，保持原值。", "{name}: no figure depends on it where it stands; it is left as it was.",
    ),
    "calibrate_open": Term(
        "“{name}”：区间{side}已达取值范围边界（{end}），仅凭现有观测值无法再收窄。",
        "{name}: the interval runs to the {side} end of the range ({end}); the figures don't narrow it further.",
    ),
    "calibrate_side_low": Term("下端", "lower"),
    "calibrate_side_high": Term("上端", "upper"),
    "calibrate_whole_range": Term(
        "“{name}”：观测值没有提供信息，区间就是给定的取值范围。", "{name}: the figures say nothing of it; its interval is the range itself.",
    ),
    "calibrate_tangle_never": Term(
        "无法区分：{names}；{what}；它们保持原值。请固定其余几个，只拟合一个，或补充能分开它们的观测值。",
        "Not told apart: {names}; {what}; they are left as they were. Fit one of them alone, or add a figure that depends on one and not "
        "on the others.",
    ),
    "calibrate_tangle_hardly": Term(
        "难以区分：{names}（相关系数 {r}）；{what}；新文件中它们各自独立抽取，这一关联会丢失。",
        "Hardly told apart: {names} (correlation {r}); {what}; the new file draws each by itself, so that this link is lost.",
    ),
    "calibrate_together": Term(
        "观测值只说明它们合在一起的作用：一个较高，另一个就较低", "the figures only tell what they come to together: where one is higher, the other is lower",
    ),
    "calibrate_apart": Term(
        "观测值只说明它们之间的差距：一个较高，另一个也较高", "the figures only tell how far they are apart: where one is higher, so is the other",
    ),
    "calibrate_unsettled": Term(
        "反复拟合 5 次后估计值仍有变动，请谨慎使用；可增加模拟次数（-n）或缩小取值范围。",
        "The estimates still moved after five rounds: take them with care; try more replications (-n) or narrower ranges.",
    ),
    "calibrate_lost": Term(
        "新文件把各参数写成相互独立的分布，参数之间的相关未保留。",
        "The new file gives each parameter a distribution of its own: how they hang together is lost.",
    ),
    "calibrate_given": Term(
        "其余不确定的数都取均值：区间以此为前提，不含它们的不确定性。",
        "All other uncertain numbers stand at their means: the intervals hold given these, and hold none of their uncertainty.",
    ),
    "calibrate_joint": Term(
        "一个 --fit 对应多个数或一条数列时，它们按同一倍数调整。", "Numbers of one --fit, and the years of a series, move by one and the same factor.",
    ),
    "calibrate_done": Term(
        "已写入 {path}，并已读回核对：各数与拟合结果一致。", "{path} is written, and was read back: its numbers are those of the fit.",
    ),
    "calibrate_nothing": Term("没有可写入的参数，未生成文件。", "There is no parameter to write; no file was made."),
    "calibrate_title": Term("{title}（按观测值拟合）", "{title} (fitted to figures)"),
    "calibrate_head": Term("# 由 skillsim calibrate 生成：拟合的数值。", "# Made by skillsim calibrate: fitted numbers."),
    "calibrate_source": Term(
        "按 {first}–{last} 年 {n} 个观测值拟合（迭代加权最小二乘，协方差来自模型的过程随机性与抽样误差）：估计值 {at}，标准误 {se}，"
        "95 % 区间 {low}–{high}（剖面似然）；χ² = {chi2}，自由度 {dof}，p = {p}{of}",
        "{n} figures of {first}-{last}, by iterated weighted least squares with the covariance of the model's process chance and of "
        "sampling: estimate {at}, standard error {se}, 95 % interval {low} to {high} (profile likelihood); "
        "chi-squared {chi2} on {dof} degrees of freedom, p = {p}{of}",
    ),
    "calibrate_poor": Term(
        "；注意：观测值与模型不符，区间偏窄，不宜使用", "; beware: the figures do not agree with the model, and the interval is too narrow to be used",
    ),
    "calibrate_source_of": Term("；数据来源：{of}", "; data: {of}"),
}

HEADINGS: dict[str, str] = {  # of a table of figures, in Chinese
    "指标": "indicator", "年份": "year", "数值": "value", "观测值": "value", "层次": "level", "培养路径": "pathway", "专业": "programme",
    "学校": "school", "产业": "industry", "行业": "industry", "区域": "area", "地区": "area", "措施": "measure", "调查人数": "n", "标准差": "sd",
    "来源": "source",
}

MESSAGES: dict[str, Term] = {
    "calibrate_empty": Term("文件中没有观测值；请在表头下面逐行写上", "the file holds no figures; write one on each line below the heading"),
    "calibrate_no_file": Term("没有这个文件；请检查文件名和所在文件夹", "there is no such file; check its name and folder"),
    "calibrate_encoding": Term(
        "不是 UTF-8 文本；请在 Excel 中另存为“CSV UTF-8（逗号分隔）”后再试",
        "this is not a text in UTF-8; in Excel, save it as “CSV UTF-8 (comma delimited)”",
    ),
    "calibrate_cells": Term(
        "这一行有内容超出表头的 {n} 列；小数点请用“.”，不用逗号，整数也不加千分位逗号，含逗号的文字请加英文引号",
        "this line holds more than the {n} columns of the heading; write decimals with a point, no commas between thousands, and put text "
        "with a comma in quotation marks",
    ),
    "calibrate_lacks": Term("表头缺少必需的列 {column}；请补上", "the heading lacks the column {column}, which is needed; add it"),
    "calibrate_column": Term("没有“{name}”这一列，请改列名；{near}", "there is no column {name!r}; {near}"),
    "calibrate_twice_column": Term("表头中这一列出现了两次；请删去一个", "this column stands twice in the heading; remove one"),
    "calibrate_many_rows": Term("观测值超过 {limit} 行；请删减", "there are more than {limit} figures; leave some out"),
    "calibrate_csv": Term(
        "这一行不是有效的逗号分隔文本；请检查引号是否成对", "this line can't be read as a table of text; check that quotes come in pairs",
    ),
    "calibrate_share": Term("比率应写成 0 与 1 之间的小数{hint}", "a share lies between 0 and 1{hint}"),
    "calibrate_negative": Term("观测值不能为负；请核对", "a figure can't be below 0; check it"),
    "calibrate_n_of_count": Term(
        "n（调查人数）只用于比率；人数的误差请写 sd", "n (people surveyed) belongs to a share; write the error of a count as sd",
    ),
    "calibrate_n": Term("n（调查人数）应不小于 1", "n (people surveyed) must be at least 1"),
    "calibrate_sd": Term("sd（标准差）不能为负；请核对", "sd (standard deviation) can't be below 0; check it"),
    "calibrate_n_missing": Term(
        "比率需要 n（调查人数）或 sd（标准差）；若为全员统计，sd 请写 0",
        "a share needs n (people surveyed) or sd (standard deviation); write 0 for sd where everybody was counted",
    ),
    "calibrate_sd_missing": Term("倍数类指标需要 sd（标准差），且应大于 0", "a ratio needs sd (standard deviation), which must be above 0"),
    "calibrate_twice_row": Term(
        "与第 {other} 行是同一个观测项；请只保留一行，或先合并为一个数", "line {other} is about the same; keep one of them, or join both into one figure",
    ),
    "calibrate_observed": Term(
        "情景的 observed 已用实际数替代 {year} 年的这个指标，模型总是给出该数，不能再用于拟合；请删去这一行，或删去情景中的那一项",
        "the scenario's observed replaces this indicator in {year}, so that it comes out whatever the parameters; leave out this line, or "
        "that one of the scenario",
    ),
    "calibrate_few": Term("观测值有这么多时至少需要 {n} 次模拟；请调大 -n", "so many figures need at least {n} replications; write a larger -n"),
    "calibrate_none": Term("请用 --fit 写明要拟合的数", "nothing is to be fitted; name a number with --fit"),
    "calibrate_many": Term("一次最多拟合 {limit} 个参数，现有 {n} 个；请减少", "at most {limit} parameters can be fitted at once, and these are {n}; choose fewer"),
    "calibrate_kind": Term(
        "这是人数、计划数或开关，由统计或决策给出，不作拟合；请写比率、占比等参数",
        "this is a number of people or a switch, which is counted or decided and not fitted; name a rate, a share or the like",
    ),
    "calibrate_policy": Term(
        "{path} 上已有政策（{policy}）起作用，拟合会把两者混在一起；请从 in_force 中去掉该政策，或选择别的数",
        "a policy ({policy}) acts on {path}, and a fit would mix up both; take it out of in_force, or choose another number",
    ),
    "calibrate_known": Term(
        "{path} 已由情景的 known 给出，新文件中的值不会起作用；请先从 known 中删去，或选择别的数",
        "the scenario's known gives {path}, so that a value in the new file would not act; remove it from known first, or choose another number",
    ),
    "calibrate_twice": Term("与 --fit {other} 含有同一个数；请只保留一个", "--fit {other} means some of the same numbers; keep one of them"),
    "calibrate_range": Term("范围应写成“键=下限:上限”，且下限小于上限", "a range is written KEY=LOW:HIGH, and low must lie below high"),
    "calibrate_range_needed": Term(
        "这个数可在 {lo} 与 {hi} 之间，没有现成的搜索范围；请写成“键=下限:上限”",
        "this number can be anything between {lo} and {hi}; write where to look for it, as KEY=LOW:HIGH",
    ),
    "calibrate_bounds": Term("范围应在 {lo} 与 {hi} 之间", "the range must lie between {lo} and {hi}"),
    "calibrate_factor": Term(
        "这些数中有负数或全为 0，不能按倍数拟合；请写得更具体，每次一个数",
        "some of these numbers are below 0, or all are 0, so that no factor can be fitted; be more specific: one number at a time",
    ),
    "calibrate_blank": Term(
        "在要拟合的数的某些取值下，{year} 年没有可计入“{indicator}”的人（0/0）；请删去这一行，或用“键=下限:上限”缩小范围",
        "for some values of what is fitted nobody counts for {indicator} in {year} (0/0); leave this line out, or write a narrower range, as "
        "KEY=LOW:HIGH",
    ),
    "calibrate_idle": Term(
        "{n} 个观测值都不取决于要拟合的数；请换数，或补充受其影响的观测值",
        "none of the {n} figures depends on what is to be fitted; choose other numbers, or add figures that they move",
    ),
    "calibrate_beyond": Term(
        "在给定范围的某些值下模型算不出结果（原因见另一条）；请用“键=下限:上限”缩小范围",
        "for some values in the range the model can't be worked out (the other problem says why); write a narrower one, as KEY=LOW:HIGH",
    ),
    "calibrate_suffix": Term("新情景文件名应以 .yaml 结尾；请改文件名", "the new file's name must end in .yaml; give it another name"),
    "calibrate_exists": Term("{path} 已存在，不会覆盖；请换一个文件名", "{path} is there already and will not be replaced; choose another name"),
    "calibrate_refused": Term(
        "拟合出的数与情景的其他数放在一起不成立（原因见其余各条），未写入 {path}；请用“键=下限:上限”缩小范围，或补充观测值",
        "the fitted numbers do not go together with others of the scenario (the other problems say why), so {path} was not written; write a "
        "narrower range, as KEY=LOW:HIGH, or add figures",
    ),
    "calibrate_read_back": Term(
        "写入 {path} 后读回的数与拟合结果不同，已撤回；请检查该文件夹中是否有与所引用情景同名的文件，或换一个文件夹",
        "what is read back from {path} is not what was fitted, so it was taken back; check whether that folder has a file with the name of "
        "the scenario it builds on, or choose another folder",
    ),
}
