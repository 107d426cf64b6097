-- options.lua - options tables of functions that are written in Lua.
--
-- The same params that document a function check its calls: names, kinds,
-- defaults. Kinds are those of the records in C, and "tensor", "table",
-- "function" and "any". Errors have no position: the frames are shown with
-- them, and those of ritz itself left out.


local internal = require "ritz.internal"

local options = {}

local function is_integer(value) return math.type(value) == "integer" end

local function is_integers(value)
    if is_integer(value) then return true end
    if type(value) ~= "table" then return false end
    for _, v in ipairs(value) do
        if not is_integer(v) then return false end
    end
    return true
end

local function is_tensor(value)
    return require("ritz").is_tensor(value)
end

local checks = {
    any = function() return true end,
    boolean = function(v) return type(v) == "boolean" end,
    dtype = function(v) return v == "f32" or v == "f64" or v == "i64" or v == "u8" end,
    ["function"] = function(v)
        local meta = debug.getmetatable(v)
        return type(v) == "function" or (meta and rawget(meta, "__call") ~= nil)
    end,
    integer = function(v)
        return is_integer(v) or (type(v) == "number" and v == math.floor(v))
    end,
    integers = is_integers,
    number = function(v) return type(v) == "number" end,
    shape = is_integers,
    table = function(v) return type(v) == "table" end,
    tensor = is_tensor,
    text = function(v) return type(v) == "string" end,
    tree = function(v) return type(v) == "table" or is_tensor(v) end,
}

--- What a value is, for messages: the string "x", 3, f32[2,3], as those of C.
options.describe = internal.describe

--- The whole number from 1 that an argument `what` of a function `who` must be.
function options.whole(who, what, value)
    local n = math.tointeger(value)
    if not n or n < 1 then
        error(("%s: %s must be a whole number from 1, got %s"):format(who, what,
            options.describe(value)), 0)
    end
    return n
end

local function allowed(choices, value)
    for choice in choices:gmatch("[^|]+") do
        if choice == value then return true end
    end
    return false
end

local function check_one(who, param, value)
    if not checks[param.kind](value) then
        error(("%s: %s must be of kind %s, got %s"):format(who, param.name,
            param.kind, options.describe(value)), 0)
    end
    if param.choices and not allowed(param.choices, value) then
        error(("%s: %s must be one of %s, got %q"):format(who, param.name,
            param.choices:gsub("|", ", "), value), 0)
    end
    if param.low and not (value >= param.low and value <= param.high) then
        error(("%s: %s must be %g to %g, got %g"):format(who, param.name,
            param.low, param.high, value), 0)
    end
end

local function refuse_unknown(who, params, key)
    if type(key) ~= "string" then
        error(("%s: options are named, got an entry [%s]"):format(who,
            tostring(key)), 0)
    end
    local known = {}
    for i, param in ipairs(params) do known[i] = param.name end
    local near = internal.nearest(key, known)
    error(("%s: unknown option \"%s\"%s"):format(who, key, near
        and (": did you mean \"%s\"?"):format(near)
        or ": there are " .. table.concat(known, ", ")), 0)
end

--- The table of option values: those given, checked, and the defaults. `params`
-- is the list of a record, `given` may be nil. Keys in `positional`, a set, are
-- left alone.
function options.check(who, params, given, positional)
    if given ~= nil and type(given) ~= "table" then
        error(("%s: a table of options wanted, got %s"):format(who,
            options.describe(given)), 0)
    end
    given = given or {}
    local byname, result = {}, {}
    for _, param in ipairs(params) do byname[param.name] = param end
    for key in next, given do
        if not byname[key] and not (positional and positional[key]) then
            refuse_unknown(who, params, key)
        end
    end
    for _, param in ipairs(params) do
        local value = rawget(given, param.name)
        if value ~= nil then
            check_one(who, param, value)
            result[param.name] = value
        elseif param.required then
            error(("%s: option %s is needed"):format(who, param.name), 0)
        else
            result[param.name] = param.default
        end
    end
    return result
end

return options
