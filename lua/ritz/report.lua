-- report.lua - plans as tables of text: what explain and profile have in common.

local internal = require "ritz.internal"

local report = {}

--- A number with three digits that count, in a column.
local function figure(value)
    if value == 0 then return "-" end
    if value >= 999.5 then return ("%.0f"):format(value) end
    return ("%.3g"):format(value)
end

--- Bytes as people say them.
function report.size(bytes)
    for _, unit in ipairs { "B", "kB", "MB" } do
        if bytes < 999.5 then return figure(bytes) .. " " .. unit end
        bytes = bytes / 1000
    end
    return figure(bytes) .. " GB"
end

report.figure = figure

local function columns(text) return utf8.len(text) or #text end

--- The line with each cell as wide as its column, which is negative where the
-- text stands on the left.
function report.row(widths, cells)
    local parts = {}
    for i, width in ipairs(widths) do
        local text = tostring(cells[i] or "")
        local gap = (" "):rep(math.max(math.abs(width) - columns(text), 0))
        parts[i] = width < 0 and text .. gap or gap .. text
    end
    return (table.concat(parts, "  "):gsub("%s+$", ""))
end

--- Text in lines of at most so many columns, broken at spaces.
function report.wrap(text, width)
    local lines = {}
    for line in (text .. "\n"):gmatch("([^\n]*)\n") do
        local open
        for word in line:gmatch "%S+" do
            if open and columns(open) + 1 + columns(word) > width then
                lines[#lines + 1], open = open, "  " .. word
            else
                open = open and open .. " " .. word or word
            end
        end
        lines[#lines + 1] = open
    end
    return lines
end

--- Where an instruction was traced: "mlp.lua:12, layer linear_1".
function report.place(row)
    if not row.script then return nil end
    local text = ("%s:%d"):format(row.script:match "[^/]*$", row.line)
    return row.layer and text .. ", layer " .. row.layer or text
end

--- Sizes; what a chain computes is said by its formula.
function report.sizes(row)
    local elements = row.kind == "chain" and row.sizes:match "^%d+"
    if not elements then return row.sizes end
    return elements .. (elements == "1" and " element" or " elements")
end

function report.sum(plan, field)
    local total = 0.0
    for _, row in ipairs(plan) do total = total + (row[field] or 0) end
    return total
end

--- The plan of f(...), which shows itself as `say` says.
function report.of(say, runs, f, ...)
    local plan = internal.plan(runs, f, ...)
    return setmetatable(plan, { __name = "ritz.plan", __tostring = say })
end

return report
