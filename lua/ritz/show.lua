-- show.lua - a value as text, for a person.
--
-- Tables are walked raw, so that no metamethod runs but __tostring, and that
-- one protected. A table stands on one line where it fits; what is large is cut
-- and says by how much.

local internal = require "ritz.internal"

local show = {}

local LIMITS = { depth = 6, items = 30, text = 200, lines = 200 }

local function columns(text) return utf8.len(text) or #text end

--- The text cut to so many columns, between characters.
local function cut(text, width)
    if columns(text) <= width then return text end
    local stop = utf8.len(text) and utf8.offset(text, width) or width
    return text:sub(1, stop - 1) .. "…"
end

local escapes = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r",
    ['"'] = '\\"', ["\\"] = "\\\\" }

local function quote(text, limit)
    local rest = #text - limit
    if rest > 0 then text = text:sub(1, limit) end
    text = text:gsub('[%c"\\]', function(c)
        return escapes[c] or ("\\%03d"):format(c:byte())
    end)
    return '"' .. text .. '"' .. (rest > 0 and (" +%d bytes"):format(rest) or "")
end

local function function_text(f)
    local record = internal.record(f)
    if record then return ("%s  -- %s"):format(record.signature, record.summary) end
    local info = debug.getinfo(f, "S")
    if info.what == "C" then return "function: built in" end
    return ("function %s:%d"):format(info.short_src, info.linedefined)
end

--- What the value says of itself through __tostring, or nil.
local function own_text(value)
    local meta = debug.getmetatable(value)
    local say = type(meta) == "table" and rawget(meta, "__tostring")
    if not say then return nil end
    local good, text = pcall(tostring, value)
    if good then return text end
    return ("%s (its __tostring fails: %s)"):format(type(value),
        type(text) == "string" and text or type(text))
end

local function is_name(key)
    return type(key) == "string" and key:match("^[%a_][%w_]*$") ~= nil
end

local rank = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
    local ra, rb = rank[type(a)] or 4, rank[type(b)] or 4
    if ra ~= rb then return ra < rb end
    if ra <= 2 then return a < b end
    return tostring(a) < tostring(b)
end

--- Keys of the hash part in order, at most `limit`, and how many were left.
local function sorted_keys(t, length, limit)
    local keys, count = {}, 0
    for key in next, t do
        local listed = math.type(key) == "integer" and key >= 1 and key <= length
        if not listed then
            count = count + 1
            if count <= 1000 then keys[count] = key end
        end
    end
    table.sort(keys, before)
    for i = #keys, limit + 1, -1 do keys[i] = nil end
    return keys, count - #keys
end

local render

local function key_text(key, state)
    if is_name(key) then return key end
    if type(key) == "string" then return "[" .. quote(key, 40) .. "]" end
    if type(key) == "number" then return "[" .. tostring(key) .. "]" end
    return "[" .. render(key, 0, state) .. "]"
end

--- The texts of a table's entries: those of the list, then those with keys.
local function entries(t, depth, state)
    local list, named = {}, {}
    local length = rawlen(t)
    local listed = math.min(length, LIMITS.items)
    for i = 1, listed do
        list[i] = render(rawget(t, i), depth + 1, state)
    end
    if length > listed then
        list[#list + 1] = ("... (%d more)"):format(length - listed)
    end
    local keys, left = sorted_keys(t, length, LIMITS.items)
    for _, key in ipairs(keys) do
        named[#named + 1] = key_text(key, state) .. " = "
            .. render(rawget(t, key), depth + 1, state)
    end
    if left > 0 then named[#named + 1] = ("... (%d more)"):format(left) end
    return list, named
end

--- Short entries side by side, as many as fit: numbers of a long list.
local function flow(list, indent, width)
    local lines, line = {}, indent
    for i, text in ipairs(list) do
        local piece = text .. (i < #list and ", " or "")
        if columns(line) + columns(piece) > width and line ~= indent then
            lines[#lines + 1] = line
            line = indent
        end
        line = line .. piece
    end
    lines[#lines + 1] = line
    return table.concat(lines, "\n")
end

local function is_short(list)
    for _, text in ipairs(list) do
        if #text > 24 or text:find("\n", 1, true) then return false end
    end
    return true
end

local function lay_out(list, named, depth, width)
    local all = table.move(named, 1, #named, #list + 1, table.move(list, 1, #list, 1, {}))
    if #all == 0 then return "{}" end
    local line = "{ " .. table.concat(all, ", ") .. " }"
    local fits = columns(line) + 4 * depth <= width
    if fits and not line:find("\n", 1, true) then return line end
    local indent = ("  "):rep(depth + 1)
    local parts = {}
    if #list > 0 then
        parts[1] = is_short(list) and flow(list, indent, width)
            or indent .. table.concat(list, ",\n" .. indent)
    end
    if #named > 0 then
        parts[#parts + 1] = indent .. table.concat(named, ",\n" .. indent)
    end
    return "{\n" .. table.concat(parts, ",\n") .. "\n" .. ("  "):rep(depth) .. "}"
end

local function render_table(t, depth, state)
    for up = #state.above, 1, -1 do
        if rawequal(state.above[up], t) then
            return ("<the table %d up>"):format(#state.above - up + 1)
        end
    end
    if depth >= LIMITS.depth then return "{...}" end
    state.above[#state.above + 1] = t
    local list, named = entries(t, depth, state)
    state.above[#state.above] = nil
    return lay_out(list, named, depth, state.width)
end

--- A value inside a table.
function render(value, depth, state)
    local kind = type(value)
    if kind == "string" then return quote(value, LIMITS.text) end
    if kind == "function" then return cut(function_text(value), 70) end
    local text = own_text(value)
    if text then return cut(text:match("^[^\n]*"), 70) end
    if kind == "table" then return render_table(value, depth, state) end
    return tostring(value)
end

local function limit_lines(text)
    local count, stop = 0, 0
    while count < LIMITS.lines do
        stop = text:find("\n", stop + 1, true)
        if not stop then return text end
        count = count + 1
    end
    local _, more = text:sub(stop + 1):gsub("\n", "\n")
    return ("%s... (%d more lines)"):format(text:sub(1, stop), more + 1)
end

--- The text of a value, in lines of about `width` columns.
function show.value(value, width)
    local kind = type(value)
    if kind == "string" then return quote(value, 10000) end
    if kind == "function" then return function_text(value) end
    local text = own_text(value)
    if text then return text end
    if kind == "table" then
        return limit_lines(render(value, 0, { above = {}, width = width or 80 }))
    end
    return tostring(value)
end

return show
