-- profile.lua - where the time of a compiled plan goes.

local options = require "ritz.options"
local report = require "ritz.report"
local ritz = require "ritz"

local params = {
    { name = "runs", kind = "integer", default = 20, doc = "how often the plan is run" },
    { name = "rows", kind = "integer", default = 20, doc = "how many instructions are shown" },
}

local KINDS, ROWS = { -12, 7, 10, 7, 9, 9 }, { 3, -9, -26, 9, 7, 8, 7 }

local function rate(amount, seconds)
    return amount == 0 and "-" or report.figure(amount / seconds / 1e9)
end

local function percent(part, whole) return ("%.1f %%"):format(100 * part / whole) end

--- Sums by kind, the slowest first.
local function kinds_of(plan)
    local list, at = {}, {}
    for _, row in ipairs(plan) do
        local sum = at[row.kind]
        if not sum then
            sum = { kind = row.kind, count = 0, seconds = 0.0, flops = 0.0, bytes = 0.0 }
            at[row.kind], list[#list + 1] = sum, sum
        end
        sum.count = sum.count + 1
        for _, field in ipairs { "seconds", "flops", "bytes" } do
            sum[field] = sum[field] + row[field]
        end
    end
    table.sort(list, function(a, b) return a.seconds > b.seconds end)
    return list
end

local function slowest(plan)
    local order = {}
    for i = 1, #plan do order[i] = i end
    table.sort(order, function(a, b)
        local x, y = plan[a].seconds, plan[b].seconds
        return x > y or (x == y and a < b)
    end)
    return order
end

local function say(plan)
    local total = report.sum(plan, "seconds")
    local lines = { ("%s us in %d instructions, least of %d runs, with %d thread%s"):format(
        report.figure(total * 1e6), #plan, plan.runs, plan.threads,
        plan.threads == 1 and "" or "s"), "",
        report.row(KINDS, { "", "number", "us", "", "GFLOP/s", "GB/s" }) }
    for _, sum in ipairs(plan.kinds) do
        lines[#lines + 1] = report.row(KINDS, { sum.kind, sum.count,
            report.figure(sum.seconds * 1e6), percent(sum.seconds, total),
            rate(sum.flops, sum.seconds), rate(sum.bytes, sum.seconds) })
    end
    lines[#lines + 1] = ""
    lines[#lines + 1] = report.row(ROWS, { "", "", "", "us", "", "GFLOP/s", "GB/s" })
    for n, i in ipairs(slowest(plan)) do
        if n > plan.rows then break end
        local row = plan[i]
        lines[#lines + 1] = report.row(ROWS, { i, row.kind, report.sizes(row),
            report.figure(row.seconds * 1e6), percent(row.seconds, total),
            rate(row.flops, row.seconds), rate(row.bytes, row.seconds) })
    end
    return table.concat(lines, "\n")
end

local names = { runs = true, rows = true }

--- Whether the value is a table of options and not an argument of the function.
local function is_options(value)
    if type(value) ~= "table" or next(value) == nil then return false end
    for name in next, value do
        if not names[name] then return false end
    end
    return true
end

local function profile(f, ...)
    local count = select("#", ...)
    local arguments = { ... }
    local given = count > 0 and is_options(arguments[count]) and arguments[count] or nil
    local o = options.check("profile", params, given)
    if o.runs < 1 then error(("profile: runs must be 1 or more, got %d"):format(o.runs), 0) end
    local plan = report.of(say, math.tointeger(o.runs), f,
        table.unpack(arguments, 1, given and count - 1 or count))
    plan.runs, plan.rows, plan.kinds = o.runs, o.rows, kinds_of(plan)
    return plan
end

ritz.document(profile, {
    signature = "ritz.profile(f, ..., {runs, rows})",
    summary = "Runs the plan of f for these arguments and says where its time goes.",
    details = "f is traced as by ritz.jit, or was made by it; arguments are not given up. print"
        .. " shows the least time of each kind of instruction and of the slowest ones, with"
        .. " operations and bytes per second. ritz.explain shows what the numbers of"
        .. " instructions stand for. It is the list of ritz.explain with `seconds` in each row,"
        .. " and `kinds`, the sums. A last table with runs or rows alone is the options.",
    params = params,
    example = [[local p = ritz.profile(function(x) return ritz.matmul(x, x) end, ritz.eye(64))
p.kinds[1].kind, p[1].seconds > 0  --> "matmul", true]],
    see = { "ritz.explain", "ritz.jit" },
})

return profile
