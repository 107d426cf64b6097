-- topics.lua - what help says that belongs to no single function.

return {
    transforms = [[
A transform takes a function and gives a function. They nest in any order.

  ritz.grad(f)(p, ...)            derivative of a scalar loss in argument 1
  ritz.value_and_grad(f)(p, ...)  the loss as well
  ritz.jvp(f, p, v)               value, and its change along v
  ritz.vmap(f)(x, ...)            f for every entry along axis 1
  ritz.jit(f)(...)                f traced once, then replayed as a plan

Arguments and results may be tables of tensors, nested as you like. Inside a
transform tensors are traced: they have a shape and no values, so that
`<`, `:item()` and tostring raise an error; use ritz.where instead.]],

    dtypes = [[
f32 is the default; f64 serves checks and spectra, i64 indices, u8 stored
images. Tensors of different dtypes do not mix: write x:to("f64"). Numbers of
Lua adopt the dtype of the tensor they meet. Comparisons such as ritz.less give
0 and 1 in the operands' dtype. To Lua a tensor is a value like any other:
`if t then` is always true, `t == u` asks whether both are the same tensor, and
`<` and `<=` compare tensors of one element.]],

    shapes = [[
x.shape is a list of sizes, x.rank their number, x.dtype the dtype; f32[2,3] is
how a tensor of two rows and three columns is written. Functions of one tensor
work on each element and keep the shape. Functions of two broadcast, as in
NumPy: axes are aligned from the right, and a size of 1 is repeated.

  f32[2,3] + f32[3]      f32[2,3]     a row added to each row
  f32[2,1] * f32[3]      f32[2,3]     all products
  f32[2,3] + f32[2]      error        sizes 3 and 2

Sums and the like take all axes, or those named, which disappear unless `keep`
is true. Images are [..., height, width, channels].]],

    indexing = [[
Indices and axes count from 1; negative ones from the end.

  x[2]            second row            x[-1]          last row
  x[{2, 3}]       one element           x[{{1, 3}}]    rows 1 to 3
  x[{{}, 2}]      second column         x[{{1, 9, 2}}] every second row
  x[index]        rows named by a tensor of dtype i64]],

    random = [[
Every number drawn is a function of a key and a position, never of threads or
time. At the prompt and in scripts a draw without a key takes the next key of
the run's stream, which --seed starts. Inside a transform pass a key:

  local key = ritz.key(7)
  local keys = ritz.split(key, 2)
  local noise = ritz.normal { shape = {2, 3}, key = keys[1] }]],

    layers = [[
A layer is a table with init{seed, dtype}, which gives parameters and, for some,
a state, and is called as y, state = layer(params, x, ctx). ctx may be nil, or
has train (true or false), key (for draws) and state. Any function of one tensor
is a layer, too; nn.sequential puts layers behind one another.

The option init of a layer names how its weights begin. With i inputs and o
outputs of the layer (kernel height times width times channels for images):

  he_normal, he_uniform           variance 2 / i         He et al. 2015
  glorot_normal, glorot_uniform   variance 2 / (i + o)   Glorot, Bengio 2010
  lecun_normal, lecun_uniform     variance 1 / i         LeCun et al. 1998
  normal                          variance 1
  orthogonal                      orthonormal columns, or rows
  zeros, ones

or is a function(shape, key, dtype, i, o). Biases begin at 0. Each parameter's
draw depends on the seed and its path, "linear_2.w", and on nothing else.]],

    training = [[
ritz.train { model =, loss =, data =, optim =, batch =, epochs = } runs the
usual loop, draws its curves and stops with a message when the loss is no
number. The same loop by hand, which you may change as you like:

  local step = ritz.jit(function(p, s, batch)
    local l, g = ritz.value_and_grad(loss)(p, batch)
    p, s = o.update(p, g, s)
    return l, p, s
  end, { donate = {1, 2} })
  for batch in data.batches(train, { size = 128, seed = 7 }) do
    local l; l, p, s = step(p, s, batch)
  end

An optimiser, optim.adamw { lr = 1e-3, ... }, has init(params), which gives a
state, and update(params, gradients, state). All of them also take

  schedule    what the rate is multiplied with: optim.cosine{}, or a function of t
  clip_norm   the most that all gradients together may be long; also clip_value
  ema         an average of the parameters; o.average(params, state) gives it
  groups      { { match = "%.b$", weight_decay = 0 }, ... }: other options,
              another optimiser (optim =) or frozen = true for the parameters
              whose path the pattern finds
  accumulate  how many gradients are averaged for one step

A state is a tree of tensors: ritz.save and ritz.load keep it. ritz.train goes
on with resume = fit.checkpoint, or the file that save = "run.safetensors" wrote.]],

    plotting = [[
  plot.line(x, y)                 a curve; further curves as further y
  plot.scatter(x, y)              points
  plot.push("loss", value)        one more point of a curve that grows
  plot.save "curve.svg"           the current figure; also .png and .pdf
  plot.describe()                 each curve in a sentence

A figure is data: the terminal's panels, fig:show() as text and the files all
draw the same one.]],

    runs = [[
  ritz batch script.lua --out runs/ --seed 7 --set lr=0.01

makes a folder with manifest.json, metrics.jsonl, the parameters that
ritz.run.save_params was given and the figures as SVG. Two runs of one seed
give the same bytes, but for the times in the manifest. A script says what can
be set with ritz.run.options { lr = {1e-3, "learning rate"} }.]],

    prompt = [[
An expression shows its value, a `;` at its end keeps it silent, `_` is the last
value. ?name explains a name and ??name shows its source. Tab completes names,
fields, methods, options and file names. Input goes on until it is complete.
Ctrl-C stops what runs and keeps your variables; Ctrl-D leaves.]],
}
