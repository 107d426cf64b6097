-- complete.lua - what Tab offers at the prompt.
--
-- Nothing is evaluated: names are followed through tables by raw access, never
-- through a call or a metamethod, and the work is bounded.

local internal = require "ritz.internal"

local complete = {}

local LIMIT = 500      -- candidates
local KEYS = 20000     -- keys of one table that are looked at

local keywords = {
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function",
    "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then",
    "true", "until", "while",
}

local function starts_with(text, prefix)
    return text:sub(1, #prefix) == prefix
end

--- Walks over the line: where an open string starts, and for every open
-- bracket what stands before it.
local function scan(line)
    local open, i = {}, 1
    while i <= #line do
        local c = line:sub(i, i)
        if c == '"' or c == "'" then
            local from = i + 1
            repeat
                i = i + 1
                if line:sub(i, i) == "\\" then i = i + 2 end
            until i > #line or line:sub(i, i) == c
            if i > #line then return open, from end
        elseif c == "-" and line:sub(i, i + 1) == "--" then
            return {}, nil, true
        elseif c == "(" or c == "{" or c == "[" then
            open[#open + 1] = { mark = c, at = i }
        elseif c == ")" or c == "}" or c == "]" then
            open[#open] = nil
        end
        i = i + 1
    end
    return open
end

--- The parts of the path that ends at `stop`: {"a", "b"} of "f(a.b", or nil
-- where it hangs on something that would have to be evaluated.
local function path_before(line, stop)
    local text = line:sub(1, stop):match("[%a_][%w_%.:]*%s*$")
    if not text then return nil end
    local before = line:sub(1, stop - #text):match("(%S)%s*$")
    if before == "." or before == ":" then return nil end
    local parts = {}
    for part in text:gmatch("[%w_]+") do parts[#parts + 1] = part end
    return parts
end

--- The table in which the fields of a value are looked up next, or nil.
local function index_of(value)
    local meta = debug.getmetatable(value)
    if type(meta) ~= "table" then return nil end
    local index = rawget(meta, "__index")
    if type(index) == "function" then -- one of ours keeps its methods so
        local is_c = debug.getinfo(index, "S").what == "C"
        index = is_c and select(2, debug.getupvalue(index, 1))
    end
    return type(index) == "table" and index or nil
end

--- A field of a value by raw access, through tables that are an __index.
local function field(value, key)
    for _ = 1, 10 do
        local found = internal.field(value, key)
        if found ~= nil then return found end
        value = index_of(value)
        if value == nil then return nil end
    end
    return nil
end

local function resolve(parts)
    local value = internal.field(_G, parts[1])
    for i = 2, #parts do
        if value == nil then return nil end
        value = field(value, parts[i])
    end
    return value
end

--- Adds the names in a value's fields that start with the prefix; only what can
-- be called when `methods`.
local function add_fields(set, value, prefix, methods)
    for _ = 1, 10 do
        if type(value) == "table" then
            local seen = 0
            for key, v in next, value do
                seen = seen + 1
                if seen > KEYS then break end
                if type(key) == "string" and key:match("^[%a_][%w_]*$")
                    and starts_with(key, prefix)
                    and (not methods or type(v) == "function")
                    and (prefix ~= "" or not starts_with(key, "_")) then
                    set[key] = true
                end
            end
        end
        local ours = rawequal(value, _G) and internal.globals
            or rawequal(value, package.loaded.ritz) and internal.lazy or {}
        for key in next, ours do
            if starts_with(key, prefix) and not methods then set[key] = true end
        end
        value = index_of(value)
        if value == nil then return end
    end
end

local function to_list(set)
    local list = {}
    for key in next, set do list[#list + 1] = key end
    table.sort(list)
    for i = #list, LIMIT + 1, -1 do list[i] = nil end
    return list
end

local function complete_file(prefix)
    local folder, name = prefix:match("^(.*/)([^/]*)$")
    folder, name = folder or "", name or prefix
    local place = folder == "" and "." or folder
    local home = os.getenv("HOME")
    if home then place = place:gsub("^~/", home .. "/") end
    local set = {}
    for _, entry in ipairs(internal.list(place)) do
        if starts_with(entry, name) and entry ~= "./" and entry ~= "../"
            and (name ~= "" or not starts_with(entry, ".")) then
            set[folder .. entry] = true
        end
    end
    return to_list(set)
end

local function complete_topic(prefix)
    local set = {}
    add_fields(set, require "ritz.topics", prefix)
    return to_list(set)
end

--- The option names of the call whose table is open, or nil when the word
-- stands where no key can: `ritz.sum(x, {ke`.
local function complete_option(line, open, start)
    local brace = open[#open]
    if not brace or brace.mark ~= "{" then return nil end
    local gap = line:sub(brace.at + 1, start)
    if not (gap:match("^%s*$") or gap:match("[,;]%s*$")) then return nil end
    local paren = open[#open - 1]
    local directly = path_before(line, brace.at - 1)
    local parts = directly
    if not parts and paren and paren.mark == "(" then
        parts = path_before(line, paren.at - 1)
    end
    local f = parts and resolve(parts)
    local record = f ~= nil and internal.record(f)
    if not record then return nil end
    local set, word = {}, line:sub(start + 1)
    for _, param in ipairs(record.params) do
        if starts_with(param.name, word) then set[param.name .. " = "] = true end
    end
    return next(set) and to_list(set) or nil
end

local function complete_global(word)
    local set = {}
    for _, keyword in ipairs(keywords) do
        if word ~= "" and starts_with(keyword, word) then set[keyword] = true end
    end
    add_fields(set, _G, word)
    return to_list(set)
end

--- Bytes before the part that is replaced, and the list of candidates for the
-- end of this line.
function complete.candidates(line)
    local open, string_start, comment = scan(line)
    if comment then return #line, {} end
    if string_start then
        local text = line:sub(string_start)
        if line:sub(1, string_start - 2):match("help%s*%(?%s*$") then
            return string_start - 1, complete_topic(text)
        end
        return string_start - 1, complete_file(text)
    end
    local word = line:match("[%w_]*$")
    local start = #line - #word
    local mark = line:sub(start, start)
    if (mark == "." and line:sub(start - 1, start) ~= "..") or mark == ":" then
        local parts = path_before(line, start - 1)
        local value = parts and resolve(parts)
        if value == nil then return start, {} end
        local set = {}
        if type(value) == "string" then value = string end
        add_fields(set, value, word, mark == ":")
        return start, to_list(set)
    end
    local names = complete_option(line, open, start)
    if names then return start, names end
    if word:match("^%d") then return start, {} end
    return start, complete_global(word)
end

return complete
