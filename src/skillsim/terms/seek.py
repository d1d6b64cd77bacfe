"""Words of goal seek."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
    "seek_running": Term("逐一试算措施组合，各 {r} 次模拟", "trying mixes of levers, {r} replications each"),
    "seek_met": Term(
        "可以达成：{wishes}。找到的最省组合为：{mix}；到 {year} 年经费比现状{cost}。换用新的随机数复核：{fresh}，达到要求。",
        "It can be had: {wishes}. The cheapest mix found: {mix}; to {year} it costs {cost} than as it stands. Run again on "
        "fresh random numbers: {fresh}, as wished.",
    ),
    "seek_met_not_confirmed": Term(
        "尚不能确认：{wishes}。找到的最省组合为：{mix}（到 {year} 年经费比现状{cost}），搜索时达到要求，"
        "换用新的随机数复核只有{fresh}，低于要求。请放宽措施上限、适当降低要求，或增加模拟次数（-n）后再试。",
        "Not confirmed: {wishes}. The cheapest mix found: {mix} (to {year} it costs {cost} than as it stands) is as wished on "
        "the random numbers of the search, on fresh ones only {fresh}. Widen the bounds, wish a little less, or try again with "
        "more replications (-n).",
    ),
    "seek_no_budget": Term(
        "预算不够：{wishes}。找到的最省组合为：{mix}，到 {year} 年经费比现状{cost}，超过预算 {budget}。{bought}",
        "The budget does not do: {wishes}. The cheapest mix found: {mix}; to {year} it costs {cost} than as it stands, above "
        "the budget of {budget}. {bought}",
    ),
    "seek_bought": Term(
        "预算之内最多可达：{p}（{mix}；经费{cost}）。", "The most that the budget buys: {p} ({mix}; {cost})."
    ),
    "seek_bought_nothing": Term("预算之内没有可行的组合。", "No mix within the bounds is within the budget."),
    "seek_later": Term(
        "用这些措施到 {year} 年无法达成：{wishes}。{nearest}推迟到 {first} 年可以达成（换用新的随机数复核，达成概率为 {later}），见分年表。",
        "These levers can't do it by {year}: {wishes}. {nearest} Put off to {first} it can be had ({later} on fresh random numbers), see the table by year.",
    ),
    "seek_never": Term(
        "用这些措施无法达成：{wishes}。{nearest}{nor}",
        "These levers can't do it: {wishes}. {nearest}{nor}",
    ),
    "seek_nor": Term("推迟到以后任何一年（至 {last} 年）也无法达成。", " Nor can they in any later year up to {last}."),
    "seek_nearest": Term(
        "实际模拟的 {n} 种组合中，最高的达成概率为 {p}（95 % 置信上限 {bound}；换用新的随机数复核为 {fresh}）：{mix}。"
        "维持现状为 {stands}（复核 {fresh_stands}）。",
        "Of {n} mixes really run the nearest reaches {p} (upper 95 % confidence bound {bound}; on fresh random numbers {fresh}): {mix}. "
        "As it stands it is {stands} (fresh {fresh_stands}).",
    ),
    "seek_no_gain": Term(
        "复核时，该组合的达成概率与现状没有明显差别。",
        " On the fresh random numbers there is no difference to speak of.",
    ),
    "seek_none_better": Term(
        "实际模拟的 {n} 种组合，没有一种的达成概率高于维持现状的 {p}（95 % 置信上限 {bound}；换用新的随机数复核为 {fresh}），故以现状为准。",
        "Of {n} mixes really run none is more likely than as it stands, {p} (upper 95 % confidence bound {bound}; on fresh random "
        "numbers {fresh}): nothing is worth moving for it.",
    ),
    "seek_all_decided": Term(
        "把各方能够决定的 {n} 项措施全部调到单独看最有利的一端（包括压缩招生等），“{target}”的达成概率为 {p}（95 % 区间 {range}），均值 {mean}。",
        "With all {n} levers that somebody decides at once, each at the end that by itself brings the target nearer (closing places "
        "among them), “{target}” is {p} likely (95 % interval {range}), the mean {mean}.",
    ),
    "seek_all_all": Term(
        "再加上各项市场条件也都取最有利的一端（共 {n} 项），“{target}”的达成概率为 {p}（95 % 区间 {range}），均值 {mean}。",
        "With what nobody decides at its better end too ({n} in all), “{target}” is {p} likely (95 % interval {range}), the mean {mean}.",
    ),
    "seek_unclear": Term("不明显（低于 {floor}）", "not clear (below {floor})"),
    "seek_close": Term(
        "分年表中“尚难断定”的年份，区间上限不低于要求，差距在误差之内：请增加模拟次数（-n）再试。",
        " In years of which the table says that it can't be told, chance may hide it: try again with more replications (-n).",
    ),
    "seek_wish": Term("使“{target}”（{year} 年，{goal}）的达成概率达到 {p}", "“{target}” ({year}, {goal}) {p} likely"),
    "seek_chance": Term("“{target}”{p}", "“{target}” {p}"),
    "seek_nothing_moved": Term("维持现状", "everything as it stands"),
    "seek_more": Term("增加 {cost} 万元{span}", "{cost} × 10,000 yuan{span} more"),
    "seek_less": Term("减少 {cost} 万元{span}", "{cost} × 10,000 yuan{span} less"),
    "seek_span": Term("（95 % 区间 {low} 至 {high}）", " (95 % interval {low} to {high})"),
    "seek_chosen": Term(
        "未指定措施，故自动选用单独作用最明显的可决定措施（共 {n} 项；招生、容量、转段、教师类只考虑增加）；可用 --lever 另行指定。",
        "No lever was named: of those that somebody decides, here are the ones that by themselves bring the targets nearest ({n}; of "
        "seats, capacity, transfers and teachers only what gives more); name others with --lever.",
    ),
    "seek_mix_title": Term("措施组合", "The mix of levers"),
    "seek_lever": Term("措施", "lever"),
    "seek_bounds": Term("可调范围", "bounds"),
    "seek_since": Term("起始日", "from"),
    "seek_by": Term("由谁决定", "decided by"),
    "seek_again": Term("同样的措施与可调范围（按调整量书写）：{options}", "The same levers and bounds, as amounts: {options}"),
    "seek_price_percent": Term(
        "({i}) 单价：每变动 100 %（{now}）{price} 元，即每 1 % {each} 元",
        "({i}) price: {price} yuan for each 100 % moved ({now}), {each} for each 1 %",
    ),
    "seek_price_points": Term(
        "({i}) 单价：每变动 100 个百分点 {price} 元，即每 1 个百分点 {each} 元",
        "({i}) price: {price} yuan for each 100 points moved, {each} for each point",
    ),
    "seek_price_unit": Term("({i}) 单价：每变动 1 {unit} {price} 元", "({i}) price: {price} yuan for each unit moved (1 · {unit})"),
    "seek_targets_title": Term(
        "目标：现状、组合与复核（搜索各 {r} 次模拟；复核换用新的随机数，各 {fresh} 次）",
        "The targets: as it stands and in the mix ({r} replications each), and again on fresh random numbers ({fresh} each)",
    ),
    "seek_base": Term("现状", "as it stands"),
    "seek_in_mix": Term("组合", "in the mix"),
    "seek_fresh_base": Term("复核：现状", "fresh: as it stands"),
    "seek_fresh": Term("复核：组合", "fresh: the mix"),
    "seek_wished": Term("要求", "wished"),
    "seek_optimism": Term("搜索与复核之差（百分点）", "the mix, search less fresh (points)"),
    "seek_raised": Term(
        "第一次复核未达到要求，已把要求提高 {points} 个百分点再搜索一次；表中为最后一次的结果。",
        "The first check fell short; the wish was raised by {points} points and the search went on once. The table shows the last.",
    ),
    "seek_city": Term(
        "到 {year} 年，情景所列经费中市级承担部分比现状{city}；各年金额直接相加，不折现。",
        "To {year} the city's part of the scenario's own items comes to {city} than as it stands; years are summed, not "
        "discounted.",
    ),
    "seek_no_items": Term(
        "情景没有列出经费项目，也没有给出单价：费用为 0 不表示不花钱。可在情景中写明经费，或在 --lever 中加 @单价。",
        "The scenario states no items of cost and no price was given: a cost of 0 does not mean that nothing is spent. State items "
        "in the scenario, or add @PRICE to --lever.",
    ),
    "seek_curve_title": Term("不同达成概率所需的最低经费", "Least cost by probability"),
    "seek_cost_head": Term("经费增加（万元）", "costs more (10,000 yuan)"),
    "seek_how": Term("依据", "how it is known"),
    "seek_run": Term("实际模拟", "run"),
    "seek_estimated": Term("推算", "estimated"),
    "seek_optimistic": Term(
        "上述最低经费与分年结果取自搜索所用的随机数，多少带有运气：换用新的随机数复核，上述组合的达成概率低 {points} 个百分点。",
        "Least costs and later years stand on the random numbers of the search, which flatter: on fresh ones the mix above is less "
        "likely by {points} points.",
    ),
    "seek_years_title": Term("推迟到以后各年", "Put off to later years"),
    "seek_possible": Term("能否达成", "can be had"),
    "seek_yes": Term("能", "yes"),
    "seek_no": Term("否", "no"),
    "seek_unsure": Term("尚难断定", "can't be told"),
    "seek_highest": Term("最高概率", "highest probability"),
    "seek_interval": Term("95 % 区间", "95 % interval"),
    "seek_why": Term("“{target}”受哪些因素制约", "What decides “{target}”"),
    "seek_decided": Term(
        "{names} 在目标年份计入的最后一届已经招生，不能再调整。",
        "Of {names} the last intake that counts in the target's year has been decided already.",
    ),
    "seek_open": Term("仍可由招生调整的培养路径：{names}。", "Pathways whose last counted intake is still open: {names}."),
    "seek_range": Term(
        "在此组合下，均值 {mean}，5–95 % 为 {range}，目标 {goal}。",
        "At this mix the mean is {mean}, 5–95 % {range}; the goal is {goal}.",
    ),
    "seek_binding": Term(
        "当年平均有 {n} 名有意留在本地的毕业生未找到岗位；若都能找到，均值为 {free}，达成概率为 {p}。",
        "{n} graduates who look are turned away in that year on average; if none were, the mean would be {free}, the probability "
        "{p}.",
    ),
    "seek_figure": Term(
        "起决定作用的不确定数字：{name}（5–95 % 范围 {low} 至 {high}）；{needed}",
        "An uncertain figure that decides: {name}, range {low} to {high}; {needed}",
    ),
    "seek_together": Term("{name}（等 {n} 个同步变化的数字）", "{name} (one of {n} figures that move together)"),
    "seek_needed": Term("须达到 {value}，达成概率才有 {p}。", "it would have to be {value} for a probability of {p}."),
    "seek_needed_not": Term(
        "即使取到最有利的值，达成概率也只有 {p}。", "even at its best value the probability is {p}.",
    ),
    "seek_list_targets": Term("可选的目标（--target 代码）", "Targets that can be asked for (--target CODE)"),
    "seek_list_no_targets": Term(
        "情景没有要求达到某个数值的目标，请先在 targets 中写入", "No target of the scenario asks for a number; write one under targets",
    ),
    "seek_list_target": Term("{title}：{year} 年，{goal}", "{title}: {year}, {goal}"),
    "seek_list_levers": Term(
        "可动用的措施（--lever 代码=下限:上限@单价，上下限按调整量书写）", "Levers (--lever CODE=LO:HI@PRICE, the bounds as amounts)",
    ),
    "seek_list_lever": Term("{title}：{amounts}；现状 {now}；由{who}决定", "{title}: {amounts}; stands at {now}; decided by {who}"),
    "seek_op_scale": Term("倍数 {lo} – {hi}（1 为现状）", "factor {lo} – {hi} (1: as it stands)"),
    "seek_op_add": Term("增减 {lo} – {hi}（0 为现状）", "difference {lo} – {hi} (0: as it stands)"),
    "seek_op_set": Term("数值 {lo} – {hi}（{stands} 为现状）", "level {lo} – {hi} ({stands}: as it stands)"),
    "seek_list_note": Term(
        "请用 --target 代码 指定目标后再次运行；不写 --lever 时自动选取措施。",
        "Name targets with --target CODE and run again; without --lever the levers are chosen.",
    ),
    "seek_market_title": Term(
        "不由任何一方决定、但作用最大的条件 · {target}", "What nobody decides but would move it most · {target}",
    ),
    "seek_to_what": Term("若调整为", "if it were"),
    "seek_value_then": Term("目标均值", "mean then"),
    "seek_parts_title": Term(
        "各项措施的贡献（沙普利值，取自复核的随机数；95 % 区间） · {target}",
        "What each lever contributes (Shapley values on the fresh random numbers; 95 % intervals) · {target}",
    ),
    "seek_part_value": Term("对均值（{unit}）", "to the mean ({unit})"),
    "seek_part_probability": Term("对达成概率（百分点）", "to the probability (points)"),
    "seek_worth_title": Term("最值得补充收集的数字 · {target}", "The figures most worth collecting · {target}"),
    "seek_figure_head": Term("数字", "figure"),
    "seek_share": Term("对目标波动的贡献", "of the target's variation"),
    "seek_width": Term("区间宽度：现在 → 查清后", "width of the interval: now → if known"),
    "seek_flips": Term("据此改变判断的概率", "likely to change the label"),
    "seek_ask": Term("使该数字区间减半须调查", "to halve the figure's own interval, ask"),
    "seek_ask_graduates": Term("约 {n} 名毕业生", "some {n} graduates"),
    "seek_ask_students": Term("约 {n} 名学生", "some {n} students"),
    "seek_ask_teachers": Term("约 {n} 名教师", "some {n} teachers"),
    "seek_ask_workers": Term("约 {n} 名从业人员", "some {n} workers"),
    "seek_ask_vacancies": Term("约 {n} 个岗位", "some {n} vacancies"),
    "seek_ask_compared": Term("有、无此措施的两组共约 {n} 人", "some {n} people in two groups, with it and without"),
    "seek_ask_record": Term("查台账即可", "one record"),
    "seek_worth_none": Term("没有哪个不确定数字对“{target}”的作用明显超出随机误差。", "No uncertain figure moves “{target}” clear of chance."),
    "seek_note": Term(
        "共模拟 {n} 种组合，各 {r} 次，随机数相同；“推算”取自各次模拟的二次响应面。每个目标取单独的概率，不是同时达成的概率。"
        "费用为均值，从 {since} 年到 {year} 年各承担方合计，是单价费用与情景所列经费增加额之和。概率误差为蒙特卡洛标准误。",
        "{n} mixes were run, {r} replications each, on the same random numbers; what is estimated comes from quadratic surfaces "
        "over them. Probabilities are those of each target by itself, not of all together. Costs are means of all payers from "
        "{since} to {year}: the prices of the levers and what the scenario's items come to more. Errors of probabilities are Monte "
        "Carlo standard errors.",
    ),
}

MESSAGES: dict[str, Term] = {
    "seek_no_target": Term("没有要达成的目标；请用 --target 指定，可选：{known}", "no target is named; choose with --target: {known}"),
    "seek_target": Term(
        "没有名为“{name}”的目标；{near}。不写 --target 即列出全部", "there is no target {name!r}; {near}; without --target all are listed",
    ),
    "seek_few": Term(
        "目标倒推至少需要 {least} 次模拟：次数再少，概率就不足为据；请调大 -n",
        "goal seek takes {least} replications at least, since probabilities of fewer are not to be relied on; write a larger -n",
    ),
    "seek_no_levers": Term(
        "情景没有可由人决定的措施（流转表一律没有），无从倒推；请把设想写成政策（policies），再用 skillsim compare 比较",
        "nothing in the scenario is a lever that somebody decides (tables have none), so there is nothing to move; write policies and "
        "compare them with skillsim compare",
    ),
    "seek_shown": Term("该目标只作展示，没有目标值；请选择有目标值的目标", "this target is shown only and asks no number; choose one with a goal"),
    "seek_probability": Term("希望的概率应在 0 与 1 之间（不含），例如 0.8", "a probability that is wished lies between 0 and 1, such as 0.8"),
    "seek_twice": Term("写了两次；请只写一次", "it stands twice; name it once"),
    "seek_target_text": Term("读不懂；请写成“代码”或“代码=0.8”", "it can't be read; write CODE or CODE=0.8"),
    "seek_lever_text": Term(
        "读不懂；请写成“代码”、“代码=下限:上限”或“代码=下限:上限@单价”", "it can't be read; write CODE, CODE=LO:HI or CODE=LO:HI@PRICE",
    ),
    "seek_lever": Term(
        "没有名为“{name}”的措施；{near}。不写 --target 即列出全部", "there is no lever {name!r}; {near}; without --target all are listed",
    ),
    "seek_switch": Term(
        "该措施只有开与关，不能逐步调整；请先用政策（-p）决定开关，再倒推其余措施",
        "this lever is a switch and can't be moved by degrees; decide it by a policy (-p) and seek on top of that",
    ),
    "seek_many": Term("措施多于 {most} 项；请选最要紧的 {most} 项（不写 --lever 时自动选取）", "more than {most} levers; choose {most} (without --lever they are chosen)"),
    "seek_bounds": Term("下限应小于上限；请改正上下限", "the lower bound must be below the upper one; give them so"),
    "seek_factor": Term("这是倍数，不能为负；请写 0 或正数", "this is a factor and can't be negative; give 0 or more"),
    "seek_price": Term("单价不能为负；请写 0 或正数（元）", "a price can't be negative; give 0 or more (yuan)"),
    "seek_budget": Term("预算应为正数（元）；不设预算时请省略", "a budget is above 0 (yuan); leave it out for none"),
    "seek_authority": Term(
        "该措施由 {its} 决定，不属于 {asked}；请去掉该措施或改写 --authority",
        "this lever is decided by {its}, not by {asked}; leave it out, or change --authority",
    ),
    "seek_no_authority": Term("没有名为“{name}”的决定主体；{near}", "there is no authority {name!r}; {near}"),
    "seek_overlap": Term("与“{other}”调整同一批数字；请只留一项", "it moves some of the same numbers as {other!r}; choose one of them"),
    "seek_nothing": Term(
        "没有可由各方决定的措施能使{targets}明显接近目标；须变化的是外部条件，作用最大的：{market}。可指定这些条件后试算；若现状已较可能达成，则无须措施",
        "no lever that anybody decides brings {targets} clearly nearer; circumstances would have to change, most of all: {market}. Name "
        "them as levers to try; where the target is likely as it stands, nothing has to be moved",
    ),
    "seek_nothing_at_all": Term(
        "没有任何措施或外部条件能使{targets}明显接近目标。若现状已较可能达成，则无须措施；否则请检查目标取决于哪些数字（敏感性）",
        "no lever and no circumstance brings {targets} clearly nearer. Where the target is likely as it stands, nothing has to be moved; "
        "else look up on which figures it hangs (sensitivity)",
    ),
}
