-- test_plot.lua - figures from Lua.

local t = require "tap"
local ritz = require "ritz"
local plot = ritz.plot

local function text(figure, width, height)
    return figure:text { width = width or 60, height = height or 14, ascii = true }
end

local function count(haystack, needle)
    return select(2, haystack:gsub(needle:gsub("%p", "%%%0"), ""))
end

t.run("curves", function()
    local x = ritz.linspace(0, 1, 50)
    local figure = plot.line(x, x * x, { title = "square", xlabel = "time" })
    t.ok(plot.current() == figure, "it is the current figure")
    local shown = text(figure)
    t.matches(shown, "square", "the title")
    t.matches(shown, "time", "the label")
    t.ok(count(shown, "*") > 20, "a curve")
    t.is(#shown:match("^[^\n]*"), 60, "as wide as asked for")
    t.matches(figure:text { width = 60, height = 14, ascii = false }, "╭", "frames in UTF-8")
end)

t.run("what can be drawn", function()
    t.ok(plot.line({ 1, 4, 9 }), "a list alone")
    t.ok(plot.line({ 1, 2, 3 }, { 1, 4, 9 }), "two lists")
    t.ok(plot.line(ritz.zeros { 4, 3 }), "a matrix: three curves")
    t.ok(plot.line({ 1, 2 }, { 1, 2 }, ritz.ones { 2 }, { names = { "a", "b" } }), "two curves")
    t.ok(plot.scatter(ritz.zeros { 5, 2 }), "points in a matrix")
    t.ok(plot.scatter({ 1, 2 }, { 3, 4 }), "points")
    t.ok(plot.bars({ 1, 2 }, { 3, 4 }), "bars")
    t.ok(plot.band({ 1, 2 }, { 3, 4 }, { 5, 6 }), "a band")
    t.ok(plot.line(ritz.arange(1, 4, 1, "i64")), "integers")
    t.ok(plot.line({ 1, 0 / 0, 1 / 0, 2 }), "gaps")
    t.ok(text(plot.line({}, {})), "nothing")
    local legend = text(plot.line({ 1, 2 }, { 1, 2 }, { 2, 1 }, { names = { "up", "down" } }))
    t.matches(legend, "up", "names are in the legend")
    t.matches(legend, "down", "all of them")
end)

t.run("panels", function()
    local figure = plot.figure { title = "run", panels = {
        { title = "loss", yscale = "log", number = "valid 0.87" }, { title = "accuracy" } } }
    local series = figure:panel(1):series("train")
    for i = 1, 100 do series:push(i, 1 / i) end
    series:push(101, ritz.full({}, 0.01))
    t.is(series:count(), 101, "points are counted")
    figure:panel(1, 2):series("valid", "scatter"):push(1, 0.5)
    local shown = text(figure, 120, 16)
    t.matches(shown, "loss", "the first panel")
    t.matches(shown, "valid 0.87", "its number")
    t.matches(shown, "accuracy", "the second panel")
    series:clear()
    t.is(series:count(), 0, "cleared")
end)

t.run("push", function()
    for i = 1, 30 do
        plot.push("loss/train", 1 / i)
        plot.push("loss/valid", ritz.full({}, 2 / i))
        plot.push("rate", i, 10 * i)
    end
    local shown = text(plot.current(), 120, 16)
    t.matches(shown, "loss", "a panel for two curves")
    t.matches(shown, "train", "the first curve")
    t.matches(shown, "valid", "the second curve")
    t.matches(shown, "rate", "a panel of its own")
    t.matches(shown, "300", "with its own x")
end)

t.run("files", function()
    local figure = plot.line({ 1, 4, 9 }, { title = "saved" })
    local head = { svg = "<?xml", pdf = "%PDF", png = "\137PNG" }
    for ending, magic in next, head do
        local path = t.path("figure." .. ending)
        figure:save(path)
        local file = io.open(path, "rb")
        local bytes = file:read("a")
        file:close()
        t.is(bytes:sub(1, #magic), magic, ending .. " begins as it should")
        plot.save(path)
        file = io.open(path, "rb")
        t.ok(file:read("a") == bytes, ending .. ": the same figure, the same bytes")
        file:close()
    end
    t.throws("must end in .svg, .pdf or .png", function() figure:save(t.path("x.gif")) end,
        "an unknown ending")
    t.throws("/no/such/x.svg", function() figure:save("/no/such/x.svg") end, "no folder")
    t.ok(not io.open(t.path("x.gif")), "no file is left behind")
end)

t.run("what is refused", function()
    local function refused(part, f, ...)
        local args = table.pack(...)
        t.throws(part, function() f(table.unpack(args, 1, args.n)) end, part)
    end
    refused("as many x as y wanted, got 3 and 2", plot.line, { 1, 2, 3 }, { 1, 2 })
    refused("values to draw wanted, got none", plot.line)
    refused("numbers wanted, got", plot.line, { 1, "two" })
    refused("a vector or a matrix wanted, got f32[2,2,2]", plot.line, ritz.zeros { 2, 2, 2 })
    refused('unknown option "titel": did you mean "title"?', plot.line, { 1 }, { titel = "x" })
    refused("yscale must be one of linear, log, symlog", plot.line, { 1 }, { yscale = "cubic" })
    refused("one matrix of two columns, got 3 x 3", plot.scatter, ritz.zeros { 3, 3 })
    refused('unknown option "panel": did you mean "panels"?', plot.figure, { panel = {} })
    refused("width 1 to 1000", plot.current().text, plot.current(), { width = 0 })
    local panel = plot.figure():panel(1)
    refused("must be one of line, scatter, band, bars, markers; got \"pie\"", panel.series,
        panel, "a", "pie")
    refused("a number or a tensor of one element wanted, got f32[2]",
        function() panel:series("a"):push(1, ritz.zeros { 2 }) end)
    refused("panel: row must be a whole number from 1, got 0",
        function() plot.figure():panel(0, 1) end)
    refused("row must be 1 to 16, got 17", function() plot.figure():panel(17, 1) end)
    refused("panel: number must be a whole number from 1, got -1",
        function() plot.figure():panel(-1) end)
    refused('panel: number must be a whole number from 1, got the string "x"',
        function() plot.figure():panel("x") end)
    refused("figure: columns must be 1 to 16, got 0", plot.figure, { columns = 0 })
    refused("panel: xlimits must be two numbers, got 1 and nothing", plot.line, { 1 },
        { xlimits = { 1 } })
    refused('panel: ylimits must be two numbers, got the string "a" and 2', plot.line, { 1 },
        { ylimits = { "a", 2 } })
    refused("plot: panel must be one of a figure's, got 3", plot.line, { 1 }, { panel = 3 })
    refused("a path ending in .svg, .pdf or .png wanted, got nothing", plot.save)
end)

t.run("traced values are refused", function()
    local good, message = pcall(ritz.grad(function(x)
        plot.line(x)
        return x:sum()
    end), ritz.ones { 3 })
    t.ok(not good, "a traced value has nothing to draw")
    t.ok(#tostring(message) > 10, tostring(message))
end)

t.done()
