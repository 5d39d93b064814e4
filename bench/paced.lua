-- Requests at a constant rate, for wrk with one connection a thread. The argument: milliseconds between two
-- requests of a connection. What a slow answer costs is caught up, so the rate holds. Ends with a line of JSON.

local ffi = require('ffi')
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } timespec;
  int clock_gettime(int clock, timespec *time);
]]
local MONOTONIC = 1
local STEPS = 16
local time = ffi.new('timespec')

local function nowMs()
  ffi.C.clock_gettime(MONOTONIC, time)
  return tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1e6
end

local threads = 0

function setup(thread)
  thread:set('index', threads)
  threads = threads + 1
end

function init(args)
  intervalMs = tonumber(args[1])
  -- Connections do not ask in step.
  dueMs = nowMs() + (index % STEPS) / STEPS * intervalMs
end

function delay()
  dueMs = dueMs + intervalMs
  return math.max(0, math.floor(dueMs - nowMs() + 0.5))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"not2xx":%d,"failed":%d,"p50Ms":%.3f,"p99Ms":%.3f,"longestMs":%.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
