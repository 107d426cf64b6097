-- plot.lua - ritz.plot: figures that scripts draw into.
--
-- A figure is data; the interface, fig:show() and the files draw the same one.
-- Here is what arguments may look like; the model of figures is in C.

local internal = require "ritz.internal"
local options = require "ritz.options"
local ritz = require "ritz"

local plot = {}

local current           -- the figure that plot.save saves
local kept = {}         -- in a batch run: all that were announced
local live              -- of plot.push: {figure, panels, series}
local info = setmetatable({}, { __mode = "k" }) -- by figure: {columns, title}

local scales = "linear|log|symlog"

local panel_params = {
    { name = "title", kind = "text", doc = "what the panel shows" },
    { name = "number", kind = "text", doc = "the number in the corner: \"valid 0.87\"" },
    { name = "xlabel", kind = "text", doc = "below the panel" },
    { name = "ylabel", kind = "text", doc = "beside the panel" },
    { name = "note", kind = "text", doc = "a line of text inside" },
    { name = "xscale", kind = "text", choices = scales, doc = "of the axis" },
    { name = "yscale", kind = "text", choices = scales, doc = "of the axis" },
    { name = "xlimits", kind = "table", doc = "{low, high}; not given: as the data are" },
    { name = "ylimits", kind = "table", doc = "{low, high}; not given: as the data are" },
    { name = "legend", kind = "boolean", doc = "false: none" },
}

local function extend(params, more)
    local all = table.move(params, 1, #params, 1, {})
    return table.move(more, 1, #more, #all + 1, all)
end

local draw_params = extend(panel_params, {
    { name = "name", kind = "text", doc = "of the curve, for the legend" },
    { name = "names", kind = "table", doc = "of the curves, for the legend" },
    { name = "panel", kind = "any", doc = "draw into this panel, not a new figure" },
})

local function set_limits(panel, axis, limits)
    local low, high = limits[1], limits[2]
    if type(low) ~= "number" or type(high) ~= "number" then
        error(("panel: %slimits must be two numbers, got %s and %s"):format(axis,
            options.describe(low), options.describe(high)), 0)
    end
    internal.panel_limits(panel, axis, low, high)
end

local function set_panel(panel, o)
    for _, which in ipairs { "title", "number", "xlabel", "ylabel", "note" } do
        if o[which] then internal.panel_text(panel, which, o[which]) end
    end
    for _, axis in ipairs { "x", "y" } do
        local scale, limits = o[axis .. "scale"], o[axis .. "limits"]
        if scale then internal.panel_scale(panel, axis, scale) end
        if limits then set_limits(panel, axis, limits) end
    end
    if o.legend ~= nil then internal.panel_legend(panel, o.legend) end
    return panel
end

local function announce(figure)
    current = figure
    if internal.run_folder() then kept[#kept + 1] = figure end
    internal.announce(figure)
    return figure
end

local function new_figure(title, columns)
    local figure = internal.figure(title)
    info[figure] = { columns = columns or 2, title = title }
    return figure
end

-- Positional data, then perhaps a table of options: one with names and no list.
local function split_arguments(who, ...)
    local args = table.pack(...)
    local last = args[args.n]
    local given
    if args.n > 0 and type(last) == "table" and #last == 0 then
        given = last
        args.n = args.n - 1
    end
    if args.n == 0 then error(who .. ": values to draw wanted, got none", 0) end
    return args, options.check(who, draw_params, given)
end

local function is_panel(value)
    local meta = type(value) == "userdata" and debug.getmetatable(value)
    return meta and rawequal(meta.__index, internal.panel_methods)
end

-- The panel to draw into, and the new figure when it is none of an old one.
local function target(o)
    if o.panel ~= nil and not is_panel(o.panel) then
        error("plot: panel must be one of a figure's, got " .. options.describe(o.panel), 0)
    end
    if o.panel then return set_panel(o.panel, o) end
    local figure = new_figure(o.title)
    return set_panel(figure:panel(1, 1), o), figure
end

local function finish(figure)
    return figure and announce(figure) or current
end

--- A list of {y values, column}: every column of every argument from `first`.
local function curves_of(args, first)
    local curves = {}
    for i = first, args.n do
        local y, _, columns = internal.values(args[i])
        for column = 1, columns do
            curves[#curves + 1] = { y = y, column = column }
        end
    end
    return curves
end

local function name_of(o, i, count)
    if o.names then return tostring(o.names[i] or "y" .. i) end
    if count == 1 then return o.name or "y" end
    return (o.name or "y") .. i
end

local function draw(who, kind, ...)
    local args, o = split_arguments(who, ...)
    local x = args.n > 1 and internal.values(args[1]) or nil
    local curves = curves_of(args, x and 2 or 1)
    local panel, figure = target(o)
    for i, curve in ipairs(curves) do
        local series = panel:series(name_of(o, i, #curves), kind)
        internal.append(series, x, curve.y, curve.column)
    end
    if figure and #curves == 1 and not (o.name or o.names) then
        internal.panel_legend(panel, false)
    end
    return finish(figure)
end

function plot.line(...) return draw("line", "line", ...) end

function plot.bars(...) return draw("bars", "bars", ...) end

function plot.scatter(...)
    local args, o = split_arguments("scatter", ...)
    local x, rows, columns = internal.values(args[1])
    local y, ycolumn = x, 2
    if args.n > 1 then
        y, ycolumn = internal.values(args[2]), 1
    elseif columns ~= 2 then
        error(("scatter: x and y wanted, or one matrix of two columns, got %d x %d")
            :format(rows, columns), 0)
    end
    local panel, figure = target(o)
    internal.append(panel:series(o.name or "points", "scatter"), x, y, ycolumn)
    if figure and not o.name then internal.panel_legend(panel, false) end
    return finish(figure)
end

function plot.band(...)
    local args, o = split_arguments("band", ...)
    if args.n ~= 3 then
        error(("band: x, low and high wanted, got %d values"):format(args.n), 0)
    end
    local x, low, high = internal.values(args[1]), internal.values(args[2]),
        internal.values(args[3])
    local panel, figure = target(o)
    internal.append_band(panel:series(o.name or "band", "band"), x, low, high)
    return finish(figure)
end

local figure_params = {
    { name = "title", kind = "text", doc = "of the whole figure" },
    { name = "columns", kind = "integer", default = 2, low = 1, high = 16,
        doc = "of the grid of panels" },
    { name = "panels", kind = "table", doc = "a list of tables as of panel:set" },
}

function plot.figure(given)
    local o = options.check("figure", figure_params, given)
    local figure = new_figure(o.title, math.tointeger(o.columns))
    for i, settings in ipairs(o.panels or { {} }) do
        figure:panel(i):set(settings)
    end
    return announce(figure)
end

function plot.push(name, value, x)
    if type(name) ~= "string" then
        error("push: the name of a curve wanted, got " .. options.describe(name), 0)
    end
    if not live then
        live = { figure = new_figure(nil), panels = {}, series = {}, count = 0 }
    end
    local series = live.series[name]
    local fresh = not series
    if fresh then
        local where, curve = name:match("^(.-)/(.+)$")
        where, curve = where or name, curve or name
        local panel = live.panels[where]
        if not panel then
            live.count = live.count + 1
            panel = live.figure:panel(live.count):set { title = where }
            live.panels[where] = panel
        end
        series = panel:series(curve, "line")
        live.series[name] = series
    end
    series:push(x or series:count() + 1, value)
    if fresh and not live.announced then
        live.announced = true
        announce(live.figure)
    end
end

function plot.current() return current end

local function need_current(who)
    if not current then error(who .. ": there is no figure yet", 0) end
    return current
end

function plot.save(path, given) return need_current("save"):save(path, given) end

function plot.show(given) return need_current("show"):show(given) end

function plot.describe() return need_current("describe"):describe() end

--- Saves every figure of a batch run into its folder, under its title.
function plot.save_all()
    local used = {}
    for i, figure in ipairs(kept) do
        local title = (info[figure].title or ""):lower():gsub("[^%w]+", "-")
        title = title:gsub("^%-+", ""):gsub("%-+$", "")
        local name = title ~= "" and title or "figure"
        if used[name] then name = name .. "-" .. i end
        used[name] = true
        internal.figure_save(figure, internal.run_folder() .. "/" .. name .. ".svg")
    end
end

-- --- methods ------------------------------------------------------------------

local figure_methods = internal.figure_methods
local panel_methods = internal.panel_methods
local series_methods = internal.series_methods

function internal.is_figure(value)
    return type(value) == "userdata" and info[value] ~= nil
end

function figure_methods:panel(row, column)
    row = options.whole("panel", column and "row" or "number", row)
    if not column then
        local columns = info[self].columns
        row, column = (row - 1) // columns + 1, (row - 1) % columns + 1
    end
    return internal.figure_panel(self, row, column)
end

local save_params = {
    { name = "width", kind = "number", default = 0, doc = "in points; 0: by the panels" },
    { name = "height", kind = "number", default = 0, doc = "in points; 0: by the panels" },
}

function figure_methods:save(path, given)
    if type(path) ~= "string" then
        error("save: a path ending in .svg, .pdf or .png wanted, got "
            .. options.describe(path), 0)
    end
    local o = options.check("save", save_params, given)
    internal.figure_save(self, path, o.width, o.height)
end

local show_params = {
    { name = "width", kind = "integer", doc = "columns; not given: the terminal's" },
    { name = "height", kind = "integer", default = 0, doc = "rows; 0: 16 for each panel" },
    { name = "ascii", kind = "boolean", doc = "not given: unless the locale is UTF-8" },
}

local function is_ascii()
    for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
        local value = os.getenv(name)
        if value and value ~= "" then
            return not value:lower():match("utf%-?8")
        end
    end
    return true
end

function figure_methods:text(given)
    local o = options.check("show", show_params, given)
    local ascii = o.ascii
    if ascii == nil then ascii = is_ascii() end
    return internal.figure_text(self, math.tointeger(o.width or internal.width()),
        math.tointeger(o.height), ascii)
end

function figure_methods:show(given) io.write(self:text(given)) end

function figure_methods:describe() io.write(internal.figure_describe(self)) end

function figure_methods:set_title(title)
    internal.figure_set_title(self, title)
    info[self].title = title
end

function panel_methods:set(given)
    return set_panel(self, options.check("panel", panel_params, given))
end

-- --- records ------------------------------------------------------------------

ritz.document(plot.line, {
    signature = "plot.line(x, y, ..., {title, names, yscale, ...})",
    summary = "Draws curves into a new figure.",
    details = "x and y are tensors or lists of numbers; of a matrix every column is a"
        .. " curve. With y alone x is 1, 2, ... Gives the figure. Errors: values of"
        .. " different lengths, or traced ones.",
    params = draw_params,
    example = "ritz.plot.line({ 0, 1, 2, 3 }, { 0, 1, 4, 9 }, { title = \"squares\" })",
    see = { "plot.figure", "plot.push" },
})
ritz.document(plot.bars, {
    signature = "plot.bars(x, y, {title, ...})",
    summary = "Draws bars from zero to y at every x.",
    params = draw_params,
    example = "ritz.plot.bars({ 1, 2, 3 }, { 4, 2, 6 })",
})
ritz.document(plot.scatter, {
    signature = "plot.scatter(x, y, {title, name, ...})",
    summary = "Draws points; a matrix of two columns may take the place of x and y.",
    params = draw_params,
    example = "ritz.plot.scatter({ 1, 2, 3 }, { 4, 2, 6 })",
})
ritz.document(plot.band, {
    signature = "plot.band(x, low, high, {title, name, panel, ...})",
    summary = "Draws the band between two curves.",
    params = draw_params,
    example = "ritz.plot.band({ 1, 2, 3 }, { 0, 1, 1 }, { 2, 2, 3 })",
})
ritz.document(plot.figure, {
    signature = "plot.figure{title, columns, panels}",
    summary = "Makes a figure of panels, which the interface shows.",
    details = "fig:panel(i), or fig:panel(row, column), is a panel;"
        .. " panel:series(name, kind) a curve (kind line, scatter, band, bars or"
        .. " markers), to which series:push(x, y) adds a point.",
    params = figure_params,
    example = [[local fig = ritz.plot.figure { panels = { { title = "loss", yscale = "log" } } }
fig:panel(1):series("train"):push(1, 0.5)]],
    see = { "plot.figure:panel", "plot.panel:set", "plot.panel:series" },
})
ritz.document(plot.push, {
    signature = "plot.push(name, value, x)",
    summary = "Adds one point to a curve that grows, in a figure made as needed.",
    details = "Every name has a panel of its own; \"loss/train\" and \"loss/valid\" share"
        .. " the panel loss. Without x the points are counted. value is a number or a"
        .. " tensor of one element.",
    example = 'ritz.plot.push("loss", 0.5)',
})
ritz.document(plot.current, {
    signature = "plot.current()",
    summary = "The figure that was made last, or nil.",
    example = "local fig = ritz.plot.current()",
})
ritz.document(plot.save, {
    signature = "plot.save(path, {width, height})",
    summary = "Saves the current figure as .svg, .pdf or .png.",
    params = save_params,
    example = [[ritz.plot.line { 1, 4, 9 }
ritz.plot.save "squares.svg"]],
})
ritz.document(plot.show, {
    signature = "plot.show{width, height, ascii}",
    summary = "Writes the current figure as text.",
    params = show_params,
    example = [[ritz.plot.line { 1, 4, 9 }
ritz.plot.show { width = 60 }]],
})
ritz.document(plot.describe, {
    signature = "plot.describe()",
    summary = "Says each curve of the current figure in a sentence.",
    example = [[ritz.plot.line { 1, 4, 9 }
ritz.plot.describe()]],
})
ritz.document(figure_methods.panel, {
    signature = "plot.figure:panel(row, column)",
    summary = "The panel at this place of the grid; with one number, the n-th.",
    example = "local panel = ritz.plot.figure():panel(1, 2)",
})
ritz.document(figure_methods.save, {
    signature = "plot.figure:save(path, {width, height})",
    summary = "Saves the figure as .svg, .pdf or .png; the file appears whole or not.",
    params = save_params,
    example = 'ritz.plot.line({ 1, 4, 9 }):save "squares.pdf"',
})
ritz.document(figure_methods.show, {
    signature = "plot.figure:show{width, height, ascii}",
    summary = "Writes the figure as text.",
    params = show_params,
    example = "ritz.plot.line({ 1, 4, 9 }):show { width = 60 }",
})
ritz.document(figure_methods.text, {
    signature = "plot.figure:text{width, height, ascii}",
    summary = "The figure as text.",
    params = show_params,
    example = "local text = ritz.plot.line({ 1, 4, 9 }):text { width = 60 }",
})
ritz.document(figure_methods.describe, {
    signature = "plot.figure:describe()",
    summary = "Says each curve in a sentence.",
    example = "ritz.plot.line({ 1, 4, 9 }):describe()",
})
ritz.document(figure_methods.set_title, {
    signature = "plot.figure:set_title(title)",
    summary = "Sets the title of the whole figure.",
    example = 'ritz.plot.figure():set_title "two networks"',
})
ritz.document(panel_methods.set, {
    signature = "plot.panel:set{title, number, yscale, ...}",
    summary = "Sets texts, scales and limits of a panel, and gives the panel.",
    params = panel_params,
    example = 'ritz.plot.figure():panel(1):set { title = "loss", yscale = "log" }',
})
ritz.document(panel_methods.series, {
    signature = "plot.panel:series(name, kind)",
    summary = "The curve of this name; made when it is not there.",
    details = "kind is line, scatter, band, bars or markers.",
    example = 'ritz.plot.figure():panel(1):series("train", "line")',
})
ritz.document(series_methods.push, {
    signature = "plot.series:push(x, y)",
    summary = "Adds a point; to a band push(x, low, high), to markers push(x).",
    example = 'ritz.plot.figure():panel(1):series("train"):push(1, 0.5)',
})
ritz.document(series_methods.clear, {
    signature = "plot.series:clear()",
    summary = "Takes all points out.",
    example = 'ritz.plot.figure():panel(1):series("train"):clear()',
})
ritz.document(series_methods.count, {
    signature = "plot.series:count()",
    summary = "The number of points.",
    example = 'ritz.plot.figure():panel(1):series("train"):count()',
})
ritz.document(series_methods.smooth, {
    signature = "plot.series:smooth(half_life)",
    summary = "Draws an exponential average over x, with the raw curve faint.",
    details = "half_life is in units of x; 0 turns it off. The average is of the raw"
        .. " values, corrected for its start.",
    example = 'ritz.plot.figure():panel(1):series("train"):smooth(20)',
})

return plot
