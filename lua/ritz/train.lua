-- train.lua - ritz.train: epochs over batches, and what a person sees of them.
--
-- One step (loss, gradient, update) is one compiled plan that updates
-- parameters and state in place. Losses are read a few times a second, not at
-- every step: the plan itself stops moving the parameters at the first loss that
-- is not finite, so that what went wrong can still be looked at when it is seen.

local checkpoint = require "ritz.checkpoint"
local internal = require "ritz.internal"
local options = require "ritz.options"
local ritz = require "ritz"

local data, run = ritz.data, ritz.run

-- Seconds between two looks at the losses, and between two progress lines.
local LOOK, TELL = 0.05, 0.1

local train_params = {
    { name = "loss", kind = "function", required = true,
        doc = "function(params, batch, ctx): a scalar, then a table of metrics and state" },
    { name = "data", kind = "tree", required = true,
        doc = "the set: tensors with as many rows each" },
    { name = "model", kind = "any", doc = "gives the first parameters: model.init{seed}" },
    { name = "params", kind = "tree", doc = "the first parameters, instead of a model" },
    { name = "state", kind = "tree", doc = "the first state, with params" },
    { name = "valid", kind = "tree", doc = "a set to validate on after each epoch" },
    { name = "valid_every", kind = "integer", low = 1, high = 2 ^ 31,
        doc = "validate every so many steps too" },
    { name = "optim", kind = "any", doc = "the optimiser; not given: optim.adam{}" },
    { name = "clip", kind = "number", low = 1e-15, high = math.huge,
        doc = "the optimiser's clip_norm: longer gradients are shortened to this" },
    { name = "ema", kind = "number", low = 0, high = 1,
        doc = "the optimiser's ema: an average of the parameters, which is validated" },
    { name = "batch", kind = "integer", default = 128, low = 1, high = 2 ^ 31,
        doc = "rows of a batch" },
    { name = "epochs", kind = "integer", default = 1, low = 0, high = 2 ^ 31,
        doc = "passes over the data" },
    { name = "seed", kind = "integer",
        doc = "of first parameters, order and draws; not given: the run's" },
    { name = "resume", kind = "any",
        doc = "a checkpoint, or a file with one: goes on where it was taken" },
    { name = "save", kind = "text",
        doc = "a .safetensors file that a checkpoint is written to after each epoch" },
    { name = "watch", kind = "table", doc = "functions called after each step, as on_step" },
    { name = "on_step", kind = "function", doc = "called after each step; false stops" },
    { name = "on_epoch", kind = "function", doc = "called after each epoch; false stops" },
    { name = "plot", kind = "boolean", default = true, doc = "draw loss and metrics" },
}

-- The two compiled functions.

--- The metrics among what a loss returns second: everything but the state.
local function metrics_of(more)
    if more ~= nil and type(more) ~= "table" then
        error(("train: the loss must return a table of metrics second, got %s")
            :format(options.describe(more)), 0)
    end
    local metrics = {}
    for name, value in next, more or {} do
        if name ~= "state" then metrics[name] = value end
    end
    return metrics
end

-- `sound` is 1 until a loss is not finite, and 0 ever after; then parameters stay.
local function new_step(loss, optimiser)
    return ritz.jit(function(params, memory, state, sound, batch, key)
        local ctx = { train = true, key = ritz.fold_in(key, optimiser.calls(memory)),
            state = state }
        local value, gradient, more = ritz.value_and_grad(loss)(params, batch, ctx)
        local metrics = metrics_of(more)
        local moved, next_memory = optimiser.update(params, gradient, memory)
        sound = sound * ritz.is_finite(value)
        moved = ritz.tree.map(function(new, old)
            return ritz.where(sound, new, old)
        end, moved, params)
        return value, moved, next_memory, more and more.state or state, sound, metrics
    end, { donate = { 1, 2, 3, 4 }, freeze = true })
end

local function new_valid(loss)
    return ritz.jit(function(params, state, batch)
        local value, more = loss(params, batch, { train = false, state = state })
        return value, metrics_of(more)
    end, { freeze = true })
end

-- Means over an epoch, or over a set.

local function new_means() return { weight = 0, sum = {} } end

local function add_means(means, weight, loss, metrics)
    means.weight = means.weight + weight
    local sum = means.sum
    sum.loss = (sum.loss or 0) + weight * loss
    for name, value in next, metrics do sum[name] = (sum[name] or 0) + weight * value end
end

local function take_means(means)
    local result = {}
    for name, sum in next, means.sum do result[name] = sum / means.weight end
    return result
end

local function numbers(metrics)
    local read = {}
    for name, value in next, metrics do
        read[name] = ritz.is_tensor(value) and value:item() or value
    end
    return read
end

-- The figure: one panel for the loss, one for each metric.

local function sorted_names(metrics)
    local names = {}
    for name in next, metrics do names[#names + 1] = name end
    table.sort(names)
    return names
end

local function new_figure(s, metrics)
    local panels = { { title = "loss", yscale = "log", xlabel = "step" } }
    local names = sorted_names(metrics)
    for _, name in ipairs(names) do
        panels[#panels + 1] = { title = name, xlabel = "epoch" }
    end
    local figure = ritz.plot.figure { panels = panels }
    local curves, half = {}, s.per_epoch / 50
    local function add(name, i, half_life)
        local panel = figure:panel(i)
        local train = panel:series("train")
        if half_life > 0 then train:smooth(half_life) end
        curves[name] = { panel = panel, train = train,
            valid = s.o.valid and panel:series("valid") }
    end
    add("loss", 1, half)
    for i, name in ipairs(names) do add(name, i + 1, half / s.per_epoch) end
    s.figure, s.curves = figure, curves
end

local function draw_step(s, step, loss, metrics)
    if not s.o.plot then return end
    if not s.figure then new_figure(s, metrics) end
    s.curves.loss.train:push(step, loss)
    for name, value in next, metrics do
        if s.curves[name] then s.curves[name].train:push(step / s.per_epoch, value) end
    end
end

local function draw_valid(s, valid)
    if not s.figure then return end
    local epoch = s.step / s.per_epoch
    for name, value in next, valid do
        local curve = s.curves[name]
        if curve and curve.valid then
            curve.valid:push(name == "loss" and s.step or epoch, value)
            local best = curve.best or value
            curve.best = name == "loss" and math.min(best, value) or math.max(best, value)
            curve.panel:set { number = ("valid %.4g  best %.4g"):format(value, curve.best) }
        end
    end
end

-- What is not finite.

local function is_finite(tensor)
    if tensor.dtype ~= "f32" and tensor.dtype ~= "f64" then return true end
    return tensor:numel() == 0 or ritz.min(ritz.is_finite(tensor)):item() == 1
end

--- The batch of a step, made again.
local function batch_again(s, step)
    local epoch = (step - 1) // s.per_epoch + 1
    local batches = s.batches(epoch)
    for _ = 2, step - (epoch - 1) * s.per_epoch do batches() end
    return batches()
end

--- Where the first value that is not finite came up.
local function find_cause(s, step)
    local leaves, names = ritz.tree.leaves(s.params), ritz.tree.names(s.params)
    for i, leaf in ipairs(leaves) do
        if ritz.is_tensor(leaf) and not is_finite(leaf) then
            return ("the update before left a value in %s that is not finite"):format(names[i])
        end
    end
    local function forward(params, state, batch, key)
        return (s.o.loss(params, batch, { train = true, key = key, state = state }))
    end
    local what, script, line, layer = internal.find_nonfinite(forward, s.params, s.state,
        batch_again(s, step), ritz.fold_in(s.key, step - 1))
    if not what then return "but not when it is computed again" end
    return ("the first value that is not finite came from %s, in %s%s:%d"):format(what,
        layer and "layer " .. layer .. ", " or "", script, line)
end

local function stop_at(s, step, loss)
    error(("train: the loss is %s at step %d, in epoch %d: %s"):format(
        loss ~= loss and "nan" or loss > 0 and "inf" or "-inf", step,
        (step - 1) // s.per_epoch + 1, find_cause(s, step)), 0)
end

-- The loop.

--- Reads the losses of the steps since the last look.
local function look(s, now)
    for _, kept in ipairs(s.pending) do
        local loss = kept.loss:item()
        if loss ~= loss or loss == math.huge or loss == -math.huge then
            stop_at(s, kept.step, loss)
        end
        local metrics = numbers(kept.metrics)
        add_means(s.means, 1, loss, metrics)
        draw_step(s, kept.step, loss, metrics)
        run.log("train/loss", loss, kept.step)
        for _, name in ipairs(sorted_names(metrics)) do
            run.log("train/" .. name, metrics[name], kept.step)
        end
    end
    s.pending, s.looked = {}, now
end

local function tell(s, epoch, now)
    local each, detail
    local steps = s.step - s.from - 1 -- the first compiles; it says nothing of the others
    if steps > 0 then
        each = (now - s.first) / steps
        local alone = (now - s.first - s.aside) / steps -- without validation
        detail = alone < 2e-3 and ("%.0f µs/step"):format(alone * 1e6)
            or ("%.1f ms/step"):format(alone * 1e3)
    end
    run.progress(("epoch %d/%d  step %d/%d"):format(epoch, s.o.epochs, s.step, s.total),
        s.step / s.total, each and each * (s.total - s.step), detail)
    s.told = now
end

--- Calls what the script wants to be called; true when it wants to stop.
local function notify(s, epoch, loss, metrics)
    local stop = false
    local info = { step = s.step, epoch = epoch, loss = loss, metrics = metrics,
        params = s.params, state = s.state, steps = s.total }
    if s.o.on_step then stop = s.o.on_step(info) == false end
    for _, watch in ipairs(s.o.watch or {}) do stop = watch(info) == false or stop end
    return stop
end

local function validate(s)
    local means, params = new_means(), s.optimiser.average(s.params, s.memory)
    for batch in data.batches(s.o.valid, { size = s.size, shuffle = false }) do
        local loss, metrics = s.test(params, s.state, batch)
        add_means(means, #ritz.tree.leaves(batch)[1], loss:item(), numbers(metrics))
    end
    return take_means(means)
end

--- Validates at this step; the losses up to it are read first, so that what is
--- logged has one order.
local function check_valid(s)
    local before = run.clock()
    look(s, before)
    local valid = validate(s)
    s.aside = s.aside + run.clock() - before
    draw_valid(s, valid)
    for _, name in ipairs(sorted_names(valid)) do
        run.log("valid/" .. name, valid[name], s.step)
    end
    return valid
end

local function is_valid_step(s)
    return s.o.valid and s.o.valid_every and s.step % s.o.valid_every == 0
        and s.step % s.per_epoch ~= 0
end

local function run_step(s, epoch, batch)
    local loss, metrics
    loss, s.params, s.memory, s.state, s.sound, metrics =
        s.advance(s.params, s.memory, s.state, s.sound, batch, s.key)
    s.step = s.step + 1
    s.pending[#s.pending + 1] = { step = s.step, loss = loss, metrics = metrics }
    local now = run.clock()
    local first = s.step == s.from + 1
    if first then s.first = now end
    if now - s.looked >= LOOK or first then look(s, now) end
    if now - s.told >= TELL then tell(s, epoch, now) end
    if is_valid_step(s) then check_valid(s) end
    if s.called then return notify(s, epoch, loss, metrics) end
    return false
end

local function run_epoch(s, epoch)
    local stop, batches = false, s.batches(epoch)
    s.means = new_means()
    for _ = 1, s.step - (epoch - 1) * s.per_epoch do batches() end -- of one that is resumed
    for batch in batches do
        stop = run_step(s, epoch, batch)
        if stop then break end
    end
    look(s, run.clock())
    local entry = { epoch = epoch, step = s.step, train = take_means(s.means) }
    if s.o.valid then entry.valid = check_valid(s) end
    entry.seconds = run.clock() - s.started
    s.history[#s.history + 1] = entry
    if s.o.save then ritz.save(s.o.save, checkpoint.take(s)) end
    tell(s, epoch, run.clock())
    if s.o.on_epoch then stop = s.o.on_epoch(entry) == false or stop end
    return stop
end

-- Beginning and end.

local function first_values(o, seed)
    if o.params then
        -- Handles of our own: those of the caller are not to be emptied.
        local function own(tree)
            return tree and ritz.tree.map(function(x) return ritz.stop_gradient(x) end, tree)
        end
        return own(o.params), own(o.state)
    end
    local init = type(o.model) == "table" and o.model.init
    if type(init) ~= "function" then
        error(("train: a model with init, or params, wanted, got %s"):format(
            options.describe(o.model)), 0)
    end
    return init { seed = seed }
end

--- The optimiser, with what train was told of it.
local function check_optimiser(o)
    local optimiser = o.optim == nil and ritz.optim.adam {} or o.optim
    if not internal.is_optimiser(optimiser) then
        error(("train: optim must be one of ritz.optim, got %s"):format(
            options.describe(o.optim)), 0)
    end
    return optimiser.with { clip_norm = o.clip, ema = o.ema }
end

local function begin(o)
    run.check_settings() -- not after an hour, at the script's end
    local seed = math.tointeger(o.seed or run.seed)
    local rows = data.batches(o.data, { size = 1, shuffle = false }).count
    if rows == 0 then error("train: data must have at least one row, got none", 0) end
    local size = math.min(math.tointeger(o.batch), rows)
    local s = { o = o, size = size, step = 0, pending = {}, history = {}, seed = seed,
        batch = size, rows = rows }
    s.batches = function(epoch)
        return data.batches(o.data, { size = size, seed = seed, epoch = epoch, drop_last = true })
    end
    s.per_epoch = s.batches(1).count
    s.total = s.per_epoch * math.tointeger(o.epochs)
    s.optimiser = check_optimiser(o).with_steps(s.total)
    s.params, s.state = first_values(o, seed)
    s.memory = s.optimiser.init(s.params)
    s.sound = ritz.ones({})
    s.key = ritz.fold_in(ritz.key(seed), 0x747261696e)
    if o.resume then checkpoint.put(s, o.resume) end
    s.from = s.step
    s.advance, s.test = new_step(o.loss, s.optimiser), o.valid and new_valid(o.loss)
    s.called = o.on_step or o.watch
    s.started = run.clock()
    s.looked, s.told, s.first, s.aside = s.started, s.started, s.started, 0
    run.subject(o.model and ("%s  %s"):format(o.model, s.optimiser) or tostring(s.optimiser))
    return s
end

local trained = 0 -- how often, for the names of files

local function train(given)
    local o = options.check("train", train_params, given)
    local s = begin(o)
    for epoch = s.step // s.per_epoch + 1, math.tointeger(o.epochs) do
        if run_epoch(s, epoch) then break end
    end
    trained = trained + 1
    local name = trained == 1 and "params" or "params-" .. trained
    run.save_params(name, s.params)
    if s.memory.average then run.save_params(name .. "-average", s.memory.average) end
    local last = s.history[#s.history] or {}
    return { params = s.params, state = s.state, train = last.train,
        valid = last.valid or (o.valid and validate(s)) or nil, history = s.history,
        steps = s.step, seconds = run.clock() - s.started, figure = s.figure,
        average = s.memory.average, checkpoint = checkpoint.take(s) }
end

ritz.document(train, {
    signature = "ritz.train{model, loss, data, valid, optim, batch, epochs, ...}",
    summary = "Trains a model: epochs over shuffled batches, drawn while they run.",
    details = "loss(params, batch, ctx) gives a scalar and then, if it likes, a table of"
        .. " metrics, with the next state as `state`. Each step is one compiled plan;"
        .. " tensors that the loss takes from outside are fixed for the call. A last batch"
        .. " that is smaller is left out. After each epoch the means over `valid` are"
        .. " taken. on_step and watch get {step, epoch, loss, metrics, params}, whose"
        .. " params live until the next step; on_epoch gets {epoch, train, valid,"
        .. " seconds}; false ends the training. Gives {params, state, train, valid,"
        .. " history, steps, seconds, average, checkpoint}; resume = checkpoint, with more"
        .. " epochs, goes on to the same bits as if it had never stopped. The same seed gives"
        .. " the same bits. Error: a loss that is not finite, with the step and the layer"
        .. " where it came up.",
    params = train_params,
    example = [[local x = ritz.normal({ 64, 2 }, { key = ritz.key(1) })
local model = ritz.nn.sequential { ritz.nn.linear(2, 8), ritz.tanh, ritz.nn.linear(8, 1) }
local fit = ritz.train {
    model = model, data = { x = x, y = ritz.sum(x, 2, true) }, batch = 32, epochs = 2, seed = 1,
    loss = function(p, batch, ctx) return ritz.nn.mse(model(p, batch.x, ctx), batch.y) end,
}]],
    see = { "ritz.jit", "optim.adam", "nn.sequential" },
})

return train
