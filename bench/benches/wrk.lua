-- Sends the requests in the file that is its argument, one per line, in turn:
-- the signature's time, the signature and the body, with tabs between them.
local requests = {}
local next_request = 0

function init(args)
  for line in io.lines(args[1]) do
    local time, signature, body = line:match("^(%S+)\t(%S+)\t(.*)$")
    local headers = {
      ["Content-Type"] = "application/json",
      ["X-HubSpot-Request-Timestamp"] = time,
      ["X-HubSpot-Signature-v3"] = signature,
    }
    table.insert(requests, wrk.format("POST", nil, headers, body))
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

-- Requests, those that failed, the whole time and the 50th and 99th percentile of one request in microseconds.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print("numbers", summary.requests, failed, summary.duration,
    latency:percentile(50), latency:percentile(99))
end
