#!/usr/bin/env python3
"""The workloads of scripts/workloads in JAX: whole steps jitted, tasks mapped,
arguments donated, as a careful user writes them."""
import math
import os

import common

given = common.arguments(["jit"])
if given.threads == 1:
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = flags + " --xla_cpu_multi_thread_eigen=false"

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

if given.workload == "leapfrog":
    jax.config.update("jax_enable_x64", True)
source = common.Source("float64" if given.workload == "leapfrog" else "float32")


def on_device(tree):
    return jax.tree.map(jnp.asarray, tree)


def network(layers, x, activation):
    for w, b in layers[:-1]:
        x = activation(x @ w + b)
    w, b = layers[-1]
    return x @ w + b


def cross_entropy(logits, labels):
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], -1)
    return -chosen.mean()


def square_error(y, target):
    return jnp.square(y - target).mean()


def adam(params, slopes, memory, decay):
    mean, square, t = memory
    t = t + 1
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, slopes)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, slopes)
    unbias = 1 - 0.9**t, 1 - 0.999**t

    def move(p, m, v):
        step = (m / unbias[0]) / (jnp.sqrt(v / unbias[1]) + 1e-8)
        return p * (1 - 1e-3 * decay) - 1e-3 * step

    return jax.tree.map(move, params, mean, square), (mean, square, t)


def training(params, loss, batch, decay=0.0):
    """A step of Adam; the number is the loss before it."""
    params, batch = on_device(params), on_device(batch)
    zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
    memory = (*zeros, jnp.zeros((), jnp.float32))

    def update(p, m, b):
        value, slopes = jax.value_and_grad(loss)(p, b)
        p, m = adam(p, slopes, m, decay)
        return value, p, m

    update = jax.jit(update, donate_argnums=(0, 1))
    state = [params, memory]

    def step():
        value, *state[:] = update(*state, batch)
        return value

    return step, float


def mlp_large():
    params = source.dense([784, 128, 10])
    batch = source.values(128, 784), source.labels((128,), 10)
    return training(params, lambda p, b: cross_entropy(network(p, b[0], jax.nn.relu), b[1]), batch)


def mlp_small():
    params = source.dense([2, 64, 64, 2])
    return training(params, lambda p, x: square_error(network(p, x, jnp.tanh), x), source.values(128, 2))


def conv():
    def kernel(m, n, std):
        return source.values(3, 3, m, n, std=std), source.constant(0, n)

    params = [kernel(1, 16, 1 / 3), kernel(16, 32, 1 / 12), source.linear(1568, 10)]
    batch = source.values(64, 28, 28, 1), source.labels((64,), 10)
    pool = (1, 2, 2, 1)

    def loss(p, b):
        h = b[0]
        for w, bias in p[:2]:
            h = jax.lax.conv_general_dilated(
                h, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            h = jax.nn.relu(h + bias)
            h = jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, pool, pool, "VALID")
        return cross_entropy(h.reshape(len(h), -1) @ p[2][0] + p[2][1], b[1])

    return training(params, loss, batch)


def transformer():
    width, heads, context, rows, words = 64, 4, 32, 32, 64
    norm = lambda: (source.constant(1, width), source.constant(0, width))

    def block():
        return dict(
            norm_1=norm(), norm_2=norm(), qkv=source.linear(width, 3 * width),
            out=source.linear(width, width), up=source.linear(width, 4 * width),
            down=source.linear(4 * width, width))

    params = dict(
        embedding=source.values(words, width), position=source.values(context, width, std=0.02),
        blocks=[block(), block()], norm=norm(), unembedding=source.linear(width, words))
    tokens = source.labels((rows, context + 1), words)
    seen = jnp.tril(jnp.ones((context, context), bool))

    def normed(p, x):
        x = x - x.mean(-1, keepdims=True)
        return x * jax.lax.rsqrt(jnp.square(x).mean(-1, keepdims=True) + 1e-5) * p[0] + p[1]

    def linear(p, x):
        return x @ p[0] + p[1]

    def attention(p, x):
        parts = linear(p["qkv"], x).reshape(rows, context, 3, heads, -1)
        q, k, v = (parts[:, :, i] for i in range(3))
        scores = jnp.einsum("bthd,bshd->bhts", q, k) / math.sqrt(width / heads)
        weights = jax.nn.softmax(jnp.where(seen, scores, -1e30), -1)
        return linear(p["out"], jnp.einsum("bhts,bshd->bthd", weights, v).reshape(x.shape))

    def loss(p, t):
        x = p["embedding"][t[:, :-1]] + p["position"]
        for b in p["blocks"]:
            x = x + attention(b, normed(b["norm_1"], x))
            x = x + linear(b["down"], jax.nn.gelu(linear(b["up"], normed(b["norm_2"], x))))
        return cross_entropy(linear(p["unembedding"], normed(p["norm"], x)), t[:, 1:])

    return training(params, loss, tokens, decay=1e-2)


def lstm():
    steps, rows, inputs, width = 100, 32, 16, 64
    params = dict(
        w=source.values(inputs + width, 4 * width, std=1 / 9),
        b=source.constant(0, 4 * width), out=source.linear(width, 1))
    batch = source.values(steps, rows, inputs), source.values(rows, 1)

    def loss(p, b):
        def cell(state, x):
            h, c = state
            z = jnp.concatenate([x, h], 1) @ p["w"] + p["b"]
            enter, keep, new, leave = jnp.split(z, 4, 1)
            c = jax.nn.sigmoid(keep) * c + jax.nn.sigmoid(enter) * jnp.tanh(new)
            return (jax.nn.sigmoid(leave) * jnp.tanh(c), c), None

        zeros = jnp.zeros((rows, width), b[0].dtype)
        (h, _), _ = jax.lax.scan(cell, (zeros, zeros), b[0])
        return square_error(h @ p["out"][0] + p["out"][1], b[1])

    return training(params, loss, batch)


def curvature():
    """The Hessian's product, linearised once at fixed parameters, and a vector."""
    params, unravel = ravel_pytree(on_device(source.dense([784, 128, 10])))
    x, y = source.values(4096, 784), source.labels((4096,), 10)
    x, y = on_device((x, y))
    slope = jax.grad(lambda w: cross_entropy(network(unravel(w), x, jnp.tanh), y))
    linear = jax.jit(lambda w: jax.linearize(slope, w)[1])(params)
    return linear, jnp.asarray(source.values(params.size))


def hvp():
    linear, v = curvature()
    apply = jax.jit(lambda f, v: f(v))
    return lambda: apply(linear, v), lambda r: float(jnp.linalg.norm(r))


def slq():
    linear, start = curvature()
    steps, n = 64, start.size

    def run(f, v):
        def one(j, state):
            basis, v, alphas, betas = state
            basis = basis.at[j].set(v)
            w = f(v)
            alphas = alphas.at[j].set(w @ v)
            for _ in range(2):
                w = w - (basis @ w) @ basis
            beta = jnp.linalg.norm(w)
            return basis, w / beta, alphas, betas.at[j].set(beta)

        empty = jnp.zeros((steps, n)), v / jnp.linalg.norm(v), jnp.zeros(steps), jnp.zeros(steps)
        _, _, alphas, betas = jax.lax.fori_loop(0, steps, one, empty)
        return jnp.stack([alphas, betas])

    run = jax.jit(run)
    return lambda: run(linear, start), lambda r: float(r.sum())


def meta(energy, params, size, inner):
    half = size // 2
    data = [source.values(10, 50, size) for _ in range(4)]
    slope = jax.vmap(jax.grad(energy, 1), (None, 0))

    def loss(p, z, d):
        g = slope(p, z)
        return square_error(jnp.concatenate([g[:, half:], -g[:, :half]], 1), d)

    def task(p, support, support_slope, query, query_slope):
        for _ in range(inner):
            g = jax.grad(loss)(p, support, support_slope)
            p = jax.tree.map(lambda q, s: q - 0.01 * s, p, g)
        return loss(p, query, query_slope)

    every = jax.vmap(task, (None, 0, 0, 0, 0))
    return training(params, lambda p, d: every(p, *d).mean(), data)


def maml_hnn():
    params = source.dense([4, 64, 64, 1])
    return meta(lambda p, z: network(p, z, jnp.tanh).sum(), params, 4, 5)


def maml_hgnn():
    params = dict(e=source.dense([4, 64, 64, 1]), m=source.dense([8, 64, 64, 1]))
    first, second = jnp.array([0, 0, 1, 1, 2, 2]), jnp.array([1, 2, 0, 2, 0, 1])

    def energy(p, z):
        x = z.reshape(2, 3, 2).transpose(1, 0, 2).reshape(3, 4)
        pairs = jnp.concatenate([x[first], x[second]], 1)
        return network(p["e"], x, jax.nn.softplus).sum() + network(p["m"], pairs, jax.nn.softplus).sum()

    return meta(energy, params, 12, 1)


def sampling(guide):
    points, levels = 4096, jnp.asarray(common.karras(), jnp.float32)
    net = on_device(source.dense([4, 128, 128, 128, 2]))
    noise = jnp.asarray(source.values(points, 2))

    def denoise(net, x, sigma, kind):
        variance = sigma * sigma + 0.25
        root = jnp.sqrt(variance)
        column = lambda value: jnp.full((points, 1), value)
        h = jnp.concatenate([x / root, column(jnp.log(sigma) / 4), column(kind)], 1)
        return x * (0.25 / variance) + sigma * 0.5 / root * network(net, h, jax.nn.silu)

    def run(net, noise):
        def guided(x, sigma, m):
            return guide(denoise(net, x, sigma, 1.0), denoise(net, x, sigma, 0.0), m)

        def heun(state, pair):
            (x, m), (now, after) = state, pair
            g, m = guided(x, now, m)
            d = (x - g) / now
            y = x + (after - now) * d
            g, _ = guided(y, after, m)
            return (x + (after - now) * 0.5 * (d + (y - g) / after), m), None

        start = noise * levels[0], jnp.zeros_like(noise)
        (x, m), _ = jax.lax.scan(heun, start, (levels[:-2], levels[1:-1]))
        return guided(x, levels[-2], m)[0]

    run = jax.jit(run)
    return lambda: run(net, noise), lambda x: float(jnp.abs(x).mean())


def sample_cfg():
    return sampling(lambda c, u, m: (u + 4.0 * (c - u), m))


def sample_apg():
    def guide(c, u, m):
        m = c - u - 0.5 * m
        q = m * jnp.minimum(1, 2.5 / jnp.linalg.norm(m, axis=1, keepdims=True))
        along = (q * c).sum(1, keepdims=True) / (c * c).sum(1, keepdims=True) * c
        return c + 3.0 * (q - along), m

    return sampling(guide)


def leapfrog():
    q0, p0 = on_device((source.values(1000, 3, 2, std=2), source.values(1000, 3, 2, std=0.1)))

    def force(q):
        d = q[:, :, None] - q[:, None]
        square = jnp.square(d).sum(-1) + jnp.eye(3)
        return (-d / (square * jnp.sqrt(square))[..., None]).sum(2)

    def step(state, _):
        q, p = state
        p = p + 0.005 * force(q)
        q = q + 0.01 * p
        return (q, p + 0.005 * force(q)), None

    run = jax.jit(lambda q, p: jax.lax.scan(step, (q, p), None, 1000)[0][0])
    return lambda: run(q0, p0), lambda q: float(jnp.minimum(jnp.abs(q), 10).mean())


common.serve(f"jax {jax.__version__}", globals()[given.workload], jax.block_until_ready)
