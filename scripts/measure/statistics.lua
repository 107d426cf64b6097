-- statistics.lua - middles of measured times.

local statistics = {}

local function sorted(list)
    local copy = table.move(list, 1, #list, 1, {})
    table.sort(copy)
    return copy
end

function statistics.median(list)
    local s = sorted(list)
    local middle = #s // 2 + 1
    return #s % 2 == 1 and s[middle] or (s[middle - 1] + s[middle]) / 2
end

function statistics.least(list) return sorted(list)[1] end

function statistics.geometric_mean(list)
    local sum = 0
    for _, value in ipairs(list) do sum = sum + math.log(value) end
    return math.exp(sum / #list)
end

return statistics
