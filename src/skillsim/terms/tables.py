"""Words of tables of stages."""

from __future__ import annotations

from skillsim.terms.term import Term

INDICATORS: dict[str, Term] = {
    "table_stock": Term(
        "流转表：年末人数", "tables: people there", "persons", "people in a stage of a table on 31 December, the year's recruits included"
    ),
    "table_recruits": Term(
        "流转表：补充人数", "tables: recruits", "persons", "people who come into a stage of a table from outside in the year"
    ),
    "table_exits": Term("流转表：离开人数", "tables: exits", "persons", "people who leave a table in the year, by exit"),
}

PHRASES: dict[str, Term] = {
    "table_counts": Term("{tables} 张流转表 · {stages} 个阶段 · {exits} 种去向", "{tables} table(s) · {stages} stage(s) · {exits} exit(s)"),
    "table_title": Term("{run} · {table}", "{run} · {table}"),
    "table_ranges": Term("{run} · {table}（均值，括号内为 5–95 %）", "{run} · {table} (mean; 5-95 % in brackets)"),
    "table_stage": Term("阶段", "stage"),
    "table_start": Term("{year} 年年末", "end of {year}"),
    "table_recruits_of": Term("其中当年补充", "of these recruits of the year"),
    "table_all": Term("年末合计", "all there"),
    "table_exit": Term("离开：{exit}", "left: {exit}"),
    "table_left": Term("其他去向", "left: otherwise"),
    "table_left_alone": Term("离开", "left"),
    "table_error_note": Term("概率误差为蒙特卡洛标准误", "the error of a probability is its Monte Carlo standard error"),
}

MESSAGES: dict[str, Term] = {
    "table_name": Term("这个名称已是一条培养路径或一个路径组；请换一个", "a pathway or class has this code; choose another"),
    "table_exit": Term(
        "同一张流转表的阶段与去向不能同名（`left` 是没有写明去处的人的去向）；请换一个",
        "a stage and an exit of this table have this code (`left` is the exit of whoever is sent nowhere); choose another",
    ),
    "table_named": Term(
        "请在 of.pathways 中写明是哪张流转表：各表统计的对象不同，不能相加",
        "name under of.pathways which table is meant: tables count different people, so that all of them can't be added up",
    ),
    "table_people": Term(
        "初始人数与各年补充合计可能超过 {limit} 人，无法逐人抽样；请拆成几张表，或改以千人计（取整数）并写明 uncertainty: {{process: false}}"
        "（人数如此之多，偶然性可忽略；若按千人逐个抽样，区间会放大约 30 倍）",
        "the start and all recruits can come to more than {limit} people, too many to draw one by one; split the table, or write "
        "whole thousands together with uncertainty: {{process: false}} (among so many chance is next to nothing, but drawn by "
        "thousands ranges would come out some 30 times too wide)",
    ),
    "table_indicator": Term(
        "本文件只有流转表，没有地区，也就没有这个指标；请改用以下之一：{known}，或去掉这一项",
        "this file has tables but no place, and so nothing of this indicator; name one of {known}, or leave this out",
    ),
    "table_seats": Term(
        "“{name}”只有流转表，没有招生计划，无从生成招生计划表；请选用一个地区的情景",
        "{name!r} has tables alone and no seats, so that there is no seat plan to write; name the scenario of a place",
    ),
    "table_limit": Term(
        "各流转表共 {n} 个单元，超过 {limit}；请合并阶段，或拆成几个文件",
        "the tables come to {n} cells, over the limit of {limit}; merge stages, or split the file",
    ),
}
