"""Words of the workbook of a place: sheets, headings, how to fill them in, and problems by sheet and cell."""

from __future__ import annotations

from skillsim.terms.term import Term

SHEETS: dict[str, Term] = {
    "readme": Term("填写说明", "Read me"),
    "basics": Term("基本信息", "Basics"),
    "areas": Term("生源地", "Source areas"),
    "rolls": Term("学籍与出生", "Rolls and births"),
    "industries": Term("产业", "Industries"),
    "programmes": Term("专业（群）", "Programmes"),
    "institutions": Term("院校", "Institutions"),
    "pathways": Term("培养路径", "Pathways"),
    "seats": Term("招生计划", "Seat plan"),
    "base": Term("基准留存率", "Base rates of staying"),
    "alternatives": Term("其他去向", "Other ways"),
    "numbers": Term("比率与参数", "Rates and numbers"),
    "policies": Term("政策", "Policies"),
    "targets": Term("目标", "Targets"),
    "observed": Term("实际数", "Actual figures"),
    "known": Term("本地掌握的数字", "Known figures"),
    "drivers": Term("留存影响因素", "Drivers of staying"),
    "measures": Term("举措", "Measures"),
    "items": Term("经费项目", "Costs"),
    "figures": Term("关键数字", "Key figures"),
    "clauses": Term("条款", "Clauses"),
    "sources": Term("其他来源", "Other sources"),
    "other": Term("其他内容", "Everything else"),
    "lists": Term("下拉选项", "Lists"),
}

HEADINGS: dict[str, Term] = {
    "code": Term("代码", "code"),
    "place": Term("序号", "no."),
    "pathways_place": Term("第几阶段", "stage"),
    "policies_place": Term("第几项改动", "change"),
    "measures_place": Term("第几项作用", "effect"),
    "label": Term("内容", "what"),
    "path": Term("路径", "path"),
    "value": Term("填写", "value"),
    "note": Term("说明", "note"),
    "form": Term("形式", "form"),
    "first": Term("数值一", "figure 1"),
    "second": Term("数值二", "figure 2"),
    "third": Term("数值三", "figure 3"),
    "series": Term("各年数值", "figures by year"),
    "factor": Term("相对波动", "relative spread"),
    "shared": Term("共用抽样", "shared draw"),
    "steps": Term("阶梯式", "steps"),
    "unit": Term("单位", "unit"),
    "rolls_area": Term("生源地", "source area"),
    "rolls_what": Term("统计内容", "what is counted"),
    "source_kind": Term("来源类别", "kind of source"),
    "source_zh": Term("来源说明", "source (Chinese)"),
    "source_text": Term("来源说明（英文，选填）", "source"),
    "source_mark": Term("来源校验", "mark of the source"),
    "outer_source_kind": Term("整体来源类别", "kind of source of the whole"),
    "outer_source_zh": Term("整体来源说明", "source of the whole (Chinese)"),
    "outer_source_text": Term("整体来源说明（英文，选填）", "source of the whole"),
    "outer_source_mark": Term("整体来源校验", "mark of the source of the whole"),
    "Title.zh": Term("{what}（中文）", "{what} (Chinese)"),
    "Title.en": Term("{what}（英文）", "{what} (English)"),
    "of": Term("统计范围：{what}", "of: {what}"),
}

# words of choices that stand in no other table, by what is chosen
CHOICES: dict[str, dict[str, Term]] = {
    "definition": {
        "r1": Term("R1 本地就业/就业", "R1 local employed / employed"),
        "r2": Term("R2 本地就业/未升学", "R2 local employed / not in further study"),
        "r3": Term("R3 本地就业/毕业生", "R3 local employed / graduates"),
        "r4": Term("R4 本地落实/落实", "R4 local placed / placed"),
    },
    "gate": {
        "junior": Term("初中起点", "junior school"),
        "exam": Term("职教高考", "entrance exam"),
        "upgrade": Term("专升本", "upgrade"),
        "social": Term("社会生源", "adults"),
    },
    "per": {
        "year": Term("每年一次", "year"),
        "student": Term("在校生", "student"),
        "entrant": Term("招生数", "entrant"),
        "graduate": Term("毕业生", "graduate"),
        "stayer": Term("本地就业毕业生", "graduate at work here"),
        "worker_trained": Term("培训人次", "person-time of training"),
        "teacher": Term("专任教师", "full-time teacher"),
        "part_time_teacher": Term("兼职教师", "part-time teacher"),
        "teacher_trained": Term("当年成为双师型的教师", "teacher who becomes dual-qualified"),
        "measure": Term("举措新增数量", "unit of a measure"),
    },
    "by": {
        "add": Term("相加", "add"),
        "log_odds": Term("加到对数优势上", "add to the log-odds"),
        "log": Term("加到对数上（倍数）", "add to the logarithm"),
    },
    "demand": {
        "unbounded": Term("岗位不受限", "vacancies never bind"),
        "vacancies": Term("受岗位限制", "graduates meet vacancies"),
    },
    "waiting": {"counted_out": Term("不再计入", "counted out"), "carried": Term("转入下年", "carried on")},
    "areas": {"local": Term("本地各生源地", "local areas"), "any": Term("不限生源地", "any area")},
    "indicator": {"local_retention": Term("就业留存率", "local retention")},
    "form": {
        "value": Term("定值", "value"),
        "uniform": Term("均匀分布", "uniform"),
        "triangular": Term("三角分布", "triangular"),
        "normal": Term("正态分布", "normal"),
        "beta": Term("贝塔分布", "beta"),
        "passed": Term("计数", "counts"),
        "series": Term("分年序列", "series"),
        "steps": Term("分年序列（阶梯式）", "series in steps"),
    },
}

# what else a choice is called, by field
ALSO: dict[str, dict[str, tuple[str, ...]]] = {
    "Institution.kind": {
        "secondary_school": ("中等职业学校", "中职", "中专"), "technician_institute": ("技工学校", "技师学院"),
        "college": ("高职", "高等职业学校", "高职高专"), "university": ("本科", "本科院校"),
    },
    "QuotaRow.areas": {"local": ("本地", "本地生源"), "any": ("全部", "不限")},
}

# what each sheet is for, on its second line and on the first sheet
HELP: dict[str, Term] = {
    "basics": Term("地区名称、年份、层次等只写一次的内容；在“填写”一列填。", "What is said once: the place's name, years, levels; fill in the column value."),
    "areas": Term("学生来自哪里、学校办在哪里；每个县（市、区）一行，外地来就读的另列一行并填“是否本地＝否”。", "Where students come from and where schools stand; a row for each, one for those from elsewhere with local = no."),
    "rolls": Term(
        "历年人数，每个生源地每项一行、每年一列：初中毕业生数，或推算它的初中招生数、小学招生数、出生数；每一年以最近的一项为准。",
        "Figures by year, a row for each area and item, a column for each year: junior graduates, or what they follow from (entrants of "
        "junior and primary school, births); in each year the nearest counts.",
    ),
    "industries": Term("本地产业；从业人员数指列示第一年的前一年年末。“岗位层次结构”写成 中职: 60；高职专科: 25 的样子，合计自动折算。", "The place's industries; workers at the end of the year before the first one. Jobs by level: secondary: 60; college: 25."),
    "programmes": Term("专业（群）；“对口产业比例”写成 船舶制造: 0.8；物流: 0.1 的样子，合计不超过 1。", "Programme groups; own industries are written boat building: 0.8; logistics: 0.1, at most 1 together."),
    "institutions": Term("本地每所学校一行；没有公布数据的学校填“是否示意＝是”，不要在真实校名下填假设数。", "A row for each school; one without published figures is a placeholder (yes): no assumed figure under a real school's name."),
    "pathways": Term(
        "培养路径，每个阶段一行，同一路径的各行代码相同；通常的几条已列出（比率为假设），不用的可整行删去，并在“基准留存率”中删去其名称。",
        "Pathways, a row for each stage, with the same code. The usual ones stand here (rates are assumed); delete those that are not used, "
        "and their names on the sheet of base rates.",
    ),
    "seats": Term("每个学校 × 专业 × 培养路径 × 生源范围一行；“后续阶段学校”按先后用“、”隔开，不写则在同一所学校。职教高考、专升本起点的生源范围填“不限生源地”。", "A row for each school, programme, pathway and source areas. Later schools in their order, with commas between; pathways entered by exam take any area."),
    "base": Term("观测到的就业留存率，须写明定义、统计日和毕业年份；已列的是假设的范围，请以本地统计替换。", "Observed rates of staying, with definition, day and year; those here are assumed ranges, to be replaced by the place's own."),
    "alternatives": Term("初中毕业生不读本地职业学校时可去之处。", "Where junior graduates go instead of a vocational seat of the place."),
    "numbers": Term(
        "其他比率与参数，每个一行；来源为“假设”的请尽量以本地数据替换。形式不写时：填一个数为定值，两个为范围（最低、最高），三个为三角分布。",
        "All other rates and numbers, a row each; replace those that are assumed where you know better. Without a form one figure is a value, "
        "two a range (low, high), three low, most likely, high.",
    ),
    "policies": Term("政策，每项改动一行，同一政策的各行代码相同；“改为、增加、乘以、逐步改为”只填一个，“逐步改为”须填完成日期。", "Policies, a row for each change, with the same code; fill exactly one of set, add, scale, ramp (ramp with until)."),
    "targets": Term("文件提出的要求，每条一行；统计范围不写表示全部。", "What a document asks, a row each; empty picks mean all."),
    "observed": Term("过去年份已统计的实际数，用来替代模拟值；不得晚于决策基准日。", "Actual figures of past years, in place of the simulated ones; none after as of."),
    "known": Term("选填：本地掌握的合计数等，用来取代上面各表的数值（如某年全市初中毕业生合计）。", "Optional: totals that the place knows, in place of the figures of the other sheets."),
    "drivers": Term("选填：影响留在本地意愿的其他因素，如补贴。", "Optional: what else moves the wish to stay, such as a subsidy."),
    "measures": Term("选填：文件要求建成、认定或开展的事项，每项作用一行。", "Optional: what is to be built, named or done, a row for each effect."),
    "items": Term("选填：经费项目。", "Optional: items of cost."),
    "figures": Term("选填：页面首先询问的少数几个关键数字。", "Optional: the few figures that the page asks first."),
    "clauses": Term("选填：文件的各项条款，以及由什么来体现。", "Optional: the clauses of the plan, and what carries each."),
    "sources": Term("选填：整块内容的来源，如 areas 表示全部生源地，* 表示整个文件。", "Optional: the source of a whole block; areas means all source areas, * the whole file."),
    "other": Term("其余一切内容，按路径填写（见 docs/scenario.zh.md）；一般不用改。", "Everything else by its path (docs/scenario.md); rarely needs a change."),
}

# above the headings; by what the column is, or by the kind of its cells
HINTS: dict[str, Term] = {
    "required": Term("必填", "required"),
    "example": Term("例：{text}", "e.g. {text}"),
    "join": Term("；", "; "),
    "log_odds": Term("0 为无影响，0.7 约使机会（去与不去之比）加倍，-0.7 减半", "0 is no effect, 0.7 about doubles the odds, -0.7 halves them"),
    "code": Term("小写英文字母开头，可含数字和下划线；不写则自动编号", "lower-case letters, digits, underscores; numbered for you if empty"),
    "letters": Term("小写英文字母开头，可含数字和下划线", "lower-case letters, digits, underscores"),
    "chosen": Term("从下拉表选", "from the list"),
    "place": Term("1、2、3……；不写则按先后", "1, 2, 3 …; in the order of the rows if empty"),
    "label": Term("仅供阅读", "for reading only"),
    "path": Term("请勿改动", "leave as it is"),
    "value": Term("在此填写", "fill in here"),
    "form": Term("可不写", "may stay empty"),
    "first": Term("定值、最低、均值、符合人数", "value, low, mean, passed"),
    "second": Term("最高（三角分布：最可能）、标准差、观测人数", "high (triangular: most likely), sd, of"),
    "third": Term("三角分布：最高", "triangular: high"),
    "series": Term("例：2024: 0.1；2030: 0.15", "e.g. 2024: 0.1; 2030: 0.15"),
    "factor": Term("例：0.9~1.1 表示上下 10%", "e.g. 0.9~1.1, 10 % to either side"),
    "shared": Term("同一个词的各行同高同低", "rows with one word are high and low together"),
    "unit": Term("仅供阅读；占比、比率可填 5% 或 0.05", "for reading only; shares and rates are 5% or 0.05"),
    "steps": Term("是：保持到下一个年份", "yes: kept until the next year"),
    "rolls_area": Term("从下拉表选", "from the list"),
    "rolls_what": Term("从下拉表选", "from the list"),
    "source_kind": Term("从下拉表选", "from the list"),
    "source_zh": Term("文件、表、年份；假设的写理由和范围", "may stay empty"),
    "source_text": Term("可不写", "document, table, year; of an assumption why, and how wide"),
    "yesno": Term("是或否", "yes or no"),
    "codes": Term("多个用“、”隔开", "several with commas between"),
    "date": Term("例：2027-01-01", "e.g. 2027-01-01"),
    "day": Term("例：12-31", "e.g. 12-31"),
}

README_LINES: tuple[tuple[Term, Term], ...] = (
    (Term("怎么用", "How to"), Term(
        "逐表填写，保存后运行 skillsim import 本文件.xlsx --out 情景.yaml：没有问题才写出情景文件，有问题则逐格列出。再运行 skillsim run 情景.yaml。",
        "Fill in sheet by sheet, save, then skillsim import THIS.xlsx --out FILE.yaml: a file is written only where nothing is wrong, "
        "else every problem is told with its cell. Then skillsim run FILE.yaml.")),
    (Term("", ""), Term(
        "数据从第 5 行开始填；第 4 行是表头，不要改；列可以调换次序，可以空行，可以加行。选中单元格会显示说明。带下拉箭头的可以直接选。",
        "Rows begin below the headings of row 4, which must stay; columns may change places, rows may be empty or added. A selected "
        "cell says what it means; those with an arrow have a list.")),
    (Term("名称", "Names"), Term(
        "填写学校、专业、生源地等时，写名称或代码都可以；英文名称不写则与中文相同。",
        "Schools, programmes, areas and so on may be given by name or code; an empty English name is the same as the Chinese one.")),
    (Term("数值", "Numbers"), Term(
        "能填数的格子：一个数（1200、12%、0.12），范围 0.3~0.5，三角分布 0.3~0.4~0.5（最低~最可能~最高），计数 140/200，N(0; 0.2) 为均值与标准差；"
        "1200 × 0.9~1.1 表示上下 10%，末尾加 @词 表示同一个词的各数同高同低；以负数开头的范围加方括号：[-0.2~0.4]；逐年或逐分数段的多个数用“；”隔开。",
        "Where a number belongs: a figure (1200, 12%, 0.12), a range 0.3~0.5, low~most likely~high 0.3~0.4~0.5, counts 140/200, N(0; 0.2) "
        "mean and sd; 1200 × 0.9~1.1 is 10 % to either side, @word at the end: numbers with one word are high and low together; a range that "
        "begins with a minus stands in brackets: [-0.2~0.4]; several (by year or score band) with ; between.")),
    (Term("", ""), Term("写着“→ 见……”的格子，其数值在所指的表中，不必填。公式只取上次算出的值，最好粘贴为数值。", "A cell with → has its number on the sheet named. Of a formula the last value counts; better paste values.")),
    (Term("来源", "Sources"), Term(
        "每个数都要有来源：已公布（文件、表、年份）、推算（怎样算的）、替代（用的是哪里的）、假设（理由和范围）、政策文件、拟合。查不到的就写假设并给出范围；"
        "模板中已填的比率都是假设，不是公布数据。",
        "Every number has a source: published (document, table, year), derived (how), proxy (of what), assumed (why, how wide), policy, fitted. "
        "What was not found is assumed, with a range; all rates that the template brings are assumed, none is published.")),
    (Term("各表", "Sheets"), Term("深色标签的表一般都要填，浅色的选填。", "Sheets with a dark tab are usually needed, the pale ones are optional.")),
)

PHRASES: dict[str, Term] = {
    "workbook_elsewhere": Term("→ 见“{sheet}”", "→ see {sheet}"),
    "workbook_title": Term("{name} · 数据填报表", "{name} · workbook"),
    "workbook_new": Term("新地区", "New place"),
    "workbook_written": Term("已写出工作簿 {path}（{kb} KB）；填好后运行：skillsim import {path} --out 情景.yaml", "workbook written to {path} ({kb} KB); when filled in: skillsim import {path} --out FILE.yaml"),
    "workbook_imported": Term("已写出情景文件 {path}：{n} 个数值，其中假设 {assumed} 个，未注明来源 {unstated} 个", "scenario written to {path}: {n} numbers, {assumed} of them assumed, {unstated} without a source"),
    "workbook_next": Term("下一步：skillsim run {path}", "next: skillsim run {path}"),
    "problems_more": Term("另有 {n} 个", "and {n} more"),
    "workbook_head": Term("由工作簿 {file} 生成", "made from the workbook {file}"),
}

MESSAGES: dict[str, Term] = {
    "workbook_suffix": Term("只读 .xlsx 工作簿；请另存为“Excel 工作簿（*.xlsx）”", "only .xlsx workbooks are read; save it as one"),
    "workbook_exists": Term("{path} 已经存在；请换一个名称，或加 --force 覆盖", "{path} exists already; choose another name, or overwrite it with --force"),
    "workbook_locked": Term("这是加密的或旧格式（.xls）的工作簿；请去掉密码，另存为 .xlsx", "it is locked with a password or of the old kind (.xls); save it as .xlsx without a password"),
    "workbook_damaged": Term("工作簿已损坏或不是 .xlsx；请用电子表格软件打开后另存", "it is damaged or no .xlsx; open it in a spreadsheet program and save it anew"),
    "workbook_parts": Term("工作簿缺少必要的部分（{parts}）；请用电子表格软件打开后另存", "parts of it are missing ({parts}); open it in a spreadsheet program and save it anew"),
    "workbook_part": Term("工作簿中的“{part}”不能接受；请用电子表格软件打开后另存", "its part {part} can't be taken; open it in a spreadsheet program and save it anew"),
    "workbook_declares": Term("工作簿中的“{part}”含有文档类型或实体声明；请用电子表格软件另存一份", "its part {part} has a document type, an entity or another encoding; save it anew in a spreadsheet program"),
    "workbook_bomb": Term("工作簿解压后过大；请只保留填报的内容，另存一份", "it unpacks to far too much; save a copy with nothing but what is filled in"),
    "workbook_bounds": Term("工作簿超过上限（{what}）；请删去多余的内容", "it is over the limit of {what}; remove what is not needed"),
    "workbook_far": Term("这一格太远：至多 {rows} 行、{columns} 列；请移到前面或删去", "this cell is too far out: at most {rows} rows and {columns} columns; move it nearer or remove it"),
    "workbook_sheet": Term("不认识这张表；如果改了名，请改回来，否则删去；{near}", "this sheet is not known; if it was renamed, give it its name back, else remove it; {near}"),
    "workbook_sheet_twice": Term("与“{other}”是同一张表；请只留一张", "this is the same sheet as {other}; keep only one"),
    "workbook_head": Term("找不到表头；请恢复表头一行（{headings} ……）", "the row of headings can't be found; write it again ({headings} …)"),
    "workbook_heading": Term("这一格所在列的表头“{name}”不认识；请改正表头或删去这一列；{near}", "the heading of its column, {name}, is not known; mend the heading or remove the column; {near}"),
    "workbook_heading_twice": Term("表头与 {other} 列重复；请删去一列", "the heading stands in column {other} too; remove one of the two"),
    "workbook_above": Term("写在表头（第 {row} 行）之上，不会读入；请移到表头下面", "it stands above the headings (row {row}), where nothing is read; write it below them"),
    "workbook_formula": Term("公式没有算出的值；请粘贴为数值", "the formula has no value; paste the value in its place"),
    "workbook_error": Term("公式出错；请改正，或粘贴为数值", "the formula has an error; mend it, or paste the value"),
    "workbook_strange": Term("不能读作数值或文字（只有时间，或含有控制字符）；请重新填写", "neither a figure nor a text (a time of day, or control codes); write it anew"),
    "workbook_merged": Term("合并了左右几格，读不出属于哪一列；请取消合并，逐格填写", "cells of several columns are merged; take them apart and write each cell"),
    "workbook_figure": Term("这里应为数值：一个数、百分数，或范围如 0.3~0.5；不写别的单位", "a number belongs here: a figure, a per cent, or a range such as 0.3~0.5; no other unit"),
    "workbook_percent": Term("这里应填数量，不能用百分数；请写明多少", "a quantity belongs here, no per cent; write how many"),
    "workbook_became_date": Term("这一格成了日期；请把单元格格式改为文本后重新填写", "the spreadsheet has made this a date; set the cell to text and write it again"),
    "workbook_series": Term("分年数值应写成 2024: 0.1；2030: 0.15，每年只写一次", "figures by year are written 2024: 0.1; 2030: 0.15, each year once"),
    "workbook_map": Term("应写成 名称: 数值；名称: 数值，每个名称只写一次", "it must be written name: figure; name: figure, each name once"),
    "workbook_name": Term("没有这个名称“{name}”，请核对；{near}", "nothing has the name {name}; check it ({near})"),
    "workbook_names": Term("名称“{name}”不止一个（{codes}）；请写代码", "several have the name {name} ({codes}); write the code"),
    "workbook_choice": Term("不在可选的词之内；请从下拉表选；{near}", "it must be one of the list; {near}"),
    "workbook_day": Term("应为月-日，例如 12-31", "a day is written MM-DD, such as 12-31"),
    "workbook_date": Term("应为日期，例如 2027-01-01", "a date belongs here, such as 2027-01-01"),
    "workbook_yesno": Term("应填“是”或“否”", "it must be yes or no"),
    "workbook_whole": Term("应为整数", "a whole number belongs here"),
    "workbook_form": Term("填的数与形式不符：定值一个，范围、正态、贝塔和计数两个，三角三个，分年序列只写各年数值；请核对", "the figures must go with the form: one for a value, two for a range, normal, beta and counts, three for triangular, by year for a series"),
    "workbook_spread": Term("相对波动应为倍数的范围，例如 0.9~1.1", "a spread must be a range of factors, such as 0.9~1.1"),
    "workbook_source_kind": Term("写了来源说明，还应选来源类别", "a source needs its kind; choose it from the list"),
    "workbook_source_text": Term("选了来源类别，还应写来源说明（哪份文件、怎样算的、为什么）", "the kind of source needs its text: which document, how, or why; write it"),
    "workbook_twice": Term("与第 {other} 行重复；请改代码（序号）或删去一行", "it repeats row {other}; change the code (number) or remove one"),
    "workbook_place": Term("序号应为 1 以上的整数", "the number of a row must be whole, 1 or more"),
    "workbook_given_twice": Term("这一项在 {other} 也填了；请只留一处", "{other} gives this too; keep only one of the two"),
    "workbook_no_path": Term("这一行没有路径，不知道填的是什么；请补上路径或删去这一行", "the row has no path, so nothing tells what it is about; write one or remove the row"),
    "workbook_path": Term("没有这个路径，请核对；{near}", "there is no such path; check it ({near})"),
    "workbook_block": Term("这个路径是一组内容，不能填在一格里；请写到其中一项的路径", "the path is that of a block, which no cell can hold; write the path of one thing in it"),
    "workbook_raw": Term("json: 之后应为正确的 JSON；请改正", "valid JSON must follow json:; mend it"),
    "workbook_no_number": Term("这个路径不是数值；请改路径，或填到“其他内容”", "the path is not that of a number; change it, or write it on the sheet of everything else"),
    "workbook_rolls": Term("应写明生源地和统计内容，才知道这一行是什么", "the row needs its source area and what is counted"),
}
