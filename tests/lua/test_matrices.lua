-- test_matrices.lua - factorisations and what is made of them: against the identities
-- that define them, closed forms, and the conventions that make them unique.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local key = ritz.key(21)
local drawn = 0

local function draw(shape, dtype)
    drawn = drawn + 1
    return ritz.normal(shape, { key = ritz.fold_in(key, drawn), dtype = dtype or "f64" })
end

local function f64(values) return ritz.tensor(values, "f64") end

--- Largest difference, relative to the size of the entries.
local function off(a, b)
    return numeric.distance(a, b) / math.max(1, ritz.max(ritz.abs(b)):item())
end

local sizes = { 1, 2, 3, 17, 100 }
local bound = { f32 = 4e-5, f64 = 1e-12 }

local function eye(n, dtype) return ritz.eye(n, dtype) end

t.run("cholesky", function()
    for dtype, most in pairs(bound) do
        for _, n in ipairs(sizes) do
            local x = draw({ 2, n, n + 1 }, dtype)
            local a = ritz.matmul(x, x:transpose()) + eye(n, dtype)
            local l = ritz.cholesky(a)
            t.near(off(ritz.matmul(l, l:transpose()), a), 0, most, "L L^T = A, n " .. n)
            t.is(numeric.distance(l, ritz.tril(l)), 0.0, "L is lower triangular")
            t.ok(ritz.min(ritz.diagonal(l)):item() > 0, "its diagonal is positive")
        end
    end
    local a = f64 { { 4, 2, 6 }, { 2, 5, 5 }, { 6, 5, 14 } }
    t.near(numeric.distance(ritz.cholesky(a), { 2, 0, 0, 1, 2, 0, 3, 1, 2 }), 0, 1e-14, "by hand")
    t.near(numeric.distance(ritz.cholesky(f64 { { 4, 3 }, { 1, 5 } }), { 2, 0, 1, 2 }), 0, 1e-15,
        "of the symmetric part")
end)

t.run("eigh", function()
    for dtype, most in pairs(bound) do
        for _, n in ipairs(sizes) do
            local x = draw({ 2, n, n }, dtype)
            local a = (x + x:transpose()) * 0.5
            local w, v = ritz.eigh(a)
            t.near(off(ritz.matmul(a, v), v * ritz.reshape(w, { 2, 1, n })), 0, most,
                "A V = V diag(w), n " .. n)
            local square = ritz.matmul(v:transpose(), v)
            t.near(off(square, ritz.broadcast(eye(n, dtype), { 2, n, n })), 0, most, "V^T V = 1")
            if n > 1 then
                t.ok(ritz.min(ritz.slice(w, 2, 2, n) - ritz.slice(w, 2, 1, n - 1)):item() >= 0,
                    "eigenvalues ascend")
            end
            local peak = ritz.take_along(v, ritz.argmax(ritz.abs(v), 2):reshape { 2, 1, n }, 2)
            t.ok(ritz.min(peak):item() > 0, "the largest entry of each vector is positive")
        end
    end
    -- The 1-d Laplacian: 2 - 2 cos(k pi / (n + 1)).
    local n = 12
    local i = ritz.arange(1, n + 1, 1, "f64")
    local gap = ritz.abs(ritz.reshape(i, { n, 1 }) - i)
    local laplacian = ritz.equal(gap, 0) * 2 - ritz.equal(gap, 1)
    local exact = 2 - 2 * ritz.cos(i * (math.pi / (n + 1)))
    t.near(numeric.distance((ritz.eigh(laplacian)), exact), 0, 1e-14, "the Laplacian's eigenvalues")
end)

t.run("derivatives where eigenvalues are equal", function()
    -- Functions of a matrix that do not see the choice of vectors: trace of A^3, whose
    -- gradient is 3 A^2 for symmetric A, also at the identity.
    local function cubes(a)
        local w, v = ritz.eigh(a)
        return ritz.trace(ritz.matmul(v * ritz.pow(w, 3), v:transpose()))
    end
    local a = f64 { { 2, 0, 0 }, { 0, 2, 0 }, { 0, 0, 5 } }
    t.near(numeric.distance(ritz.grad(cubes)(a), 3 * ritz.matmul(a, a)), 0, 1e-13, "trace of A^3")
    local function sum_of_singular(x)
        local u, s, vt = ritz.svd(x)
        return ritz.trace(ritz.matmul(u * s, vt))
    end
    t.near(numeric.distance(ritz.grad(sum_of_singular)(eye(3, "f64")), eye(3, "f64")), 0, 1e-14,
        "trace, through the singular values of 1")
end)

t.run("svd", function()
    for dtype, most in pairs(bound) do
        for _, shape in ipairs { { 1, 1 }, { 5, 3 }, { 3, 5 }, { 40, 17 }, { 17, 60 } } do
            local m, n = shape[1], shape[2]
            local k = math.min(m, n)
            local a = draw({ 2, m, n }, dtype)
            local u, s, vt = ritz.svd(a)
            local name = ("%d x %d"):format(m, n)
            t.near(off(ritz.matmul(u * s:reshape { 2, 1, k }, vt), a), 0, most,
                "U s V^T = A, " .. name)
            local one = ritz.broadcast(eye(k, dtype), { 2, k, k })
            t.near(off(ritz.matmul(u:transpose(), u), one), 0, most, "U^T U = 1")
            t.near(off(ritz.matmul(vt, vt:transpose()), one), 0, most, "V^T V = 1")
            t.ok(ritz.min(s):item() >= 0, "singular values are not negative")
            t.is(numeric.distance(s, ritz.sort(s, -1, true)), 0.0, "they descend")
            local peak = ritz.take_along(u, ritz.argmax(ritz.abs(u), 2):reshape { 2, 1, k }, 2)
            t.ok(ritz.min(peak):item() > 0, "the largest entry of each column of U is positive")
        end
    end
end)

t.run("qr", function()
    for dtype, most in pairs(bound) do
        for _, shape in ipairs { { 1, 1 }, { 5, 3 }, { 3, 5 }, { 100, 70 } } do
            local m, n = shape[1], shape[2]
            local k = math.min(m, n)
            local a = draw({ 2, m, n }, dtype)
            local q, r = ritz.qr(a)
            t.near(off(ritz.matmul(q, r), a), 0, most, ("Q R = A, %d x %d"):format(m, n))
            t.near(off(ritz.matmul(q:transpose(), q), ritz.broadcast(eye(k, dtype),
                { 2, k, k })), 0,
                most, "Q^T Q = 1")
            t.is(numeric.distance(r, ritz.triu(r)), 0.0, "R is upper triangular")
            t.ok(ritz.min(ritz.diagonal(r)):item() >= 0, "its diagonal is not negative")
        end
    end
end)

t.run("lu, solve, det, inv", function()
    for dtype, most in pairs(bound) do
        for _, n in ipairs(sizes) do
            local a = draw({ n, n }, dtype)
            local l, u, order = ritz.lu(a)
            t.near(off(ritz.matmul(l, u), ritz.take(a, order)), 0, most, "L U = P A, n " .. n)
            t.ok(ritz.max(ritz.abs(l)):item() <= 1, "multipliers are at most 1")
            local x = draw({ n, 4 }, dtype)
            local b = ritz.matmul(a, x)
            local loose = most * 3e3 -- times the condition of a random matrix
            t.near(off(ritz.solve(a, b), x), 0, loose, "solve")
            t.near(off(ritz.solve(a, ritz.matmul(a:transpose(), x),
                { transpose = true }), x), 0, loose,
                "solve with the transpose")
            local column = ritz.slice(b, 2, 2, 2):reshape { n }
            t.near(off(ritz.solve(a, column), ritz.slice(x, 2, 2, 2)), 0, loose,
                "solve for a vector")
            t.near(off(ritz.matmul(ritz.inv(a), a), eye(n, dtype)), 0, loose, "inv")
        end
    end
    local a = f64 { { 0, 2, 1 }, { 1, 1, 0 }, { 3, 0, 4 } }
    t.near(ritz.det(a):item(), -11, 1e-13, "det by hand")
    local sign, log = ritz.slogdet(a)
    t.is(sign:item(), -1.0, "its sign")
    t.near(log:item(), math.log(11), 1e-14, "its logarithm")
    t.is(ritz.det(f64 { { 1, 2 }, { 2, 4 } }):item(), 0.0, "of a singular matrix")
    local none, low = ritz.slogdet(f64 { { 1, 2 }, { 2, 4 } })
    t.ok(none:item() == 0 and low:item() == -math.huge, "whose logarithm is minus infinity")
    t.is(ritz.det(ritz.ones { 0, 0 }):item(), 1.0, "of no rows")
    local order = { 4, 2, 1, 5, 3 } -- 5 pairs in the wrong order
    local rows = ritz.take(eye(5, "f64"), ritz.tensor(order, "i64"))
    t.is(ritz.det(rows):item(), -1.0, "of a permutation")
    numeric.check_gradient("det", ritz.det, draw { 4, 4 })
    numeric.check_gradient("slogdet", function(x) return (select(2, ritz.slogdet(x))) end,
        draw { 2, 4, 4 } + 3 * eye(4, "f64"))
    numeric.check_gradient("inv", ritz.inv, draw { 3, 3 } + 3 * eye(3, "f64"))
    local x = draw { 5, 5 } + 4 * eye(5, "f64")
    local slope = ritz.grad(function(y) return (select(2, ritz.slogdet(y))) end)(x)
    t.near(numeric.distance(slope, ritz.inv(x):transpose()), 0, 1e-13, "grad of logdet is inv^T")
end)

t.run("least squares and powers", function()
    local a, b = draw { 20, 4 }, draw { 20, 3 }
    local x = ritz.lstsq(a, b)
    local rest = ritz.matmul(a, x) - b
    t.near(ritz.max(ritz.abs(ritz.matmul(a:transpose(), rest))):item(), 0, 1e-12,
        "what is left is orthogonal to the columns")
    local reached = ritz.sum(a * f64 { 1, 2, 3, 4 }, 2)
    t.near(numeric.distance(ritz.lstsq(a, reached), { 1, 2, 3, 4 }), 0, 1e-13,
        "a vector that can be reached")
    numeric.check_gradient("lstsq", ritz.lstsq, a, b)
    local turn = 0.3
    local r = f64 { { math.cos(turn), -math.sin(turn) }, { math.sin(turn), math.cos(turn) } }
    t.near(numeric.distance(ritz.matrix_power(r, 11),
            { math.cos(3.3), -math.sin(3.3), math.sin(3.3), math.cos(3.3) }), 0, 1e-14,
        "eleven turns")
    t.is(numeric.distance(ritz.matrix_power(r, 0), eye(2)), 0.0, "none")
    numeric.check_gradient("matrix_power",
        function(y) return ritz.matrix_power(y, 3) end, draw { 3, 3 })
end)

t.run("triangles and diagonals", function()
    local a = f64 { { 1, 2, 3 }, { 4, 5, 6 } }
    t.is(numeric.distance(ritz.tril(a), { 1, 0, 0, 4, 5, 0 }), 0.0, "tril")
    t.is(numeric.distance(ritz.tril(a, 1), { 1, 2, 0, 4, 5, 6 }), 0.0, "tril, one above")
    t.is(numeric.distance(ritz.triu(a), { 1, 2, 3, 0, 5, 6 }), 0.0, "triu")
    t.is(numeric.distance(ritz.triu(a, -1), a), 0.0, "triu, one below")
    t.is(numeric.distance(ritz.diagonal(a), { 1, 5 }), 0.0, "diagonal of a wide matrix")
    t.is(numeric.distance(ritz.diagonal(a:transpose()), { 1, 5 }), 0.0, "and of a tall one")
    t.is(ritz.diagonal(ritz.ones { 2, 0, 3 }):numel(), 0, "of none")
    t.is(ritz.trace(a):item(), 6.0, "trace")
    t.is(numeric.distance(ritz.diag(f64 { 7, 8 }), { 7, 0, 0, 8 }), 0.0, "diag")
    t.is(numeric.distance(ritz.diagonal(ritz.diag(a)), a), 0.0, "diag and back, in a batch")
    t.is(ritz.diag(ritz.ones { 0 }):numel(), 0, "diag of none")
    t.is(numeric.distance(ritz.outer(f64 { 1, 2 }, f64 { 3, 4 }), { 3, 4, 6, 8 }), 0.0, "outer")
    for _, name in ipairs { "tril", "triu", "diagonal", "diag", "trace", "transpose" } do
        numeric.check_gradient(name, ritz[name], draw { 2, 3 })
    end
    numeric.check_gradient("outer", ritz.outer, draw { 3 }, draw { 2 })
    t.throws("wants matrices, got f32[2]", function() ritz.tril(ritz.ones { 2 }) end, "tril")
    t.throws("wants square matrices", function() ritz.matrix_power(a, 2) end,
        "powers of a wide matrix")
end)

t.run("a batch gives the bits of its matrices, plans those of single calls", function()
    for _, dtype in ipairs { "f32", "f64" } do
        local x = draw({ 7, 6, 6 }, dtype)
        local a = ritz.matmul(x, x:transpose()) + eye(6, dtype)
        local function all(y)
            local w, v = ritz.eigh(y)
            local u, s, vt = ritz.svd(y)
            local q, r = ritz.qr(y)
            return ritz.cholesky(y), w, v, u, s, vt, q, r, ritz.inv(y), ritz.det(y)
        end
        local batch, planned, mapped = { all(a) }, { ritz.jit(all)(a) }, { ritz.vmap(all)(a) }
        for i = 1, 7 do
            for k, one in ipairs { all(a[i]) } do
                local name = ("result %d of matrix %d in %s"):format(k, i, dtype)
                t.is(numeric.distance(batch[k][i], one), 0.0, name)
                t.is(numeric.distance(planned[k][i], one), 0.0, name .. ", jit")
                t.is(numeric.distance(mapped[k][i], one), 0.0, name .. ", vmap")
            end
        end
    end
end)

t.run("what fails names its line", function()
    local f = ritz.jit(function(x) return ritz.cholesky(x) end)
    t.throws("(traced at ", function() f(f64 { { -1 } }) end, "the line of the trace")
    local a = eye(2)
    local step = ritz.jit(function(x) return ritz.cholesky(x), x + 1 end, { donate = { 1 } })
    local p = a * -1
    t.throws("positive definite", function() step(p) end, "a step that fails")
    t.is(numeric.distance(p, { -1, 0, 0, -1 }), 0.0, "leaves what it was given")
end)

t.done()
