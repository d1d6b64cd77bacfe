"""Words of reports and the seat plan as a document."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
    # the whole
    "report_title": Term("{place}：技能人才供需仿真报告", "{place}: workforce supply and demand, simulated"),
    "report_subtitle": Term("方案：{runs} · 决策基准日 {as_of}", "{runs} · as of {as_of}"),
    "report_contents": Term("目录", "Contents"),
    "report_page": Term("第 {page} 页，共 {pages} 页", "page {page} of {pages}"),
    "report_of_run": Term("{text} · {run}", "{text} · {run}"),
    "report_written": Term("报告已写入 {path}（{size}）", "the report is written to {path} ({size})"),
    # headings of sections
    "report_facts": Term("报告说明", "About this report"),
    "report_summary": Term("摘要", "Summary"),
    "report_asked": Term("情景与政策", "Scenario and policies"),
    "report_targets": Term("目标与达成概率", "Targets and their probabilities"),
    "report_courses": Term("目标走势", "Course of the targets"),
    "report_indicators": Term("主要指标", "Main indicators"),
    "report_people": Term("生源、在校生与毕业去向", "Young people, students and where graduates go"),
    "report_gaps": Term("供需缺口", "Gaps between supply and demand"),
    "report_differences": Term("方案之间的差异", "Differences between the scenarios"),
    "report_money": Term("经费", "Money"),
    "report_seats": Term("招生计划及其由来", "Seats, and how they came about"),
    "report_means": Term("教师、职工培训与举措", "Teachers, training of workers and measures"),
    "report_decisions": Term("还能决定什么、何时之前、由谁决定", "What can still be decided, by when and by whom"),
    "report_assumptions": Term("假设", "Assumptions"),
    "report_sources": Term("数据来源", "Sources"),
    "report_definitions": Term("指标定义", "Definitions"),
    "report_clauses": Term("条款对照", "Clauses"),
    "report_manifest": Term("运行说明与复现", "The run, and how to repeat it"),
    # facts
    "report_place": Term("地区", "place"),
    "report_scenarios": Term("方案", "scenarios"),
    "report_as_of": Term("决策基准日（此前的决定视为既成事实）", "as of (what was decided before is a fact)"),
    "report_years": Term("列示年份", "years reported"),
    "report_measured": Term("毕业去向统计日", "day on which graduates are counted"),
    "report_size": Term("情景规模", "size of the scenario"),
    "report_figures": Term("数值与假设", "figures and assumptions"),
    "report_versions": Term("版本", "versions"),
    "report_hash_of": Term("{name}（{run}）", "{name} ({run})"),
    "report_error": Term(
        "“±”是概率的蒙特卡洛标准误（百分点）；“5–95 %”是各次模拟结果的 5 % 至 95 % 区间。模拟给出的是在所列假设之下的可能性，不是预报。",
        "“±” is the Monte Carlo standard error of a probability, in points; “5–95 %” is the interval of the replications. What is told is "
        "how likely something is under the assumptions listed, not a forecast.",
    ),
    "report_rates": Term(
        "就业留存率按 {date} 统计：R1 本地就业/就业，R2 本地就业/未升学，R3 本地就业/毕业生，R4 本地落实/落实（含升学）。",
        "Retention is counted on {date}: R1 local employed / employed, R2 / not in further study, R3 / graduates, R4 local placed / placed "
        "(further study included).",
    ),
    # summary
    "report_said_basis": Term(
        "本报告模拟 {first}–{last} 年，比较 {n} 个方案（{runs}），每个方案模拟 {r} 次。",
        "The report simulates {first}–{last} for {n} scenarios ({runs}), with {r} replications each.",
    ),
    "report_said_basis_one": Term(
        "本报告模拟 {first}–{last} 年，方案为“{runs}”，模拟 {r} 次。", "The report simulates {first}–{last} for one scenario ({runs}), with {r} replications.",
    ),
    "report_said_asked_none": Term("没有设定有数值要求的目标。", "No target asks for a number."),
    "report_said_asked_one": Term("有 1 项有数值要求的目标，要求 {year} 年达到。", "One target asks for a number, by {year}."),
    "report_said_asked_all": Term("共有 {n} 项有数值要求的目标，均要求 {year} 年达到。", "{n} targets ask for a number, all of them by {year}."),
    "report_said_asked_most": Term("共有 {n} 项有数值要求的目标，多数要求 {year} 年达到。", "{n} targets ask for a number, most of them by {year}."),
    "report_said_asked_span": Term(
        "共有 {n} 项有数值要求的目标，分别要求 {first} 年至 {last} 年达到。", "{n} targets ask for a number, by years from {first} to {last}.",
    ),
    "report_said_title": Term("“{title}”", "“{title}”"),
    "report_said_few": Term(
        "模拟次数少于 {few} 次：不给出概率和判断，只列均值与区间；正式使用前请增加模拟次数。",
        "With fewer than {few} replications no probability and no label is given, only means and ranges; use more before anything rests on it.",
    ),
    "report_said_label": Term("{label}（{n} 项）：{names}", "{label} ({n}): {names}"),
    "report_said_one": Term("“{title}”：概率 {p}", "“{title}”: probability {p}"),
    "report_said_means": Term("均值（括号内为 5–95 % 区间和要求）：{names}", "means (5–95 % and what is asked in brackets): {names}"),
    "report_said_mean": Term("“{title}”：{mean}（{range}；要求{goal}）", "“{title}”: {mean} ({range}; asked: {goal})"),
    "report_said_out": Term("（几乎达不到：{year} 年均值 {mean}，要求{goal}）", " (out of reach: mean {mean} in {year}, asked: {goal})"),
    "report_said_late": Term("今后的招生计划已无法影响：{names}", "no intake that is still open can move: {names}"),
    "report_said_higher": Term(
        "与“{base}”逐次配对相比显著提高（括号内为 95 % 区间）：{names}", "clearly higher than “{base}”, paired (95 % intervals in brackets): {names}",
    ),
    "report_said_lower": Term(
        "与“{base}”逐次配对相比显著降低（括号内为 95 % 区间）：{names}", "clearly lower than “{base}”, paired (95 % intervals in brackets): {names}",
    ),
    "report_said_noise": Term(
        "与“{base}”的差异在误差之内，不能断定有无作用：{names}", "within the error of “{base}”, so that no effect can be told: {names}",
    ),
    "report_said_same": Term("与“{base}”完全相同：{names}", "identical to “{base}”: {names}"),
    "report_said_too_few": Term("模拟次数不足以比较：{names}", "too few replications to compare: {names}"),
    "report_said_add": Term("“{title}”：{change}", "“{title}”: {change}"),
    "report_said_cost": Term(
        "与“{base}”相比，各年合计经费 {cost} 万元（括号内为 95 % 区间）；本地就业的毕业生：{graduates}；{each}",
        "against “{base}”, money over all years {cost} (10,000 yuan; 95 % intervals in brackets); graduates at work here: {graduates}; {each}",
    ),
    "report_said_cost_none": Term("与“{base}”相比，经费的差异在误差之内", "money within the error of “{base}”"),
    "report_said_cost_same": Term("经费与“{base}”相同", "money the same as “{base}”"),
    "report_said_graduates": Term("{n} 人", "{n}"),
    "report_said_each": Term("每多一名 {each} 元", "yuan for each more: {each}"),
    "report_said_each_none": Term("毕业生未显著增多，不计算每名的经费", "graduates not clearly more, so no cost of each is given"),
    "report_said_assumed": Term(
        "{n} 个数值中有 {assumed} 个（{share}）为假设，见“{section}”。", "Of {n} figures {assumed} ({share}) are assumed: see “{section}”.",
    ),
    # what was asked
    "report_changes_of": Term("政策“{policy}”的改动（由{who}决定）", "Changes of the policy “{policy}” (decided by: {who})"),
    "report_change": Term("改动的数值", "what is changed"),
    "report_change_to": Term("改动", "change"),
    "report_change_when": Term("起止", "when"),
    "report_basis": Term("依据", "basis"),
    "report_set": Term("改为 {value}", "set to {value}"),
    "report_ramp": Term("逐步改为 {value}", "by steps to {value}"),
    "report_add": Term("增减 {value}", "{value}"),
    "report_scale": Term("乘以 {value}", "times {value}"),
    "report_scale_ramp": Term("逐步乘以 {value}", "by steps to {value} times"),
    "report_no_policy": Term("不采用政策，按情景文件所列做法延续", "no policy: the rules in force go on as the file states them"),
    "report_in_force": Term("已在施行：{names}", "in force already: {names}"),
    # tables
    "report_targets_of": Term("目标与达成概率", "Targets and their probabilities"),
    "report_rests": Term("假设数值所致方差占比", "variance due to assumed numbers"),
    "report_indicators_of": Term("主要指标（均值，括号内为 5–95 %）", "Main indicators (means, 5–95 % in brackets)"),
    "report_gaps_of": Term("{year} 年各产业供需（均值，人）", "Supply and demand by industry in {year} (means, persons)"),
    "report_programmes_of": Term("{year} 年各专业（群）供需缺口（人）", "Gap by programme group in {year} (persons)"),
    "report_market_of": Term("{year} 年供需指标", "Supply and demand in {year}"),
    "report_differences_of": Term("目标的配对差异（基准：{base}）", "Paired differences of the targets (baseline: {base})"),
    "report_costs_of": Term("经费与毕业生的配对差异（基准：{base}）", "Paired differences of money and graduates (baseline: {base})"),
    "report_spending_of": Term("各项经费（实际支出均值，万元）", "What items cost (mean of what is paid, 10,000 yuan)"),
    "report_steps_of": Term("{first}–{last} 年各环节对招生计划的累计增减（均值，人）", "What the steps moved of the seats, {first}–{last} in all (means, persons)"),
    "report_seats_by_year": Term("招生计划总量（人）", "Seats in all (persons)"),
    "report_most_moved": Term("{year} 年招生计划变动最大的行", "Seat rows that changed most by {year}"),
    "report_warned_of": Term("{year} 年 4 月受预警的专业（占模拟的比例）", "Programmes under warning in April {year} (shares of the replications)"),
    "report_decisions_of": Term("{target}（{year} 年）：仍可决定的事项", "{target} ({year}): what can still be decided"),
    "report_unknown_of": Term("最能解释目标差异的不确定数值", "Uncertain figures that explain most of the targets' variation"),
    "report_grounds_of": Term("政策改动的力度和日期从何而来", "Where sizes and dates of the policies' changes come from"),
    "report_policy": Term("政策", "policy"),
    "report_assumed_of": Term("假设的数值", "Assumed figures"),
    "report_sources_of": Term("已公布、推算、替代、政策、拟合的数值", "Published, derived, proxy, policy and fitted figures"),
    "report_definitions_of": Term("本报告使用的指标", "Indicators of this report"),
    "report_manifest_of": Term("运行说明", "The run"),
    # columns and rows
    "report_raised": Term("增加", "raised"),
    "report_cut": Term("减少", "cut"),
    "report_net": Term("净增减", "net"),
    "report_rows": Term("涉及行数", "rows moved"),
    "report_on_track": Term("进度", "on track"),
    "report_explains": Term("解释的差异", "explains"),
    "report_works": Term("数值越大", "more of it means"),
    "report_up": Term("指标越高", "more of the indicator"),
    "report_down": Term("指标越低", "less of the indicator"),
    "report_shared": Term("{name}（等 {n} 个同一次抽样的数值）", "{name} (and others in the same draw, {n} in all)"),
    "report_and_more": Term("{names}等共 {n} 个", "{names} and others, {n} in all"),
    "report_serves": Term("用于（数值及取值）", "what it serves, with values"),
    "report_counted": Term("个数", "figures"),
    # notes
    "report_targets_note": Term(
        "概率 {likely} 及以上为“较可能”，{unlikely} 及以下为“不太可能”，其间为“未定”。“首次达成年”指半数以上模拟达到要求的第一年。“（年份为情景设定）”指文件未写明年份。",
        "A probability of {likely} and more is “likely”, of {unlikely} and less “unlikely”, in between “open”. “First year met”: the first in "
        "which half of the replications meet it. “Year set by the scenario”: the document gives none.",
    ),
    "report_outside_note": Term(
        "均值在 5–95 % 区间之外的，是绝大多数模拟结果相同、只有少数（每侧不到 5 %）不同所致，不是计算有误。",
        "A mean outside its 5–95 % interval is no mistake: nearly all replications agree there, and a few (less than 5 % on either side) differ.",
    ),
    "report_track_note": Term(
        "从起点（最近一次实际数；没有时为模拟均值）到目标值连一条直线，作为各年应有的水平；有多次实际数的按最近一次判断，否则按目标年的模拟均值判断。落后：不及应有水平；符合：相差不超过半年的进度；超前：好于应有水平。",
        "What is due in a year lies on the straight line from the start (the last actual figure, else a simulated mean) to the goal; judged by the "
        "last of several actual figures, else by the simulated mean in the target's year. Behind: short of what is due; yes: within half a year's "
        "progress of it; ahead: better than it.",
    ),
    "report_in_persons": Term("{text}，单位：人", "{text}, in persons"),
    "report_part_of_1": Term("比例（1 即 100 %）", "share (1 is 100 %)"),
    "report_first_rows": Term("只打印前 {n} 行，全部数据见文件", "only the first {n} rows are printed; the file holds all"),
    "report_courses_note": Term(
        "折线为均值，色带为各次模拟的 5–95 % 区间；菱形标出目标值及其年份，方点为实际数。",
        "Lines are means, bands the 5–95 % interval of the replications; a diamond marks the goal in its year, squares actual figures.",
    ),
    "report_gap_note": Term(
        "缺口 = 对口供给 − 面向毕业生的岗位，负数为短缺；“—”表示本地没有对口专业，这些岗位不计入缺口，因此各列不能直接相减；合计含无对口产业的毕业生，因此不等于各行之和；技工按岗位层次计入；* 为主导产业。",
        "Gap = supply trained for a job less the vacancies open to graduates, a shortage is negative; “—”: no programme of the place leads there, "
        "and these jobs are left out of the gap, so that it is not the difference of the columns; the last row holds graduates of no industry too, so "
        "that it is not the sum of the others; technicians by the level of their jobs; * leading industry.",
    ),
    "report_programmes_note": Term(
        "5–95 % 区间全在 0 的一侧才判为短缺或富余，否则为大致平衡。", "Short or in surplus only where the whole 5–95 % interval lies on one side of 0; else about balanced.",
    ),
    "report_paired_note": Term(
        "各方案使用同一组随机数，逐次配对相减；95 % 区间含 0 的写作“差异不显著”，这时不能说政策有作用或没有作用。",
        "All run on the same random numbers and are compared pair by pair; where the 95 % interval holds 0 the difference is “not "
        "distinguishable”: neither that the policy acts nor that it does not can be said.",
    ),
    "report_seats_note": Term(
        "每年 4 月编制计划时从上年招生计划出发，依次经过各个环节；表中为各次模拟的均值。逐行的招生计划表另成一份，供核对签批。",
        "Every April the plan starts from last year's seats and goes through the steps in order; means over the replications. The plan row by "
        "row is a form of its own, to be checked and signed.",
    ),
    "report_past_note": Term("另有 {n} 项的最后日期已过，未列出。", "{n} more are past their last day and not listed."),
    "report_none_left": Term("{target}（{year} 年）：没有仍可决定的事项。", "{target} ({year}): nothing is left to decide."),
    "report_unknown_note": Term(
        "按参数抽样与目标值的秩相关平方排列，每个目标至多 3 个，只列明显不属偶然的；取自“{run}”。",
        "By the squared rank correlation of the draws with the target's value, at most 3 a target, only what can't well be chance; from “{run}”.",
    ),
    "report_assumed_note": Term(
        "同一来源的数值列为一行，对目标影响最大的在前；范围为取值区间。", "Figures of one source stand in one row, those that move the targets most first; with their ranges.",
    ),
    "report_sources_note": Term("同一来源的数值列为一行。", "Figures of one source stand in one row."),
    "report_repeat": Term("用同一版本的软件运行以下命令，可得到完全相同的数字：", "With the same versions this command gives the same figures to the last digit:"),
    "report_hash_note": Term(
        "SHA-256 由情景的全部数值、来源和政策改动算出，任何一处改动都会使它不同。", "The SHA-256 is that of all figures, sources and changes of policies; any change of one of them changes it.",
    ),
    # the seat plan as a workbook
    "seats_title": Term("{place} {year} 年招生计划表（模拟建议）", "{place}: seat plan of {year} (simulated proposal)"),
    "seats_title_past": Term("{place} {year} 年招生计划表（模拟回溯，已成事实）", "{place}: seat plan of {year} (simulated; the year is past)"),
    "seats_run": Term("方案：{run}", "Scenario: {run}"),
    "seats_sheet_form": Term("{year} 年招生计划表", "seat plan {year}"),
    "seats_sheet_reasons": Term("调整原因明细", "reasons in detail"),
    "seats_sheet_figures": Term("数据由来", "how the figures came about"),
    "seats_by": Term("制表单位：____________________", "Made by (office): ____________________"),
    "seats_filled": Term("填报日期：______年____月____日", "Date: ____-____-____"),
    "seats_unit": Term("单位：人", "seats"),
    "seats_warning": Term(
        "各数为多次模拟的均值取整（共 {r} 次），不等于任何一次模拟的计划。",
        "All figures are means of {r} replications, rounded to whole seats, and the plan of none of them. ",
    ),
    "seats_proposal": Term(
        "本表是仿真得出的建议，不是已核定的招生计划，须经主管部门审定后方可执行。",
        "This is a proposal of a simulation, not an approved plan; the authority in charge has to decide.",
    ),
    "seats_past": Term(
        "{year} 年的招生计划在情景的决定截至日（{as_of}）之前已经确定，已成事实：本表只供与实际计划核对，不作为建议，不设签批栏。",
        "The plan of {year} was fixed before the day up to which the scenario is decided ({as_of}): this is for a check against the plan carried "
        "out, not a proposal, and has no place to sign.",
    ),
    "seats_last_given": Term("“上年计划（{last}）”为情景中所列的计划数。", "Last year ({last}): the seats planned in the scenario. "),
    "seats_last_differs": Term(
        "该年计划合计 {given} 人，模拟中按规则和办学条件为 {simulated} 人；“调整原因”从模拟数算起。",
        "They come to {given}; rules and the room of schools made {simulated} of them in the simulation, from which the reasons start. ",
    ),
    "seats_last_simulated": Term(
        "“上年计划（{last}，模拟值）”是同一方案的模拟均值，不是实际下达的计划，填报时请换成实际计划数。",
        "Last year ({last}, simulated): means of the same run, not the plan that will have been issued; put that in its place before signing. ",
    ),
    "seats_start": Term("模拟中上年为 {n}；", "{n} last year in the simulation; "),
    "seats_folded": Term(
        "“其他（零星计划，合计）”为情景未列计划、两年均不足 {n} 人的各行之和：只在少数几次模拟中出现，单独不成班，不逐行列出，也不计入各校小计；各行见后两张表（序号相同）。",
        "Other (odd seats, summed): rows for which the scenario plans no seats and that have fewer than {n} in both years; they come from few of "
        "the replications, make no class of their own and stand in no subtotal. The next two sheets have them, under the same number. ",
    ),
    "seats_col_no": Term("序号", "no."),
    "seats_col_school": Term("学校", "school"),
    "seats_col_programme": Term("专业（群）", "programme group"),
    "seats_col_pathway": Term("培养路径（学制）", "pathway (years)"),
    "seats_col_areas": Term("招生范围", "open to"),
    "seats_col_last": Term("上年计划（{last}）", "last year ({last})"),
    "seats_col_now": Term("本年计划（{year}）", "this year ({year})"),
    "seats_col_last_simulated": Term("上年计划（{last}，模拟值）", "last year ({last}, simulated)"),
    "seats_col_now_simulated": Term("本年计划（{year}，模拟值）", "the year ({year}, simulated)"),
    "seats_col_change": Term("增减", "change"),
    "seats_col_why": Term("调整原因", "reason"),
    "seats_col_main": Term("主要原因", "main reason"),
    "seats_col_remark": Term("备注", "remarks"),
    "seats_col_reason_share": Term("占模拟比例", "share of replications"),
    "seats_col_steps": Term("各环节增减（均值；5–95 % 区间；起作用的模拟占比）", "moves by step (mean; 5–95 %; share of replications in which it acted)"),
    "seats_moved": Term("{step} {move}（{low} … {high}；{share}）", "{step} {move} ({low} … {high}; {share})"),
    "seats_col_mean": Term("模拟均值", "mean"),
    "seats_col_p05": Term("5 % 分位", "5 %"),
    "seats_col_p50": Term("中位数", "median"),
    "seats_col_p95": Term("95 % 分位", "95 %"),
    "seats_others": Term("其他（零星计划，合计）", "other (odd seats, summed)"),
    "seats_others_remark": Term("共 {n} 行，宜统筹安排", "{n} rows, to be placed elsewhere"),
    "seats_few": Term("不足 {n} 人，是否开班须研究", "fewer than {n}: whether to open a class is to be decided"),
    "seats_subtotal": Term("{school} 小计", "subtotal of {school}"),
    "seats_total": Term("合计", "total"),
    "seats_placeholder": Term("示意学校", "placeholder"),
    "seats_closed": Term("停止招生", "no new entrants"),
    "seats_new": Term("新增", "new"),
    "seats_made": Term("编制人：____________", "Drawn up by: ____________"),
    "seats_checked": Term("审核人：____________", "Checked by: ____________"),
    "seats_signed": Term("单位负责人（签字）：____________", "Head of office (signature): ____________"),
    "seats_stamp": Term("单位（盖章）：", "Office (stamp):"),
    "seats_date": Term("年　　　月　　　日", "Date: ____-____-____"),
    "seats_page": Term("第 &P 页　共 &N 页", "page &P of &N"),
    "seats_note_reasons": Term(
        "序号与招生计划表一致。招生计划表的“调整原因”列出平均增减最多的至多三个环节；本页的“主要原因”是最多模拟给出的原因，“占模拟比例”是给出这一原因的模拟占比；各环节的增减为全部模拟的均值，由大到小排列，相加等于本年与上年模拟均值之差（取整之前），均值不足 {least} 人的环节略去。没有环节的行只随计划数和办学容量变动。",
        "Numbers are those of the seat plan, whose reasons are the up to three steps that moved most seats (means). Here, the main reason is the one that most replications give, in the share that is stated; moves of the steps are means "
        "over all replications, the largest first, and sum to the change of the simulated mean seats, before rounding; those below {least} are left out. Rows without a step follow the planned seats and the "
        "school's room only.",
    ),
    "seats_note_figures": Term(
        "序号与招生计划表一致。取整办法：全部计划的均值之和四舍五入为总数；总数按最大余数法分到各校，各校之数再按最大余数法分到各行，因此小计与合计等于各行之和，每行与均值相差不到 1 人；均值为整数的行不变。",
        "Numbers are those of the seat plan. Rounding: the sum of all means is rounded to the total; by the largest remainders the total is "
        "apportioned to schools and what a school has to its rows, so that subtotals and total are the sums of rows and no row is a whole seat away "
        "from its mean; rows whose mean is whole stay as they are.",
    ),
    "seats_fact_scenario": Term("方案", "scenario"),
    "seats_fact_policies": Term("已施行和采用的政策", "policies in force and taken"),
    "seats_fact_as_of": Term("决定截至日", "decided up to"),
    "seats_fact_replications": Term("模拟次数", "replications"),
    "seats_fact_seed": Term("随机种子", "seed"),
    "seats_fact_sha": Term("情景 SHA-256", "SHA-256 of the scenario"),
    "seats_fact_version": Term("软件版本", "version"),
    "seats_written": Term("招生计划表已写入 {path}：{year} 年 {rows} 行，合计 {now} 人（上年 {last} 人）", "the seat plan is written to {path}: {rows} rows in {year}, {now} seats in all ({last} the year before)"),
    # charts in workbook
    "report_below": Term("均值至区间下端", "from the figure down to the low end"),
    "report_above": Term("均值至区间上端", "from the figure up to the high end"),
    "report_sheet_answers": Term("数据：目标", "data - targets"),
    "report_sheet_differences": Term("数据：配对差异", "data - paired differences"),
    "report_sheet_indicators": Term("数据：各年指标", "data - indicators by year"),
}

MESSAGES: dict[str, Term] = {
    "seat_year": Term("这个情景没有 {year} 年；请在 {first} 到 {last} 之间选择", "the scenario has no year {year}; choose one from {first} to {last}"),
    "seat_suffix": Term("招生计划表的文件名应以 .xlsx 结尾；请改文件名", "a seat plan's name must end in .xlsx; give it another name"),
    "no_chinese_font": Term(
        "图中有中文，但这台计算机上没有找到含简体中文的字体；请安装其中一种（{fonts}），例如在 Debian、Ubuntu 上安装 fonts-noto-cjk，然后重试",
        "the charts hold Chinese, but no font with simplified Chinese was found on this computer; you need to install one ({fonts}; on "
        "Debian and Ubuntu the package fonts-noto-cjk) and try again",
    ),
    "report_suffix": Term("报告文件名应以 .docx、.xlsx 或 .html 结尾；请改文件名", "a report's name must end in .docx, .xlsx or .html; give it another name"),
    "report_exists": Term("{path} 是一个文件夹；请写出其中的文件名，例如 {file}", "{path} is a folder; name a file in it, such as {file}"),
}
