-- test_documents.lua - what the documents name is there: options, keys,
-- variables, files, links and functions.

local t = require "tap"
local ritz = require "ritz"

local source, program = os.getenv("RITZ_SOURCE"), os.getenv("RITZ")

local function read(path)
    local file = assert(io.open(path))
    local text = file:read("a")
    file:close()
    return text
end

local function exists(path)
    local file = io.open(path)
    if file then file:close() end
    return file ~= nil
end

local function output(command)
    local pipe = io.popen(command)
    local text = pipe:read("a")
    return text, pipe:close()
end

-- The manual page.

local page = read(source .. "/doc/ritz.1"):gsub("\\%-", "-")

t.run("version", function()
    local version = output(("'%s' --version"):format(program)):match("^ritz [%d.]+")
    t.ok(version and page:find(version, 1, true), "the manual page is of this version")
end)

t.run("options", function()
    local help = output(("'%s' --help"):format(program))
    local known, count = {}, 0
    for name in help:gmatch("\n  (%-%-?%a[%w-]*)") do
        known[name], count = true, count + 1
        t.ok(page:find("\n%.BI? " .. name:gsub("%p", "%%%0") .. "[\\\n]"),
            name .. " is in the manual page")
    end
    t.ok(count > 5, "--help lists options")
    for name in page:gmatch("%-%-%a[%w-]*") do
        if not known[name] then t.ok(false, name .. " of the manual page is an option") end
    end
end)

t.run("keys", function()
    local table = read(source .. "/src/ui/chrome.c"):match("keys%[%] = (%b{})")
    local count = 0
    for key in table:gmatch('{"([^"]+)",') do
        count = count + 1
        t.ok(page:find("\n%.BR? " .. key:gsub("%p", "%%%0") .. "[ \n]"),
            "the key " .. key .. " is in the manual page")
    end
    t.ok(count > 5, "the panels have keys")
end)

t.run("environment", function()
    local pattern = [[(getenv|is_set)\("[A-Z_]+"\)]]
    local found = output(("cd '%s' && grep -rhoE '%s' src lua"):format(source, pattern))
    local count = 0
    for name in found:gmatch('"([A-Z_]+)"') do
        count = count + 1
        t.ok(page:find(name, 1, true), name .. " is in the manual page")
    end
    t.ok(count > 5, "variables were found in the source")
end)

t.run("layout of the manual page", function()
    if output("command -v groff") == "" then
        return t.skip("no groff", "groff has nothing to say")
    end
    t.is(output(("groff -man -ww -z '%s/doc/ritz.1' 2>&1"):format(source)), "",
        "groff has nothing to say")
end)

-- Pages in Markdown.

local pages = { "README.md" }
for path in output(("cd '%s' && ls doc/*.md doc/reference/*.md"):format(source)):gmatch("[^\n]+") do
    pages[#pages + 1] = path
end

local places = { doc = true, examples = true, lua = true, scripts = true, src = true,
    tests = true }

--- Links, and paths in the tree that stand in `...`, are there.
local function check_paths(name, text)
    local folder = name:match("^(.*/)") or ""
    for link in text:gmatch("%]%(([^)#]+)%)") do
        if not link:match("^https?:") and not exists(source .. "/" .. folder .. link) then
            t.ok(false, ("%s: the link %s leads somewhere"):format(name, link))
        end
    end
    for path in text:gmatch("`([%w_]+/[%w_./-]*)`") do
        if places[path:match("^[^/]+")] and not exists(source .. "/" .. path) then
            t.ok(false, ("%s: %s is there"):format(name, path))
        end
    end
    t.ok(not text:find("/home/", 1, true) and not text:find("/root/", 1, true)
        and not text:find("/work/", 1, true), name .. " names no machine's folders")
end

local modules = { data = ritz.data, nn = ritz.nn, optim = ritz.optim, plot = ritz.plot,
    ritz = ritz, run = ritz.run }
local endings = { lua = true, md = true, so = true, h = true, c = true }

local misspelt = { ["ritz.matmull"] = true } -- in the tutorial, on purpose

--- Whether a path such as optim.adam names something; others are not asked for.
local function is_known(path)
    local at = modules[path:match("^[^.]+")]
    if not at or misspelt[path] then return true end
    for field in path:gmatch("%.([%a_][%w_]*)") do
        if endings[field] then return true end
        at = type(at) == "table" and at[field] or nil
    end
    return at ~= nil
end

--- Functions that are named with their module are there.
local function check_names(name, text)
    for path in text:gmatch("%f[%w_.:/-]([%a_][%w_]*%.[%a_][%w_.]*)") do
        if not is_known(path) then
            t.ok(false, ("%s: %s is there"):format(name, path))
        end
    end
end

local makefile = read(source .. "/Makefile.am")

for _, name in ipairs(pages) do
    t.ok(makefile:find(name, 1, true), name .. " is packed and installed")
    local text = read(source .. "/" .. name)
    check_paths(name, text)
    if not name:match("^doc/reference/") then check_names(name, text) end
end
t.ok(#pages >= 5, "there are pages")

t.done()
