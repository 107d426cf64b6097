-- test_threads.lua - a training run of each kind of model gives the same bits with
-- one, two, three and four threads.
local ritz = require "ritz"
local t = require "tap"

local nn, optim = ritz.nn, ritz.optim

local function images(n, height, channels)
    return ritz.normal({ n, height, height, channels }, { key = ritz.key(1) })
end

local function labels(n, classes)
    return ritz.randint({ n }, { high = classes, key = ritz.key(2) })
end

-- Each: a model, a batch, and what the model's result is compared with. All are large
-- enough that threads share their work.
local kinds = {
    mlp = {
        nn.sequential { nn.linear(64, 128), nn.relu(), nn.layer_norm(128), nn.linear(128, 10) },
        ritz.normal({ 512, 64 }, { key = ritz.key(1) }), labels(512, 10),
    },
    conv = {
        nn.sequential { nn.conv2d(1, 8, 3, { padding = "same" }), nn.relu(), nn.max_pool2d(),
            nn.conv2d(8, 16, 3), nn.relu(), nn.flatten(), nn.linear(16 * 36, 10) },
        images(64, 16, 1), labels(64, 10),
    },
    transformer = {
        nn.sequential { nn.embedding(16, 32), nn.position(24, 32),
            nn.transformer(32, { heads = 4, causal = true }), nn.linear(32, 16) },
        ritz.randint({ 32, 24 }, { high = 16, key = ritz.key(1) }),
        ritz.randint({ 32, 24 }, { high = 16, key = ritz.key(2) }),
    },
    recurrent = {
        nn.sequential { nn.lstm(16, 64, { last = true }), nn.linear(64, 10) },
        ritz.normal({ 128, 20, 16 }, { key = ritz.key(1) }), labels(128, 10),
    },
}

--- A step of training, and what it begins with.
local function trainer(kind)
    local model, x, y = table.unpack(kinds[kind])
    local adam = optim.adam { lr = 1e-2 }
    local function loss(p) return nn.cross_entropy(model(p, x), y) end
    local step = ritz.jit(function(p, s)
        local l, g = ritz.value_and_grad(loss)(p)
        p, s = adam.update(p, g, s)
        return p, s, l
    end, { freeze = true })
    local p = model.init { seed = 7 }
    return step, p, adam.init(p)
end

local function digest(kind, threads)
    ritz.run.threads(threads)
    local step, p, s = trainer(kind)
    local first, last
    for i = 1, 4 do
        p, s, last = step(p, s)
        if i == 1 then first = last:item() end
    end
    return ritz.run.digest(p), last:item() < first
end

local before = ritz.run.threads()
for _, kind in ipairs { "mlp", "conv", "transformer", "recurrent" } do
    t.run(kind, function()
        local step, p, s = trainer(kind)
        local shared = 0
        for _, row in ipairs(ritz.explain(step, p, s)) do
            shared = shared + (row.shared and 1 or 0)
        end
        t.ok(shared > 0, kind .. ": threads have something to share")
        local one, learns = digest(kind, 1)
        t.ok(learns, kind .. ": the loss falls")
        for threads = 2, 4 do
            t.is((digest(kind, threads)), one, ("%s: with %d threads"):format(kind, threads))
        end
    end)
end
ritz.run.threads(before)

t.done()
