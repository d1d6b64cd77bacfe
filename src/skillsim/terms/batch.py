"""Words of batches, the store of runs and what is kept in it."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
}

MESSAGES: dict[str, Term] = {
    # the store of runs
    "store_missing": Term("{path} 中没有运行库；请检查路径，或先用 skillsim batch … --out {path} 建立", "{path} holds no store of runs; check the path, or make one with skillsim batch … --out {path}"),
    "store_column": Term("运行库的表中没有“{column}”；{near}", "the tables of the store have no {column!r}; {near}"),
    "run_missing": Term("{store} 中没有名为“{run}”的运行；{near}；请用 skillsim runs list 查看", "{store} has no run {run!r}; {near}; see skillsim runs list"),
    "run_several": Term("“{run}”对应多次运行：{runs}；请写出更多位", "{run!r} fits several runs: {runs}; write more of its digits"),
    "run_not_kept": Term("运行 {run} 没有保存逐次模拟，不能再作比较或出报告；请用 --keep-replications 重新运行", "the replications of run {run} were not kept, so that it can't be compared or reported again; run it again with --keep-replications"),
    "run_broken": Term("文件损坏或不是本程序所写；请用 skillsim runs verify 检查，删除后重新运行", "it is damaged or not ours; check with skillsim runs verify, remove the run and run it again"),
    "run_file_gone": Term("文件缺失；请删除这次运行后重新运行", "the file is missing; remove the run and run it again"),
    "run_file_more": Term("不是这次运行的文件；请移走", "the file does not belong to the run; take it away"),
    "run_file_changed": Term("内容与校验和不符；请删除这次运行后重新运行", "its content is not that of its checksum; remove the run and run it again"),
    "run_other_key": Term("情景与运行编号 {run} 不符；请删除这次运行后重新运行", "its scenario is not that of key {run}; remove the run and run it again"),
}
