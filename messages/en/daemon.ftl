# What the running program says: the model, requests that do not work out, and how each part is.
daemon-model-checking = Checking the model.
daemon-model-loading = The model { $model } is being loaded. Wait a moment and try again.
daemon-model-restarting = The model { $model } stopped and is starting again. Try again in a few seconds.
daemon-model-crashes = The model { $model } stopped several times in a row. Look at the log and run “sarai doctor”.
daemon-model-died = The model { $model } stopped in the middle of the answer and is already starting again. Ask once more.
daemon-model-unknown = There is no model called “{ $model }”. Use “sarai”, or one of those that are here: { $served }. “sarai model list” shows others.
daemon-model-too-large = The model { $model } needs { $needed } GB of memory and { $available } GB are left. Close other programs, lower runtime.n_ctx or choose a smaller model with “sarai model list”.
daemon-no-default = The catalogue does not say which model answers. Set model.default; “sarai model list” shows them.
daemon-prompt-too-long = The conversation takes { $tokens } tokens, and { $max } fit, at least one of them for the answer. Shorten it, start another or raise runtime.n_ctx.
daemon-prompt-empty = There is nothing to answer: the text is empty.
daemon-template = The model does not take this conversation: { $detail }
daemon-text-too-long = One of the texts is too long to become a vector. Split it.
daemon-request-refused = The request is not valid for the model. Check its parameters.
daemon-busy = Too many requests wait already. Try again in { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}.
daemon-grammar = An answer cannot be held to that form: { $detail }
daemon-vectors-not-served = Vectors come from “{ $served }”, not from “{ $model }”. Ask for “{ $served }” or for “sarai”, or change model.embedding in the config.
daemon-vectors-not-loaded = The model that model.embedding names could not be loaded; the log says why. Name another, or set it to “none”, and start again.
daemon-draft-waits = Waits for the model that answers.
daemon-draft-is-model = The model { $model } cannot guess for itself. Set model.draft to a smaller one, or to none.
daemon-no-draft = The catalogue does not say which model guesses. Set model.draft; “sarai model list” shows them.
daemon-cancelled = The request was cancelled.
daemon-stopping = The program is shutting down.
daemon-internal = Something failed inside. The log says what; if it happens again, run “sarai doctor”.
daemon-health-ready = { $model } answers.
daemon-health-draft = { $model } guesses ahead.
daemon-health-named = Answers whoever names it.
daemon-health-resting = { $model } rests to give memory back; the next question wakes it up.
daemon-health-serve = Takes requests.
daemon-state-held = Another SARAi (process { $pid }) already uses this state folder. Stop it, or set another folder in SARAI_HOME.
daemon-port-in-use = Another program holds port { $port }. Stop it or choose another port: --set server.port=8081
daemon-bind-failed = Cannot listen on { $address }: { $cause }
daemon-exposed = { $address } is an address of the network: whoever is on the way could read along. If you accept that, set server.insecure: true.
daemon-io = The system does not allow it: { $cause }
daemon-watch-failed = Cannot watch the config for changes: { $cause }
daemon-model-no-jail = The model does not start because it cannot be jailed: { $detail }. “sarai doctor” says how to mend it.
daemon-skill-unknown = There is no skill “{ $skill }”. “sarai skill list” shows those there are.
daemon-skill-untrusted = You have not said yet that the skill “{ $skill }” may run. Look at what it asks for and decide: sarai skill trust { $skill }
daemon-skill-no-jail = The skill { $skill } does not start because it cannot be jailed: { $detail }. “sarai doctor” says how to mend it.
daemon-skill-crashes = The skill { $skill } has stopped several times in a row. Look at the log, or try it with “sarai skill test { $skill }”.
daemon-skill-died = The skill { $skill } stopped in the middle of its answer and is starting again. Repeat the question.
daemon-skill-late = The skill { $skill } did not answer in time.
daemon-skill-failed = The skill { $skill } failed. The log says why.
daemon-skill-refuses = The skill { $skill } does not take what it is asked. Check the text and the arguments.
daemon-skill-busy = The skill { $skill } has too much to do already. Try again in a few seconds.
daemon-skill-reload = The skill { $skill } stays as it was: its new files are wrong. { $detail }
daemon-skill-prompt-reload = The skill { $skill } has no process that could read its files again; SARAi reads them when they change.
daemon-health-skill = Ready.
daemon-health-skill-starting = Is starting.
daemon-loop-ready =
    { $rules ->
        [one] The loop looks after one rule.
       *[other] The loop looks after { $rules } rules.
    }
daemon-loop-degraded = The loop runs, but something is wrong: { $detail }
daemon-loop-silent = The loop does not answer; "sarai up" starts it again.
daemon-rules-choice = Choose a number from 1 to { $max }.
daemon-rules-long = That is too long for a rule: at most { $max } characters.
daemon-loop-busy = Too much waits for the loop. Try again in a moment.
daemon-loop-store = The messages cannot be read now.
daemon-arrange-question = Shall I keep it? Answer “yes” or “no”.
daemon-arrange-choose = It may mean several things. Answer with the number of the one you want.
daemon-arrange-kept = Done, I will let you know. To take it back: sarai rules remove { $rule }
daemon-arrange-dropped = All right, I do not keep it.
daemon-arrange-over = That moment is over. Tell me again with one that is still to come.
