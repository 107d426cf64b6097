-- json.lua - a value as JSON, keys in order.

local json

local function json_table(value)
    local parts, keys = {}, {}
    if #value > 0 then
        for i, v in ipairs(value) do parts[i] = json(v) end
        return "[" .. table.concat(parts, ", ") .. "]"
    end
    for key in next, value do keys[#keys + 1] = key end
    table.sort(keys)
    for i, key in ipairs(keys) do parts[i] = ("%q: %s"):format(key, json(value[key])) end
    return "{" .. table.concat(parts, ", ") .. "}"
end

json = function(value)
    if type(value) == "table" then return json_table(value) end
    return (type(value) == "number" and "%.9g" or "%q"):format(value)
end

return json
