-- test_train.lua - ritz.train learns, repeats itself bit by bit, tells what it
-- does, and stops where a loss is not finite.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local nn, optim = ritz.nn, ritz.optim

--- Two clouds of points that a line separates.
local function clouds(n, seed)
    local key = ritz.key(seed)
    local y = ritz.randint({ n }, { low = 1, high = 2, key = ritz.fold_in(key, 1) })
    local side = ritz.reshape(y:to("f32") * 2 - 3, { n, 1 })
    return { x = ritz.normal({ n, 2 }, { key = ritz.fold_in(key, 2) }) + side * 2.5, y = y }
end

local function classifier(model)
    return function(p, batch, ctx)
        local logits, state = model(p, batch.x, ctx)
        return nn.cross_entropy(logits, batch.y),
            { accuracy = nn.accuracy(logits, batch.y), state = state }
    end
end

--- The options of a small training, with changes.
local function small(changes)
    local model = nn.sequential { nn.linear(2, 16), nn.tanh(), nn.linear(16, 2) }
    local o = { model = model, loss = classifier(model), data = clouds(512, 1),
        valid = clouds(200, 2),
        optim = optim.adam { lr = 0.01 }, batch = 64, epochs = 3, seed = 5, plot = false }
    for key, value in next, changes or {} do o[key] = value end
    return o
end

t.run("learns", function()
    local fit = ritz.train(small())
    -- The clouds' centres are at (2.5, 2.5) and (-2.5, -2.5): the best line errs
    -- with probability Phi(-2.5 sqrt 2) = 2.0e-4.
    t.ok(fit.valid.accuracy >= 0.99, "separates two clouds")
    t.ok(fit.train.loss < 0.2, "and says the loss of the last epoch")
    t.is(fit.steps, 24, "3 epochs of 8 batches")
    t.is(#fit.history, 3, "one entry for each epoch")
    t.is(fit.history[2].step, 16, "with its step")
    t.ok(fit.history[1].train.loss > fit.history[3].train.loss, "the loss falls")
    local p = fit.params
    local logits = ritz.linear(ritz.tanh(ritz.linear(clouds(200, 2).x, p.linear_1.w, p.linear_1.b)),
        p.linear_2.w, p.linear_2.b)
    t.near(fit.valid.accuracy, nn.accuracy(logits, clouds(200, 2).y):item(), 1e-6,
        "validation counts each row once, though the last batch is smaller")
end)

t.run("is the loop that one writes by hand", function()
    local o = small { epochs = 2, valid = false }
    o.valid = nil
    local fit = ritz.train(o)
    local p = o.model.init { seed = 5 }
    local s = o.optim.init(p)
    for epoch = 1, 2 do
        for batch in ritz.data.batches(o.data, { size = 64, seed = 5, epoch = epoch }) do
            local _, g = ritz.value_and_grad(o.loss)(p, batch)
            p, s = o.optim.update(p, g, s)
        end
    end
    t.is(numeric.distance(fit.params.linear_1.w, p.linear_1.w), 0.0, "bit by bit")
    t.is(fit.valid, nil, "nothing is validated without a set")
end)

t.run("the same seed, the same bits", function()
    local function digest(changes) return ritz.run.digest(ritz.train(small(changes)).params) end
    local model = nn.sequential { nn.linear(2, 16), nn.dropout(0.2), nn.batch_norm(16),
        nn.linear(16, 2) }
    local noisy = { model = model, loss = classifier(model) }
    t.is(digest(noisy), digest(noisy), "with dropout and batch_norm")
    t.is(digest(), digest { plot = true }, "whether it is drawn or not")
    t.ok(digest { seed = 6 } ~= digest(), "another seed, others")
end)

t.run("one thread and two give the same bits", function()
    local internal = require "ritz.internal"
    local before = internal.threads()
    local key = ritz.key(8)
    local set = { x = ritz.normal({ 256, 12, 12, 1 }, { key = key }),
        y = ritz.randint({ 256 }, { low = 1, high = 4, key = ritz.fold_in(key, 1) }) }
    local models = {
        dense = nn.sequential { nn.flatten(), nn.linear(144, 128), nn.relu(), nn.linear(128, 4) },
        convolutions = nn.sequential { nn.conv2d(1, 16, 3, { padding = "same" }), nn.relu(),
            nn.max_pool2d(), nn.batch_norm(16), nn.conv2d(16, 8, 3), nn.tanh(), nn.flatten(),
            nn.dropout(0.1), nn.linear(128, 4) },
    }
    for name, model in next, models do
        local digests = {}
        for threads = 1, 3 do
            internal.threads(threads)
            local fit = ritz.train { model = model, loss = classifier(model), data = set,
                valid = set, batch = 128, epochs = 2, seed = 1, plot = false }
            digests[threads] = ritz.run.digest(fit.params) .. fit.valid.loss
        end
        t.is(digests[2], digests[1], name .. ": two threads")
        t.is(digests[3], digests[1], name .. ": three")
    end
    internal.threads(before)
end)

t.run("state is carried", function()
    local model = nn.sequential { nn.batch_norm(2, { momentum = 1 }), nn.linear(2, 2) }
    local set = clouds(64, 3)
    local fit = ritz.train(small { model = model, loss = classifier(model), data = set,
        epochs = 1 })
    t.near(numeric.distance(fit.state.batch_norm_1.mean, ritz.mean(set.x, 1)), 0, 1e-6,
        "the running mean is that of the only batch")
end)

t.run("callbacks", function()
    local steps, epochs, watched = {}, {}, 0
    local fit = ritz.train(small {
        on_step = function(info)
            steps[#steps + 1] = info.step
            t.ok(info.loss:item() > 0 and info.params.linear_1.w.dtype == "f32" or info.step > 3,
                "a step has its loss and parameters")
            return info.step < 11
        end,
        on_epoch = function(entry) epochs[#epochs + 1] = entry.epoch end,
        watch = { function() watched = watched + 1 end },
    })
    t.is(#steps, 11, "on_step stops by giving false")
    t.is(fit.steps, 11, "after that step")
    t.is(watched, 11, "watch is called as often")
    t.is(#epochs, 2, "on_epoch after each epoch, the one that was cut short too")
    t.is(ritz.train(small { on_epoch = function() return false end }).steps, 8,
        "on_epoch stops as well")
end)

t.run("parameters of one's own", function()
    local model = small().model
    local p = model.init { seed = 9 }
    local before = numeric.flat(p.linear_1.w)
    local fit = ritz.train(small { params = p, epochs = 1 })
    t.near(numeric.distance(p.linear_1.w, before), 0, 0, "stay as they were")
    t.ok(numeric.distance(fit.params.linear_1.w, p.linear_1.w) > 0,
        "and training moves on from them")
    local scale = ritz.tensor(2)
    local line = ritz.train { data = { x = ritz.arange(0, 8), y = ritz.arange(0, 8) * 6 },
        params = { a = ritz.tensor(0) }, batch = 8, epochs = 60, plot = false,
        optim = optim.sgd { lr = 0.005 },
        loss = function(q, b) return nn.mse(q.a * b.x * scale, b.y) end }
    t.near(line.params.a:item(), 3, 1e-3,
        "any function of parameters; tensors from outside are fixed")
    t.is(ritz.train(small { epochs = 0 }).steps, 0, "no epochs")
    t.is(ritz.train(small { batch = 10000, epochs = 1 }).steps, 1, "a batch larger than the set")
end)

t.run("figures", function()
    local fit = ritz.train(small { plot = true })
    local loss = fit.figure:panel(1)
    t.is(loss:series("train"):count(), 24, "each step has its loss")
    t.is(loss:series("valid"):count(), 3, "each epoch that of validation")
    t.is(fit.figure:panel(2):series("train"):count(), 24, "metrics have a panel each")
    t.is(fit.figure:panel(2):series("valid"):count(), 3, "with validation")
    -- 8 steps an epoch: validation after steps 3, 6, 8, 9, 12, 15, 16, 18, 21, 24.
    local often = ritz.train(small { plot = true, valid_every = 3 })
    t.is(often.figure:panel(1):series("valid"):count(), 10, "valid_every: in between as well")
    t.is(often.valid.loss, fit.valid.loss, "which changes no number")
end)

t.run("a loss that is not finite", function()
    local set = clouds(512, 1)
    local function train(changes) ritz.train(small(changes)) end
    local model = small().model
    local here = debug.getinfo(1, "S").source:sub(2)
    local line = debug.getinfo(1, "l").currentline + 1
    local broken = nn.sequential { nn.linear(2, 4), function(x) return ritz.log(x) end,
        nn.linear(4, 2) }
    t.throws("train: the loss is nan at step 1, in epoch 1: the first value that is not finite "
        .. "came from log, in layer layer_1, " .. here .. ":" .. line,
        function() train { model = broken, loss = classifier(broken) } end,
        "names operation, layer and line")
    t.throws("came from log, in " .. here .. ":", function()
        train { loss = function(p, batch) return ritz.log(ritz.sum(model(p, batch.x) * 0) - 1) end }
    end, "or the line alone, outside of layers")
    t.throws("came from sqrt, in " .. here .. ":", function()
        train { loss = function(p, batch)
            local root = ritz.sqrt(model(p, batch.x) * 0 - 1)
            return ritz.mean(ritz.tanh(root) * 2 + 1)
        end }
    end, "inside of what a step computes in one chain")
    local ok, err = pcall(train, { optim = optim.sgd { lr = 1e30 }, epochs = 50, data = set,
        loss = function(p, batch) return nn.mse(model(p, batch.x), 1e3 * batch.x) end })
    t.ok(not ok and err:find("at step %d+, in epoch %d+: "), "a rate that is too large stops")
    -- Step 2 of a loss that is infinite from there on: parameters are those that
    -- step 1 left, however late the loss is read.
    local seen
    t.throws("the loss is inf at step 2, in epoch 1: the first value that is not finite came "
        .. "from where", function()
        train { params = { a = ritz.tensor { 1 } }, optim = optim.sgd { lr = 1 }, epochs = 1,
            on_step = function(info) seen = info.params.a[1]:item() end,
            loss = function(p) return ritz.sum(ritz.where(ritz.less(p.a, 0.5), math.huge,
                p.a)) end }
    end, "the step is the first one")
    t.is(seen, 0.0, "and parameters stay where they were")
end)

t.run("what is refused", function()
    t.throws('train: unknown option "epoch": did you mean "epochs"?',
        function() ritz.train { epoch = 1 } end, "option")
    t.throws("train: option loss is needed", function() ritz.train { data = clouds(4, 1) } end,
        "loss")
    t.throws("train: a model with init, or params, wanted, got nothing", function()
        ritz.train { loss = print, data = clouds(4, 1) }
    end, "model")
    t.throws("train: optim must be one of ritz.optim, got the string",
        function() ritz.train(small { optim = "adam" }) end,
        "optim")
    t.throws("train: the loss must return a table of metrics second, got 1", function()
        ritz.train(small { loss = function(p) return ritz.sum(p.linear_1.w), 1 end })
    end, "metrics")
    t.throws("train: batch must be 1 to", function() ritz.train(small { batch = 0 }) end, "batch")
    t.throws("batches: as many rows in every tensor wanted", function()
        ritz.train(small { data = { x = ritz.zeros { 4, 2 }, y = ritz.zeros({ 3 }, "i64") } })
    end, "rows")
    t.throws("batches: no tensor in set", function() ritz.train(small { data = {} }) end, "no data")
    t.throws("train: data must have at least one row, got none", function()
        ritz.train(small { data = { x = ritz.zeros { 0, 2 }, y = ritz.zeros({ 0 }, "i64") } })
    end, "no rows")
end)

t.run("a training that stops and goes on", function()
    local path = os.getenv("RITZ_TEST_TMP") .. "/half.safetensors"
    local model = nn.sequential { nn.linear(2, 16), nn.batch_norm(16), nn.tanh(),
        nn.dropout(0.2), nn.linear(16, 2) }
    local function train(changes)
        local o = { model = model, loss = classifier(model), ema = 0.9, clip = 0.5,
            optim = optim.adamw { lr = 0.01, schedule = optim.cosine { steps = 32 } } }
        for key, value in next, changes do o[key] = value end
        return ritz.train(small(o))
    end
    local function digest(fit) return ritz.run.digest { fit.params, fit.state, fit.checkpoint } end
    local whole = train { epochs = 4 }
    train { epochs = 2, save = path }
    local rest = train { epochs = 4, resume = path }
    t.is(digest(rest), digest(whole), "2 and 2 epochs through a file are 4, bit by bit")
    t.is(rest.steps, 32, "steps are counted on")
    t.is(rest.history[1].epoch, 3, "and epochs")
    t.is(#rest.history, 2, "of which those of this training are told")
    t.near(rest.history[2].train.loss, whole.history[4].train.loss, 0, "with the same losses")
    local summed = optim.adamw { lr = 0.01, accumulate = 3 }
    local three = train { epochs = 4, optim = summed }
    t.is(three.checkpoint.memory.step:item(), 10, "32 gradients are 10 steps of 3")
    local six = train { epochs = 2, optim = summed }
    t.is(digest(train { epochs = 4, optim = summed, resume = six.checkpoint }), digest(three),
        "sums of gradients go on as well")
    local part = train { epochs = 4, on_step = function(info) return info.step < 13 end }
    t.is(part.steps, 13, "one that stops within an epoch")
    local before = ritz.run.digest(part.checkpoint)
    t.is(digest(train { epochs = 4, resume = part.checkpoint }), digest(whole), "goes on there")
    t.is(ritz.run.digest(part.checkpoint), before, "and the checkpoint stays as it was")
    t.is(digest(train { epochs = 4, resume = whole.checkpoint }), digest(whole), "none is left")

    t.throws("train: resume: seed was 5 and must stay, got 6", function()
        train { epochs = 4, seed = 6, resume = path }
    end, "another seed")
    t.throws("train: resume: batch was 64 and must stay, got 32", function()
        train { epochs = 4, batch = 32, resume = path }
    end, "other batches")
    t.throws("train: resume: memory.average.batch_norm_1.scale is there", function()
        ritz.train(small { model = model, loss = classifier(model), resume = path })
    end, "an average that is not kept")
    t.throws("train: resume: memory.average.linear_1.b must be f32[8], got f32[16]", function()
        local other = nn.sequential { nn.linear(2, 8), nn.linear(8, 2) }
        train { model = other, loss = classifier(other), epochs = 4, resume = path }
    end, "another model")
    t.throws("train: resume must be a checkpoint or a file's name, got 3", function()
        train { resume = 3 }
    end, "no checkpoint")
end)

t.run("an average of the parameters", function()
    local fit = ritz.train(small { ema = 0.5, epochs = 1 })
    -- Again by hand: the average of the parameters after each step.
    local average
    ritz.train(small { epochs = 1, on_step = function(info)
        local step = info.step
        local decay = math.min(0.5, (1 + step) / (10 + step))
        local w = info.params.linear_1.w
        average = average or small().model.init { seed = 5 }.linear_1.w
        average = average + (w - average) * (1 - decay)
    end })
    t.near(numeric.distance(fit.average.linear_1.w, average), 0, 1e-6, "with its warm-up")
    local p, set = fit.average, clouds(200, 2)
    local logits = small().model(p, set.x)
    t.near(fit.valid.loss, nn.cross_entropy(logits, set.y):item(), 1e-6, "is what is validated")
    t.is(ritz.train(small { epochs = 0 }).average, nil, "and only there when asked for")
end)

t.run("clipped gradients", function()
    -- Of a loss with gradient 1000 in each of two parameters, clipped to length 2:
    -- sgd moves each by lr sqrt(2).
    local set = { x = ritz.ones { 8 } }
    local fit = ritz.train { params = { a = ritz.zeros {}, b = ritz.zeros {} }, data = set,
        batch = 8, clip = 2, optim = optim.sgd { lr = 0.5 }, plot = false,
        loss = function(p, batch) return 1000 * (p.a + p.b) * ritz.mean(batch.x) end }
    t.near(fit.params.a:item(), -0.5 * math.sqrt(2), 1e-6, "one step of a clipped gradient")
end)

t.done()
