-- help.lua - what ritz knows about its functions, as text.
--
-- Everything is read from the records of functions; nothing is written twice.
-- Names are looked up raw: asking for help runs no metamethod of the user.

local internal = require "ritz.internal"

local help = {}

local WIDTH = 78

--- The text broken at spaces into lines that start with `indent`; lines that
-- are indented already stay as they are.
local function wrap(text, indent)
    local lines = {}
    for paragraph in (text .. "\n"):gmatch("([^\n]*)\n") do
        if paragraph:match("^%s") or paragraph == "" then
            lines[#lines + 1] = (indent .. paragraph):gsub("%s+$", "")
        else
            local line = indent
            for word in paragraph:gmatch("%S+") do
                local gap = line == indent and "" or " "
                if #line + #gap + #word > WIDTH and line ~= indent then
                    lines[#lines + 1] = line
                    line, gap = indent, ""
                end
                line = line .. gap .. word
            end
            lines[#lines + 1] = line
        end
    end
    return table.concat(lines, "\n")
end

--- A default as text, or nil where there is none to name.
function help.default_text(param)
    local value = param.default
    if value == nil then return nil end
    if type(value) == "string" then return ("%q"):format(value) end
    if type(value) == "number" then return ("%.14g"):format(value) end
    return tostring(value)
end

--- Kind, range, choices and default of a parameter: "number >= 0, default 1".
function help.kind_text(param)
    local text = param.kind
    if param.choices then
        text = "one of " .. param.choices:gsub("|", ", ")
    elseif param.low and param.high >= 1e9 then -- no bound that anybody meets
        text = ("%s from %g"):format(text, param.low)
    elseif param.low then
        text = ("%s %g to %g"):format(text, param.low, param.high)
    end
    if param.required then return text .. ", needed" end
    local default = help.default_text(param)
    return default and text .. ", default " .. default or text
end

local function add_params(lines, params)
    if #params == 0 then return end
    local longest = 0
    for _, p in ipairs(params) do longest = math.max(longest, #p.name) end
    lines[#lines + 1] = ""
    for _, p in ipairs(params) do
        local first = ("  %s  (%s)"):format(p.name .. (" "):rep(longest - #p.name),
            help.kind_text(p))
        lines[#lines + 1] = first
        if p.doc then
            lines[#lines + 1] = wrap(p.doc, (" "):rep(longest + 4))
        end
    end
end

local function add_example(lines, example)
    lines[#lines + 1] = ""
    for line in (example .. "\n"):gmatch("([^\n]*)\n") do
        lines[#lines + 1] = "  > " .. line
    end
end

--- The help of a function with this record.
function help.render(record)
    local lines = { record.signature, wrap(record.summary, "  ") }
    if record.details then
        lines[#lines + 1] = ""
        lines[#lines + 1] = wrap(record.details, "  ")
    end
    add_params(lines, record.params)
    if record.source then
        lines[#lines + 1] = ""
        lines[#lines + 1] = wrap("Source: " .. record.source, "  ")
    end
    if record.example then add_example(lines, record.example) end
    if record.see then
        lines[#lines + 1] = ""
        lines[#lines + 1] = wrap("See also: " .. table.concat(record.see, ", "), "  ")
    end
    return table.concat(lines, "\n") .. "\n"
end

--- All records, as a list in order of their full names.
function help.records()
    local list = {}
    local ritz = require "ritz"
    for name in next, internal.lazy do
        local _ = ritz[name] -- loads the part, which documents its functions
    end
    for _, f in ipairs(internal.documented()) do
        local record = internal.record(f)
        record.path = record.module .. "." .. record.name
        record.call = f
        list[#list + 1] = record
    end
    table.sort(list, function(a, b) return a.path < b.path end)
    return list
end

local function records_of(module)
    local list = {}
    for _, record in ipairs(help.records()) do
        if record.module == module then list[#list + 1] = record end
    end
    return list
end

local function list_module(module, records)
    local lines = { module }
    local longest = 0
    for _, r in ipairs(records) do longest = math.max(longest, #r.name) end
    for _, r in ipairs(records) do
        lines[#lines + 1] = ("  %s  %s"):format(
            r.name .. (" "):rep(longest - #r.name), r.summary)
    end
    lines[#lines + 1] = ("?%s.%s explains one of them."):format(module,
        records[1].name)
    return table.concat(lines, "\n") .. "\n"
end

local function topic_names()
    local list = {}
    for name in next, (require "ritz.topics") do list[#list + 1] = name end
    table.sort(list)
    return list
end

local function overview()
    local lines = { "ritz: a workbench for learning dynamics", "" }
    local modules, groups = {}, {}
    for _, record in ipairs(help.records()) do
        if not groups[record.module] then
            groups[record.module] = {}
            modules[#modules + 1] = record.module
        end
        table.insert(groups[record.module], record.name)
    end
    for _, module in ipairs(modules) do
        lines[#lines + 1] = module
        lines[#lines + 1] = wrap(table.concat(groups[module], " "), "  ")
    end
    lines[#lines + 1] = ""
    lines[#lines + 1] = wrap("topics: " .. table.concat(topic_names(), " "), "")
    lines[#lines + 1] = "?name explains a function, a module or a topic."
    return table.concat(lines, "\n") .. "\n"
end

--- What a path "a.b.c" names, by raw access from the globals or from ritz.
local function resolve(path)
    local at
    for part in path:gmatch("[^.:]+") do
        if at == nil then
            at = internal.field(_G, part)
            if at == nil then
                local ritz = require "ritz"
                at = part == "ritz" and ritz or ritz[part]
            end
        else
            at = internal.field(at, part)
        end
        if at == nil then return nil end
    end
    return at
end

local function is_module(value)
    local ritz = require "ritz"
    if rawequal(value, ritz) then return "ritz" end
    if type(value) ~= "table" then return nil end
    for name, field in next, ritz do
        if rawequal(value, field) then return name end
    end
    return nil
end

--- The records whose short or full name is `name` (nn.linear, linear).
local function by_name(name)
    local found = {}
    name = name:gsub(":", ".")
    for _, record in ipairs(help.records()) do
        if record.name == name or record.path == name
            or record.path == "ritz." .. name then
            found[#found + 1] = record
        end
    end
    return found
end

local function describe(value, name)
    local show = require "ritz.show"
    local module = is_module(value)
    if module then
        local records = records_of(module)
        if #records > 0 then return list_module(name or module, records) end
    end
    local record = internal.record(value)
    if record then return help.render(record) end
    return ("%s\n  no help; its value is\n%s\n"):format(name or type(value),
        show.value(value, WIDTH))
end

local function unknown(name)
    local all = topic_names()
    for _, record in ipairs(help.records()) do
        all[#all + 1] = record.name
        all[#all + 1] = record.path
    end
    local near = internal.nearest(name, all)
    return ("no help on %q%s\n"):format(name,
        near and "; did you mean " .. near .. "?" or "; help() says what there is")
end

--- The source of a function written in Lua, with its place.
local function source_of(f)
    local info = debug.getinfo(f, "S")
    local path = info.source:match("^@(.*)$")
    if not path then return "" end
    local file = io.open(path)
    if not file then return "" end
    local lines = { ("%s:%d"):format(path, info.linedefined) }
    local number = 0
    for line in file:lines() do
        number = number + 1
        if number > info.lastlinedefined then break end
        if number >= info.linedefined then lines[#lines + 1] = "  " .. line end
    end
    file:close()
    return table.concat(lines, "\n") .. "\n"
end

--- The answer to ?name, or with `source` to ??name.
function help.query(name, source)
    if name == "" then return overview() end
    name = name:gsub("%(.*$", ""):gsub("^[\"'](.*)[\"']$", "%1")
    local topic = require("ritz.topics")[name]
    if topic then return name .. "\n\n" .. topic .. "\n" end
    local value = resolve(name)
    local found = value == nil and by_name(name) or {}
    if #found == 1 then value = found[1].call end
    if #found > 1 then
        local texts = {}
        for i, record in ipairs(found) do texts[i] = help.render(record) end
        return table.concat(texts, "\n")
    end
    if value == nil then return unknown(name) end
    local text = describe(value, name)
    if source and type(value) == "function" then
        text = text .. "\n" .. source_of(value)
    end
    return text
end

--- help(), help "topic", help(f).
function help.help(what)
    local text
    if what == nil then
        text = overview()
    elseif type(what) == "string" then
        text = help.query(what, false)
    else
        text = describe(what)
    end
    io.write(text)
end

require("ritz").document(help.help, {
    signature = "ritz.help(what)",
    summary = "Explains a function, a module or a topic; without argument lists them.",
    example = 'ritz.help "transforms"',
})

return help
