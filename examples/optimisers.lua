-- optimisers.lua - every optimiser on one small problem: naming clothes.
--
--   ritz examples/optimisers.lua --set epochs=5
--
-- Each trains the same network from the same first parameters on the same
-- batches, at three rates; the one with the least loss on images that it was
-- not trained on is kept. One problem says little about others: on one that is
-- larger, or has another shape, the order changes.

local ritz = require "ritz"
local nn, optim, data, run = ritz.nn, ritz.optim, ritz.data, ritz.run

local opt = run.options {
    rows = { 6400, "images to train on", low = 64, high = 60000 },
    epochs = { 2, "passes over them", low = 1, high = 1000 },
    width = { 64, "hidden units", low = 1, high = 4096 },
}

-- What is compared, in panels, with the rate in the middle of the three.
local families = {
    { title = "along the gradient", { "sgd", 0.3 }, { "momentum", 0.1 }, { "nesterov", 0.1 },
        { "sgdp", 0.1 }, { "sgd_sai", 3e-3 } },
    { title = "divided by its size", { "adagrad", 0.01 }, { "rmsprop", 3e-3 }, { "adam", 0.01 },
        { "adabelief", 0.01 } },
    { title = "adam's heirs", { "adamw", 0.01 }, { "adan", 0.01 }, { "adamp", 0.01 } },
    { title = "signs and matrices", { "lion", 5e-4 }, { "muon", 0.02 } },
}

local all, rest = data.fashion_mnist()
local train = data.split(all, { fraction = opt.rows / #all.y, shuffle = false })
local test = data.split(rest, { fraction = 0.2, shuffle = false })
local model = nn.sequential { nn.flatten(), nn.linear(784, opt.width), nn.relu(),
    nn.linear(opt.width, 10) }

local function loss(p, batch, ctx)
    local logits = model(p, batch.x, ctx)
    return nn.cross_entropy(logits, batch.y), { accuracy = nn.accuracy(logits, batch.y) }
end

--- One training, with its losses at every step.
local function try(name, lr)
    local losses = {}
    local fit = ritz.train {
        model = model, loss = loss, data = train, valid = test, seed = 1, plot = false,
        optim = optim[name] { lr = lr, schedule = optim.cosine() },
        batch = 64, epochs = opt.epochs,
        on_step = function(info) losses[info.step] = info.loss end,
    }
    return { name = name, lr = lr, losses = losses, train = fit.train, valid = fit.valid }
end

local function best_of(name, middle)
    local best
    for _, factor in ipairs { 1 / 3, 1, 3 } do
        local fit = try(name, middle * factor)
        if not best or fit.valid.loss < best.valid.loss then best = fit end
    end
    return best
end

local least = math.huge

--- The curve of a training: means of so many steps each.
local function draw(series, fit, each)
    local sum = 0
    for step, value in ipairs(fit.losses) do
        sum = sum + value:item()
        if step % each == 0 then
            series:push(step - each / 2, sum / each)
            least = math.min(least, sum / each)
            sum = 0
        end
    end
end

local panels = {}
for i, family in ipairs(families) do
    panels[i] = { title = family.title, xlabel = "step", ylabel = "loss", yscale = "log" }
end
local figure = ritz.plot.figure { columns = 2, panels = panels }

print("optimiser      rate  train loss  test loss  accuracy")
for i, family in ipairs(families) do
    for _, entry in ipairs(family) do
        local fit = best_of(table.unpack(entry))
        draw(figure:panel(i):series(fit.name), fit, math.max(1, #fit.losses // 30))
        print(("%-10s %8.2g  %10.4f  %9.4f  %8.4f"):format(fit.name, fit.lr, fit.train.loss,
            fit.valid.loss, fit.valid.accuracy))
    end
end

-- One scale, to compare panels; a network that knows nothing has loss log 10.
for i = 1, #families do figure:panel(i):set { ylimits = { least, 3 } } end
