-- exhaust.lua - what happens when memory runs out, request by request.

local ritz = require "ritz"
local t = require "tap"

--- Fails the 1st, 2nd, ... request of f until it gets all it asks for. Each
-- failure must be an error that speaks of memory, and leave ritz usable.
return function(name, f)
    f() -- pools are filled, what is loaded lazily is loaded
    local failures, wrong = 0, nil
    for n = 1, 2000 do
        ritz._fail_allocation(n)
        local good, err = pcall(f)
        local requests = ritz._fail_allocation(0)
        if good and requests < n then
            return t.ok(not wrong, ("%s: %d failures%s"):format(name, failures, wrong or ""))
        end
        if not good then
            failures = failures + 1
            if not tostring(err):find("memory", 1, true) then
                wrong = (", at %d: %s"):format(n, tostring(err))
            end
        end
    end
    return t.ok(false, name .. ": more than 2000 requests")
end
