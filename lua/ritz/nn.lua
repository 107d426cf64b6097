-- nn.lua - ritz.nn: dense layers, convolutions, normalisation, sequences of layers.
--
-- What a layer is is said in layer.lua; layers over sequences of vectors are in
-- sequence.lua.

local base = require "ritz.layer"
local internal = require "ritz.internal"
local options = require "ritz.options"
local ritz = require "ritz"

local nn = ritz.nn
local new_layer, plain, weights = base.new, base.plain, base.weights
local need_params, weight_params = base.need_params, base.weight_params
local is_layer, key_of, join = base.is, base.key_of, base.join

function nn.linear(n_in, n_out, given)
    local o = options.check("linear", weight_params, given)
    n_in, n_out = options.whole("linear", "n_in", n_in), options.whole("linear", "n_out", n_out)
    return new_layer { kind = "linear", name = o.name, text = ("linear %d-%d"):format(n_in, n_out),
        n_in = n_in,
        begin = weights(o, { n_in, n_out }, n_in, n_out),
        run = function(p, x)
            need_params("linear", p, "w")
            return ritz.linear(x, p.w, p.b)
        end }
end

--- Height and width of a window, given as one number or as two.
local function pair_of(who, what, value)
    local pair = type(value) == "table" and value or { value, value }
    return { options.whole(who, what, pair[1]), options.whole(who, what, pair[2]) }
end

local conv_params = table.move(weight_params, 1, #weight_params, 3, {
    { name = "stride", kind = "integers", default = 1, doc = "steps down and across" },
    { name = "padding", kind = "any", default = "valid", doc = '"valid", "same" or zeros' },
})

function nn.conv2d(n_in, n_out, kernel, given)
    local o = options.check("conv2d", conv_params, given)
    n_in, n_out = options.whole("conv2d", "n_in", n_in), options.whole("conv2d", "n_out", n_out)
    local h, w = table.unpack(pair_of("conv2d", "kernel", kernel))
    local how = { stride = o.stride, padding = o.padding }
    return new_layer { kind = "conv2d", name = o.name,
        text = ("conv2d %dx%d %d-%d"):format(h, w, n_in, n_out),
        begin = weights(o, { h, w, n_in, n_out }, h * w * n_in, h * w * n_out),
        run = function(p, x)
            need_params("conv2d", p, "w")
            return ritz.conv2d(x, p.w, p.b, how)
        end }
end

function nn.max_pool2d(size)
    size = pair_of("max_pool2d", "size", size or 2)
    return plain("max_pool2d", "max_pool2d", function(x) return ritz.max_pool2d(x, size) end)
end

function nn.avg_pool2d(size)
    size = pair_of("avg_pool2d", "size", size or 2)
    return plain("avg_pool2d", "avg_pool2d", function(x) return ritz.avg_pool2d(x, size) end)
end

--- x with the axes behind `last` as one.
local function flatten(x, last)
    local shape = table.move(x.shape, 1, last, 1, {})
    shape[#shape + 1] = -1
    return ritz.reshape(x, shape)
end

--- How many axes stand before those that hold `n` elements; nil if none do. Axes
-- of size 1 belong to these, but the first of a batch.
local function axes_before(shape, n)
    local product, last = 1, #shape
    while last > 0 and product ~= n do
        product = product * shape[last]
        last = last - 1
    end
    if product ~= n then return nil end
    while last > 1 and shape[last] == 1 do last = last - 1 end
    return last
end

function nn.flatten(axes)
    axes = axes and options.whole("flatten", "axes", axes)
    local layer = plain("flatten", "flatten", function(x)
        return flatten(x, axes and math.max(#x.shape - axes, 0) or 1)
    end)
    -- In a network the next layer says how many elements an example has, so that
    -- the example may come alone: under vmap it has no axis for a batch.
    layer.before = not axes and function(n)
        return plain("flatten", "flatten", function(x)
            return flatten(x, axes_before(x.shape, n) or 1)
        end)
    end
    return layer
end

--- Layers that are one function, with the options that it takes.
local function activation(name, params)
    local f = ritz[name]
    nn[name] = function(given)
        local o = options.check(name, params or {}, given)
        if next(o) == nil then return plain(name, name, f) end
        return plain(name, name, function(x) return f(x, o) end)
    end
end

local activations = {
    relu = {}, tanh = {}, sigmoid = {}, silu = {}, softplus = {},
    leaky_relu = { { name = "slope", kind = "number", default = 0.01,
        doc = "what negative elements are multiplied with" } },
    elu = { { name = "alpha", kind = "number", default = 1.0,
        doc = "minus the limit for very negative elements" } },
    gelu = { { name = "approximate", kind = "text", default = "none", choices = "none|tanh",
        doc = "the formula: exact, or with tanh" } },
}
for name, params in next, activations do activation(name, params) end

local norm_params = {
    { name = "eps", kind = "number", default = 1e-5, low = 0, high = 1,
        doc = "added to the variance" },
    { name = "name", kind = "text", doc = "of the parameters in a network" },
}

local function scale_and_shift(size)
    return function(_, dtype)
        return { scale = ritz.ones({ size }, dtype), shift = ritz.zeros({ size }, dtype) }
    end
end

function nn.layer_norm(size, given)
    local o = options.check("layer_norm", norm_params, given)
    size = options.whole("layer_norm", "size", size)
    local how = { eps = o.eps }
    return new_layer { kind = "layer_norm", name = o.name, text = "layer_norm " .. size,
        begin = scale_and_shift(size),
        run = function(p, x)
            need_params("layer_norm", p, "scale")
            return ritz.layer_norm(x, p.scale, p.shift, how)
        end }
end

function nn.rms_norm(size, given)
    local o = options.check("rms_norm", norm_params, given)
    size = options.whole("rms_norm", "size", size)
    local how = { eps = o.eps }
    return new_layer { kind = "rms_norm", name = o.name, text = "rms_norm " .. size,
        begin = function(_, dtype) return { scale = ritz.ones({ size }, dtype) } end,
        run = function(p, x)
            need_params("rms_norm", p, "scale")
            return ritz.rms_norm(x, p.scale, how)
        end }
end

function nn.group_norm(groups, size, given)
    local o = options.check("group_norm", norm_params, given)
    groups = options.whole("group_norm", "groups", groups)
    size = options.whole("group_norm", "size", size)
    local how = { groups = groups, eps = o.eps }
    return new_layer { kind = "group_norm", name = o.name,
        text = ("group_norm %d of %d"):format(groups, size),
        begin = scale_and_shift(size),
        run = function(p, x)
            need_params("group_norm", p, "scale")
            return ritz.group_norm(x, p.scale, p.shift, how)
        end }
end

local batch_norm_params = table.move(norm_params, 1, #norm_params, 2, {
    { name = "momentum", kind = "number", default = 0.1, low = 0, high = 1,
        doc = "how far the running statistics move in a step" },
})

function nn.batch_norm(size, given)
    local o = options.check("batch_norm", batch_norm_params, given)
    size = options.whole("batch_norm", "size", size)
    local begin = scale_and_shift(size)
    return new_layer { kind = "batch_norm", name = o.name, text = "batch_norm " .. size,
        begin = function(key, dtype)
            return begin(key, dtype),
                { mean = ritz.zeros({ size }, dtype), var = ritz.ones({ size }, dtype) }
        end,
        run = function(p, x, ctx)
            need_params("batch_norm", p, "scale")
            local s = ctx and ctx.state
            if not s then
                error("batch_norm: ctx.state is missing: pass what init and the last"
                    .. " call gave as second value", 0)
            end
            local train = ctx.train or false
            local y, mean, var = ritz.batch_norm(x, p.scale, p.shift, s.mean, s.var,
                { train = train, momentum = o.momentum, eps = o.eps })
            return y, { mean = mean, var = var }
        end }
end

function nn.dropout(rate)
    rate = rate or 0.5
    if type(rate) ~= "number" or not (rate >= 0 and rate < 1) then
        error(("dropout: rate must be 0 to below 1, got %s"):format(options.describe(rate)), 0)
    end
    return new_layer { kind = "dropout", text = "dropout " .. rate, begin = base.no_parameters,
        draws = true,
        run = function(_, x, ctx)
            if not (ctx and ctx.train) then return x end
            if not ctx.key then
                error("dropout: ctx.key is missing: pass ritz.key(seed), folded with the step", 0)
            end
            return ritz.dropout(x, ctx.key, rate)
        end }
end

local embedding_params = {
    { name = "init", kind = "any", default = "normal", doc = "of the table" },
    { name = "name", kind = "text", doc = "of the parameters in a network" },
}

function nn.embedding(n, size, given)
    local o = options.check("embedding", embedding_params, given)
    n, size = options.whole("embedding", "n", n), options.whole("embedding", "size", size)
    return new_layer { kind = "embedding", name = o.name,
        text = ("embedding %d-%d"):format(n, size),
        begin = weights({ init = o.init }, { n, size }, n, size),
        run = function(p, index)
            need_params("embedding", p, "w")
            return ritz.embedding(p.w, index)
        end }
end

-- Sequences.

local function as_layer(value, i)
    if is_layer(value) then return value end
    local record = internal.record(value)
    if type(value) == "function" then
        local name = record and record.name or "layer"
        return plain(name, name, value)
    end
    error(("sequential: entry %d must be a layer or a function, got %s"):format(i,
        options.describe(value)), 0)
end

--- The name of each layer: its own, or its kind with a count.
local function name_layers(layers)
    local names, counts, taken = {}, {}, {}
    for i, layer in ipairs(layers) do
        counts[layer.kind] = (counts[layer.kind] or 0) + 1
        names[i] = layer.name or layer.kind .. "_" .. counts[layer.kind]
        if taken[names[i]] then
            error(("sequential: names must differ, got %q twice"):format(names[i]), 0)
        end
        taken[names[i]] = true
    end
    return names
end

local function describe_layers(layers)
    local texts = {}
    for i, layer in ipairs(layers) do texts[i] = layer.text end
    return table.concat(texts, "  ")
end

--- What a layer inside of another sees of ctx.
local function inner_context(ctx, name, layer)
    if not ctx then return nil end
    return {
        train = ctx.train,
        state = ctx.state and ctx.state[name],
        key = layer.draws and ctx.key and key_of(ctx.key, name) or nil,
    }
end

local function run_layer(layer, name, params, x, ctx, path)
    local where = join(path, name)
    local y, state = layer(params[name], x, inner_context(ctx, name, layer), where)
    internal.layer(path ~= "" and path or nil)
    return y, state
end

--- A layer that depends on how many numbers the next dense layer takes.
local function fitted(layer, layers, i)
    for k = i + 1, layer.before and #layers or 0 do
        if layers[k].n_in then return layer.before(layers[k].n_in) end
    end
    return layer
end

function nn.sequential(list)
    if type(list) ~= "table" or is_layer(list) then
        error(("sequential: a list of layers wanted, got %s"):format(is_layer(list)
            and "one layer" or options.describe(list)), 0)
    end
    local layers, draws = {}, false
    for i, value in ipairs(list) do
        layers[i] = as_layer(value, i)
        draws = draws or layers[i].draws or false
    end
    for i, layer in ipairs(layers) do layers[i] = fitted(layer, layers, i) end
    local names = name_layers(layers)
    return new_layer { kind = "sequential", name = list.name, text = describe_layers(layers),
        layers = layers, names = names, draws = draws,
        begin = function(key, dtype, path)
            local params, state = {}, nil
            for i, layer in ipairs(layers) do
                local p, s = layer.begin(key, dtype, join(path, names[i]))
                if next(p) ~= nil then params[names[i]] = p end
                if s then
                    state = state or {}
                    state[names[i]] = s
                end
            end
            return params, state
        end,
        run = function(params, x, ctx, path)
            params = params or {} -- of a sequence in which nothing is learned
            if type(params) ~= "table" then
                error(("sequential: parameters wanted, as init gives them, got %s")
                    :format(options.describe(params)), 0)
            end
            local state
            for i, layer in ipairs(layers) do
                local s
                x, s = run_layer(layer, names[i], params, x, ctx, path)
                if s then
                    state = state or {}
                    state[names[i]] = s
                end
            end
            if state == nil then return x end
            return x, state
        end }
end

require "ritz.sequence" -- layers that are made of these

function nn.count(params)
    local n = 0
    for _, leaf in ipairs(ritz.tree.leaves(params)) do
        n = n + (ritz.is_tensor(leaf) and leaf:numel() or 1)
    end
    return n
end

-- Records.

local shared = base.shared

ritz.document(nn.linear, {
    signature = "nn.linear(n_in, n_out, {bias, init, name})",
    summary = "A dense layer: x w + b.",
    details = "x is [..., n_in], the result [..., n_out]. The bias starts at 0." .. shared,
    params = weight_params,
    example = "local p = ritz.nn.linear(3, 2).init { seed = 1 }\np.w.shape  --> {3, 2}",
    see = { "ritz.linear", "nn.sequential" },
})
ritz.document(nn.conv2d, {
    signature = "nn.conv2d(n_in, n_out, kernel, {stride, padding, bias, init, name})",
    summary = "A convolution over images [..., height, width, n_in].",
    details = "kernel is one size or {height, width}. The bias starts at 0." .. shared,
    params = conv_params,
    example = 'local c = ritz.nn.conv2d(1, 4, 3, { padding = "same" })\n'
        .. "c(c.init { seed = 1 }, ritz.ones { 2, 5, 5, 1 }).shape  --> {2, 5, 5, 4}",
    see = { "ritz.conv2d" },
})
ritz.document(nn.max_pool2d, {
    signature = "nn.max_pool2d(size)",
    summary = "The largest element of each window of an image.",
    details = "size is one size or {height, width}, 2 when left out; it must divide the image.",
    example = "ritz.nn.max_pool2d()({}, ritz.ones { 1, 4, 4, 3 }).shape  --> {1, 2, 2, 3}",
    see = { "ritz.max_pool2d" },
})
ritz.document(nn.avg_pool2d, {
    signature = "nn.avg_pool2d(size)",
    summary = "The mean of each window of an image.",
    details = "size is one size or {height, width}, 2 when left out; it must divide the image.",
    example = "ritz.nn.avg_pool2d()({}, ritz.ones { 1, 4, 4, 3 }).shape  --> {1, 2, 2, 3}",
    see = { "ritz.avg_pool2d" },
})
ritz.document(nn.flatten, {
    signature = "nn.flatten(axes)",
    summary = "All axes but the first become one; with a number, so many of the last.",
    details = "Before a dense layer of nn.sequential the last axes that hold as many numbers"
        .. " as it takes become one: a single example may come without a batch.",
    example = "ritz.nn.flatten()({}, ritz.ones { 5, 2, 3 }).shape  --> {5, 6}",
})
for name, params in next, activations do
    local record = internal.record(ritz[name])
    ritz.document(nn[name], {
        signature = #params > 0 and ("nn.%s{%s}"):format(name, params[1].name)
            or ("nn.%s()"):format(name),
        summary = "A layer: " .. record.summary,
        params = params,
        example = ("local y = ritz.nn.%s()({}, ritz.zeros { 2 })"):format(name),
        see = { "ritz." .. name },
    })
end
ritz.document(nn.layer_norm, {
    signature = "nn.layer_norm(size, {eps, name})",
    summary = "Normalises the last axis, then scales and shifts it.",
    details = "size is that of the last axis." .. shared,
    params = norm_params,
    example = "local l = ritz.nn.layer_norm(3)\n"
        .. "l(l.init {}, ritz.ones { 2, 3 }).shape  --> {2, 3}",
    see = { "ritz.layer_norm" },
})
ritz.document(nn.rms_norm, {
    signature = "nn.rms_norm(size, {eps, name})",
    summary = "Divides the last axis by its root mean square, then scales it.",
    details = "size is that of the last axis." .. shared,
    params = norm_params,
    example = "local l = ritz.nn.rms_norm(3)\n"
        .. "l(l.init {}, ritz.ones { 2, 3 }).shape  --> {2, 3}",
    see = { "ritz.rms_norm" },
})
ritz.document(nn.group_norm, {
    signature = "nn.group_norm(groups, size, {eps, name})",
    summary = "Normalises each row in groups of channels, then scales and shifts it.",
    details = "size is that of the last axis, the channels, which groups must divide." .. shared,
    params = norm_params,
    example = "local l = ritz.nn.group_norm(2, 4)\n"
        .. "l(l.init {}, ritz.ones { 2, 5, 5, 4 }).shape  --> {2, 5, 5, 4}",
    see = { "ritz.group_norm" },
})
ritz.document(nn.batch_norm, {
    signature = "nn.batch_norm(size, {momentum, eps, name})",
    summary = "Normalises over all axes but the last, of that size.",
    details = "Its state is the running mean and variance: in training the batch's own"
        .. " are used and the running ones move, else the running ones are used." .. shared,
    params = batch_norm_params,
    example = "local b = ritz.nn.batch_norm(3)\nlocal p, state = b.init {}\n"
        .. "local y, next_state = b(p, ritz.ones { 4, 3 }, { train = true, state = state })",
    see = { "ritz.batch_norm" },
})
ritz.document(nn.dropout, {
    signature = "nn.dropout(rate)",
    summary = "In training, sets elements to 0 with this probability and scales the others.",
    details = "Draws from ctx.key. Out of training it does nothing.",
    example = "ritz.nn.dropout(0.3)({}, ritz.ones { 3 }):totable()  --> {1.0, 1.0, 1.0}",
    see = { "ritz.dropout" },
})
ritz.document(nn.embedding, {
    signature = "nn.embedding(n, size, {init, name})",
    summary = "A vector of this size for each index from 1 to n.",
    details = "The index is i64 of any shape." .. shared,
    params = embedding_params,
    example = 'local e = ritz.nn.embedding(10, 4)\n'
        .. 'e(e.init { seed = 1 }, ritz.tensor({ 3, 7 }, "i64")).shape  --> {2, 4}',
    see = { "ritz.embedding" },
})
ritz.document(nn.sequential, {
    signature = "nn.sequential{layer, ...}",
    summary = "Layers one after the other; functions of one tensor are layers too.",
    details = "Parameters are a table with a name for each layer: its own, or its kind and"
        .. " its number among those of the kind, \"linear_2\". Draws of init depend on the"
        .. " path of a parameter: what is added elsewhere does not change them." .. shared,
    example = "local model = ritz.nn.sequential { ritz.nn.linear(2, 8), ritz.tanh,"
        .. " ritz.nn.linear(8, 1) }\n"
        .. "model(model.init { seed = 1 }, ritz.ones { 5, 2 }).shape  --> {5, 1}",
})
ritz.document(nn.count, {
    signature = "nn.count(params)",
    summary = "The number of parameters in a tree.",
    example = "ritz.nn.count(ritz.nn.linear(3, 2).init { seed = 1 })  --> 8",
})

return nn
