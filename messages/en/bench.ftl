# Measuring: `sarai bench`.

# The help
bench-about-decode = Measure the model alone: reading and writing speed, first token, batches of n tokens, memory. SARAi need not be running
bench-about-chat = Measure conversations of six turns with a running SARAi and, if you like, with another server alongside
bench-about-load = Measure several clients that ask at the same time
bench-help-model = The model to measure. Without it, the one that answers by default
bench-help-duration = Seconds, such as 60 or 60s. For load, how long to keep asking (30 without it); for the others, when to stop beginning new rounds
bench-help-rounds = How often each thing is measured
bench-help-clients = How many clients ask at the same time
bench-help-against = Another OpenAI-compatible server to measure in the same way, such as http://127.0.0.1:8081
bench-help-against-model = What the other server calls the model. Without it, the first one on its list
bench-help-against-token-file = A file with the other server's key
bench-value-model = MODEL
bench-value-duration = SECONDS
bench-value-rounds = N
bench-value-clients = N
bench-value-url = URL
bench-value-name = NAME
bench-value-file = FILE

# While it measures
bench-loading = Loading { $model }…
bench-batches = Timing batches and reading…
bench-round = Round { $round } of { $rounds }…
bench-conversation = Round { $round } of { $rounds }: conversation "{ $conversation }" with { $model }…
bench-load = For { $seconds } seconds, { $clients } clients ask { $model }…

# What stands in the way
bench-no-memory = { $model } needs { $needed } of memory and { $available } are free. Close other programs, lower runtime.n_ctx, or choose a smaller model with --model.
bench-worker-fell = The process of model { $model } went down while loading. Look for the reason with "SARAI_LOG=debug" and run "sarai doctor".
bench-stopped = Measuring was stopped. There is no result.
bench-model-not-served = SARAi has not loaded the model "{ $model }". Choose the one that answers, or change model.default and start again.
bench-no-model-served = SARAi is running but has no model loaded yet. Wait until "sarai status" says that it is ready.
bench-against-no-model = The server at { $url } does not say which models it has. Name one with --against-model.
bench-token-unreadable = The key in { $file } cannot be read: { $cause }

# The result
bench-heading = { $model } on { $cpu } ({ $cores } cores, Linux { $kernel }), { $date }, load before { $load }
bench-column-what = What
bench-column-figure = How much
bench-column-batch = Tokens in a batch
bench-column-ms = ms
bench-column-ratio = Ratio
bench-column-ours = SARAi
bench-column-theirs = The other
bench-column-turn = Turn
bench-column-prompt-tokens = Prompt tokens
bench-column-cached-ours = Cached, SARAi
bench-column-cached-theirs = Cached, the other
bench-column-first-ours = First token (ms), SARAi
bench-column-first-theirs = First token (ms), the other
bench-column-component = Part
bench-column-resident = Memory
bench-row-start = Start until serving (ms)
bench-row-prompt = Reading (tokens/s)
bench-row-decode = Writing (tokens/s)
bench-row-cold = First token, cold (ms)
bench-row-warm = First token, warm (ms)
bench-row-resident-loaded = Memory once loaded
bench-row-resident-after = Memory at the end
bench-row-build = llama.cpp
bench-row-requests = Answers per second
bench-row-tokens = Tokens per second
bench-row-p50 = First token, 50th percentile (ms)
bench-row-p90 = First token, 90th percentile (ms)
bench-row-p99 = First token, 99th percentile (ms)
bench-row-answered = Answers
bench-row-errors = Errors
