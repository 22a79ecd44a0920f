# The command line: help, complaints about usage, and what each command says.

cli-about = SARAi: your private assistant, on your own computer, without a network.
cli-about-up = Start SARAi and keep it going until you press Ctrl-C
cli-about-serve = Start SARAi with nobody to watch over it (for systemd or containers)
cli-about-pair = Give a link that lets a browser into the page once
cli-about-chat = Chat in the terminal
cli-about-ask = Ask one question and print the answer
cli-about-model = List, download and remove models
cli-about-model-list = Show the models that are here and those that could be
cli-about-model-pull = Bring a model here, from the catalogue or from a GGUF file of yours
cli-about-model-rm = Remove a model's file
cli-about-model-info = Tell what is known of a model, and whether it fits into memory
cli-about-status = Tell whether SARAi is running and how each part is
cli-about-doctor = Look for what keeps SARAi from working well, and say how to mend it
cli-about-config = Check and show the settings
cli-about-config-check = Look for mistakes in the settings
cli-about-config-show = Show each setting with its value and where it comes from
cli-about-config-path = Tell where the settings file is
cli-about-grammar = Check texts against grammars, without a model
cli-about-grammar-check = Tell for each text whether a grammar accepts it, or at which byte it does not
cli-about-bench = Measure the speed on this computer
cli-about-completion = Print the code that lets your shell complete sarai's commands

cli-heading-usage = Usage:
cli-heading-commands = Commands
cli-heading-arguments = Arguments
cli-heading-options = Options
cli-value-command = COMMAND
cli-value-options = [OPTIONS]
cli-value-setting = KEY=VALUE
cli-value-text = TEXT
cli-value-model = MODEL
cli-value-model-or-file = MODEL|FILE
cli-value-file = FILE
cli-value-grammar = GRAMMAR
cli-value-grammar-kind = json-schema|gbnf|lark|regex
cli-value-shell = bash|zsh|fish

cli-help-help = Show this help
cli-help-version = Show the version
cli-help-set = Change a setting for this time only, such as server.port=8081; can be repeated
cli-help-json = Print JSON, for programs
cli-help-ask-text = The question; without it, it is read from standard input
cli-help-ask-model = The model to answer; without it, the one in the settings
cli-help-ask-system = Instructions for the assistant, besides its own
cli-help-ask-max-tokens = The longest answer, in tokens
cli-help-ask-temperature = From 0 (always the likeliest) to 2 (the most varied)
cli-help-ask-schema = A file with the JSON schema that the answer has to fit (“-”: standard input)
cli-help-ask-grammar = A file with the grammar of the answer: .gbnf, .lark, .regex or .json (a schema); “-” reads GBNF from standard input
cli-help-ask-speculation = How many tokens to guess ahead; changes how long it takes, not what it says
cli-help-ask-seed = The same number with the same question gives the same answer
cli-help-model-pull = A model of the catalogue or a GGUF file; without it, the model in the settings
cli-help-model-id = The model's name, as "sarai model list" shows it
cli-help-config-file = The file to check; without it, everything that would count at a start
cli-help-doctor-fix = Mend permissions and remove leftovers that are in the way
cli-help-grammar-kind = The language that the grammar is written in
cli-help-grammar-file = The file with the grammar, or - for standard input
cli-help-grammar-text = A text to check; there can be several
cli-help-grammar-pairs = A file of many checks, one JSON object per line with kind, grammar and text; - for standard input
cli-help-completion-shell = The shell: bash, zsh or fish

cli-usage-unknown = There is no option "{ $arg }".
cli-usage-unknown-nearest = There is no option "{ $arg }". Did you mean "{ $nearest }"?
cli-usage-command = There is no command "{ $command }".
cli-usage-command-nearest = There is no command "{ $command }". Did you mean "{ $nearest }"?
cli-usage-value = "{ $value }" is not right for { $arg }.
cli-usage-value-missing = { $arg } needs a value.
cli-usage-choice = "{ $value }" is not right for { $arg }. It can be: { $choices }.
cli-usage-missing = { $arg } is missing.
cli-usage-conflict = { $arg } cannot be used like this, or stands there twice.
cli-usage-other = I do not understand this command.
cli-usage-hint = Add --help to see what can be done.

cli-unexpected = Something happened that I did not expect: { $cause }
cli-file-missing = There is no file "{ $file }". Check the name and the folder.
cli-input-not-utf8 = The input is not UTF-8 text. Convert it and try again.
cli-input-too-long = The input is too long: { $max } MiB fit.
cli-worker-missing = I cannot find the program that runs models, "{ $file }". Build it with "make build", or say in { $variable } where it is.
cli-not-running = SARAi is not running. Start it with "sarai up" in another terminal.
cli-not-ready = SARAi is running, but cannot answer now. { $detail }
cli-loading = Loading the model...
cli-loading-too-long = The model is still not ready after { $minutes } minutes. Look at "sarai status" and "sarai doctor".
cli-yes = yes
cli-no = no

cli-ask-nothing = The question is missing. Write it after the command, such as: sarai ask "Why is the sky blue?"
cli-grammar-unknown-kind = The name of { $file } does not tell what kind of grammar it is. Let it end in .gbnf, .lark, .regex or .json.
cli-grammar-unreadable = I cannot read { $file } ({ $cause }). Check the path and the permissions.
cli-grammar-nothing = The grammar is missing: “-” reads it from standard input, such as: cat list.gbnf | sarai ask --grammar - "…"
cli-schema-no-json = { $file } is not valid JSON: look at line { $line }, column { $column }.
cli-schema-no-object = { $file } is not a JSON schema: it has to be an object.
cli-answer-cut = The answer was cut off at the most tokens allowed.
cli-figures-short = { $tokens ->
    [one] 1 token
   *[other] { $tokens } tokens
}, after { $first } s
cli-figures = { $tokens } tokens, { $speed } a second; the first one after { $first } s

cli-pair = Open this link in your browser. It works once, within ten minutes:

cli-up-page = Page:
cli-up-chat = Terminal:
cli-up-api = OpenAI API:
cli-up-token = API key file:
cli-up-ready = Ready in { $seconds } s. Press Ctrl-C to stop.
cli-up-model-restarts = The model stopped and is starting again (number { $count }).
cli-up-serve-restarts = SARAi stopped by accident and is starting again. The log says why.
cli-up-never-started = SARAi could not start. { $reason }
cli-up-stopping = Stopping: answers under way may finish.
cli-up-stopped = SARAi has stopped.

cli-status-head = SARAi { $version }:
cli-status-restarts = { $count ->
    [one] 1 restart
   *[other] { $count } restarts
}
cli-standing-ready = ready
cli-standing-starting = starting
cli-standing-degraded = cannot answer
cli-standing-stopping = stopping

cli-config-fine = The settings are fine.

cli-model-ready = here, { $size }
cli-model-partial = partly here, { $done } of { $total }
cli-model-absent = not downloaded, { $size }
cli-model-absent-unknown = not downloaded
cli-model-default = answers by default
cli-model-unchecked = not tried here
cli-model-own = A file of yours: the catalogue does not know it.
cli-model-source = Looking in: { $source }
cli-model-downloading = Downloading
cli-model-checking = Checking
cli-model-pulled = The model is at "{ $file }" ({ $size }).
cli-model-removed = Removed "{ $model }": { $freed } are free again.

cli-info-file = File
cli-info-title = Name
cli-info-licence = Licence
cli-info-terms = Terms
cli-info-parameters = Parameters
cli-info-sha256 = SHA-256
cli-info-architecture = Architecture
cli-info-quantisation = Quantisation
cli-info-context = Context it was trained with
cli-info-layers = Layers
cli-info-vocabulary = Vocabulary
cli-info-template = Chat template
cli-info-memory = Memory
cli-info-memory-parts = Of it
cli-info-memory-fits = { $needed } with { $context } tokens of context; fits, there are { $available }
cli-info-memory-too-big = { $needed } with { $context } tokens of context; does not fit, there are { $available }
cli-info-memory-of = { $weights } of weights, { $context } of context
cli-skill-answered = The skill { $skill } answered: { $why }
cli-about-skill = The skills: which there are, what they may do, and asking them
cli-about-skill-list = Lists the skills there are
cli-about-skill-show = Tells everything about a skill: what it runs, what it asks for, and its limits
cli-about-skill-run = Asks a skill
cli-about-skill-route = Tells which skill would answer a text, and why
cli-about-skill-reload = Lets a running skill read its files again
cli-about-skill-trust = Tells what a skill asks for, and keeps whether you agree
cli-about-skill-test = Checks that a skill keeps to the contract, inside its jail
cli-about-skill-new = Creates a skill to begin with
cli-help-skill-name = The skill's name
cli-help-skill-arguments = A JSON object with what the skill takes besides the text
cli-help-skill-yes = Agrees without asking
cli-help-skill-revoke = Takes back what you agreed to
cli-help-skill-sample = A text that the skill answers
cli-help-skill-says = What a skill that asks the model hears here, each time
cli-skill-test-words = Good morning. This is what a model might say.
cli-help-skill-language = What it is written in
cli-help-skill-folder = The folder to create it in; your own skills' by default
cli-value-skill = SKILL
cli-value-folder = FOLDER
cli-skill-arguments = The arguments must be a JSON object, such as {"{"}"query": "SELECT 1"{"}"}.
cli-skill-reloaded = The skill { $skill } has read its files again; { $generation } times so far.
cli-skill-granted = ready
cli-skill-asks = waits for your consent
cli-skill-refused = cannot be used
cli-skill-trust-damaged = The list of trusted skills is damaged: { $detail }. Delete it to start anew; none is trusted until you say so.
cli-skill-revoked = The skill { $skill } no longer has your consent ({ $count ->
    [0] it had none
    [one] it had it once
   *[other] it had it { $count } times
}).
cli-skill-trusted-already = The skill { $skill } may run already; it asks for nothing new.
cli-skill-trusted = The skill { $skill } may run.
cli-skill-not-trusted = The skill { $skill } still has no consent. To agree without a question: sarai skill trust --yes { $skill }
cli-skill-trust-question = Do you agree? [y/N]
cli-skill-test-prompt = The skill { $skill } has no process to test: the model answers with its instructions.
cli-skill-new-exists = There is something at { $folder } already. Choose another name or another folder.
cli-skill-new-no-sdk = A skill in Rust is built with SARAi's sources, and this program is not where it was built. Try --language python.
cli-skill-new-rust = It is at { $folder }. Build it with “./build.sh” in its folder, then: sarai skill trust { $skill }; sarai skill test { $skill }
cli-skill-new-python = It is at { $folder }. Prepare it with “./setup.sh” in its folder, then: sarai skill trust { $skill }; sarai skill test { $skill }
cli-skill-route-none = The model alone would answer ({ $score }): { $why }
cli-skill-route-skill = The skill { $skill } would answer ({ $score }): { $why }
cli-about-skill-bench = Measures a skill in its jail: starts, health, calls and memory
cli-about-skill-image = Makes a container image of a skill, from nothing, for Docker or Podman
cli-help-skill-image-run = Also runs it, as strictly as in its jail, until it is interrupted
cli-help-skill-image-probe = Ends as soon as its health says SERVING
cli-help-skill-image-model = The model for the image "draft"
cli-skill-image-made = { $image }: { $size }, given to { $engine }
cli-skill-image-serves = { $image } serves: SERVING after { $ms } ms, at { $socket }
cli-skill-image-until = Ctrl-C ends it.
cli-skill-image-engine = The image needs Docker or Podman. { $detail }
cli-skill-image-failed = { $image } does not work: { $detail }
cli-skill-image-serve = The image "serve" is run together with its neighbours: see deploy/compose.
cli-skill-image-silent = { $image } does not come to serve. The last it said: { $detail }
cli-skill-image-ended = { $image } has ended by itself.
cli-skill-image-prompt = The skill { $skill } has no program to put into an image: the model answers with its instructions.
cli-skill-image-system = The skill { $skill } runs with this computer's programs, and an image has none. Name those it needs in its manifest, under [image], such as programs = ["python3"].
cli-skill-image-program = There is no program { $program } on this computer to put into the image. Install it and repeat this.
cli-skill-image-no-model = Say with --model which model is to guess; "sarai model list" shows them.
cli-about-jail = Runs programs in the skills' jail
cli-about-jail-seccomp = Prints the system calls that a skill may make, as a seccomp profile for container engines
cli-about-jail-run = Runs a program in a jail; its output and exit code are this command's own
cli-help-jail-backend = Who makes the jail: local, docker or disabled (nobody)
cli-help-jail-policy = A TOML file that says what it may see and take; otherwise what a skill gets that asks for nothing
cli-help-jail-report = Tells at the end, layer by layer, what held
cli-help-jail-program = The program and its arguments
cli-value-backend = WHO
cli-value-program = PROGRAM
cli-jail-failed = The jail cannot be made: { $detail }
cli-jail-backend = The jail
cli-jail-no-report = The jail was never made.
cli-about-memory = What is remembered of you
cli-about-memory-add = Store a fact by hand
cli-about-memory-export = Write all that is remembered, a line of JSON each
cli-about-memory-forget = Erase something from the memory, wholly and for good
cli-about-memory-import = Take in what “export” wrote
cli-about-memory-recall = Answer a question from the memory, or show the facts that fit
cli-about-memory-replay = Play a conversation into a memory of its own, for tests
cli-about-memory-show = Show a fact and the message that it came from
cli-about-memory-stats = Say how much is remembered
cli-about-memory-vacuum = Remove repetitions and write the file anew without gaps
cli-help-memory-everything = All of it; asks for --yes
cli-help-memory-export = The file, which must not exist; otherwise standard output
cli-help-memory-from = Since when: 2019, 2019-05 or 2019-05-03
cli-help-memory-id = The fact's number
cli-help-memory-import = The file, or “-” for standard input
cli-help-memory-limit = How many at most (100)
cli-help-memory-object = The value: where somebody lives, what they are called…
cli-help-memory-past = What no longer holds too
cli-help-memory-person = Everything about this person
cli-help-memory-question = A question such as “where does my sister live?”; with nothing, all facts
cli-help-memory-replay = A file with one JSON object per line, or “-” for standard input
cli-help-memory-since = What was stored from this day on
cli-help-memory-skip-bad = Skip lines that are none instead of importing nothing
cli-help-memory-source = What comes from there: said, entered, accepted or imported
cli-help-memory-subject = Whose; empty for yourself
cli-help-memory-to = Until when
cli-help-memory-verb = What is said: lives_in, relative:sister, likes…
cli-help-memory-words = Whatever these words are about
cli-help-yes = Do not ask
cli-value-date = DATE
cli-value-name = NAME
cli-help-no-memory = Use nothing that is remembered of you, and keep nothing
