-- prompt.lua - what the prompt does with one input beside running it.

local internal = require "ritz.internal"

local prompt = {}

--- Makes the modules and help globals, as they are at the prompt: each when it
-- is first asked for.
function prompt.globals()
    local ritz = require "ritz"
    rawset(_G, "ritz", ritz)
    internal.globals = { help = true }
    for _, name in ipairs(internal.modules) do internal.globals[name] = true end
    setmetatable(_G, {
        __index = function(_, name)
            if not internal.globals[name] then return nil end
            local value = ritz[name]
            rawset(_G, name, value)
            return value
        end,
    })
end

--- The answer to an input that is no Lua (?name, ??name, help), or nil.
function prompt.command(text)
    local marks, name = text:match("^(%?%??)%s*(.-)%s*$")
    if marks then
        return require("ritz.help").query(name, #marks == 2)
    end
    if text:match("^help%s*$") then
        return require("ritz.help").query("", false)
    end
    return nil
end

local function keys_of(table)
    local keys = {}
    if rawequal(table, _G) then
        for key in next, internal.globals or {} do keys[1 + #keys] = key end
    end
    if type(table) == "table" then
        for key in next, table do
            if type(key) == "string" then keys[#keys + 1] = key end
        end
    end
    return keys
end

--- The shortest of the keys that begin with the name, else the nearest.
local function nearest_key(name, keys)
    local best
    for _, key in ipairs(keys) do
        local begins = #name >= 3 and key:sub(1, #name) == name
        if begins and (not best or #key < #best or #key == #best and key < best) then
            best = key
        end
    end
    return best or internal.nearest(name, keys)
end

--- The nearest name to a path "a.b" of which the last part is unknown, or nil.
local function nearest_path(path)
    local parent, name = path:match("^(.*)%.([%w_]+)$")
    local at = _G
    for part in (parent or ""):gmatch("[%w_]+") do
        at = internal.field(at, part)
    end
    local near = nearest_key(name or path, keys_of(at))
    return near and (parent and parent .. "." .. near or near)
end

--- The full names of documented functions that are called nearly `name`.
local function nearest_documented(name)
    local full, list = {}, {}
    for _, record in ipairs(require("ritz.help").records()) do
        if record.module == "ritz" or not full[record.name] then
            full[record.name] = record.path
        end
        list[#list + 1] = record.name
    end
    return full[name] or full[internal.nearest(name, list)]
end

local function suggestion(message, chunk)
    local kind, name = message:match("nil value %((%l+) '([^']+)'%)")
    if kind == "global" then
        return nearest_path(name) or nearest_documented(name)
    elseif kind == "field" then
        local path = chunk:match("%f[%w_][%w_.]*%." .. name .. "%f[^%w_]")
        return path and nearest_path(path) or nearest_documented(name)
    elseif kind == "method" then
        return nearest_documented(name)
    end
    return nil
end

--- The error text of a chunk, with the nearest name where it is about an unknown
-- one.
function prompt.advise(text, chunk)
    local first, rest = text:match("^([^\n]*)(.*)$")
    local near = suggestion(first, chunk)
    if not near then return text end
    return ("%s; did you mean %s?%s"):format(first, near, rest)
end

--- What is worth saying after statements that ran: a line that starts with
-- `local` leaves nothing behind, which surprises who pastes a script by lines.
function prompt.remark(text)
    if text:match("^local%s") and not text:find("\n", 1, true) then
        return "(a local ends with its line: leave out `local` to keep it)\n"
    end
    return nil
end

--- The text of the values of an expression, whose source is `text`.
function prompt.show(text, ...)
    local show = require "ritz.show"
    local count = select("#", ...)
    local width = internal.width()
    local lines = {}
    local path = text:match("^([%a_][%w_.]*)%s*$")
    for i = 1, count do
        local value = select(i, ...)
        -- The interface draws a new figure: only one asked for by name is shown.
        if not (internal.is_figure and internal.is_figure(value)) then
            lines[#lines + 1] = show.value(value, width)
        elseif path then
            lines[#lines + 1] = value:text({ width = width }):gsub("\n$", "")
        end
    end
    if path and count == 1 and (...) == nil and path ~= "nil" then
        local near = nearest_path(path)
        if near then
            lines[1] = ("nil  (near: %s)"):format(near)
        end
    end
    return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
end

return prompt
