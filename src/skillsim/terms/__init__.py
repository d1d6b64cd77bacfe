"""The one catalogue of words: indicators, columns, labels and messages, each in Chinese and English.

Codes are ASCII and are used everywhere; words are put on at the very last step.  A gap is supply minus demand, so a
shortage is negative.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

LANGS = ("zh", "en")


@dataclass(frozen=True)
class Term:
    """A word in both languages; ``unit`` and ``formula`` (English, docs/model.md) where it is an indicator."""

    zh: str
    en: str
    unit: str = ""
    formula: str = ""


INDICATORS: dict[str, Term] = {
    "junior_graduates": Term("初中毕业生", "junior graduates", "persons", "junior graduates of the area in June"),
    "general_entrants": Term("升入普通高中", "entrants to general high school", "persons", "pinned share of junior graduates"),
    "not_local": Term("未进入本地职业学校", "took another way", "persons", "junior graduates in any alternative, or with no place"),
    "seats": Term("招生计划", "seats", "persons", "planned seats"),
    "entrants": Term("招生", "entrants", "persons", "students who start a pathway in September"),
    "completion": Term("招生完成率", "enrolment completion", "share", "entrants / seats"),
    "headcount": Term("在校生", "headcount", "persons", "students in mid-September, counted at the level of their year"),
    "dropouts": Term("流失学生", "dropouts", "persons", "students who leave school in the school year that ends"),
    "transfer_rate": Term("转段率", "stage-transfer rate", "share", "accepted at the gate / students at the end of the stage"),
    "graduates": Term("毕业生", "graduates", "persons", "holders of a diploma who leave their pathway in June"),
    "further_local": Term("本地升学", "further study, local", "persons", "graduates who enter a local place the same autumn"),
    "further_away": Term("外地升学", "further study, elsewhere", "persons", "graduates who enter a place elsewhere the same autumn"),
    "local_employed": Term("本地就业", "employed locally", "persons", "graduates at work in the place on the day of measuring"),
    "local_matched": Term("本地就业：对口、层次相符", "employed locally, own field and level", "persons", "graduates in a job of their own field and level"),
    "local_below": Term("本地就业：对口、岗位低一层次", "employed locally, own field, a level below", "persons", "graduates in a job of their own field one level below theirs"),
    "local_other": Term("本地就业：非对口", "employed locally, another field", "persons", "graduates in a job of another field at their level"),
    "local_other_below": Term("本地就业：非对口、岗位低一层次", "employed locally, another field, a level below", "persons", "graduates in a job of another field one level below theirs"),
    "away_employed": Term("外地就业", "employed elsewhere", "persons", "graduates at work elsewhere on the day of measuring"),
    "local_seeking": Term("留在本地待业", "staying, without work", "persons", "graduates who wish to stay and have no work yet"),
    "away_seeking": Term("离开待业", "gone, without work", "persons", "graduates who left and have no work yet"),
    "local_retention_r1": Term(
        "就业留存率 R1（本地就业/就业）", "local retention R1", "share", "local employed / employed"
    ),
    "local_retention_r2": Term(
        "就业留存率 R2（本地就业/未升学毕业生）", "local retention R2", "share", "local employed / (graduates - further study)"
    ),
    "local_retention_r3": Term(
        "就业留存率 R3（本地就业/毕业生）", "local retention R3", "share", "local employed / graduates"
    ),
    "local_retention_r4": Term(
        "就业留存率 R4（本地落实/落实，含升学）", "local retention R4", "share", "local placed / placed, further study included"
    ),
    "long_track_share": Term(
        "长学制招生占比", "long-track share of entrants", "share", "long-track entrants / entrants of the junior gate"
    ),
    "leading_seat_share": Term(
        "主导产业匹配度（按招生计划）", "industry-linked seat share", "share",
        "seats of programmes at least half linked to leading industries / seats",
    ),
    "leading_programme_share": Term(
        "主导产业匹配度（按专业数）", "industry-linked share of programmes", "share",
        "offered programmes (school x programme) at least half linked to leading industries / offered programmes",
    ),
    "match_rate": Term("对口就业率（本地）", "match rate, local", "share", "local employed in their own field, at whatever level / local employed"),
    "over_qualified_rate": Term("岗位低于学历层次的比例（本地）", "over-qualified, local", "share", "local employed in a job one level below theirs / local employed"),
    "graduate_unemployment": Term(
        "留本地毕业生待业率", "unemployment of graduates who stay", "share", "staying without work / (local employed + staying without work)"
    ),
    "area_retention": Term("在就学地区就业比例", "employed where they studied", "share", "graduates at work in the area of the place where they studied / those employed who studied in the place"),
    "region_retention": Term("区域留存率（本地和周边）", "retention, here and near", "share", "(local employed + employed in the near areas) / employed"),
    "near_employed": Term("在周边就业的毕业生", "employed in the near areas", "persons", "graduates employed in areas near the place"),
    "worked_in": Term("在各地区就业的毕业生", "graduates at work, by area", "persons", "graduates at work in the place, by the area in which they work"),
    "vocational_share": Term(
        "职普招生中职业教育占比", "vocational share of entrants", "share",
        "entrants of vocational pathways from junior school / (those + the place's entrants of general high school)",
    ),
    "transfer_share": Term(
        "转段升学占比", "share who pass on by stage transfer", "share",
        "students through the gate at a stage's end / (students through the gate + graduates who leave with the stage's diploma)",
    ),
    "stayers": Term("愿留本地的毕业生", "graduates who wish to stay", "persons", "graduates not in further study who wish to stay"),
    "turned_away": Term("愿留但求职未果", "stayers turned away", "persons", "stayers who looked for work here and found no vacancy by the day of measuring"),
    "programme_gap": Term(
        "专业供需缺口（供给减岗位，负为短缺）", "gap by programme", "persons",
        "supply to its own industries less its part of their graduate vacancies; a shortage is negative",
    ),
    "vacancies": Term("年度用人需求（补充岗位）", "vacancies of the year", "persons", "max(0, desired workers - workers left after exits)"),
    "fill_rate": Term("岗位填补率", "fill rate", "share", "(hired graduates + experienced hires) / vacancies"),
    "graduate_vacancies": Term("面向毕业生的岗位", "vacancies open to graduates", "persons", "vacancies open to new graduates"),
    "hired_graduates": Term("录用毕业生", "graduates hired", "persons", "vacancies open to graduates that are filled by 31 December"),
    "graduate_supply": Term(
        "愿留毕业生（按对口产业）", "graduate supply", "persons", "stayers by the industries to which their programmes lead, carried over included in totals"
    ),
    "gap": Term(
        "毕业生供需缺口（对口供给减岗位，负为短缺）", "gap (supply - demand)", "persons",
        "graduate supply - vacancies open to graduates in jobs for which a programme of the place trains; a shortage is negative",
    ),
    "unserved_vacancies": Term(
        "无对口专业的毕业生岗位", "graduate vacancies without a programme", "persons", "vacancies open to graduates in jobs for which no programme of the place trains"
    ),
    "openings_to_seekers": Term(
        "求人倍率（对口，面向毕业生）", "openings to seekers", "ratio", "vacancies open to graduates in jobs for which a programme trains / graduate supply"
    ),
    "ita": Term("求职者与岗位之比（ITA）", "ITA (seekers to openings)", "ratio", "graduate supply / vacancies open to graduates in jobs for which a programme trains"),
    "replacement_demand": Term("更替需求（退休、流出、转岗）", "replacement demand", "persons", "workers who retire, leave or change their job"),
    "expansion_demand": Term("新增需求", "expansion demand", "persons", "desired workers - those of the year before"),
    "desired_workers": Term("期望用工规模", "desired workers", "persons", "workers wanted at the end of the year"),
    "workers": Term("从业人员", "workers", "persons", "workers at the end of the year"),
    "experienced_hires": Term("录用有经验人员", "experienced hires", "persons", "vacancies not for graduates that are filled within the year"),
    "still_here_1": Term("毕业 1 年后在本地就业比例", "at work here 1 year after", "share", "last year's graduates at work here on 31 December / last year's graduates"),
    "still_here_3": Term("毕业 3 年后在本地就业比例", "at work here 3 years after", "share", "graduates of three years before at work here on 31 December / those graduates"),
    "still_here_5": Term("毕业 5 年后在本地就业比例", "at work here 5 years after", "share", "graduates of five years before at work here on 31 December / those graduates"),
    "retirements": Term("退休人数", "retirements", "persons", "workers who reach the statutory age in the year"),
    "came_back": Term("返乡就业的毕业生", "graduates who came back", "persons", "graduates of local origin, gone for at most five years, who take a job here"),
    "changed_job": Term("本地转岗人员", "workers who changed their job", "persons", "workers of the place hired for another industry or level"),
    "moved_in": Term("外部补充人员", "hired from outside", "persons", "experienced hires who were not at work in these jobs of the place"),
    "teachers": Term("专任教师", "full-time teachers", "persons", "full-time teachers on 31 December, of the schools that state any"),
    "dual_qualified_share": Term("双师型教师占比（占专任教师）", "dual-qualified share of teachers", "share", "dual-qualified teachers / full-time teachers"),
    "dual_qualified_professional": Term(
        "双师型教师占比（占专业课教师）", "dual-qualified share of professional-course teachers", "share",
        "dual-qualified teachers, at each school at most its teachers of professional courses / full-time teachers of professional courses",
    ),
    "dual_qualified_school_mean": Term(
        "双师型教师占专业课教师比例（各校平均）", "dual-qualified of professional-course teachers, mean of schools", "share",
        "mean over schools of dual-qualified teachers / professional-course teachers (at most 1 at each school)",
    ),
    "students_per_teacher": Term(
        "生师比（学生与折合教师之比）", "students per teacher", "ratio", "students in September / full-time equivalents of the teachers then there"
    ),
    "training_volume": Term("职工培训人次", "training of workers", "person_times", "person-times of training in the year"),
    "measures_done": Term("举措完成数量", "units of measures", "units", "units of the measures on 31 December"),
    "levels_raised": Term("经培训提升岗位层次的从业人员", "workers raised by training", "persons", "settled workers who rise to the next job level of their industry by training"),
}

LEVELS: dict[str, Term] = {
    "secondary": Term("中职", "secondary"),
    "technician": Term("技工", "technician"),
    "college": Term("高职专科", "college"),
    "vocational_bachelor": Term("职业本科", "vocational bachelor"),
    "bachelor": Term("本科", "bachelor"),
    "master": Term("硕士", "master"),
}

# why a row of the seat plan has its seats (docs/model.md, Seats); runs keep them as positions in this order
REASONS: dict[str, Term] = {
    "planned": Term("按计划", "as planned"),
    "cut_capacity": Term("受办学容量限制压减", "cut to the school's room"),
    "held": Term("政策锁定，不参与核定", "held by a policy, outside the rule"),
    "rule_capacity": Term("按规则核定，受办学容量限制", "the rule, bound by the school's room"),
    "rule_plan": Term("计划数变动，在此基础上按规则核定", "the rule, starting from a change of the planned seats"),
    "rule_juniors": Term("随初中毕业生数调整", "the rule: follows junior graduates"),
    "rule_completion_up": Term("按前三年招生完成率调增", "the rule: raised, completion of three years above target"),
    "rule_completion_down": Term("按前三年招生完成率调减", "the rule: lowered, completion of three years below target"),
    "rule_total": Term("按招生总量同比例调整", "the rule: scaled to the place's total"),
    "rule_rounded": Term("按规则核定，仅取整有出入", "the rule: moved by rounding to whole seats only"),
    "rule_kept": Term("按规则核定，与上年相同", "the rule left it as it was"),
    "cut_teachers": Term("受教师数限制压减", "cut to what teachers can teach"),
    "rule_teachers": Term("按规则核定，受教师数限制", "the rule, bound by teachers"),
    "list_grown": Term("列入支持清单，扩大招生计划", "on a list of supported programmes: grown"),
    "list_paid": Term("为支持清单内专业让出招生计划", "gives seats to programmes on a list"),
    "warned": Term("红牌预警，压减招生计划", "under red warning: cut"),
    "closed": Term("连续预警，停止招生", "closed to new entrants by warning"),
    "warned_others": Term("承接预警专业调出的招生计划", "takes over seats of programmes under warning"),
    "weak_school": Term("规模小且生源连续下降，停止招生", "small shrinking school: closed to new entrants"),
    "weak_taken": Term("承接停招学校的招生计划", "takes over seats of a closed school"),
    "merged": Term("专业或学校合并", "merged"),
    "long_track": Term("提高长学制占比，增加招生计划", "raised for the share of long track"),
    "long_track_paid": Term("为提高长学制占比让出招生计划", "gives seats to long track"),
    "cross_area": Term("跨区域招生，名额在生源地之间调整", "opened to other areas"),
}

# the steps from last year's seats to this year's, in order (docs/model.md, Seats); the log keeps them by position
STEPS: dict[str, Term] = {
    "merger": Term("专业或学校合并", "mergers"),
    "plan": Term("计划数变动", "change of the planned seats"),
    "juniors": Term("初中毕业生数变动", "junior graduates"),
    "completion": Term("前三年招生完成率", "completion of three years"),
    "total": Term("招生总量", "the place's total"),
    "capacity": Term("办学容量", "capacity of schools"),
    "teachers": Term("教师数", "teachers"),
    "lists": Term("支持清单", "lists of supported programmes"),
    "warning": Term("专业预警与退出", "warning and exit"),
    "weak": Term("薄弱学校停招", "weak schools"),
    "long_track": Term("长学制占比", "share of long track"),
    "cross_area": Term("跨区域招生", "places across areas"),
    "full": Term("满员学校让出、其他学校承接", "full schools give up seats, others take them over"),
    "fit": Term("取整", "to whole seats"),
}

DESTINATIONS = (
    "further_local", "further_away", "local_matched", "local_below", "local_other", "local_other_below", "away_employed",
    "local_seeking", "away_seeking",
)
LOCAL = slice(2, 6)  # of the destinations, those at work in the place

COLUMNS: dict[str, Term] = {
    "scenario": Term("情景", "scenario"),
    "target": Term("目标", "target"),
    "label": Term("判断", "label"),
    "indicator": Term("指标", "indicator"),
    "area": Term("地区", "area"),
    "pathway": Term("培养路径", "pathway"),
    "programme": Term("专业（群）", "programme group"),
    "level": Term("层次", "level"),
    "clause_kind": Term("类别", "kind"),
    "asks": Term("要求", "what it asks"),
    "number": Term("数字", "number"),
    "by": Term("截止", "by"),
    "carried_by": Term("由何体现", "carried by"),
    "schedule": Term("进度安排", "schedule"),
    "clause_why": Term("未能体现或只部分体现的原因", "why not, or only in part"),
    "industry": Term("产业", "industry"),
    "year": Term("年份", "year"),
    "direction": Term("方向", "direction"),
    "goal": Term("目标值", "goal"),
    "mean": Term("均值", "mean"),
    "sd": Term("标准差", "sd"),
    "range": Term("5–95 %", "5–95 %"),
    "probability": Term("达成概率", "probability"),
    "mcse": Term("误差", "error"),
    "parameter_share": Term("参数占比", "parameter share"),
    "first_year_met": Term("首次达成年", "first year met"),
    "movable_until": Term("最晚可调的招生年", "last intake that can move it"),
    "baseline": Term("基准", "baseline"),
    "difference": Term("差值", "difference"),
    "interval": Term("95 % 区间", "95 % interval"),
    "unit": Term("单位", "unit"),
    "verdict": Term("结论", "verdict"),
    "graduate_vacancies": Term("面向毕业生岗位", "open to graduates"),
    "graduate_supply": Term("愿留毕业生", "graduate supply"),
    "hired_graduates": Term("录用", "hired"),
    "unfilled": Term("未补", "unfilled"),
    "turned_away": Term("求职未果（人）", "turned away"),
    "rescued": Term("未达成中因此可达成", "of the misses, met then"),
    "free": Term("若无人求职未果", "rate if none were"),
    "probability_free": Term("若无人求职未果的概率", "probability then"),
    "held_by": Term("主要受限于", "held back by"),
    "clause": Term("条款", "clause"),
    "school": Term("学校", "school"),
    "areas": Term("生源地", "source areas"),
    "planned": Term("原计划", "planned"),
    "seats": Term("招生计划", "seats"),
    "last_completion": Term("上年完成率", "completion of the year before"),
    "reason": Term("理由", "reason"),
    "step": Term("环节", "step"),
    "move": Term("增减", "change of seats"),
    "acted": Term("起作用的模拟占比", "share of replications in which it acted"),
    "yellow": Term("黄牌", "yellow"),
    "red": Term("红牌", "red"),
    "closed": Term("停止招生", "closed"),
    "required": Term("应达到", "required"),
    "simulated": Term("模拟均值", "simulated mean"),
    "ahead_by": Term("模拟减应达到", "simulated less required"),
    "still_open": Term("仍可决定", "still open"),
    "decision": Term("可决定事项", "decision"),
    "intake": Term("最后计入的入学年", "last intake that counts"),
    "until": Term("最迟日期", "no later than"),
    "rounds": Term("剩余决定次数", "yearly rounds left"),
    "authority": Term("由谁决定", "decided by"),
    "measure": Term("举措", "measure"),
    "item": Term("经费项目", "item of cost"),
    "payer": Term("承担方", "paid by"),
    "asked": Term("应支出", "asked"),
    "paid": Term("实际支出", "paid"),
    "cut": Term("削减", "cut"),
    "over_limit": Term("超出预算的比例", "share over the limit"),
    "all_years": Term("各年合计", "all years"),
    "cost": Term("经费增加（万元）", "cost more (10,000 yuan)"),
    "graduates": Term("本地就业毕业生增加", "graduates more at work here"),
    "each": Term("每多一名的经费（元）", "yuan for each more"),
    "p05": Term("5 %", "5 %"),
    "p25": Term("25 %", "25 %"),
    "p50": Term("中位数", "median"),
    "p75": Term("75 %", "75 %"),
    "p95": Term("95 %", "95 %"),
}

LABELS: dict[str, Term] = {
    "likely": Term("较可能", "likely"),
    "open": Term("未定", "open"),
    "unlikely": Term("不太可能", "unlikely"),
    "shown": Term("仅列示", "shown"),
    "clause_target": Term("目标", "target"),
    "clause_open_target": Term("无数字的目标", "target without a number"),
    "clause_milestone": Term("建设任务", "milestone"),
    "clause_rule": Term("规则", "rule"),
    "clause_parameter": Term("参数", "parameter"),
    "clause_pathway": Term("培养路径", "pathway"),
    "clause_measure": Term("举措", "measure"),
    "clause_event": Term("事件", "event"),
    "no_figure": Term("无数据", "no figure"),
    "other_question": Term("目标不同", "another question"),
    "too_few": Term("模拟次数不足", "too few replications"),
    "reach": Term("达到", "reach"),
    "at_least": Term("不低于", "at least"),
    "at_most": Term("不高于", "at most"),
    "band": Term("区间", "band"),
    "show": Term("列示", "show"),
    "higher": Term("更高", "higher"),
    "lower": Term("更低", "lower"),
    "same": Term("完全相同", "identical"),
    "noise": Term("差异不显著", "not distinguishable"),
    "blank": Term("无法比较", "not comparable"),
    "year_assumed": Term("（年份为情景设定）", " (year set by the scenario)"),
    "persons": Term("人", "persons"),
    "person_times": Term("人次", "person-times"),
    "share": Term("%", "%"),
    "points": Term("个百分点", "points"),
    "ratio": Term("倍", "ratio"),
    "units": Term("项", "units"),
    "ten_thousand_yuan": Term("万元", "10,000 yuan"),
    "payer_city": Term("本级财政", "city"),
    "payer_province": Term("上级财政", "province"),
    "payer_school": Term("学校", "school"),
    "payer_firm": Term("企业", "firm"),
    "payer_": Term("合计", "all"),
    "total": Term("合计", "total"),
    "fewer": Term("毕业生减少", "fewer graduates"),
    "not_more": Term("毕业生未显著增多", "graduates not clearly more"),
    "all_levels": Term("各层次合计", "all levels"),
    "jobs_of": Term("岗位", " jobs"),
    "all_industries": Term("合计（含无对口产业的毕业生）", "all (with graduates of no industry)"),
    "held_met": Term("较可能达成", "likely to be met"),
    "held_wish": Term("留本地意愿", "wish to stay"),
    "held_both": Term("意愿与岗位", "wish and vacancies"),
    "held_vacancies": Term("岗位不足", "vacancies"),
    "held_shown": Term("仅列示", "shown"),
    "areas_local": Term("本地", "the place"),
    "areas_any": Term("不限", "any"),
    "on": Term("启用", "on"),
    "off": Term("不启用", "off"),
    "yes": Term("是", "yes"),
    "no": Term("否", "no"),
}

PHRASES: dict[str, Term] = {
    "targets": Term("目标", "Targets"),
    "indicators": Term("主要指标", "Main indicators"),
    "year_ours": Term("{year}（年份由情景设定）", "{year} (the scenario's year)"),
    "step": Term("“{policy}”{when}：{value}", "{policy}, {when}: {value}"),
    "step_from": Term("自 {since} 起", "from {since}"),
    "step_until": Term("{since} 至 {until}", "{since} to {until}"),
    "differences": Term("{run} 与 {base} 的差异（同一随机数配对）", "{run}: paired differences from {base}"),
    "counts": Term(
        "{institutions} 所院校（其中示意 {placeholders} 所）· {pathways} 条培养路径 · {programmes} 个专业（群） · {areas} 个生源地 · "
        "{bands} 个分数段 · {rows} 行招生计划",
        "{institutions} institutions ({placeholders} placeholders) · {pathways} pathways · {programmes} programme groups · "
        "{areas} source areas · {bands} score bands · {rows} seat rows",
    ),
    "provenance": Term(
        "{n} 个数值，其中假设 {assumed}（{share}）", "{n} numbers, of which {assumed} assumed ({share})"
    ),
    "running": Term("模拟 {n} 个情景 × {r} 次模拟", "{n} scenario(s) × {r} replications"),
    "first_run": Term(
        "首次运行：正在编译计算内核，之后的运行会更快", "first run: compiling the kernels; later runs start faster"
    ),
    "took": Term("用时 {seconds:.1f} 秒 · 每次模拟 {draws:,} 个随机抽样", "{seconds:.1f} s · {draws:,} draws per replication"),
    "written": Term("结果已写入 {path}", "results written to {path}"),
    "ok": Term("{file}：没有问题（{n} 个数值）", "{file}: no problems ({n} numbers)"),
    "unstated": Term("{n} 个数值没有来源：{paths}", "numbers without a source: {n} ({paths})"),
    "problems": Term("有 {n} 个问题需要改正：", "{n} problem(s) to mend:"),
    "interrupted": Term("已中断，没有写入任何结果", "interrupted; nothing was written"),
    "fault": Term("程序内部错误（编号 {id}），这不是您的输入造成的；详情已写入 {path}", "a fault of ours (id {id}), not of your input; details in {path}"),
    "gaps": Term(
        "{run} · {year} 年毕业生供需缺口：对口供给减面向毕业生的岗位，负为短缺（括号内为 5–95 %；* 为主导产业；— 为无对口专业，不计入缺口；技工按岗位层次计入）",
        "{run} · gap of graduates in {year}: supply trained for a job less the vacancies open to them, a shortage is negative (5-95 % in brackets; * leading; — no programme of the place leads there, left out of the gap; technicians by the level of their jobs)",
    ),
    "by_programme": Term(
        "按专业看（均值，括号内为 5–95 %），短缺最大：{short}；富余最大：{surplus}",
        "By programme (mean; 5-95 % in brackets), largest shortages: {short}. Largest surpluses: {surplus}.",
    ),
    "money": Term("{run} · 经费（实际支出均值，万元）", "{run} · Money (mean of what is paid, 10,000 yuan)"),
    "costs": Term(
        "{run} 比 {base} 多用的经费（各年合计，同一随机数配对），以及每多一名本地就业毕业生的经费；括号内为 95 % 区间",
        "{run}: what it costs more than {base} (all years, paired), and for each graduate more at work here; 95 % intervals in brackets",
    ),
    "over_limit_note": Term(
        "{run}：市级不可削减的项目已超过预算上限的年份（占模拟的比例）：{years}",
        "{run}: the city's items that can't be cut come to more than its budget in (share of replications): {years}",
    ),
    "held_back": Term(
        "{run} · 留存目标受限于意愿还是岗位（若愿留者都能找到工作，能否达成）",
        "{run} · Retention targets: held back by wish or by vacancies (would they be met if nobody who looks were turned away)",
    ),
    "turned_away_note": Term(
        "{year} 年愿留毕业生 {stayers} 人中，平均 {n} 人（5–95 %：{low}–{high}）求职未果，{often} 的模拟中有此情形；人数最多的专业：{names}",
        "of {stayers} graduates who wish to stay in {year}, {n} (5-95 %: {low}-{high}) found no vacancy, in {often} of the replications; most of them in: {names}",
    ),
    "of_run": Term("{run}：{text}", "{run}: {text}"),
    "short_note": Term(
        "{run}：在 {share} 的参数抽样中，基准年的岗位达不到以下路径的基准留存率：{names}；这些抽样取当年岗位所能达到的留存率",
        "{run}: in {share} of the parameter draws the vacancies of the base year do not allow the base rates of {names}; the rate that they do allow is taken there",
    ),
    "unbounded_note": Term(
        "岗位不受限（demand: unbounded）：未考虑岗位空缺", "demand is unbounded: vacancies never bind"
    ),
    "error_note": Term(
        "概率误差为蒙特卡洛标准误；留存率按 {date} 统计：R1 本地就业/就业，R2 本地就业/未升学，R3 本地就业/毕业生，R4 本地落实/落实（含升学）",
        "the error of a probability is its Monte Carlo standard error; retention counted on {date}: R1 local employed / employed, R2 / not in further study, R3 / graduates, R4 local placed / placed (further study included)",
    ),
    "policy_note": Term(
        "{run}：{n} 项政策变动中 {assumed} 项的幅度或日期为假设（文件未给出）", "{run}: of {n} changes, the size or date of {assumed} is assumed (the document gives none)"
    ),
    "file": Term("情景文件：{file}", "scenario file: {file}"),
    "assumed_note": Term(
        "{run}：以下目标的不确定性一半以上来自假设数值（占方差的比例）：{targets}",
        "{run}: more than half of the uncertainty of these targets comes from assumed numbers (share of variance): {targets}",
    ),
    "capacity_of": Term("{n} 所学校的办学容量", "capacity of {n} schools"),
    "serving": Term("网页地址：{url}（按 Ctrl+C 停止）", "the page is at {url} (Ctrl+C stops it)"),
    "too_late": Term("已无可调", "none left"),
    "draft_title": Term("{place}（草案）", "{place} (draft)"),
    "draft_levers": Term("页面调节", "levers of the page"),
    "draft_source": Term("本地统计，页面录入", "the place's own figure, entered on the page"),
    "draft_assumed": Term("页面设定的调节幅度与日期", "sizes and dates set on the page"),
    "draft_file": Term("由页面生成的情景草案；可用 skillsim run 运行，也可上传回页面继续编辑", "a draft made on the page; skillsim run runs it, and the page takes it back to work on"),
    "not_stated": Term("未注明", "not stated"),
}

MESSAGES: dict[str, Term] = {
    "file_missing": Term("找不到这个文件；请检查路径；{near}", "there is no such file; check the path; {near}"),
    "file_folder": Term("这是一个文件夹；请写出其中的情景文件，例如 {file}", "this is a folder; name the scenario file in it, such as {file}"),
    "file_here": Term("随软件提供的情景中没有这个名称，但当前文件夹中有 {file}；请写这个路径", "no scenario that comes with skillsim has this name, but the current folder has {file}; write that path"),
    "file_unreadable": Term("无法读取：{why}；请检查权限和编码（UTF-8）", "it cannot be read: {why}; check its permissions and that it is UTF-8"),
    "file_large": Term("文件超过 {limit} 字节；请拆分或删减", "the file is over {limit} bytes; split or trim it"),
    "yaml_syntax": Term("YAML 格式有误：{why}；请检查缩进、冒号和引号", "this is not valid YAML: {why}; check indents, colons and quotes"),
    "full_width": Term(
        "引号之外用了全角的“：”或“，”，YAML 只认半角的冒号和逗号，后面还要加一个空格；请改成半角",
        "a full-width colon or comma stands outside quotes, which YAML takes for text; write half-width ones, each with a space behind it",
    ),
    "yaml_depth": Term("嵌套超过 {limit} 层；请减少层级", "it is nested more than {limit} deep; make it flatter"),
    "yaml_size": Term("内容展开后超过 {limit} 项（别名也计入）；请删减", "it unfolds to more than {limit} items (aliases count); trim it"),
    "yaml_alias": Term("别名超过 {limit} 个；请改写为普通内容", "it has more than {limit} aliases; write them out"),
    "yaml_tag": Term("不支持的 YAML 标记 {tag}；请写成普通的值", "the YAML tag {tag} is not supported; write a plain value"),
    "text_control": Term("文字中有控制字符或不完整的字符；请删去", "the text holds control codes or half a character; remove them"),
    "not_mapping": Term("这里应为“键: 值”的内容", "a mapping (key: value) belongs here"),
    "key_type": Term("键必须是文字（数列中为年份）；数中不用千位分隔符", "a key must be text (in a series, a year); numbers are written without a thousands separator"),
    "duplicate_key": Term("同一层中键“{key}”重复（另见第 {other} 行）；请删去一个", "the key {key!r} stands twice here (also line {other}); remove one"),
    "unknown_key": Term("没有这个键；{near}", "there is no such key; {near}"),
    "unknown_key_bare": Term(
        "没有这个键，后面也没有值；如果是带逗号的文字，请给整段文字加引号；{near}",
        "there is no such key, and nothing stands behind it; if it is part of a text with a comma, put quotes around the whole text; {near}",
    ),
    "missing": Term("缺少必填项“{key}”；请补上", "the required key {key!r} is missing; add it"),
    "extends_loop": Term("extends 形成循环：{chain}；请去掉其中一个", "extends goes in a circle: {chain}; remove one of them"),
    "extends_depth": Term("extends 超过 {limit} 级；请合并文件", "extends is more than {limit} files deep; join some of them"),
    "extends_type": Term("extends 应为一个文件名", "extends takes one file name"),
    "wrong_type": Term("这里应为{zh}", "{en} belongs here"),
    "title_type": Term("这里应为中英文名称，写成 {{zh: …, en: …}}", "a title in both languages belongs here: {{zh: …, en: …}}"),
    "one_of": Term("应为以下之一：{choices}；{near}", "it must be one of {choices}; {near}"),
    "pattern_code": Term("代码应以小写字母开头，只含小写字母、数字和下划线，至多 40 个字符", "a code starts with a lower-case letter and holds only lower-case letters, digits and underscores, at most 40"),
    "pattern_day": Term("日期应写成 MM-DD，例如 09-15", "a day is written MM-DD, such as 09-15"),
    "pattern_day_near": Term("日期应写成 MM-DD；是否应为 {day}？", "a day is written MM-DD. Did you mean {day}?"),
    "too_few": Term("至少需要 {n} 项", "at least {n} item(s) are needed"),
    "too_many": Term("至多 {n} 项", "at most {n} item(s) are allowed"),
    "bound": Term("应{zh}", "it must be {en}"),
    "other": Term("不符合要求（{why}）；请对照 docs/scenario.md", "it does not fit ({why}); see docs/scenario.md"),
    "range": Term("{what}应在 {lo} 与 {hi} 之间{hint}", "{what} lies between {lo} and {hi}{hint}"),
    "hint_percent": Term("；是否应为 {value}？", ". Did you mean {value}?"),
    "number_type": Term("这里应为一个数", "a number belongs here"),
    "number_text": Term(
        "这里应为一个数：不写单位，不用千位分隔符，百分数写成小数（0.05，不写 5%）{range}",
        "a number belongs here: no unit, no thousands separator, 0.05 rather than 5%{range}",
    ),
    "hint_range": Term("；范围请写成 {uniform: [低, 高]}", "; write a range as {uniform: [low, high]}"),
    "number_form": Term("请只写以下形式之一：{forms}", "write exactly one of these forms: {forms}"),
    "number_counts": Term("计数应为 passed 与 of，且 0 < passed < of；若为 0 或全部通过，请改写为分布", "counts need passed and of with 0 < passed < of; for none or all, write a distribution"),
    "number_factor": Term("factor 只能与 value 或 series 同用", "factor goes only with value or series"),
    "number_order": Term("分布的数值应由小到大，且不全相等", "the numbers of a distribution go from low to high and differ"),
    "number_sd": Term("标准差应大于 0", "the standard deviation must be above 0"),
    "number_beta": Term("beta 的两个数都应大于 0", "both numbers of beta must be above 0"),
    "number_finite": Term("应为有限的数", "it must be a finite number"),
    "source_kind": Term("来源应恰好写一种：published、derived、proxy、assumed、policy 或 fitted", "a source has exactly one kind: published, derived, proxy, assumed, policy or fitted"),
    "change_op": Term("请只写 set、add、scale、ramp 之一（ramp 需要 until）", "write exactly one of set, add, scale, ramp (ramp needs until)"),
    "change_until": Term("until 应晚于 from", "until must come after from"),
    "target_goal": Term("目标值与方向不符：band 写 band，show 不写数值，其余写 value", "the goal does not fit the direction: band takes band, show takes no number, all others take value"),
    "observed_definition": Term("definition 只用于 local_retention，且必须写明", "definition belongs to local_retention only, where it must be given"),
    "unknown_code": Term("没有这个{what}；{near}", "there is no such {what}; {near}"),
    "near": Term("最接近的是“{names}”", "nearest: {names}"),
    "no_near": Term("可用：{names}", "known: {names}"),
    "years_order": Term("last 应不早于 first", "last must not come before first"),
    "years_span": Term("年数超过 {limit}；请缩短", "more than {limit} years; shorten them"),
    "calendar_order": Term("事件应按此先后：{order}，且不在同一天", "the events must follow in this order, on different days: {order}"),
    "as_of_range": Term("as_of 应在 {first} 年至 {last} 年之间", "as_of must lie within {first} and {last}"),
    "sum_to_one": Term("各项之和应为 1，现为 {total}", "the shares must sum to 1; they sum to {total}"),
    "sum_over_one": Term("合计可能达到 {total}，超过 1；请减小{what}", "together they can reach {total}, above 1; lower {what}"),
    "list_length": Term("应写一个数，或 {n} 个数（{what}），现有 {got} 个", "write one figure or {n} figures ({what}); there are {got}"),
    "stage_counted": Term("counted_as 应为空或每年一项（{n} 项）", "counted_as is empty or has one entry for each of the {n} years"),
    "stage_transfer": Term("第一阶段不能有 transfer，其后每个阶段必须有", "the first stage has no transfer; each later stage must have one"),
    "gate_mismatch": Term("{gate} 之后没有以它为入口的培养路径，也没有 gates.{gate}.elsewhere；请补上其一", "nothing takes entrants from {gate}: no pathway enters by it and gates.{gate}.elsewhere is empty; add one of them"),
    "then_length": Term("then 应为空或每个后续阶段一所学校（{n} 所）", "then is empty or names one school for each of the {n} later stages"),
    "then_conflict": Term("同一学校、专业、路径的各行 then 必须相同", "rows of one school, programme and pathway must have the same then"),
    "duplicate_row": Term("这一行与另一行重复：同一学校、专业、路径和生源地；请合并", "this row repeats another: same school, programme, pathway and areas; join the two"),
    "area_overlap": Term("生源地 {areas} 在同一学校、专业、路径的另一行中已出现；请分开", "the areas {areas} also stand in another row of the same school, programme and pathway; keep them apart"),
    "merger_itself": Term("学校不能并入自己；请从 schools 中去掉它，或改 into", "a school cannot be merged into itself; take it out of schools or change into"),
    "merger_rows": Term("承接学校没有与被合并学校同专业、同路径且面向同样生源地的招生计划行；请在 quota.rows 中补上（可写 seats: 0）", "this school has no seat row of the same programme and pathway for the areas of the merged ones; add one to quota.rows (with seats: 0, if need be)"),
    "cross_area_rows": Term("跨区域招生需要同一学校、专业、路径既有限定生源地的行，又有 areas: local 的行；请在 quota.rows 中补上（可写 seats: 0）", "places across areas need, beside a row kept for some areas, one of the same school, programme and pathway with areas: local; add it to quota.rows (with seats: 0, if need be)"),
    "long_track_class": Term("长学制占比规则需要在 classes 中定义 long_track", "the rule needs a class named long_track under classes"),
    "warning_threshold": Term("预警规则没有任何门槛；请至少写 completion、placement、match 之一", "the rule has no threshold; write at least one of completion, placement, match"),
    "gate_areas": Term("职教高考、专升本和社会生源入口的招生计划只能写 areas: any", "seats entered by exam, upgrade or social entry take areas: any"),
    "batch_empty": Term("这个批次没有任何初中起点的招生计划或其他去向（也可能已由更早的批次录取）；请写明 pathways、schools 或 alternatives，或删去这个批次", "this batch has no seat row of the junior gate and no alternative (an earlier batch may have taken them); write its pathways, schools or alternatives, or leave it out"),
    "rolls_lacking": Term("没有数据可推出 {years} 年的初中毕业生：请补上当年的 junior_graduates、3 年前的初中招生数、9 年前的小学招生数，或 15 和 16 年前的出生人口", "nothing says how many finish junior school in {years}: give junior_graduates of that year, entrants of junior school 3 years or of primary school 9 years before, or births 15 and 16 years before; write one of them"),
    "base_missing": Term("{pathway} 的 {level} 毕业生没有基准留存率；请在 retention.base 中补上", "graduates of {pathway} at {level} have no base rate; add one to retention.base"),
    "base_twice": Term("{pathway} 的 {level} 有两个基准留存率；请只留一个", "{pathway} at {level} has two base rates; keep one"),
    "base_level": Term("培养路径 {pathway} 没有以 {level} 毕业的阶段；请改 pathways 或 level", "the pathway {pathway} has no stage that ends at {level}; mend pathways or level"),
    "base_measured": Term("基准留存率应按 08-31 或 12-31 统计", "a base rate is counted on 08-31 or 12-31"),
    "base_year": Term("应在 {first} 与 as_of 所在年之间；请改年份，或推后 as_of", "it must lie between {first} and the year of as_of; change it, or move as_of on"),
    "base_infeasible": Term(
        "{pathway}（{level}）的基准留存率 {rate} 达不到：在找到工作的比例和毕业去向之下，{definition} 只能在 {lo} 与 {hi} 之间；请核对比率、定义和统计日期",
        "the base rate {rate} of {pathway} ({level}) can't come out: with the shares that find work and go on studying, {definition} lies between {lo} and {hi}; check the rate, its definition and its date",
    ),
    "base_bound": Term(
        "{pathway}（{level}）的基准留存率在 {year} 年的岗位空缺下达不到（{share} 的参数抽样）：即使人人愿意留下，{definition} 也只有 {reached}；已用尽的岗位：{jobs}；请核对比率、产业规模与增长、面向毕业生的比例",
        "with the vacancies of {year} the base rate of {pathway} ({level}) can't come out in {share} of the parameter draws: even if everybody wishes to stay, {definition} comes to {reached}; used up are: {jobs}; check the rate, the sizes and growth of industries and the share open to graduates",
    ),
    "found_order": Term("到 12 月找到工作的比例不能低于到 8 月的比例", "the share in work by December cannot be below that by August"),
    "labour_missing": Term("毕业生要面对岗位空缺（demand: vacancies），就必须有劳动力市场；请写 labour，或改为 unbounded", "graduates can't meet vacancies without a labour market; write the block labour, or choose unbounded"),
    "job_levels": Term("岗位层次应取自 levels（{levels}），每个只写一次，先后相同（由低到高）", "job levels must stand in the order of levels ({levels}), lowest first, each once"),
    "job_level_none": Term("这个阶段的毕业证书对应 {level}，而岗位层次中没有它；请用 job_level 写明属于哪一个（{levels}），或补入 labour.job_levels", "its diploma is for jobs at {level}, which is no job level; say with job_level which of {levels} it belongs to, or add it to labour.job_levels"),
    "level_shares_none": Term("这个产业有从业人员，但各岗位层次的占比可能全为 0；请至少给一个始终大于 0 的数", "this industry has workers, but its shares of all job levels can be 0; write at least one that is always above 0"),
    "workers_none": Term("没有一个产业有从业人员；请在 industries 中至少给一个写 workers", "no industry has any workers; write workers for at least one of industries"),
    "workers_many": Term("{year} 年的用工需求合计达到 {n} 人，超过 {limit}；请减小规模或增速", "the workers wanted in {year} come to {n}, above {limit}; sizes or growth must be smaller"),
    "start_series": Term("这是 {year} 年年末的存量，不能按年份写；请只写一个数（以后由 growth 和退休决定）", "this is the stock at the end of {year}, so a series by year cannot act; write one figure (growth and retirement move it on)"),
    "parts_none": Term("三类人员的占比可能全为 0；请至少给一类始终大于 0 的数", "the shares of the three categories can all be 0; write at least one that is always above 0"),
    "ages_range": Term("年龄应在 {lo} 岁与 {hi} 岁之间", "an age lies between {lo} and {hi}"),
    "ages_none": Term("各年龄的人数全为 0；请至少写一个大于 0 的数", "no age has any people; write at least one figure above 0"),
    "ages_retired": Term("{year} 年年末 {last} 岁以上的{what}都已过法定退休年龄，会在第一年全部退休；这些年龄应为 0", "at the end of {year} {what} above the age of {last} are all past the age of retirement and would all retire in the first year; these ages must be 0"),
    "rounds_order": Term("求职日应由早到晚，互不相同", "the days of search must rise, each once"),
    "rounds_day": Term("求职日应在录取日（{admission}）之后，且不晚于年末结算日（{accounts}）", "a day of search must come after the day of admission ({admission}) and no later than the accounts ({accounts})"),
    "rounds_december": Term("8 月 31 日之后没有求职日，到 12 月找到工作的比例就无从实现；请至少加一个", "no day of search comes after 31 August, so the share in work by December can't be reached; at least one is needed"),
    "rounds_august": Term("8 月 31 日及以前没有求职日，当天不会有人找到本地工作；请在 labour.rounds 中补一个，或按 12-31 统计", "no day of search stands up to 31 August, so nobody can be at work here on that day; at least one in labour.rounds is needed, or count on 12-31"),
    "measured_day": Term("统计日应在录取日（{admission}）之后，且不晚于年末结算日（{accounts}）；请改 calendar 或统计日", "the day of counting must come after the day of admission ({admission}) and no later than the accounts ({accounts}); mend the calendar or choose the other day"),
    "target_indicator": Term("没有这个指标；{near}", "there is no such indicator; {near}"),
    "target_year": Term("应在 {first} 与 {last} 之间", "it must lie between {first} and {last}"),
    "target_pick": Term("这个指标不能按 {what} 取；请去掉", "this indicator has no breakdown by {what}; leave it out"),
    "demand_needed": Term("指标 {indicator} 只在毕业生面对岗位空缺时才有；请写 demand: vacancies 和 labour，或去掉这个目标", "the indicator {indicator} exists only where graduates meet vacancies; write demand: vacancies and labour, or leave the target out"),
    "clause_open": Term("请写明由本文件的哪些部分体现（carried），或为何不能体现（why）", "say by which parts of this file it is carried (carried), or why it can't be (why)"),
    "clause_carried": Term("本文件中没有 {key}；请写现有部分的点分路径", "this file has no {key}; name a part of it by its dotted key"),
    "mobility_needed": Term("指标 {indicator} 只在写明就业地区时才有；请写 retention.mobility，或去掉这个目标", "the indicator {indicator} exists only where it is said in which area people work; write retention.mobility, or leave the target out"),
    "no_jobs": Term("至少要有一个本地地区有岗位", "at least one area of the place must have jobs"),
    "block_needed": Term("指标 {indicator} 只在写明 {block} 时才有；请写上，或去掉这个目标", "the indicator {indicator} exists only where {block} is written; write it, or leave the target out"),
    "measure_named": Term("请在 of.measures 中写明是哪项举措：各项举措的单位不同，不能相加", "name under of.measures which measures are meant: each is counted in a unit of its own, so that all of them can't be added up"),
    "effect_key": Term("举措不能作用于这些数值：招生计划、规则和开关由政策更改，基准留存率是观测值，起始年之前的存量已成事实，举措也不能作用于举措；请换一个", "no measure acts on these numbers: seats, rules and switches are for policies to change, base rates are observed, what stood before the first year is a fact, and measures do not act on measures; name another"),
    "effect_log_odds": Term("log_odds 只用于 0 与 1 之间的占比和比率；请改用 add 或 log", "log_odds is for shares and rates, which lie between 0 and 1; use add or log here"),
    "effect_log": Term("log（倍数）只用于不会小于 0 的数值；请改用 add", "log (a factor) is for numbers that are never below 0; use add here"),
    "item_pick": Term("按 {per} 计量的项目不能按 {what} 取；请去掉", "an item counted per {per} can't be picked by {what}; leave it out"),
    "item_block": Term("按 {per} 计量需要写明 {block}；请写上，或改用其他计量依据", "counting per {per} needs the block {block}; write it, or count by something else"),
    "budget_payer": Term("没有一个项目由本级财政承担（payer: city），预算上限不起作用；请把本级承担的项目写为 city，或去掉 limit", "the place itself pays for no item (payer: city), so a limit does nothing; write city for the items that it pays, or leave limit out"),
    "budget_cut": Term("写了预算上限，但 cut 没有列出可以削减的项目，超出时无从削减；请按先后列出，或去掉 limit", "there is a limit but cut names no item, so nothing can be cut; list in cut what may be cut, the first first, or leave limit out"),
    "cut_payer": Term("这个项目不由市级承担，市级预算不能削减；请从 cut 中删去", "the city does not pay this item, so its budget can't cut it; remove it from cut"),
    "cut_twice": Term("同一项目列了两次；请删去一个", "this item stands twice; remove one of the two"),
    "staff_alone": Term("写了教师（staff），但没有说明教师如何增减；请写 teachers，或去掉 staff", "teachers are stated but not how they come and go; write the block teachers, or leave staff out"),
    "staff_kind": Term("teachers.kinds 中没有 {kind}，无法推算这所学校的教师；请补上", "teachers.kinds has no {kind}, so nothing is known of this school's teachers; write it there"),
    "staff_missing": Term("没有一所学校写明教师；请至少给一所写 institutions 中的 staff，或去掉 teachers", "no school states any teachers; write staff for at least one of institutions, or leave teachers out"),
    "staff_few": Term("这些教师最多能教 {most} 名学生，不到学校容量 {capacity} 人的十分之一；请核对教师数、容量和生师比", "they can teach {most} students, less than a tenth of the school's capacity of {capacity}; check teachers, capacity and students per teacher"),
    "training_staff": Term("这所学校没有写明教师（staff），无法承担培训；请写上，或从 schools 中去掉", "this school states no teachers, so nobody there can teach workers; write its staff, or leave it out of schools"),
    "class_needed": Term("指标 {indicator} 需要在 classes 中定义 {name}", "the indicator {indicator} needs a class named {name} under classes"),
    "observed_future": Term("实际数的年份不能晚于 as_of 所在年", "an actual figure cannot be of a year after that of as_of"),
    "observed_early": Term("实际数的年份不能早于 {first}", "an actual figure cannot be of a year before {first}"),
    "pick_nobody": Term("没有符合这些条件的学生；请核对路径、层次、专业与学校是否相配", "this means nobody: no seat row, year of a stage or diploma fits; check that pathways, levels, programmes and schools go together"),
    "no_scenario": Term("没有可运行的情景；请至少给出一个", "there is nothing to run; give at least one scenario"),
    "observed_twice": Term("同一年的两个实际数涉及同一批学生；请改为互不重叠", "two actual figures of one year are about the same students; make them disjoint"),
    "observed_date": Term("计数时点在 as_of 之后；请推后 as_of 或删去", "its day of counting comes after as_of; move as_of on, or leave it out"),
    "patch_key": Term("没有与“{key}”对应的数值；{near}", "no number is called {key!r}; {near}"),
    "patch_other": Term("这里没有写数值，现由 {other} 决定；请更改 {other}，或先在文件中写上", "nothing is stated there, so {other} holds; change that, or write a figure in the file first"),
    "patch_unset": Term("文件中没有写 {at}，无可更改；请先写上", "the file states nothing at {at}, so nothing can be changed; write it first"),
    "patch_start": Term("这是 {year} 年年末已有的存量，政策不能更改；请改为更改增速（growth）或岗位层次占比", "this is what there was at the end of {year}, which no policy can change; change growth or level_shares instead"),
    "patch_mixed": Term("“{key}”同时对应不同类型的数值（{kinds}）；请写得更具体", "{key!r} means numbers of different kinds ({kinds}); be more specific"),
    "patch_frozen": Term("{date} 早于 as_of（{as_of}）：之前的决定已成事实，不能更改；请推后日期", "{date} is before as_of ({as_of}): what was decided before it is frozen; choose a later day"),
    "patch_early": Term("{date} 早于第一个报告年（{first} 年）：更早的政策应直接体现在数值中；请推后日期，或改写数值", "{date} is before the first reported year ({first}): what acted earlier must stand in the figures themselves; choose a later day, or change the figures"),
    "known_zero": Term("{year} 年“{key}”合计为 0，无法按比例放大；请逐项写明", "in {year} {key!r} comes to 0, which can't be scaled; write the numbers one by one"),
    "known_twice": Term("{path} 已由第 {row} 行给出；同一个数值只能写一次，请删去其一", "row {row} already gives {path}; a number must be given only once: remove one of the two"),
    "known_year": Term("“{key}”对应 {n} 个数值：请写明 year（合计属于哪一年），或只写其中一个", "{key!r} means {n} numbers: write the year of which this is the total, or name one of them"),
    "known_bare": Term("写了 year 就只能写一个数（这一年的值或合计）", "with a year only a bare figure can be given, that of the year"),
    "known_total": Term("只有人数才能合计，而这 {n} 个数值不是人数；请只写其中一个", "only numbers of people can be added up, and these {n} are not; name one of them"),
    "figure_ask": Term("请写 key，或写 indicator（可加 of），只能选一种", "write exactly one of key and indicator (of goes with indicator only)"),
    "figure_twice": Term("这个数字已经问过；请删去一个", "this figure is asked for already; remove one of the two"),
    "draft_row": Term("链接中的这一项无法识别，已略去；请重新填写", "this part of the link can't be understood and was left out; it must be entered anew"),
    "draft_many": Term("链接中这类内容至多 {n} 项，其余已略去；请保存为情景后再分享", "a link holds at most {n} of these, the rest was left out; save the scenario and share its name"),
    "draft_lever": Term("没有调节项“{name}”，请换一个；{near}", "there is no lever {name!r} here; choose another ({near})"),
    "draft_late": Term("晚于模拟的最后一年（{last} 年），不会起作用；请提前", "it comes after the last year ({last}) and would do nothing; choose an earlier day"),
    "draft_twice": Term("同一调节项设了两次；请只留一次", "one lever is set twice; keep only one"),
    "shelf_name": Term("名称应为 1 到 {n} 个字，可用中文、字母、数字、空格、_ 和 -；不能有 / 等分隔符，不能以点或空格开头、结尾，也不能是系统保留名（如 CON）；请换一个", "a name must have 1 to {n} characters: letters of any language, digits, spaces, _ and -; no separators, no dot or space at either end, and no name that the system keeps for itself (such as CON); choose another"),
    "shelf_missing": Term("没有名为“{name}”的已存情景；可能已被删除或改名；{near}", "no saved scenario is called {name!r}; it may have been removed or renamed; {near}"),
    "shelf_clash": Term("已有名为“{other}”的情景，只有大小写不同；请换一个名称", "there is a scenario called {other!r}, which differs in case only; choose another name"),
    "shelf_conflict": Term("“{name}”已在 {when} 被改动（{who}），您打开的不是最新版本；请另存为其他名称，或确认后覆盖", "{name!r} was changed at {when} ({who}) since you opened it; choose another name, or overwrite it on purpose"),
    "shelf_gone": Term("“{name}”在您打开之后已被删除；请作为新情景保存", "{name!r} was removed since you opened it; it must be saved as a new one"),
    "shelf_full": Term("已存 {n} 个情景，达到上限；请先删除不用的", "{n} scenarios are saved, which is the limit; some must be removed first"),
    "shelf_busy": Term("文件夹 {path} 正被另一程序占用，没有保存；请稍后再存", "the folder {path} is in use by another program and nothing was saved; check that none holds it, and save again"),
    "patch_conflict": Term("政策 {a} 与 {b} 在 {date} 同时更改“{key}”；请在文件中写明先后，例如 order: [{order}]（前面的先起作用）", "the policies {a} and {b} both change {key} on {date}; write into the file which acts first, such as order: [{order}]"),
    "patch_range": Term("政策 {policy} 使其为 {value}，应在 {lo} 与 {hi} 之间", "the policy {policy} brings it to {value}; it lies between {lo} and {hi}"),
    "patch_hold": Term("hold 只用于招生计划（quota.…）", "hold is for seats (quota.…) only"),
    "patch_observed": Term("基准留存率是观测值，政策不能更改；请改用 retention.drivers 等影响留存意愿的数值", "a base rate is an observation, which no policy can change; change what moves the wish to stay, such as retention.drivers"),
    "switch_certain": Term("开关应为 0 或 1，不能是分布", "a switch is 0 or 1, not a distribution"),
    "passes_band": Term("只有从初中入口进入的第二阶段才能按分数段写 passes；请写一个数", "passes by score band is for the second stage of a pathway entered from junior school only; write one figure"),
    "class_name": Term("这个名称已是一条培养路径；请换一个", "a pathway has this code; choose another"),
    "observed_share": Term("留存率应在 0 与 1 之间{hint}", "a staying rate lies between 0 and 1{hint}"),
    "observed_unreachable": Term("{year} 年的实际留存率达不到：毕业生中已升学的人数使 {definition} 到不了这个数；请核对数值与定义", "this staying rate of {year} can't come out: with those who went on studying {definition} does not reach it; check the figure and its definition"),
    "unknown_policy": Term("没有政策“{name}”；{near}", "there is no policy {name!r}; {near}"),
    "policy_twice": Term("政策“{name}”出现两次；请只写一次", "the policy {name!r} stands twice; name it once"),
    "cells_limit": Term("单元数 {n} 超过 {limit}；请合并专业、学校或分数段", "{n} cells are over the limit of {limit}; merge programmes, schools or bands"),
    "replications": Term("模拟次数应为 2 到 {limit} 之间的偶数（每两次共用一组参数）", "replications are an even number from 2 to {limit} (two share one parameter draw)"),
    "port_taken": Term("{host}:{port} 已被占用或不可用（{why}）；请用 --port 换一个端口", "{host}:{port} is taken or cannot be used ({why}); choose another with --port"),
    "actual_future": Term("今后年份的数字不是实际数；请改为已统计的年份", "a figure of a year to come is no actual one; give a year that has been counted"),
    "seed": Term("seed 应为 0 到 {limit} 之间的整数", "the seed is a whole number from 0 to {limit}"),
    "threads": Term("threads 应为 1 到 64 之间的整数", "threads are a whole number from 1 to 64"),
    "out_exists": Term("{path} 已存在且不是本程序的结果文件夹；请换一个名称", "{path} exists and holds no results of ours; choose another name"),
    "out_unwritable": Term("无法写入 {path}：{why}；请检查权限与磁盘空间", "{path} cannot be written: {why}; check its permissions and the disk"),
    "same_label": Term("有两个情景都叫“{label}”；请改 name", "two scenarios are both called {label!r}; give one another name"),
    "compare_years": Term("{a} 与 {b} 的年份、种子或模拟次数不同，不能配对比较；请统一", "{a} and {b} differ in years, seed or replications, so they can't be compared in pairs; make them the same"),
    "compare_baseline": Term("没有名为“{name}”的情景可作基准；{near}", "no scenario is called {name!r} for the baseline; {near}"),
}

# why a file can't be parsed or a folder not be used: what the libraries say, by a part of it, and by the number of the error
YAML_WHY: dict[str, Term] = {
    "mapping values are not allowed": Term("此处多了冒号，或上一行缩进不对、冒号后缺空格", "a colon too many, or the line before is indented wrongly or lacks the space behind its colon"),
    "could not find expected ':'": Term("缺少冒号，或冒号后缺空格", "a colon is missing, or the space behind it"),
    "cannot start any token": Term("此处不能以这个字符开头（制表符、@、%、` 等）", "text can't start with this character (tab, @, %, ` and such)"),
    "unexpected end of stream": Term("引号没有结束", "a quote is not closed"),
    "undefined alias": Term("别名没有定义", "an alias has no anchor"),
    "expected <block end>": Term("缩进不一致", "the indents do not agree"),
    "sequence entries are not allowed": Term("此处不能写列表项", "a list item can't stand here"),
    "expected ','": Term("缺少逗号或右括号", "a comma or a closing bracket is missing"),
    "another document": Term("文件中有多份文档（---）", "the file holds more than one document (---)"),
    "not allowed": Term("含有不允许的字符", "it holds characters that are not allowed"),
    "": Term("此处无法解析", "it can't be parsed here"),
}

OS_WHY: dict[int, Term] = {
    errno.ENOENT: Term("文件夹不存在", "no such folder"),
    errno.EACCES: Term("没有权限", "permission denied"),
    errno.EPERM: Term("没有权限", "permission denied"),
    errno.EROFS: Term("磁盘为只读", "the disk is read-only"),
    errno.ENOSPC: Term("磁盘已满", "the disk is full"),
    errno.EDQUOT: Term("磁盘配额已满", "the disk quota is used up"),
    errno.ENAMETOOLONG: Term("名称过长", "the name is too long"),
    errno.EISDIR: Term("这是一个文件夹", "it is a folder"),
    errno.ENOTDIR: Term("路径中有一段不是文件夹", "a part of the path is not a folder"),
    errno.EBUSY: Term("正被占用", "it is in use"),
}

KINDS: dict[str, Term] = {
    "area": Term("地区", "area"),
    "measure": Term("举措", "measure"),
    "item": Term("经费项目", "item of cost"),
    "driver": Term("留存影响因素", "driver of staying"),
    "local_area": Term("本地地区", "area of the place"),
    "industry": Term("产业", "industry"),
    "programme": Term("专业（群）", "programme"),
    "school": Term("学校", "school"),
    "pathway": Term("培养路径", "pathway"),
    "level": Term("层次", "level"),
    "job_level": Term("岗位层次", "job level"),
    "policy": Term("政策", "policy"),
    "alternative": Term("其他去向", "alternative"),
    "text": Term("文字", "text"),
    "short_text": Term("1 到 40 个字符的文字", "text of 1 to 40 characters"),
    "whole": Term("整数", "a whole number"),
    "figure": Term("数", "a number"),
    "yesno": Term("true 或 false", "true or false"),
    "list": Term("列表（- 项）", "a list"),
    "mapping": Term("“键: 值”的内容", "a mapping (key: value)"),
    "day": Term("日期（例如 2026-04-01）", "a date such as 2026-04-01"),
    "pair": Term("一组固定个数的数", "a list of the right number of figures"),
    "rate": Term("年比率", "a yearly rate"),
    "share_of": Term("占比", "a share"),
    "persons_of": Term("人数", "a number of people"),
    "number_of": Term("数值", "the value"),
    "years_of_stage": Term("阶段的每一年", "one for each year of the stage"),
    "bands_of_score": Term("每个分数段", "one for each score band"),
    "rates_sum": Term("各项比率", "the rates"),
    "leaving_moving": Term("离开和转岗的比率（leaving、moving）", "leaving and moving"),
    "men": Term("男性", "men"),
    "cadre_women": Term("管理和技术岗位女性", "women in managerial and technical posts"),
    "worker_women": Term("其他岗位女性", "women in other posts"),
}


def word(table: dict[str, Term], code: str, lang: str) -> str:
    """Return the word for ``code`` in ``lang``; the code itself where the table has none (scenario codes)."""
    term = table.get(code)
    return getattr(term, lang) if term else code


def phrase(code: str, lang: str, **args: object) -> str:
    """Return a phrase of the terminal or the page, filled in."""
    text: str = getattr(PHRASES[code], lang)
    return text.format(**args)


def why_of(error: Exception) -> Term:
    """Return why a file can't be parsed, read or written."""
    if isinstance(error, OSError):
        number = error.errno or 0
        return OS_WHY.get(number, Term(f"系统错误 {number}", f"system error {number}"))
    if isinstance(error, UnicodeError):
        return Term("编码不是 UTF-8", "it is not UTF-8")
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    return next(term for part, term in YAML_WHY.items() if part in said)


def message(code: str, lang: str, **args: object) -> str:
    """Return the message of a problem, filled in; an argument that is a Term is put in the same language."""
    words = {k: getattr(v, lang) if isinstance(v, Term) else v for k, v in args.items()}
    text: str = getattr(MESSAGES[code], lang)
    return text.format(**words)
