-- ritz.tree, and trees in files.
local ritz = require "ritz"
local t = require "tap"

t.run("order", function()
    local tree = { b = 2, [2] = 11, a = { z = 4, y = 3 }, [1] = 10, B = 1 }
    t.is(table.concat(ritz.tree.leaves(tree), " "), "10 11 1 3 4 2",
        "1..n, then keys by their bytes")
    t.is(table.concat(ritz.tree.names(tree), " "), "1 2 B a.y a.z b", "names")
    local wide = {}
    for i = 1, 100 do wide[("k%03d"):format(i)] = i end
    t.is(table.concat(ritz.tree.leaves(wide), " "):sub(-9), "98 99 100", "many keys")
    t.is(ritz.tree.leaves(5)[1], 5, "a leaf is a tree")
    t.is(#ritz.tree.leaves {}, 0, "an empty tree")
end)

t.run("map", function()
    local a = { x = 1, l = { 2, 3 }, name = "n" }
    local b = ritz.tree.map(function(v) return v * 2 end, a)
    t.ok(b.x == 2 and b.l[2] == 6 and b.name == "n" and a.x == 1, "one tree")
    local s, d = ritz.tree.map(function(u, v) return u + v, u - v end, a, b)
    t.ok(s.l[1] == 6 and d.l[1] == -2 and d.name == "n", "two trees, two results")
    t.is(ritz.tree.map(function(v) return v:sum():item() end, { ritz.ones(3) })[1], 3.0,
        "of tensors")
    t.throws("tree 2 must have the keys of the first", function()
        ritz.tree.map(function() end, a, { x = 1 })
    end, "trees that differ")
    t.throws("boom", function() ritz.tree.map(function() error("boom") end, a) end,
        "an error inside")
end)

t.run("files", function()
    local path = t.path("tree.safetensors")
    local tree = {
        layers = { { w = ritz.normal { 3, 2 }, b = ritz.zeros { 0 } }, { w = ritz.ones({ 2 },
            "f64") } },
        step = ritz.tensor((1 << 60) + 1, "i64"), note = "not a tensor",
    }
    tree.step = ritz.tensor({ (1 << 60) + 1 }, "i64")
    ritz.save(path, tree)
    local back = ritz.load(path)
    t.is(table.concat(ritz.tree.names(back), " "), "layers.1.b layers.1.w layers.2.w step",
        "names come back")
    local want, got = ritz.tree.leaves(tree), ritz.tree.leaves(back)
    for i = 1, #want do
        t.is(tostring(got[i]), tostring(want[i]), "values of " .. ritz.tree.names(back)[i])
    end
    t.is(back.step:item(), (1 << 60) + 1, "i64 exactly")
    t.is(back.layers[2].w.dtype, "f64", "dtypes come back")
    local x = ritz.tensor({ { 1, 2 }, { 3, 0.1 } }, "f64")
    ritz.save(t.path("x.npy"), x)
    t.is(ritz.load(t.path("x.npy"))[2][2]:item(), 0.1, ".npy")
    ritz.save(t.path("x.csv"), x)
    t.is(ritz.load(t.path("x.csv"))[2][2]:item(), 0.1, ".csv")
    local file <close> = assert(io.open(t.path("h.csv"), "w"))
    file:write("time,energy\n0,1.5\n1,2.5\n")
    file:flush()
    local data, names = ritz.load(t.path("h.csv"))
    t.is(table.concat(names, " "), "time energy", "the header of a .csv")
    t.is(data[2][2]:item(), 2.5, "and its numbers")
end)

t.run("bad files", function()
    t.throws("load: the name must end in", function() ritz.load("x.txt") end, "an unknown format")
    t.throws("save: the name must end in", function() ritz.save("x.txt", ritz.ones(1)) end,
        "to save")
    t.throws("No such file", function() ritz.load(t.path("none.npy")) end, "a missing file")
    t.throws("test_tree.lua:", function() ritz.load(t.path("none.npy")) end, "with the line")
    t.throws("wanted a file's name as argument 1, got a table", function() ritz.load {} end,
        "no name")
    t.throws("save: wanted a tensor, got a table", function() ritz.save(t.path("x.npy"), {}) end,
        "no tensor")
    ritz.save(t.path("both.safetensors"), { a = ritz.ones(1), ["a.b"] = ritz.ones(1) })
    t.throws("a.b is below a name that is a tensor itself", function()
        ritz.load(t.path("both.safetensors"))
    end, "names that cannot both be keys")
    local file = assert(io.open(t.path("bad.npy"), "w"))
    file:write("not an array")
    file:close()
    t.throws("npy:", function() ritz.load(t.path("bad.npy")) end, "a file of another format")
    t.throws("a traced value", function()
        ritz.grad(function(v) ritz.save(t.path("v.npy"), v) return v end)(1)
    end, "a traced value")
    t.ok(not io.open(t.path("v.npy")), "and no file is left")
end)

t.done()
