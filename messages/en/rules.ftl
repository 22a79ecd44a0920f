# Rules: what SARAi does by itself.

# A rule, said back. Parts that begin with { " " } or a comma are put right behind what comes before.
rules-said = { $what } { $when }{ $if }{ $channel }.
rules-list = { $first } and { $last }
rules-only-if = , only if { $conditions }
rules-by-channel =
    { $channel ->
        [terminal] , in the terminal
        [page] , on the page
        [desktop] , on the desktop
        [ntfy] , on your phone
        [webhook] , by webhook
        [email] , by email
        [slack] , on Slack
       *[other] , by { $channel }
    }

# What it does
rules-do-tell = I will let you know
rules-do-tell-text = I will remind you: “{ $text }”,
rules-do-suggest = I will suggest “{ $text }”
rules-do-skill = I will run the skill “{ $skill }”
rules-do-skill-with = I will run the skill “{ $skill }” with “{ $arguments }”
rules-do-ask = I will ask the model: “{ $prompt }” (at most { $tokens } tokens),
rules-do-free-memory = I will free memory
rules-do-rotate-logs = I will delete logs older than { $days } days
rules-do-vacuum = I will compact the databases
rules-do-backup = I will make a backup
rules-do-health-sweep = I will check that everything works
rules-do-warm-skill = I will have the skill “{ $skill }” ready

# When
rules-times = { $schedules }{ $from }{ $until }{ $zone }
rules-in-zone = , { $zone } time
rules-from = , from { $date }
rules-until = , until { $date }
rules-moment = { $date } at { $time }
rules-date = { $weekday }, { $day } { $month } { $year }
rules-clock = { $time }
rules-clock-one = { $time }
rules-at = at { $times }
rules-steps = every { $minutes } minutes, from { $from } to { $to }
rules-each-day = every day { $at }
rules-each-workday = Monday to Friday { $at }
rules-each-weekend = every Saturday and Sunday { $at }
rules-each-week = every { $days } { $at }
rules-each-month =
    { $n ->
        [one] on day { $days } of every month { $at }
       *[other] on days { $days } of every month { $at }
    }
rules-each-month-end = on the last day of every month { $at }
rules-each-nth = on { $days } of every month { $at }
rules-each-year = every { $day } { $month } { $at }
rules-day-number = { $day }
rules-nth =
    { $nth ->
        [n1] the first { $day }
        [n2] the second { $day }
        [n3] the third { $day }
        [n4] the fourth { $day }
        [n5] the fifth { $day }
       *[last] the last { $day }
    }
rules-weekday =
    { $day ->
        [mon] Monday
        [tue] Tuesday
        [wed] Wednesday
        [thu] Thursday
        [fri] Friday
        [sat] Saturday
       *[sun] Sunday
    }
rules-month =
    { $month ->
        [m1] January
        [m2] February
        [m3] March
        [m4] April
        [m5] May
        [m6] June
        [m7] July
        [m8] August
        [m9] September
        [m10] October
        [m11] November
       *[m12] December
    }
rules-once = on { $date } at { $time }
rules-cron = when the cron expression “{ $cron }” says so
rules-series = { $every } at { $time }, starting on { $date }
rules-every-days =
    { $n ->
        [one] every day
       *[other] every { $n } days
    }
rules-every-weeks =
    { $n ->
        [one] every { $day }
       *[other] every { $n } weeks on { $day }
    }
rules-every-months =
    { $n ->
        [one] on day { $day } of every month (or the last, where there is none)
       *[other] every { $n } months on day { $day }
    }
rules-every-years =
    { $n ->
        [one] every { $day } { $month }
       *[other] every { $n } years on { $day } { $month }
    }
rules-span = every { $length } from { $date } at { $time }
rules-hours =
    { $n ->
        [one] { $form ->
            [each] hour
           *[plain] an hour
        }
       *[other] { $n } hours
    }
rules-minutes =
    { $n ->
        [one] { $form ->
            [each] minute
           *[plain] a minute
        }
       *[other] { $n } minutes
    }
rules-seconds =
    { $n ->
        [one] { $form ->
            [each] second
           *[plain] a second
        }
       *[other] { $n } seconds
    }

# What has to happen
rules-when = when { $what }
rules-when-idle = when you have not used the computer for { $length }
rules-when-file = when “{ $path }” changes
rules-when-skill = when the skill “{ $skill }” stops working
rules-when-any-skill = when a skill stops working
rules-when-webhook = when the webhook “{ $name }” is called
rules-when-fact = when I store a new fact
rules-when-fact-about = when I store a new fact about “{ $about }”
rules-memory-above = used memory is above { $amount }
rules-memory-below = less than { $amount } of memory is free
rules-disk-above = the disk{ $place } is more than { $amount } full
rules-disk-below = less than { $amount } of disk space is free{ $place }
rules-on-path = { " " }on { $path }
rules-idle = you have not used the computer for { $length }
rules-between = it is between { $from } and { $to }
rules-on-days = it is { $days }

# What may mean two things
rules-which-today-or-next =
    { $day ->
        [mon] Today is Monday. Today or next Monday?
        [tue] Today is Tuesday. Today or next Tuesday?
        [wed] Today is Wednesday. Today or next Wednesday?
        [thu] Today is Thursday. Today or next Thursday?
        [fri] Today is Friday. Today or next Friday?
        [sat] Today is Saturday. Today or next Saturday?
       *[sun] Today is Sunday. Today or next Sunday?
    }
rules-which-next =
    { $day ->
        [mon] This week's Monday or next week's?
        [tue] This week's Tuesday or next week's?
        [wed] This week's Wednesday or next week's?
        [thu] This week's Thursday or next week's?
        [fri] This week's Friday or next week's?
        [sat] This week's Saturday or next week's?
       *[sun] This week's Sunday or next week's?
    }
rules-which-weekend = This weekend or the one after?
rules-which-day = Which day?
rules-which-one = Which of them?
rules-which-deadline = Is that when I should remind you?
rules-which-days = Which days of the week? This is only a proposal.
rules-which-times = At which times? This is only a proposal.
rules-which-midnight = The midnight that begins that day or the one that ends it?
rules-which-leap = Only in leap years, or on the last day of every February?
rules-which-month-first = Is “{ $first }/{ $second }” day { $second } of month { $first } or day { $first } of month { $second }?
rules-which-nth-or-weeks = Once every { $n } weeks, or number { $n } of every month?
rules-which-once-or-monthly = Once, or every month?
rules-which-short-month = Some months have no day { $day }. Then on their last day, or not at all?

# What does not exist
rules-past = That is over. Name a time to come.
rules-no-such-time = “{ $time }” is no time of day.
rules-no-such-day = No month has a day { $day }.
rules-no-such-date = There is no such date.
rules-no-such-day-of-month =
    { $month ->
        [m1] January has no day { $day }.
        [m2] February has no day { $day }.
        [m3] March has no day { $day }.
        [m4] April has no day { $day }.
        [m5] May has no day { $day }.
        [m6] June has no day { $day }.
        [m7] July has no day { $day }.
        [m8] August has no day { $day }.
        [m9] September has no day { $day }.
        [m10] October has no day { $day }.
        [m11] November has no day { $day }.
       *[m12] December has no day { $day }.
    }
rules-weekday-mismatch =
    { $date } is not a { $said ->
        [mon] Monday
        [tue] Tuesday
        [wed] Wednesday
        [thu] Thursday
        [fri] Friday
        [sat] Saturday
       *[sun] Sunday
    } but a { $is ->
        [mon] Monday
        [tue] Tuesday
        [wed] Wednesday
        [thu] Thursday
        [fri] Friday
        [sat] Saturday
       *[sun] Sunday
    }.
rules-zone-unknown = There is no time zone named “{ $zone }”. They are written like Europe/Madrid.
rules-window-empty = There is no moment between the beginning and the end that you name.
rules-no-such-share = There is no such amount: a percentage is more than 0 and less than 100.
rules-idle-too-long = Idleness can be waited for up to a week.

# What is no rule, or beyond SARAi
rules-empty = You said nothing.
rules-too-long = That is too long for a rule.
rules-no-time = When? For example “tomorrow at 9 am”, “every Monday”, “when less than 5 GB of disk space is left”.
rules-no-verb = That does not look like something to do. Begin with “remind me”, “tell me”, “run the skill …” or “ask the assistant …”.
rules-question = That looks like a question, not like something to do.
rules-stop = To get fewer messages use `sarai rules pause` or `sarai rules remove`.
rules-run-what = I do not know what to run. Say “run the skill” and its name.
rules-ask-what = I do not know what to ask. Say it after “ask the assistant”.
rules-unknown-event = I cannot watch for that. I can watch memory, the disk, a file, a skill, a webhook, a new fact, or how long you are away.
rules-level-without-amount = The amount is missing: say “less than 5 GB” or “more than 80%”.
rules-event-and-time = That happens in an instant; I cannot wait for a time as well. Make two rules of it.
rules-how-often = I cannot repeat something like that. Say how often or at which times.
rules-too-uneven = These times are too uneven for one rule. Choose an interval that fits into the hour.
rules-beyond-holidays = I do not know which days are holidays, so I cannot leave them out.
rules-beyond-sun = I do not know when the sun rises or sets. Name a time.
rules-beyond-weather = I do not know what the weather is like.
rules-beyond-place = I do not know where you are.
rules-beyond-message = I do not read your messages or calls.
rules-beyond-before = I cannot count back from something else. Name the time of the reminder.
rules-beyond-negated = I can only tell when something happens, not when it does not.
rules-beyond-two = One rule watches one thing. Make two of it.
rules-beyond-elsewhere = I only watch this computer.
rules-beyond-others = I can only remind you, nobody else.
rules-beyond-several = There is more than one time here, and I do not know how they belong together. Make one rule of each.
rules-beyond-single-days = I cannot leave out single days or hours, only days of the week.
rules-beyond-lasting = I cannot measure how long something lasts, only the moment when it is crossed.
rules-beyond-level = I can only tell when something fills up, not when it empties.

# What is written wrong in a rules file
rules-form-unknown = { $place }: “{ $key }”: there is no key of that name
rules-form-unknown-nearest = { $place }: “{ $key }”: there is no key of that name. Did you mean “{ $nearest }”?
rules-form-too-long = { $place }: “{ $key }”: the text is too long: { $max } characters fit
rules-form-one = { $place }: “{ $key }”: one text belongs here, not a list
rules-form-choice = { $place }: “{ $key }”: “{ $value }” is not possible. Possible are: { $choices }
rules-form-number = { $place }: “{ $key }”: “{ $value }” is not possible. A whole number from { $min } to { $max } is expected
rules-form-moment = { $place }: “{ $key }”: “{ $value }” is no moment. Write it like this: 2026-11-30T08:00:00Z
rules-form-watch = { $place }: “{ $key }”: “{ $value }” is nothing that can be watched. For example: memory used > 80%, disk free < 5GB on /home, idle 30m, file changed PATH, skill unhealthy NAME, webhook NAME, fact added
rules-form-condition = { $place }: “{ $key }”: “{ $value }” is no condition. For example: memory used > 80%, idle 30m, between 09:00 and 18:00, on mon-fri
rules-form-times = { $place }: “{ $key }”: “{ $value }” does not say when ({ $detail }). For example: "0 9 * * MON", @daily, 2026-12-01T09:00, every 2h from 2026-12-01T09:00
rules-form-never = { $place }: “{ $key }”: at these times it would never happen
rules-form-too-many-times = { $place }: “{ $key }”: a rule has 1 to 16 schedules
rules-form-too-many-conditions = { $place }: “{ $key }”: a rule has at most { $max } conditions
rules-form-no-trigger = { $place }: “{ $key }”: it does not say when: write `at` (a schedule) or `when` (something to watch)
rules-form-two-triggers = { $place }: “{ $key }”: a rule has `at` or `when`, not both: make two rules
rules-form-no-action = { $place }: “{ $key }”: it does not say what to do: write one of these keys: { $actions }
rules-form-two-actions = { $place }: “{ $key }”: a rule does one thing: make two rules. Actions: { $actions }
rules-form-empty = { $place }: “{ $key }”: the text is missing
rules-form-zone = { $place }: “{ $key }”: there is no time zone named “{ $zone }”. They are written like Europe/Madrid
rules-form-zone-nearest = { $place }: “{ $key }”: there is no time zone named “{ $zone }”. Did you mean “{ $nearest }”?
rules-form-window = { $place }: “{ $key }”: the end has to come after the beginning
rules-form-quiet = { $place }: “{ $key }”: “{ $value }” are no hours. Write them like this: 22:30-07:30
rules-form-name = { $place }: “{ $key }”: a rule’s name has 1 to 48 small letters, digits, “-” and “_”
rules-form-not-a-rule = { $place }: “{ $key }”: the keys of a rule stand below its name
rules-form-too-many-rules = { $place }: “{ $key }”: there are too many rules: { $max } fit

# Why a rule did or did not act
rules-some-moment = another moment
rules-decided-fired = Its time had come, and nothing stood in the way.
rules-decided-asked = You asked for it.
rules-decided-held = It is quiet hours: it waits until { $until }.
rules-decided-condition = Its condition does not hold: { $condition }.
rules-decided-unmeasured = Nobody can tell whether its condition holds: { $condition }.
rules-decided-budget-hour =
    { $scope ->
        [rule] It has acted { $limit } times within an hour, which is its limit.
       *[all] All rules together have made { $limit } offers within an hour, which is the limit.
    }
rules-decided-budget-day =
    { $scope ->
        [rule] It has acted { $limit } times within a day, which is its limit.
       *[all] All rules together have made { $limit } offers within a day, which is the limit.
    }
rules-decided-repeat = I told you on { $last }; I do not repeat it within 24 hours.
rules-decided-dismissed =
    { $count ->
        [one] You put its last message away unread: it keeps quiet until { $until }.
       *[other] You put its last { $count } messages away unread: it keeps quiet until { $until }.
    }
rules-decided-merged =
    { $count ->
        [one] It is joined with one like it that is there already.
       *[other] { $count } times are joined into one.
    }
rules-decided-missed =
    { $count ->
        [one] Its time, { $last }, passed while SARAi was not running.
       *[other] { $count } of its times, from { $first } to { $last }, passed while SARAi was not running.
    } { $then ->
        [run_once] It is done once, now.
        [report] You are told.
       *[skip] It is not made up for.
    }
rules-decided-already-done = This was done already, before the clock was set back.
rules-decided-clock-back = The clock was set back from { $from }; the rule goes on by what it shows now.
rules-decided-started =
    { $attempt ->
        [one] It begins.
       *[other] Attempt { $attempt } begins.
    }
rules-decided-again = It did not work ({ $detail }); the next attempt is on { $at }.
rules-decided-cut-off = It was cut off halfway; it is done again.
rules-decided-done = Done.
rules-decided-done-detail = Done: { $detail }
rules-decided-failed = It did not work, and is not tried any more: { $detail }
rules-decided-unknown = It was cut off halfway and nobody knows what it did; it is not repeated.
rules-decided-dropped = It is not wanted any more: the rule was removed or paused.
rules-decided-put-away = You put its message away unread.
rules-decided-seen = You saw its message.
rules-decided-full = Too many tasks are waiting; this one does not fit.
rules-decided-other = { $word }

# What the owner is told of a rule
rules-told-missed =
    { $count ->
        [one] I could not keep this on { $last }, because I was not running: { $what }.
       *[other] I could not keep this { $count } times, from { $first } to { $last }, because I was not running: { $what }.
    }
rules-told-failed = This does not work, and I will not say so again until it does: { $what }. { $detail }
rules-told-cut-off = This was cut off halfway and I do not know what it did; I will not repeat it: { $what }.

# What a rule says
rules-say-late =
    { $missed ->
        [0] { $text } (it was for { $at })
       *[other] { $text } (it was for { $at }; other times that passed: { $missed })
    }
rules-say-time = It is time: { $at }.
rules-say-level = Attention: { $what }.
rules-say-idle = You have not used the computer for a while.
rules-say-file = “{ $path }” has changed.
rules-say-skill = The skill “{ $skill }” has stopped working.
rules-say-webhook = The webhook “{ $name }” was called.
rules-say-fact = I have kept a new fact: { $fact }
rules-say-forgotten = something that is forgotten by now
rules-say-short = { $what }: I freed { $mb } MB, which is not enough. Close some program.

# What it did
rules-done-logs =
    { $count ->
        [0] no log was that old
        [one] one log deleted
       *[other] { $count } logs deleted
    }
rules-done-vacuum = { $kb } kB saved
rules-done-backup = copy in { $files }
rules-done-healthy =
    { $parts ->
        [one] one part, and it works
       *[other] { $parts } parts, and all of them work
    }
rules-done-ill = Something does not work: { $parts }
rules-done-ill-revived = Something does not work and was told to start again: { $parts }
rules-done-memory = { $mb } MB freed
rules-done-warm = the skill “{ $skill }” is ready
rules-done-answer =
    { $tokens ->
        [one] an answer of one token
       *[other] an answer of { $tokens } tokens
    }
rules-done-no-skill = “{ $skill }” is no name of a skill
rules-done-too-slow = no answer within { $minutes } minutes

# The loop
rules-loop-running = A loop is running on this folder already: process { $pid }.
rules-loop-io = The loop of the rules cannot go on: { $cause }.
rules-store-locked = Another program is writing to the file of the rules. Try again.
rules-store-superseded = Another loop has taken the rules over; this one ends.
rules-store-full = The disk has no room for the file of the rules. Free some space.
rules-store-damaged = The file of the rules is damaged.
rules-store-newer = The file of the rules is of a newer version ({ $found }) than this program ({ $known }). Update SARAi.
rules-store-many = No more fits ({ $what }). Remove a rule, or wait until the loop has dealt with what is there.
rules-unknown = There is no rule named "{ $rule }". "sarai rules list" shows them.
rules-in-file = The rule "{ $rule }" stands in "{ $file }": change it there. To pause it, write "status: paused" into it.
rules-builtin = The rule "{ $rule }" comes with SARAi. To change it, copy those that come with it into "{ $file }" and edit them there.
rules-state-waits = it waits until quiet hours are over
rules-state-ready = about to begin
rules-state-working = at it
rules-told-undelivered = I cannot send messages by { $channel } ({ $detail }), and will not say so again until it works. The messages are kept here.
