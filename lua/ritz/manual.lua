-- manual.lua - the reference manual, written from the records of functions.
--
-- One page for each module and one that lists them. The same program writes the
-- same bytes: nothing in a page names a date or a machine.

local help = require "ritz.help"
local internal = require "ritz.internal"

local manual = {}

local function is_table_text(text)
    return text:gsub("|", "\\|"):gsub("\n", " ")
end

local function add_params(lines, params)
    if #params == 0 then return end
    lines[#lines + 1] = "| argument | kind | meaning |"
    lines[#lines + 1] = "| --- | --- | --- |"
    for _, p in ipairs(params) do
        lines[#lines + 1] = ("| `%s` | %s | %s |"):format(p.name,
            is_table_text(help.kind_text(p)), is_table_text(p.doc or ""))
    end
    lines[#lines + 1] = ""
end

--- Paragraphs as they are; indented lines are code.
local function add_text(lines, text)
    lines[#lines + 1] = text
    lines[#lines + 1] = ""
end

local function add_record(lines, record)
    add_text(lines, ("## `%s`"):format(record.signature))
    add_text(lines, record.summary)
    if record.details then add_text(lines, record.details) end
    add_params(lines, record.params)
    if record.method and not record.signature:match("^x:") then
        add_text(lines, ("Also as a method: `x:%s(...)`."):format(record.name))
    end
    add_text(lines, "```lua\n" .. record.example .. "\n```")
    if record.source then add_text(lines, "Source: " .. record.source) end
    if record.see then
        add_text(lines, "See also: `" .. table.concat(record.see, "`, `") .. "`")
    end
end

local function page(module, records)
    local lines = { "# " .. module, "",
        "Written by `ritz --reference` from the functions themselves: change those.", "" }
    for _, record in ipairs(records) do add_record(lines, record) end
    lines[#lines] = nil
    return table.concat(lines, "\n") .. "\n"
end

local function index(modules, pages)
    local lines = { "# Reference", "",
        "One page for each module; `?name` at the prompt says the same.", "" }
    for _, module in ipairs(modules) do
        local found = {}
        for i, record in ipairs(pages[module]) do found[i] = record.path end
        lines[#lines + 1] = ("- [%s](%s.md): %s"):format(module, module,
            table.concat(found, ", "))
    end
    lines[#lines + 1] = "- [topics](topics.md): what belongs to no single function"
    return table.concat(lines, "\n") .. "\n"
end

local function topics_page()
    local names, lines = {}, { "# Topics", "" }
    local topics = require "ritz.topics"
    for name in next, topics do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do
        add_text(lines, "## " .. name)
        for line in (topics[name] .. "\n"):gmatch("([^\n]*)\n") do
            lines[#lines + 1] = line:match("^%s+%S") and "  " .. line or line
        end
        lines[#lines + 1] = ""
    end
    lines[#lines] = nil
    return table.concat(lines, "\n") .. "\n"
end

--- Writes the pages into a folder, which is made when it is not there.
function manual.write(folder)
    local modules, pages = {}, {}
    for _, record in ipairs(help.records()) do
        local module = record.module:match("^[^.]+")
        if not pages[module] then
            pages[module] = {}
            modules[#modules + 1] = module
        end
        table.insert(pages[module], record)
    end
    internal.make_folder(folder)
    for _, module in ipairs(modules) do
        internal.write(folder .. "/" .. module .. ".md", page(module, pages[module]))
    end
    internal.write(folder .. "/topics.md", topics_page())
    internal.write(folder .. "/README.md", index(modules, pages))
end

return manual
