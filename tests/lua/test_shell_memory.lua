-- test_shell_memory.lua - figures, data sets and runs without memory: each
-- request that fails is an error that speaks of memory, and nothing is lost.

local t = require "tap"
local ritz = require "ritz"
local exhaust = require "lua.exhaust"
local internal = require "ritz.internal"
local data, plot, run = ritz.data, ritz.plot, ritz.run

local x = ritz.linspace(0, 1, 20)

t.run("figures", function()
    exhaust("line", function() return plot.line(x, x * x, { title = "a", yscale = "log" }) end)
    exhaust("band", function() return plot.band({ 1, 2 }, { 1, 2 }, { 2, 3 }) end)
    exhaust("panels", function()
        local panel = plot.figure { title = "b", panels = { { title = "c", note = "d" } } }:panel(1)
        panel:series("e", "markers"):push(1)
        panel:series("f"):push(1, 2)
        panel:series("f"):smooth(3)
    end)
    local figure = plot.line(x, x, { title = "kept" })
    exhaust("text", function() return figure:text { width = 60, height = 12, ascii = true } end)
    exhaust("describe", function() return internal.figure_describe(figure) end)
    exhaust("save", function() figure:save(t.path("a.svg")) end)
    local text = figure:text { width = 60, height = 12, ascii = true }
    t.matches(text, "kept", "the figure is whole afterwards")
end)

t.run("data", function()
    local set = { x = ritz.arange(12):reshape({ 6, 2 }), y = { ritz.arange(6) } }
    exhaust("batches", function()
        for _ in data.batches(set, { size = 4, seed = 1 }) do end -- luacheck: ignore 542
    end)
    exhaust("split", function() return data.split(set, { fraction = 0.5 }) end)
    exhaust("normalise", function() return data.normalise(x) end)
end)

t.run("files", function()
    local path = t.path("images")
    local file = io.open(path, "wb")
    file:write(string.pack(">BBBBI4I4I4", 0, 0, 8, 3, 2, 2, 2), "12345678")
    file:close()
    exhaust("images", function() return internal.images(path) end)
    exhaust("digest", function() return run.digest { x, { x } } end)
    exhaust("write", function() internal.write(t.path("text"), "text") end)
end)

t.run("help", function()
    exhaust("nearest", function() return internal.nearest("tnah", { "tanh", "sin" }) end)
end)

t.done()
