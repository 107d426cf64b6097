-- test_tutorial.lua - every block of README.md and doc/tutorial.md, run in order in
-- one folder.
--
--   ```lua       begins with "-- name.lua" and is saved under that name
--   ```sh        exports of variables, which hold from there on; scripts of the
--                source tree, which only have to be there, and commands that
--                build: they are how this test came to run
--   ```console   "$ " a command, "ritz> " an input of the last `$ ritz`, which
--                goes on after "   .. "; other lines are what must be shown
--
--   ```text      a screen, which is only looked at
--
-- "..." stands for any text, and alone on a line for any number of lines.

local t = require "tap"

local source, build = os.getenv("RITZ_SOURCE"), os.getenv("RITZ_BUILD")
local folder = os.getenv("RITZ_TEST_TMP")

if not pcall(require("ritz").data.fashion_mnist) then
    t.skip_all("no Fashion-MNIST: apt-get install dataset-fashion-mnist")
end

local function read(path)
    local file = assert(io.open(path))
    local text = file:read("a")
    file:close()
    return text
end

local function write(name, text)
    local file = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
    file:close()
end

--- All blocks {kind, line, text} of a page.
local function blocks_of(text)
    local blocks, open, n = {}, nil, 0
    for line in text:gmatch("([^\n]*)\n") do
        n = n + 1
        local fence = line:match("^```(.*)$")
        if fence and open then
            blocks[#blocks + 1], open = open, nil
        elseif fence then
            open = { kind = fence, line = n, text = "" }
        elseif open then
            open.text = open.text .. line .. "\n"
        end
    end
    assert(not open, "a block without an end")
    return blocks
end

--- Whether `got` is `want`, where "..." in a line stands for any text.
local function is_line(got, want)
    local pattern = want:gsub("%s+$", ""):gsub("%p", "%%%0"):gsub("%%%.%%%.%%%.", ".*")
    return got:gsub("%s+$", ""):gsub("\t", " "):match("^" .. pattern .. "$") ~= nil
end

local function is_like(got, want, i, j)
    i, j = i or 1, j or 1
    if j > #want then return i > #got end
    if want[j] == "..." then
        for next = i, #got + 1 do
            if is_like(got, want, next, j + 1) then return true end
        end
        return false
    end
    return i <= #got and is_line(got[i], want[j]) and is_like(got, want, i + 1, j + 1)
end

local function lines_of(text)
    local lines = {}
    for line in text:gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
    return lines
end

local function shows(got, want, name)
    if not t.ok(is_like(lines_of(got), lines_of(want)), name) then
        t.note("got:\n%s\nwant:\n%s", got, want)
    end
end

-- Steps: commands and inputs with what they must show.

local steps = {}

local function add_console(block)
    local step
    for line in block.text:gmatch("([^\n]*)\n") do
        local command, input = line:match("^%$ (.*)$"), line:match("^ritz> (.*)$")
        local more = line:match("^   %.%. ?(.*)$")
        if command or input then
            step = { kind = command and "command" or "input", line = block.line,
                text = command or input, want = "" }
            steps[#steps + 1] = step
        elseif more then
            step.text = step.text .. "\n" .. more
        else
            step.want = step.want .. line .. "\n"
        end
    end
end

local exports = "export LC_ALL=C.UTF-8 COLUMNS=80\n"

--- Variables as a reader sets them, who builds in build/ of the source.
local function add_export(line)
    line = line:gsub("%$PWD/build", build):gsub("%$PWD", source)
    steps[#steps + 1] = { kind = "export", text = line }
end

local builders = { autoreconf = true, make = true }

local adders = {
    lua = function(block)
        local name = block.text:match("^%-%- ([%w_]+%.lua) ")
        assert(name, "a Lua block without a name in line " .. block.line)
        steps[#steps + 1] = { kind = "file", name = name, text = block.text }
    end,
    sh = function(block)
        for line in block.text:gmatch("([^\n]+)\n") do
            local script = line:match("^(scripts/%w+)")
            if script then
                t.ok(io.open(source .. "/" .. script), script .. " is there")
            elseif not builders[line:match("^%a+")] then
                assert(line:match("^export "), "a line that is not run: " .. line)
                add_export(line)
            end
        end
    end,
    console = add_console,
    text = function() end,
}

local function add_page(name)
    for _, block in ipairs(blocks_of(read(source .. "/" .. name))) do
        local add = adders[block.kind]
        assert(add, ("%s:%d: blocks of kind %q are not run"):format(name, block.line,
            block.kind))
        add(block)
    end
end

add_export 'export PATH="$PWD/build/src:$PATH"'
add_page "README.md"
add_page "doc/tutorial.md"

-- Running them.

local function sh(text)
    write("command.sh", exports .. "cd '" .. folder .. "'\n" .. text .. "\n")
    local pipe = io.popen("sh '" .. folder .. "/command.sh' 2>&1")
    local shown = pipe:read("a")
    pipe:close()
    return shown
end

--- Without lines of progress, which a slow machine shows.
local function without_progress(text)
    return (text:gsub("epoch %d+/%d+  step [^\n]*\n", ""))
end

local function run_command(step)
    local lua = step.text:match("^lua5%.4 (.*)$")
    if lua then
        local stock = os.getenv("LUA") or ""
        if stock == "" or (os.getenv("SANITIZERS") or "") ~= "" then
            t.skip("no stock lua5.4 that could load the module", step.text)
            return
        end
        shows(sh(("'%s' %s"):format(stock, lua)), step.want, step.text)
        return
    end
    shows(without_progress(sh(step.text)), step.want, step.text)
end

--- The inputs from `first` on, as one session of the prompt.
local function run_session(first)
    local last, input = first, ""
    while steps[last + 1] and steps[last + 1].kind == "input" do
        last = last + 1
        input = input .. steps[last].text .. "\nprint '<end of " .. last .. ">'\n"
    end
    write("input", input)
    local shown, from = sh "ritz -i < input", 1
    for i = first + 1, last do
        local mark = "<end of " .. i .. ">\n"
        local to, past = shown:find(mark, from, true)
        if not to then
            t.ok(false, steps[i].text)
            t.note("the session ended:\n%s", shown:sub(from))
            return last
        end
        shows(shown:sub(from, to - 1), steps[i].want, steps[i].text)
        from = past + 1
    end
    return last
end

t.ok(not is_like({ "a" }, { "b" }), "lines that differ are told apart")
t.ok(not is_like({ "a", "b" }, { "a" }), "a line too many is found")
t.ok(is_like({ "1.25 x", "y", "z" }, { "1.2... x", "...", "z" }), "dots stand for text")

local i = 1
while i <= #steps do
    local step = steps[i]
    if step.kind == "file" then
        write(step.name, step.text)
    elseif step.kind == "export" then
        exports = exports .. step.text .. "\n"
    elseif step.text == "ritz" then
        i = run_session(i)
    elseif step.kind == "command" then
        run_command(step)
    else
        t.ok(false, "an input without a session: " .. step.text)
    end
    i = i + 1
end

t.done()
