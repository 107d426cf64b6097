-- test_data.lua - data sets and batches.

local t = require "tap"
local ritz = require "ritz"
local internal = require "ritz.internal"
local data = ritz.data

local function list(tensor) return table.concat(tensor:totable(), " ") end

t.run("batches hold every row once", function()
    local set = { x = ritz.arange(1, 11), deep = { y = ritz.arange(1, 11, 1, "i64") } }
    local seen, sizes = {}, {}
    for batch in data.batches(set, { size = 4, seed = 3 }) do
        local x, y = batch.x:totable(), batch.deep.y:totable()
        sizes[#sizes + 1] = #x
        for i = 1, #x do
            t.is(x[i], y[i] + 0.0, "rows of one example stay together")
            seen[#seen + 1] = y[i]
        end
    end
    table.sort(seen)
    t.is(table.concat(seen, " "), "1 2 3 4 5 6 7 8 9 10", "every row comes once")
    t.is(table.concat(sizes, " "), "4 4 2", "the last batch is smaller")
    t.is(data.batches(set, { size = 4 }).count, 3, "count")
    t.is(data.batches(set, { size = 4, drop_last = true }).count, 2, "count without the last")
    local n = 0
    for _ in data.batches(set, { size = 4, drop_last = true }) do n = n + 1 end
    t.is(n, 2, "drop_last leaves it out")
end)

t.run("the order depends on seed and epoch", function()
    local x = ritz.arange(1000)
    local function order(opt)
        opt.size = 1000
        return list(data.batches(x, opt)())
    end
    t.is(order { seed = 1 }, order { seed = 1 }, "same seed, same order")
    t.ok(order { seed = 1 } ~= order { seed = 2 }, "another seed, another order")
    t.ok(order { seed = 1 } ~= order { seed = 1, epoch = 2 }, "another epoch, another order")
    t.is(order { shuffle = false }, list(x), "without shuffle as stored")
end)

-- Every place is as likely as another: chi-square with 9 degrees of freedom over
-- 2000 orders stays below 27.9 with probability 0.999.
t.run("orders are uniform", function()
    local counts = {}
    for i = 1, 10 do counts[i] = 0 end
    for seed = 1, 2000 do
        local first = internal.order(10, seed, 1):totable()[1]
        counts[first] = counts[first] + 1
    end
    local chi = 0
    for i = 1, 10 do chi = chi + (counts[i] - 200) ^ 2 / 200 end
    t.ok(chi < 27.9, ("chi-square of the first place is %.1f"):format(chi))
end)

t.run("rows of many columns", function()
    local x = ritz.arange(3000):reshape({ 1000, 3 })
    for batch in data.batches(x, { size = 999, seed = 5 }) do
        local rows = batch:totable()
        local whole = true
        for _, row in ipairs(rows) do
            whole = whole and row[2] == row[1] + 1 and row[3] == row[1] + 2
        end
        t.ok(whole, ("%d rows stay whole"):format(#rows))
    end
    t.is(data.batches(ritz.zeros { 0, 3 })(), nil, "no rows, no batch")
end)

t.run("split", function()
    local a, b = data.split({ x = ritz.arange(10) }, { fraction = 0.7, seed = 1 })
    t.is(#a.x, 7, "first part")
    t.is(#b.x, 3, "second part")
    local all = a.x:totable()
    for _, v in ipairs(b.x:totable()) do all[#all + 1] = v end
    table.sort(all)
    t.is(table.concat(all, " "), list(ritz.arange(10)), "together they are the set")
    local c, d = data.split(ritz.arange(4), { fraction = 1, shuffle = false })
    t.is(list(c), list(ritz.arange(4)), "all of it")
    t.is(#d, 0, "and nothing")
end)

t.run("normalise", function()
    local x, stats = data.normalise(ritz.tensor({ 1, 2, 3, 4 }, "f64"))
    t.near(stats.mean, 2.5, 1e-12, "mean")
    t.near(stats.std, math.sqrt(1.25), 1e-12, "standard deviation")
    t.near(x:totable()[1], -1.5 / math.sqrt(1.25), 1e-12, "a value")
    local y = data.normalise(ritz.tensor({ 2.5 }, "f64"), stats)
    t.near(y:totable()[1], 0, 1e-12, "with the statistics of another")
    t.throws("must be above 0", function() data.normalise(ritz.ones { 3 }) end, "no spread")
    t.throws("a tensor of f32 or f64 wanted", function() data.normalise { 1 } end, "no tensor")
end)

t.run("what is refused", function()
    local function refused(part, set, opt)
        t.throws(part, function() data.batches(set, opt) end, part)
    end
    local x = ritz.arange(6)
    refused("got 6 in set.x and 5 in set.y", { x = x, y = ritz.arange(5) })
    refused("tensors wanted, got 1 at set.y.1", { x = x, y = { 1 } })
    refused("no tensor in set", {})
    refused("set is a scalar and has no rows", ritz.full({}, 1))
    local loop = { x = x }
    loop.loop = loop
    refused("does one contain itself?", loop)
    refused('unknown option "sise": did you mean "size"?', x, { sise = 3 })
    refused("size must be at least 1, got 0", x, { size = 0 })
    refused("size must be of kind integer, got the string \"a\"", x, { size = "a" })
    refused("size must be of kind integer, got 1.5", x, { size = 1.5 })
    refused("a table of options wanted, got 3", x, 3)
end)

-- --- Fashion-MNIST's files, made here -------------------------------------------

local function idx(dims, bytes)
    return string.pack(">BBBB", 0, 0, 8, #dims)
        .. string.pack((">" .. ("I4"):rep(#dims)), table.unpack(dims)) .. bytes
end

local function write(path, text)
    internal.make_folder((path:gsub("/[^/]*$", "")))
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
end

local function make_set(folder, change)
    local files = {
        ["train-images-idx3-ubyte"] = idx({ 2, 2, 3 }, "\0\51\255\0\0\0\1\2\3\4\5\6"),
        ["train-labels-idx1-ubyte"] = idx({ 2 }, "\0\9"),
        ["t10k-images-idx3-ubyte"] = idx({ 1, 2, 3 }, "\0\0\0\0\0\255"),
        ["t10k-labels-idx1-ubyte"] = idx({ 1 }, "\3"),
    }
    for name, text in next, change or {} do files[name] = text or nil end
    for name, text in next, files do
        if text then write(folder .. "/" .. name, text) end
    end
end

-- Reads the set in a process of its own, whose RITZ_DATA is the folder.
local function read_set(folder, code)
    local script = t.path("read.lua")
    write(script, "local ritz = require 'ritz'\nlocal train, test = ritz.data.fashion_mnist()\n"
        .. code)
    local pipe = io.popen(("RITZ_DATA='%s' '%s' --plain '%s' 2>&1"):format(folder,
        os.getenv("RITZ"), script))
    local text = pipe:read("a")
    pipe:close()
    return text
end

t.run("fashion_mnist reads", function()
    local folder = t.path("good")
    make_set(folder)
    local text = read_set(folder, [[
print(table.concat(train.x.shape, ","), train.x.dtype, train.y.dtype)
print(table.concat(train.x:reshape{12}:totable(), " ", 1, 3))
print(table.concat(train.y:totable(), " "), table.concat(test.y:totable(), " "))]])
    t.is(text, ("2,2,3,1\tf32\ti64\n0.0 %s 1.0\n1 10\t4\n"):format(
        string.unpack("f", string.pack("f", 51 / 255))), "images in 0..1, labels from 1")
end)

t.run("fashion_mnist refuses", function()
    local cases = {
        { "missing", { ["t10k-labels-idx1-ubyte"] = false }, "no file" },
        { "short", { ["train-images-idx3-ubyte"] = idx({ 2, 2, 3 }, "\0\51") }, "idx" },
        { "magic", { ["train-images-idx3-ubyte"] = "PNG and not IDX at all" }, "idx" },
        { "rank", { ["train-images-idx3-ubyte"] = idx({ 2 }, "\0\9") },
            "u8 of rank 3 wanted, got u8[2]" },
        { "label", { ["train-labels-idx1-ubyte"] = idx({ 2 }, "\0\10") },
            "labels of 0 to 9 wanted, got 10" },
        { "count", { ["train-labels-idx1-ubyte"] = idx({ 3 }, "\0\9\1") },
            "has 2 images, but" },
    }
    for _, case in ipairs(cases) do
        local folder = t.path(case[1])
        make_set(folder, case[2])
        local text = read_set(folder, "print 'read'")
        t.matches(text:lower(), case[3]:lower(), case[1] .. ": says what is wrong")
        t.matches(text, folder, case[1] .. ": names the file")
        t.matches(text, "read.lua:2", case[1] .. ": names the line")
        t.ok(not text:find("^read"), case[1] .. ": nothing is read")
    end
end)

t.done()
