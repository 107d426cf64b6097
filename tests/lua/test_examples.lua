-- test_examples.lua - the scripts in examples/ do what they say.

local ritz = require "ritz"
local t = require "tap"

local program, source = os.getenv("RITZ"), os.getenv("RITZ_SOURCE")
local has_data = pcall(ritz.data.fashion_mnist)

--- What an example prints, run without a terminal.
local function run(words)
    local pipe = io.popen(("%s --plain %s < /dev/null 2> /dev/null"):format(program, words))
    local text = pipe:read("a")
    return text, pipe:close()
end

local function example(name) return source .. "/examples/" .. name end

t.run("two spirals", function()
    local text, good = run("--seed 1 " .. example "spiral.lua")
    t.ok(good, "runs")
    t.ok((tonumber(text:match("valid accuracy ([%d.]+)")) or 0) >= 0.98, "tells them apart")
end)

if has_data then
    t.run("Fashion-MNIST", function()
        local words = " --seed 7 " .. example "fashion_mnist.lua --set epochs=1"
        local one, two = run("--threads 1" .. words), run("--threads 2" .. words)
        t.ok((tonumber(one:match("test accuracy ([%d.]+)")) or 0) >= 0.8, "learns in an epoch")
        t.matches(one, "digest ", "prints the digest of the parameters")
        t.is(two, one, "the same with two threads")
    end)

    t.run("all optimisers", function()
        local text, good = run("--seed 1 " .. example "optimisers.lua --set rows=640"
            .. " --set epochs=1 --set width=8")
        t.ok(good, "runs")
        local learned = 0
        for loss in text:gmatch("\n[%l_]+ +[%d.e-]+ +[%d.]+ +([%d.]+) +0%.%d+") do
            -- That of a network that knows nothing is log 10.
            if tonumber(loss) < math.log(10) then learned = learned + 1 end
        end
        t.is(learned, 14, "each learns something in ten steps")
    end)

    t.run("the demo", function()
        local text, good = run(example "demo.lua --set epochs=0")
        t.ok(good, "runs")
        t.ok(text:match("\ntest accuracy 0%.%d%d%d%d\n"), "prints the accuracy last")
    end)
else
    t.skip("the package dataset-fashion-mnist is not installed", "examples with data")
end

t.done()
