-- explain.lua - what a compiled plan does, for a person.

local report = require "ritz.report"
local ritz = require "ritz"

local WIDTHS, INDENT, WIDTH = { 3, -9, -30, 8, 9, 9 }, 17, 80

local function head(plan)
    return ("%d instruction%s: %s MFLOP, %s us at least with one thread"):format(#plan,
        #plan == 1 and "" or "s", report.figure(report.sum(plan, "flops") / 1e6),
        report.figure(report.sum(plan, "floor") * 1e6))
end

local function memory(plan)
    local parts = {}
    for _, name in ipairs { "arena", "inputs", "held", "constants", "outputs" } do
        if plan[name] > 0 then
            parts[#parts + 1] = ("%s %s"):format(name, report.size(plan[name]))
        end
    end
    return "memory: " .. table.concat(parts, ", ")
end

--- The lines of one instruction: what it is and its figures, what it computes,
-- and where it was traced.
local function add_row(lines, i, row)
    lines[#lines + 1] = report.row(WIDTHS, { i, row.kind, report.sizes(row),
        report.figure(row.flops / 1e6), report.size(row.bytes),
        report.figure(row.floor * 1e6) .. (row.shared and " *" or "  ") })
    local indent = (" "):rep(INDENT)
    for _, line in ipairs(report.wrap(row.formula, WIDTH - INDENT)) do
        lines[#lines + 1] = indent .. line
    end
    local place = report.place(row)
    if place then lines[#lines + 1] = indent .. "(" .. place .. ")" end
end

local function say(plan)
    local lines = { head(plan), memory(plan), "",
        report.row(WIDTHS, { "", "", "", "MFLOP", "touches", "us >=" }) }
    local tail = false
    for i, row in ipairs(plan) do
        if row.tail and not tail then
            tail = true
            lines[#lines + 1] = "     from here on given-up inputs are overwritten"
        end
        add_row(lines, i, row)
    end
    lines[#lines + 1] = "* shared by the threads, if there are several"
    return table.concat(lines, "\n")
end

local function explain(f, ...)
    return report.of(say, 0, f, ...)
end

ritz.document(explain, {
    signature = "ritz.explain(f, ...)",
    summary = "The plan that f becomes for these arguments, one instruction after the other.",
    details = "f is traced as by ritz.jit, or was made by it, and not run. print shows the plan:"
        .. " products and chains of operations with what they compute, where they were traced,"
        .. " operations, bytes that each touches, and the least time in microseconds. Values:"
        .. " in1, in2 are the arguments' tensors in order, held1 what was captured, out1 a"
        .. " result, const1 what was computed once, t3 what instruction 3 leaves to others. The"
        .. " least time comes from fixed rates of one thread with 512-bit vectors: products 110"
        .. " GFLOP/s in f32 and 55 in f64; memory 28 GB/s where more than 1 MB is touched;"
        .. " other operations at what the compiler plans with. ritz.profile measures. It is a"
        .. " list with a table for each instruction, and arena, inputs, held, constants and"
        .. " outputs in bytes.",
    example = [[local plan = ritz.explain(function(x) return ritz.tanh(x) * 2 end, ritz.ones { 3 })
#plan, plan[1].formula  --> 1, "out1 = tanh(in1) * 2"]],
    see = { "ritz.profile", "ritz.jit" },
})

return explain
