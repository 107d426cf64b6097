-- data.lua - ritz.data: data sets and batches.
--
-- A set is a tree of tensors that have as many rows each: {x = f32[60000,28,28,1],
-- y = i64[60000]}, or one tensor. Batches are trees of the same shape.

local internal = require "ritz.internal"
local options = require "ritz.options"
local ritz = require "ritz"

local data = {}

local SYSTEM = "/usr/share/datasets"

local function exists(path)
    local file = io.open(path, "rb")
    if file then file:close() end
    return file ~= nil
end

--- The path of a file of a data set, packed or not.
local function find(who, folder, name, package)
    local own = os.getenv("RITZ_DATA")
    local places = { SYSTEM .. "/" .. folder }
    if own and own ~= "" then places = { own .. "/" .. folder, own } end
    for _, place in ipairs(places) do
        for _, ending in ipairs { ".gz", "" } do
            local path = place .. "/" .. name .. ending
            if exists(path) then return path end
        end
    end
    local advice = own and own ~= "" and "RITZ_DATA says to look there"
        or ("install it: apt-get install %s, or set RITZ_DATA to its folder"):format(package)
    error(("%s: no file %s/%s.gz; %s"):format(who, places[1], name, advice), 0)
end

local function read_pair(who, folder, prefix, package)
    local images = find(who, folder, prefix .. "-images-idx3-ubyte", package)
    local labels = find(who, folder, prefix .. "-labels-idx1-ubyte", package)
    local set = { x = internal.images(images), y = internal.labels(labels, 10) }
    if #set.x ~= #set.y then
        error(("%s: %s has %d images, but %s has %d labels"):format(who, images,
            #set.x, labels, #set.y), 0)
    end
    internal.data_file(images)
    internal.data_file(labels)
    return set
end

function data.fashion_mnist()
    local who, folder, package = "fashion_mnist", "fashion-mnist", "dataset-fashion-mnist"
    return read_pair(who, folder, "train", package), read_pair(who, folder, "t10k", package)
end

--- The number of rows of a set, the same in every tensor.
local function row_count(who, tree, path)
    if ritz.is_tensor(tree) then
        if tree.rank == 0 then
            error(("%s: %s is a scalar and has no rows"):format(who, path), 0)
        end
        return #tree, path
    end
    if type(tree) ~= "table" then
        error(("%s: tensors wanted, got %s at %s"):format(who,
            options.describe(tree), path), 0)
    end
    local count, first
    for key, value in next, tree do
        local n, where = row_count(who, value, path .. "." .. tostring(key))
        if count and n ~= count then
            if where < first then count, first, n, where = n, where, count, first end
            error(("%s: as many rows in every tensor wanted, got %d in %s and %d in %s")
                :format(who, count, first, n, where), 0)
        end
        count, first = n, where
    end
    if not count then error(("%s: no tensor in %s"):format(who, path), 0) end
    return count, first
end

--- The tree of rows first to first + count - 1, in the order given or as stored.
local function rows(tree, first, count, order)
    if ritz.is_tensor(tree) then return internal.rows(tree, first, count, order) end
    local part = {}
    for key, value in next, tree do part[key] = rows(value, first, count, order) end
    return part
end

local batch_params, split_params

--- Options and number of rows; a set that contains itself ends here.
local function check_set(who, params, set, opt)
    local o = options.check(who, params, opt)
    if type(set) == "table" then ritz.tree.leaves(set) end
    return o, row_count(who, set, "set")
end

function data.batches(set, opt)
    local o, count = check_set("batches", batch_params, set, opt)
    local size = math.tointeger(o.size)
    if size < 1 then error(("batches: size must be at least 1, got %d"):format(size), 0) end
    local order = o.shuffle and internal.order(count, o.seed or ritz.run.seed, o.epoch) or nil
    local last = o.drop_last and count - size + 1 or count
    local at = 1
    local batches = { count = o.drop_last and count // size or (count + size - 1) // size }
    return setmetatable(batches, { __call = function()
        if at > last then return nil end
        local n = math.min(size, count - at + 1)
        local batch = rows(set, at, n, order)
        at = at + n
        return batch
    end })
end

function data.split(set, opt)
    local o, count = check_set("split", split_params, set, opt)
    if not (o.fraction >= 0 and o.fraction <= 1) then
        error(("split: fraction must be 0 to 1, got %g"):format(o.fraction), 0)
    end
    local first = math.floor(count * o.fraction + 0.5)
    local order = o.shuffle and internal.order(count, o.seed or ritz.run.seed, 0) or nil
    return rows(set, 1, first, order), rows(set, first + 1, count - first, order)
end

function data.normalise(x, stats)
    if not ritz.is_tensor(x) or (x.dtype ~= "f32" and x.dtype ~= "f64") then
        error("normalise: a tensor of f32 or f64 wanted, got " .. (ritz.is_tensor(x)
            and "one of " .. x.dtype or options.describe(x)), 0)
    end
    if not stats then
        local mean = x:sum():item() / x:numel()
        local deviation = math.sqrt((x - mean):square():sum():item() / x:numel())
        stats = { mean = mean, std = deviation }
    end
    if stats.std <= 0 or stats.std ~= stats.std then
        error(("normalise: the standard deviation must be above 0, got %g"):format(stats.std), 0)
    end
    return (x - stats.mean) * (1 / stats.std), stats
end

ritz.document(data.fashion_mnist, {
    signature = "data.fashion_mnist()",
    summary = "Fashion-MNIST: 60,000 images to learn from and 10,000 to test on.",
    details = "Two sets {x = f32[n,28,28,1] in 0..1, y = i64[n] in 1..10}. Read from"
        .. " where Debian's package dataset-fashion-mnist puts it, or from the folder"
        .. " in the environment variable RITZ_DATA. Errors: a file that is missing,"
        .. " cut short or of another format. Classes: t-shirt, trouser, pullover,"
        .. " dress, coat, sandal, shirt, sneaker, bag, ankle boot.",
    source = "Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747",
    example = "local train, test = ritz.data.fashion_mnist()",
    see = { "data.batches" },
})

batch_params = ritz.document(data.batches, {
    signature = "data.batches(set, {size, seed, epoch, shuffle, drop_last})",
    summary = "Goes through a set in batches: for batch in data.batches(set, ...) do.",
    details = "A set is a tensor, or a table of tensors with as many rows each; a batch"
        .. " is alike. The order depends on seed and epoch only. The result has the"
        .. " field count, the number of batches.",
    params = {
        { "size", "integer", 128, "rows of a batch" },
        { "seed", "integer", nil, "of the order; not given: the run's seed" },
        { "epoch", "integer", 1, "each epoch has an order of its own" },
        { "shuffle", "boolean", true, "false: rows in the order of the set" },
        { "drop_last", "boolean", false, "leave out a last batch that is smaller" },
    },
    example = "for batch in ritz.data.batches(ritz.arange(6), { size = 4 }) do print(batch) end",
}) and internal.record(data.batches).params

split_params = ritz.document(data.split, {
    signature = "data.split(set, {fraction, seed, shuffle})",
    summary = "Cuts a set in two, after drawing an order.",
    params = {
        { "fraction", "number", 0.9, "of the rows that go into the first part" },
        { "seed", "integer", nil, "of the order; not given: the run's seed" },
        { "shuffle", "boolean", true, "false: cut as the rows stand" },
    },
    example = "local a, b = ritz.data.split(ritz.arange(10), { fraction = 0.8, seed = 1 })",
}) and internal.record(data.split).params

ritz.document(data.normalise, {
    signature = "data.normalise(x, stats)",
    summary = "Shifts and scales to mean 0 and standard deviation 1 over all elements.",
    details = "Gives the tensor and the table {mean =, std =} that was used; pass it"
        .. " as stats to treat a test set like the training set.",
    example = "local x, stats = ritz.data.normalise(ritz.linspace(0, 1, 5))",
})

return data
