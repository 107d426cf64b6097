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

-- Name in ritz = the module that returns its value.
internal.lazy = {
    help = "ritz.help",
}

-- Names that are globals at the prompt.
internal.modules = { "nn", "optim", "data", "plot", "run" }

setmetatable(ritz, {
    __index = function(table, key)
        local source = internal.lazy[key]
        if not source then return nil end
        local value = require(source)
        if key == "help" then value = value.help end
        rawset(table, key, value)
        return value
    end,
})

for _, part in ipairs { "run", "data", "plot", "nn", "optim", "train" } do
    rawset(ritz, part, require("ritz." .. part))
end
