-- names.lua - the nearest of many names, for messages about an unknown one.

local names = {}

--- Damerau-Levenshtein distance (adjacent letters may be exchanged).
function names.distance(a, b)
    local before, last = {}, {}
    for j = 0, #b do last[j] = j end
    for i = 1, #a do
        local row = { [0] = i }
        for j = 1, #b do
            local same = a:byte(i) == b:byte(j)
            row[j] = math.min(last[j] + 1, row[j - 1] + 1,
                last[j - 1] + (same and 0 or 1))
            if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1)
                and a:byte(i - 1) == b:byte(j) then
                row[j] = math.min(row[j], before[j - 2] + 1)
            end
        end
        before, last = last, row
    end
    return last[#b]
end

--- The nearest of the strings in `list`, or nil when none is near: a third of
-- the letters may differ, and letter case counts for nothing.
function names.nearest(name, list)
    local best, least = nil, math.max(1, #name // 3) + 1
    local lower = name:lower()
    for _, candidate in ipairs(list) do
        if math.abs(#candidate - #name) < least then
            local d = names.distance(lower, candidate:lower())
            if d < least or (d == least and best and candidate < best) then
                best, least = candidate, d
            end
        end
    end
    return best
end

return names
