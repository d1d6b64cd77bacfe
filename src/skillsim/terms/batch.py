"""Words of batches, the store of runs and what is kept in it."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
    # batches
    "batch_begins": Term("{files} 个情景文件 · 约 {n:,} 次运行，每次模拟 {r} 次 · 结果写入 {store}", "{files} scenario file(s) · about {n:,} runs of {r} replications each · into {store}"),
    "batch_running": Term("批量运行", "batch"),
    "batch_step": Term("{done:,}/{total:,} · 每分钟 {rate:,.0f} 个情景 · 还需约 {left}", "{done:,}/{total:,} · {rate:,.0f} scenarios a minute · {left} left"),
    "batch_done": Term(
        "完成 {ran:,} 次运行，已有 {there:,} 次，重复 {twice:,} 次，有问题 {refused:,} 次 · 用时 {seconds:.1f} 秒，每分钟 {rate:,.0f} 个情景",
        "{ran:,} runs done, {there:,} there already, {twice:,} equal to others, {refused:,} with problems · {seconds:.1f} s, {rate:,.0f} scenarios a minute",
    ),
    "batch_refused": Term("以下情景有问题，其余均已运行：", "these have problems; all others were run:"),
    "batch_with": Term("{file}（{policies}）", "{file} ({policies})"),
    "batch_many": Term("（同样的问题共 {n} 次运行）", " ({n} runs have this)"),
    "batch_fault": Term(
        "{n} 次运行出现程序内部错误（{names}），这不是您的输入造成的，其余不受影响；详情已写入 {path}",
        "{n} run(s) met a fault of ours ({names}), not of your input; the others went on; details in {path}",
    ),
    "batch_where": Term("运行库：{store} · 查看：skillsim runs list {store}", "the store: {store} · next: skillsim runs list {store}"),
    "batch_interrupted": Term(
        "已中断；已完成的运行都在 {store} 中，用同一命令可接着运行", "interrupted; what was done is in {store}, and the same command goes on from there"
    ),
    "grid_point": Term("方案点：{levers}", "point of a grid: {levers}"),
    "grid_assumed": Term("网格文件设定", "set in the file of the grid"),
    # the store of runs
    "runs_title": Term("{path} 中的运行", "Runs in {path}"),
    "runs_none": Term("{path} 中还没有运行", "{path} holds no runs yet"),
    "runs_key": Term("编号", "key"),
    "runs_name": Term("名称", "name"),
    "runs_base": Term("情景", "scenario"),
    "runs_n": Term("次数", "n"),
    "runs_seed": Term("种子", "seed"),
    "runs_kept": Term("逐次保存", "kept"),
    "runs_size": Term("MB", "MB"),
    "runs_when": Term("写入时间", "written"),
    "runs_sha256": Term("情景哈希（SHA-256）", "hash of the scenario (SHA-256)"),
    "runs_model": Term("模型版本", "version of the model"),
    "runs_fact": Term("{name}：{value}", "{name}: {value}"),
    "runs_drawn": Term("模拟 {n} 次 · 随机种子 {seed} · 共 {draws:,} 次随机抽样", "{n} replications · seed {seed} · {draws:,} random draws"),
    "runs_open": Term("情景文件：{path}", "scenario file: {path}"),
    "runs_damaged": Term("（已损坏）", "(damaged)"),
    "runs_halves": Term("另有 {n} 次运行的文件不全，请用 skillsim runs verify 查看", "{n} more are not whole; see skillsim runs verify"),
    "runs_total": Term("共 {n} 次运行，{size} MB", "{n} runs, {size} MB"),
    "runs_really": Term("确定删除这 {n} 次运行？", "Remove these {n} runs?"),
    "runs_removed": Term("已删除 {n} 次运行", "removed {n} runs"),
    "runs_sound": Term("{n} 次运行的文件均完好", "the files of {n} runs are as they were written"),
    "runs_again": Term("{n} 次运行重新运行后逐字节相同", "{n} runs came out the same to the byte when run again"),
}

MESSAGES: dict[str, Term] = {
    # batches
    "batch_nothing": Term("这里没有 .yaml 情景文件；请检查文件夹或通配符", "no .yaml file is here; check the folder or the pattern"),
    "jobs": Term("并行数应为 1 到 64 的整数", "jobs must be 1 to 64"),
    "worker_ended": Term(
        "有一个工作进程被终止，可能是内存不足；已完成的运行都已写入，请减小 --jobs 后用同一命令继续",
        "a worker was ended, perhaps for lack of memory; what was done is in the store: choose fewer --jobs and give the same command again",
    ),
    "cluster_scheduler": Term("--scheduler 只用于 --backend dask，两者须同时给出（例如 tcp://主机:8786）", "--scheduler belongs to --backend dask, which needs it (such as tcp://host:8786)"),
    "cluster_missing": Term("没有安装 distributed；请安装 skillsim[cluster]", "distributed is not installed; install skillsim[cluster], which needs it"),
    "cluster_unreachable": Term("连不上调度器；请检查地址，以及是否已用 dask scheduler 启动", "the scheduler can't be reached; check its address, and that dask scheduler runs there"),
    "cluster_empty": Term("调度器没有工作节点；请用 dask worker 启动后再运行", "the scheduler has no workers; start some with dask worker, then go on; one is needed"),
    "cluster_versions": Term("工作节点的版本与本机不同，须一致：{differ}；请在各节点安装同样的版本", "the versions on this worker must be those of here: {differ}; install the same everywhere"),
    "cluster_lost": Term("与集群的连接中断，或任务使工作节点多次退出；已完成的运行都已写入，请检查调度器、节点和内存后用同一命令继续", "the cluster was lost, or a task ended its workers again and again; what was done is in the store: check scheduler, workers and memory, then give the same command again"),
    # grids
    "grid_drawn": Term("拉丁超立方（latin_hypercube）需要 {key}", "a Latin hypercube needs {key}"),
    "grid_full": Term("{key} 只用于拉丁超立方（latin_hypercube）；全网格请删去", "{key} belongs to latin_hypercube only; a full grid must not have it"),
    "grid_range": Term("拉丁超立方中应写成 {{low: …, high: …}}", "in a Latin hypercube write {{low: …, high: …}}"),
    "grid_list": Term("全网格中应写成数值列表，例如 [0.8, 1, 1.2]", "in a full grid write a list of values, such as [0.8, 1, 1.2]"),
    "grid_many": Term("共 {n} 个方案点，至多 {most} 个；请减少数值，或改用拉丁超立方", "it has {n} points, at most {most} are allowed; give fewer values, or use latin_hypercube"),
    # the store of runs
    "store_missing": Term("{path} 中没有运行库；请检查路径，或先用 skillsim batch … --out {path} 建立", "{path} holds no store of runs; check the path, or make one with skillsim batch … --out {path}"),
    "store_column": Term("运行库的表中没有“{column}”；请改列名或表名；{near}", "the tables of the store have no {column!r}; {near}"),
    "store_value": Term("这一列的类型是 {type}；请写同类型的值", "the column is of type {type}; write values of that type"),
    "run_format": Term("由更新版本的程序所写；请升级后再读", "it was written by a newer version; update the program to read it"),
    "run_missing": Term("{store} 中没有名为“{run}”的运行；{near}；请用 skillsim runs list 查看", "{store} has no run {run!r}; {near}; see skillsim runs list"),
    "run_several": Term("“{run}”对应多次运行：{runs}；请写出更多位", "{run!r} fits several runs: {runs}; write more of its digits"),
    "run_by_hand": Term("“{run}”含有在程序中直接改动的数值，不能写成情景文件；请把改动写成政策后重新运行", "{run!r} has changes made by hand, which can't be written as a scenario file; write them as a policy and run it again"),
    "run_not_kept": Term("运行 {run} 没有保存逐次模拟，不能再作比较或出报告；请用 --keep-replications 重新运行", "the replications of run {run} were not kept, so that it can't be compared or reported again; run it again with --keep-replications"),
    "run_broken": Term("文件损坏或不是本程序所写；请用 skillsim runs verify 检查，删除后重新运行", "it is damaged or not ours; check with skillsim runs verify, remove the run and run it again"),
    "run_file_gone": Term("文件缺失；请删除这次运行后重新运行", "the file is missing; remove the run and run it again"),
    "run_file_more": Term("不是这次运行的文件；请移走", "the file does not belong to the run; take it away"),
    "run_file_changed": Term("内容与校验和不符；请删除这次运行后重新运行", "its content is not that of its checksum; remove the run and run it again"),
    "run_other_model": Term("运行 {run} 由另一版本的模型（{model}，现为 {now}）算得，不能逐字节比较；请用那个版本核对，或重新运行", "run {run} was made by another version of the model ({model}, now {now}), so that its bytes can't be compared; use that version, or run it again"),
    "run_not_again": Term("重新运行得到的内容不同；请检查所用库的版本（manifest.json），必要时删除后重新运行", "running it again gives other content; check the versions of libraries (manifest.json), or remove the run and run it again"),
    "run_other_key": Term("情景与运行编号 {run} 不符；请删除这次运行后重新运行", "its scenario is not that of key {run}; remove the run and run it again"),
}
