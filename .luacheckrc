-- What luacheck should know about our Lua.
std = "lua54"
max_line_length = 100
codes = true

-- The prompt and scripts have the modules as globals.
local modules = {
    "ritz", "nn", "optim", "data", "plot", "run", "help",
}
files["examples"].read_globals = modules
files["tests/lua"].read_globals = modules
files["scripts"].read_globals = modules
-- A script that a C test runs finds these there.
files["tests/script"].read_globals = { "ritz", "check", "report", "RECORDS" }
