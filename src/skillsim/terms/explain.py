"""Words of attribution."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
    "explain_running": Term("{r} 次模拟，逐一运行各种组合", "running the combinations, {r} replications each"),
    "explain_head": Term(
        "“{a}”与“{b}”的差异由什么造成：把 {n} 项变化按各种先后顺序逐项计入，每项的贡献为其增量的平均值（沙普利值）。"
        "共运行 {runs} 种组合，各 {r} 次模拟，随机数相同。",
        "What made the difference between “{a}” and “{b}”: {n} changes are taken in one after another in every order, and the "
        "part of each is what it adds on average (Shapley value). {runs} combinations, {r} replications each, on the same random "
        "numbers.",
    ),
    "explain_head_one": Term(
        "“{a}”与“{b}”的差异由什么造成：两者只有一项变化，全部差异由其造成。各 {r} 次模拟，随机数相同。",
        "What made the difference between “{a}” and “{b}”: there is one change, which made all of it. {r} replications each, on the "
        "same random numbers.",
    ),
    "explain_head_sampled": Term(
        "“{a}”与“{b}”的差异由什么造成：变化共 {n} 项，先后顺序太多，抽取其中 {orders} 种逐项计入，每项的贡献为其增量的平均值"
        "（沙普利值），区间已计入抽样误差。共运行 {runs} 种组合，各 {r} 次模拟，随机数相同。",
        "What made the difference between “{a}” and “{b}”: of {n} changes there are too many orders; in {orders} sampled ones they "
        "are taken in one after another, and the part of each is what it adds on average (Shapley value); the intervals hold the "
        "error of sampling. {runs} combinations, {r} replications each, on the same random numbers.",
    ),
    "explain_same": Term(
        "“{a}”与“{b}”的数值完全相同，没有差异需要说明。",
        "“{a}” and “{b}” have the same numbers: there is no difference to explain.",
    ),
    "explain_higher": Term("提高", "raises"),
    "explain_lower": Term("降低", "lowers"),
    "explain_no_effect": Term("没有影响", "no effect"),
    "explain_title": Term("{target}（{year} 年，{unit}）", "{target} ({year}, {unit})"),
    "explain_cause": Term("变化", "change"),
    "explain_part": Term("贡献", "part"),
    "explain_size": Term("图示", "size"),
    "explain_probability": Term("概率（百分点）", "probability (points)"),
    "explain_start": Term("起点：{name}", "start: {name}"),
    "explain_sum": Term("各项合计", "sum of the parts"),
    "explain_end": Term("终点：{name}", "end: {name}"),
    "explain_unmoved": Term("任何变化都不影响：{targets}", "Moved by none of the changes: {targets}"),
    "explain_left": Term(
        "两个情景要求不同或只有一方有、因此未作说明的目标：{targets}",
        "Left out, since the two ask different things or only one has them: {targets}",
    ),
    "explain_note": Term(
        "贡献是模型中的贡献：取决于情景中所写的作用大小。“差异不显著”指 95 % 区间包含 0；概率一栏 ± 后为标准误差。",
        "A part is a part in the model: it rests on the effects that the scenario states. Not distinguishable: the 95 % interval "
        "holds 0; behind ± in the column of the probability stands its standard error.",
    ),
    "explain_few": Term("模拟少于 {n} 次，不显示概率。", "Below {n} replications no probability is shown."),
    "explain_seats": Term("招生计划与办学容量", "seats and capacity"),
    "explain_schools": Term("培养过程、转段与升学", "training, transfers, further study"),
    "explain_retention": Term("毕业生留存", "keeping graduates here"),
    "explain_rules": Term("招生计划核定与专业调整规则", "rules on seats and programmes"),
    "explain_teachers": Term("教师与培训", "teachers and training of workers"),
    "explain_measures": Term("举措与经费", "measures and spending"),
    "explain_inflow": Term("生源与升学选择", "inflow and choices of students"),
    "explain_demand": Term("用人需求与劳动力市场", "demand for workers, labour market"),
    "explain_recruits": Term("流转表的期初人数与补充人数", "people at the start of tables, and recruits"),
    "explain_moves": Term("流转：{table}", "moves: {table}"),
    "explain_custom": Term("手工调整", "changes made by hand"),
    "explain_written": Term("情景文件中的数值", "figures of the files themselves"),
}

MESSAGES: dict[str, Term] = {
    "explain_by": Term("没有这种归类方式；请从以下选一：{choices}", "there is no such way to group changes; choose one of {choices}"),
    "explain_item": Term(
        "既没有这个文件，“{place}”也没有这项政策；政策（{policies}），文件（{files}）",
        "there is no such file, and {place!r} has no such policy; policies ({policies}); files ({files})",
    ),
    "explain_orders": Term("抽取的顺序数应为偶数，至少为 4", "the number of sampled orders must be even, and 4 at least"),
    "explain_target": Term(
        "应选两个情景共有且要求相同的目标，没有名为“{name}”的；{near}", "there is no target {name!r} that both scenarios have and ask alike; {near}",
    ),
    "explain_no_target": Term(
        "“{a}”与“{b}”没有要求相同的目标，无从说明差异；请选用有相同目标的情景",
        "{a!r} and {b!r} have no target that asks the same in both; choose scenarios that share one",
    ),
    "explain_structure": Term(
        "“{a}”与“{b}”不只是数值不同（{places}），无法把差异分到各项变化；"
        "请让两者只在数值上不同（同一文件上的政策，或用 extends 只改数值），或用 skillsim compare 比较总差异",
        "{a!r} and {b!r} differ in more than numbers ({places}), so that no change can be taken in alone; let them differ in numbers "
        "only (policies on one file, or a file that extends the other), or see the whole difference with skillsim compare",
    ),
    "explain_overlap": Term(
        "政策“{a}”与“{b}”分属两个情景，又在同一天（{date}）改变此数值，无法分开；请用 --by group 或 --by lever",
        "the policies {a!r} and {b!r}, one of each scenario, change this number on the same day ({date}) and can't be told apart; "
        "choose --by group or --by lever",
    ),
    "explain_mixed": Term(
        "“{a}”加上“{b}”的这些变化（{names}）后不是可行的情景，原因见其余各条；请改用 --by 的其他归类方式，使这些变化归为一项",
        "{a!r} with these changes of {b!r} ({names}) is not a possible scenario, for the reasons beside this one; choose another --by, "
        "so that what belongs together is one change",
    ),
}
