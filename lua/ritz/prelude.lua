-- prelude.lua - completes the table `ritz` with what is written in Lua.
--
-- Called once with the table as C made it and with ritz.internal. Parts that a
-- script may never touch are loaded when they are first asked for, so that
-- starting ritz stays a matter of milliseconds.

local ritz, internal = ...

local fields = {
    signature = "string", summary = "string", details = "string",
    params = "table", source = "string", example = "string", see = "table",
}

--- Gives a function written in Lua a record for help, completion and manual.
-- The signature begins with the full name: "ritz.train{model, loss, ...}".
-- params is a list of {name, kind, default, doc}, or of the tables that
-- options.check takes. Returns the function.
function ritz.document(f, record)
    if type(f) ~= "function" then
        error("document: a function wanted, got " .. type(f), 2)
    end
    for key, value in pairs(record) do
        if fields[key] ~= type(value) then
            error(("document: field %s does not exist or is no %s"):format(key,
                fields[key] or "field"), 2)
        end
    end
    local path = tostring(record.signature):match("^[%w_.:]+") or ""
    record.module, record.name = path:match("^([%w_.]+)[.:]([%w_]+)$")
    if not (record.name and record.summary and record.example) then
        error("document: signature, summary and example are needed", 2)
    end
    local params = {}
    for i, p in ipairs(record.params or {}) do
        params[i] = p.name and p or { name = p[1], kind = p[2], default = p[3],
            doc = p[4], required = p.required, choices = p.choices }
    end
    record.params = params
    internal.document(f, record)
    return f
end

ritz.document(ritz.document, {
    signature = "ritz.document(f, record)",
    summary = "Gives a function a record for help, completion and the manual.",
    details = "The record has signature, summary and example, which are needed,"
        .. " and details, params, source and see. params is a list of {name, kind,"
        .. " default, doc}. The signature begins with the function's full name.",
    example = [[local twice = ritz.document(function(x) return 2 * x end, {
  signature = "mine.twice(x)", summary = "Twice x.", example = "mine.twice(3)" })]],
})

-- Fields of ritz that are loaded when they are first asked for. Where C made a
-- table of the name, the part completes it.
internal.lazy = { data = true, explain = true, help = true, nn = true, optim = true,
    plot = true, profile = true, run = true, train = true }

-- Those that are globals at the prompt.
internal.modules = { "nn", "optim", "data", "plot", "run" }

--- A field of a table, raw, but for our own that are loaded when asked for.
function internal.field(value, name)
    if type(value) ~= "table" then return nil end
    local ours = rawequal(value, ritz)
        or rawequal(value, _G) and internal.globals and internal.globals[name]
    if ours then return value[name] end
    return rawget(value, name)
end

local made = {}
for name in next, internal.lazy do
    made[name] = rawget(ritz, name)
    rawset(ritz, name, nil)
end

setmetatable(ritz, {
    __index = function(_, name)
        if not internal.lazy[name] then return nil end
        rawset(ritz, name, made[name]) -- for the part itself, while it loads
        local good, value = pcall(require, "ritz." .. name)
        if not good then
            rawset(ritz, name, nil)
            error(value, 0)
        end
        if name == "help" then value = value.help end
        rawset(ritz, name, value)
        return value
    end,
})
