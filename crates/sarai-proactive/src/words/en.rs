//! The words of English.

use jiff::civil::Weekday;
use sarai_types::Language;

use super::lexicon::{Beyond, Chore, DayGroup, Edge, Half, Lexicon, Measure, Nth, Part, Topic, Unit, Verb, Which};
use crate::rule::Channel;

pub(super) const ENGLISH: Lexicon = Lexicon {
    language: Language::English,
    units_of_number: &[
        (0, "zero|oh"),
        (1, "a|an|one"),
        (2, "two"),
        (3, "three"),
        (4, "four"),
        (5, "five"),
        (6, "six"),
        (7, "seven"),
        (8, "eight"),
        (9, "nine"),
        (10, "ten"),
        (11, "eleven"),
        (12, "twelve"),
        (13, "thirteen"),
        (14, "fourteen"),
        (15, "fifteen"),
        (16, "sixteen"),
        (17, "seventeen"),
        (18, "eighteen"),
        (19, "nineteen"),
        (100, "hundred"),
    ],
    tens: &[
        (20, "twenty"),
        (30, "thirty"),
        (40, "forty"),
        (50, "fifty"),
        (60, "sixty"),
        (70, "seventy"),
        (80, "eighty"),
        (90, "ninety"),
    ],
    tens_join: "-",
    half: "half a|half an|half",
    quarter: "a quarter of a|a quarter of an|quarter of an|a quarter",
    couple: "a couple of|couple of|a couple",
    and_half: "and a half",
    and_quarter: "and a quarter",
    roughly: "about|around|roughly|approximately|some|just|the next|exactly|only|another",
    ordinals: &[
        (Nth::Number(1), "first"),
        (Nth::Number(2), "second"),
        (Nth::Number(3), "third"),
        (Nth::Number(4), "fourth"),
        (Nth::Number(5), "fifth"),
        (Nth::Last, "last|final"),
    ],
    ordinal_suffixes: "st|nd|rd|th",
    units: &[
        (Unit::Seconds(1), "second|seconds|sec|secs"),
        (Unit::Seconds(60), "minute|minutes|min|mins"),
        (Unit::Seconds(3600), "hour|hours|hr|hrs"),
        (Unit::Days(1), "day|days"),
        (Unit::Days(7), "week|weeks|wk|wks"),
        (Unit::Days(14), "fortnight|fortnights"),
        (Unit::Months(1), "month|months"),
        (Unit::Months(3), "quarter|quarters"),
        (Unit::Months(12), "year|years"),
    ],
    short_units: &[
        (Unit::Seconds(1), "s"),
        (Unit::Seconds(60), "m"),
        (Unit::Seconds(3600), "h"),
        (Unit::Days(1), "d"),
        (Unit::Days(7), "w"),
    ],
    weekdays: &[
        (Weekday::Monday, "monday|mon"),
        (Weekday::Tuesday, "tuesday|tuseday|tue|tues"),
        (Weekday::Wednesday, "wednesday|wed|weds|wensday|wednsday|wedensday"),
        (Weekday::Thursday, "thursday|thurday|thu|thur|thurs"),
        (Weekday::Friday, "friday|fri"),
        (Weekday::Saturday, "saturday|saterday"),
        (Weekday::Sunday, "sunday"),
    ],
    weekdays_plural: &[
        (Weekday::Monday, "mondays"),
        (Weekday::Tuesday, "tuesdays"),
        (Weekday::Wednesday, "wednesdays"),
        (Weekday::Thursday, "thursdays"),
        (Weekday::Friday, "fridays"),
        (Weekday::Saturday, "saturdays"),
        (Weekday::Sunday, "sundays"),
    ],
    day_groups: &[
        (
            DayGroup::Workdays,
            "weekday|weekdays|week day|week days|workday|workdays|work day|work days|\
                              working day|working days|business day|business days",
        ),
        (DayGroup::Weekend, "weekend|weekends"),
        (DayGroup::Every, "day of the week|single day|day|days"),
    ],
    months: &[
        (1, "january|jan"),
        (2, "february|feb"),
        (3, "march|mar"),
        (4, "april|apr"),
        (5, "may"),
        (6, "june|jun"),
        (7, "july|jul"),
        (8, "august|aug"),
        (9, "september|sep|sept"),
        (10, "october|oct"),
        (11, "november|nov"),
        (12, "december|dec"),
    ],
    named_days: &[
        ((12, 25), "christmas|christmas day"),
        ((12, 24), "christmas eve"),
        ((12, 26), "boxing day"),
        ((12, 31), "new years eve"),
        ((1, 1), "new years day|new years|new year"),
        ((2, 14), "valentines day|valentines"),
        ((10, 31), "halloween"),
    ],
    relative_days: &[
        (0, "today|later today"),
        (1, "tomorrow|tmrw|2morrow|tmr|tmw|tomorow|tommorow|tommorrow"),
        (2, "the day after tomorrow|day after tomorrow"),
        (-1, "yesterday|last night"),
        (-2, "the day before yesterday"),
    ],
    edges: &[
        (
            Edge::End,
            "at the end of|at the end of the|by the end of|by the end of the|the end of|\
                     the end of the|end of|end of the|on the last day of|on the last day of the|\
                     the last day of|the last day of the|last day of|last day of the",
        ),
        (
            Edge::Start,
            "at the beginning of|at the beginning of the|at the start of|at the start of the|\
                       the beginning of|the beginning of the|the start of|the start of the|start of|\
                       start of the|beginning of|on the first day of|on the first day of the|the first day of|\
                       the first day of the|first day of|first day of the|the first of|the first of the|\
                       on the first of|on the first of the|first of|first of the",
        ),
        (Edge::Middle, "in the middle of|in the middle of the|mid"),
        (
            Edge::FirstWorkday,
            "the first business day of|the first working day of|the first workday of|\
                              the first weekday of|on the first business day of|on the first working day of|\
                              on the first workday of|on the first weekday of|first business day of|\
                              first working day of|first workday of",
        ),
        (
            Edge::LastWorkday,
            "the last business day of|the last working day of|the last workday of|\
                             the last weekday of|on the last business day of|on the last working day of|\
                             on the last workday of|on the last weekday of|last business day of|\
                             last working day of|last workday of",
        ),
    ],
    weeks: &[
        (Which::Next, "next week|the next week|the coming week|the following week"),
        (Which::This, "this week"),
        (Which::Last, "last week"),
    ],
    weekends: &[
        (Which::This, "this weekend|at the weekend|on the weekend|over the weekend|the weekend"),
        (Which::Next, "next weekend"),
        (Which::Last, "last weekend"),
    ],
    of_months: &[
        (Which::This, "this month"),
        (Which::Plain, "the month|month"),
        (Which::Next, "next month|the next month|the following month"),
        (Which::Every, "every month|each month|the months"),
        (Which::Last, "last month"),
    ],
    of_years: &[
        (Which::This, "this year"),
        (Which::Plain, "the year"),
        (Which::Next, "next year|the next year"),
        (Which::Every, "every year|each year"),
        (Which::Last, "last year"),
    ],
    which_before: &[
        (Which::Plain, "on|on a|by|come"),
        (Which::This, "this|this coming|the coming|coming|on this"),
        (Which::Next, "next|on next|the next|the following"),
        (Which::Last, "last"),
    ],
    which_after: &[(Which::This, "coming")],
    at: "when it is|when its|once it is|once its|whenever it is|whenever its|at|at around|at about|at exactly|around|about|by|@|for|from",
    named_times: &[
        (Part::Noon, "at noon|noon|at midday|midday|at lunchtime"),
        (Part::Midnight, "at midnight|midnight"),
    ],
    halves: &[
        (Half::Am, "am"),
        (Half::Pm, "pm"),
        (Half::Of(Part::Morning), "in the morning|in the mornings|this morning"),
        (Half::Of(Part::Afternoon), "in the afternoon|in the afternoons"),
        (Half::Of(Part::Evening), "in the evening|in the evenings"),
        (Half::Of(Part::Night), "at night"),
    ],
    parts: &[
        (
            Part::Morning,
            "in the morning|in the mornings|morning|mornings|first thing in the morning|\
                         first thing|early",
        ),
        (Part::Afternoon, "in the afternoon|in the afternoons|afternoon|afternoons|arvo|in the arvo"),
        (Part::Evening, "in the evening|in the evenings|evening|evenings"),
        (Part::Night, "at night|in the night|night|nights"),
    ],
    parts_today: &[
        (Part::Morning, "this morning"),
        (Part::Afternoon, "this afternoon|this arvo"),
        (Part::Evening, "this evening"),
        (Part::Night, "tonight|this night"),
    ],
    part_names: &[
        (Part::Morning, "morning|mornings"),
        (Part::Afternoon, "afternoon|afternoons"),
        (Part::Evening, "evening|evenings"),
        (Part::Night, "night|nights"),
        (Part::Noon, "noon"),
        (Part::Midnight, "midnight"),
    ],
    oclock: "oclock|o clock|sharp|on the dot|or so|on the hour",
    hours_written: "h|hours|hrs",
    hints: &[(Half::Am, "breakfast"), (Half::Pm, "dinner|supper")],
    each: "every|each|evry|every single",
    every_plural: "all|on all",
    other: "other|alternate|second",
    adverbs: &[
        (Unit::Seconds(3600), "hourly"),
        (Unit::Days(1), "daily|everyday|evryday"),
        (Unit::Days(7), "weekly"),
        (Unit::Days(14), "fortnightly"),
        (Unit::Months(1), "monthly"),
        (Unit::Months(3), "quarterly"),
        (Unit::Months(12), "yearly|annually"),
    ],
    times: "times|time",
    once_twice: &[(1, "once"), (2, "twice")],
    per: &[
        (Unit::Days(1), "a day|per day|each day|every day|daily"),
        (Unit::Days(7), "a week|per week|each week|every week"),
        (Unit::Months(1), "a month|per month|every month"),
        (Unit::Months(12), "a year|per year|every year"),
        (Unit::Seconds(3600), "an hour|per hour"),
    ],
    except: "but|bar|barring|except|except for|except on|excluding|but not|but not on|apart from|other than|besides|skipping",
    within: "in|within|after|in exactly",
    from_now: "from now|from today|later|hence",
    ahead: "before hand|before|beforehand|earlier|in advance|ahead|ahead of time|before that|before it",
    ago: "ago",
    between: "between",
    from: "from",
    to: "to|and|until|till|through|thru|-|–",
    and: "and|or|and then|and at|&",
    starting: "starting|starting on|starting from|beginning|beginning on|from|as of|as from|since",
    until: "until|till|til|up to|through|ending|ending on|up until",
    during: "for|for the next|over the next|during the next|during|the next",
    zone_before: "in the time zone|in timezone|in time zone",
    zone_after: "time|local time|standard time",
    zone_names: &[
        ("UTC", "utc|gmt|zulu"),
        ("America/New_York", "new york|eastern|est|edt|et"),
        ("America/Chicago", "central|cst|ct"),
        ("America/Denver", "mountain"),
        ("America/Los_Angeles", "pacific|pst|pdt|pt|san francisco"),
        ("Europe/Madrid", "cet|cest|madrid|spain"),
        ("Europe/London", "london|uk"),
        ("America/Mexico_City", "mexico city"),
        ("Asia/Shanghai", "beijing"),
        ("Asia/Kolkata", "mumbai|delhi"),
    ],
    verbs: &[
        (
            Verb::Tell,
            "remind me|remnid me|remid me|rmnd me|remimd me|reminde me|remind us|reminding me|reminded|remind|tell me|let me know|notify me|notify|\
                      alert me|warn me|warn us|ping me|nudge me|message me|text me|email me|send me a reminder|\
                      send me a message|send me a notification|send me an alert|send a reminder|\
                      give me a reminder|give me a heads up|give me a nudge|give me a shout|\
                      dont let me forget|do not let me forget|make sure i dont forget|make sure i remember|\
                      help me remember|set a reminder|set me a reminder|set up a reminder|set reminder|\
                      give us a shout|give us a nudge|give us a ring|give us a heads up|need a nudge|need a reminder|id like a reminder|i would like a reminder|\
                      could i get a reminder|can i get a reminder|can i have a reminder|could i have a reminder|\
                      i have to remember to|i need to remember to|i must remember to|make sure i|set my alarm|give me a ring|give me a buzz|give me a poke|buzz me|poke me|prod me|beep me|shout at me|\
                      jog my memory|i need reminding|i want reminding|i need to be reminded|\
                      i want to be reminded|heads up|shout|alarm|create a reminder|add a reminder|make a reminder|schedule a reminder|i need a reminder|\
                      i want a reminder|reminder|set an alarm|set alarm|set an alert|create an alert",
        ),
        (Verb::Timer, "set a timer|set me a timer|start a timer|timer|set timer"),
        (Verb::Wake, "wake me up|wake me"),
        (Verb::Run, "run|launch|execute"),
        (
            Verb::Ask,
            "ask the assistant|have the assistant|tell the assistant|get the assistant|ask sarai|have sarai|\
                     get sarai|ask the model|have the model|tell the model|get the model|ask my assistant|\
                     have my assistant|ask the ai|have the ai",
        ),
        (
            Verb::Do,
            "tell me a story|tell me a joke|tell me a poem|tell me a riddle|tell me a tale|tell me something|\
                    tell me some|tell us a story|prepare me|send me|summarise|summarize|give me|write me|make me|draft|suggest|look up|\
                    translate|generate|read me",
        ),
    ],
    polite: "good morning|good afternoon|good evening|good night|i was wondering if you could|\
              i was wondering if you can|that would be great|that would be lovely|if possible|when you can|\
              when you get a chance|um|uh|pls|plz|from now|starting now|remember to|be so kind as to|be kind enough to|dont forget to|do not forget to|make sure to|\
              make sure you|be sure to|if you can|if you could|if you dont mind|please|hey|hi|hello|ok|okay|sarai|can you|could you|would you|will you|can u|i want you to|\
              i would like you to|id like you to|i need you to|you should|would you mind|kindly|thanks|\
              thank you|just|then|also|id like|i would like|i want|i need|to be|so|now|always|well|and",
    questions: "what|who|when|where|how|which|why|whats|is|are|do|does|did",
    correcting: "no|scratch that|wait|no wait make it|no make it|no make that|make it|make that|actually make that|actually make it|actually no make that|\
                 actually|i mean|sorry|no sorry|or rather|no wait|wait no",
    bound: "to|will|would|should|must|can|could|may|might|shall|you|they|we|i|he|she|it|that|who|which|not|dont|doesnt|\
            didnt|does|did|do|if|gonna|wont|always|never|often|usually|a|an|the|this|my|your|his|her|their|our",
    tell_whom: "remind|notify",
    whose: "my|our|his|her|their|him|them|everyone|everybody|the",
    withdrawn: "never mind|nevermind|forget it|forget that|actually no|no actually|scratch that|cancel that|dont bother|\
                no need",
    unless: "unless|except if|except when",
    places: "",
    reasons: "because|cause|cuz|coz|since|as|before|so that|in case|, she|, he|, it|, they|, its|, hes|, shes|, theyre|\
              - she|- he|- it|- they",
    looking: "check|checks|see|ask|asks|find|wonder|look|verify|test|confirm|decide",
    negating: "not|no|doesnt|dont|isnt|hasnt|havent|arent|wont|never|stop|stops|stopped|anymore|longer|back|stays|stay",
    elsewhere: "phone|mobile|cell|tablet|server|cloud|data|usb|external|website|router|nas",
    counted: "dollars|dollar|bucks|euros|euro|pounds|pound|percent|degrees|people|persons|guests|street|st|road|rd|\
              avenue|ave|lane|kg|km|miles|grams|mg|ml|pages|times",
    framing: "dont have to|do not have to|dont need to|do not need to|neednt|i wish|if only|it would be nice|wouldnt it be|how do i|how do you|how can i|how could i|how would i|\
              how to|can i|could i|do i|should i|is it possible|is there a way|why did|why do|why does|did you|\
              translate|translation|correct|proofread|rephrase|rewrite|paraphrase|summarise|summarize|spell|\
              explain|analyse|analyze|improve|shorten|what does|whats the|what is the|told|said|says|saying|asked|\
              asks|wrote|texted|used to|the phrase|the sentence|the words|this sentence|this text|this message|\
              thanks for|thank you for|cheers for|forgot|forgotten|didnt|if id|if i had|id have|wouldnt have|should have|\
              could have|would have|imagine|pretend|suppose|once upon|in the film|in the book|in the song|the lyrics|write|draft|compose",
    negations: "dont|do not|never|no longer|stop|not|quit|cease",
    complements: "that|to|about|of",
    glue: ",|on|at|in|of|the|and|for|to|that|.|:|by|this|always|please|-|–|—|starting",
    trim_start: "to|that|about|of|for|and|,|:|.|;|-|–|—|saying|that says|please|i have to|i need to|i should|\
                  i must|called|named|on|at|so that|the fact that|with the text|so|it|then|up|it is time to|\
                  its time to|is",
    trim_end: ",|.|:|;|?|!|-|–|—|and|to|of|the|on|at|in|by|for|please|thanks|thank you|that|every|it|always",
    attributive: "the|my|our|his|her|your|their|a",
    channels: &[
        (Channel::Email, "by email|by e mail|via email|by mail"),
        (Channel::Ntfy, "on my phone|to my phone|via ntfy|by ntfy"),
        (Channel::Slack, "on slack|via slack|in slack|by slack"),
        (Channel::Desktop, "on the desktop|on my desktop"),
        (Channel::Terminal, "in the terminal|on the terminal"),
        (Channel::Page, "on the page|on the web page"),
        (Channel::Webhook, "via webhook|by webhook"),
    ],
    skill_words: "the skill|skill|a skill",
    with: "with|with arguments|with the arguments|for|on",
    chores: &[
        (
            Chore::Backup,
            "make a backup|take a backup|do a backup|back up|back up everything|back everything up|\
                        back it all up|run a backup|run backups|do backups",
        ),
        (
            Chore::FreeMemory,
            "free memory|free up memory|free the memory|free ram|free up ram|\
                             free up some memory|clear the caches|clear the cache|clear caches",
        ),
        (Chore::RotateLogs, "rotate the logs|rotate logs|clear old logs"),
        (Chore::Vacuum, "vacuum the database|vacuum the databases|compact the database|compact the databases"),
        (
            Chore::HealthSweep,
            "check that everything works|check that everything is healthy|do a health check|\
                              run a health check",
        ),
    ],
    whenever: "unless|except if|except when|when|whenever|if|once|as soon as|every time|each time|any time|anytime|the moment|\
                after",
    topics: &[
        (Topic::Disk, "disk|drive|hard drive|hard disk|ssd|storage|space|disk space|partition"),
        (Topic::Memory, "memory|ram"),
        (Topic::File, "file|folder|directory|document"),
        (
            Topic::Idle,
            "idle|inactive|inactivity|away|afk|havent touched|have not touched|havent used|\
                       have not used|havent done anything|no activity|nobody has touched|no one has touched|\
                       nobodys touched|nobody touches|no one touches|nobody has used|no one has used|nobody uses|\
                       nobody is at|no one is at|nobodys at|nobody is using|no one is using|not touched|\
                       not used|not using|untouched|unused|no input|no movement|no mouse|no keyboard|step away|stepped away",
        ),
        (Topic::Skill, "skill"),
        (Topic::Webhook, "webhook"),
        (Topic::Fact, "fact|memory is added|new memory|something new|you learn"),
    ],
    measures: &[
        (
            Measure::Below,
            "less than|fewer than|below|under|lower than|smaller than|beneath|drops|drops to|\
                          falls|only|down to|<",
        ),
        (
            Measure::Above,
            "more than|greater than|higher than|larger than|above|over|exceeds|exceed|exceeding|\
                          past|passes|reaches|hits|surpasses|tops|>",
        ),
        (Measure::Free, "free|left|available|remaining|remain|remains|space"),
        (Measure::Used, "used|full|usage|use|in use|using|uses|consumption"),
        (
            Measure::Scarce,
            "almost full|nearly full|is full|gets full|fills up|filling up|low|running out|\
                           runs out|run out|short|tight|running low|runs low",
        ),
    ],
    changes: "changes|changed|change|modified|updated|edited|touched|saved|written|appears|created|deleted|\
               removed|is new|gets updated|gets changed|edits|modifies|updates|touches|alters|altered|\
               overwrites|overwritten|deletes|removes|saves|writes to",
    failures: "fails|crashes|dies|breaks|goes down|is down|stops responding|stops working|doesnt respond|\
                does not respond|falls over|misbehaves|acts up|is broken|goes wrong|isnt responding|is not responding|unhealthy|is unhealthy|becomes unhealthy|goes unhealthy|gets unhealthy|\
                isnt healthy|is not healthy|is sick|hangs|fail|has failed|errors",
    news: "new|added|learn|saved|stored|remembered|recorded|add|save|remember|is added|enters",
    about: "about|on|regarding|concerning",
    on_disk: "on|in|at",
    percent: "%|percent|per cent",
    bytes: &[
        (1_000_000_000, "gb|g|gig|gigs|gigabyte|gigabytes"),
        (1 << 30, "gib"),
        (1_000_000, "mb|meg|megs|megabyte|megabytes"),
        (1 << 20, "mib"),
        (1_000_000_000_000, "tb|terabyte|terabytes"),
        (1 << 40, "tib"),
        (1000, "kb"),
    ],
    any: "a|any|the|some|my|one|of|is",
    beyond: &[
        (Beyond::Holidays, "holidays|holiday|bank holidays|public holidays|vacation|vacations"),
        (Beyond::Sun, "at sunrise|at sunset|at dawn|at dusk|sun rises|sun sets"),
        (Beyond::Weather, "it rains|its raining|it is raining|it snows|its sunny|its cold"),
        (
            Beyond::Place,
            "get home|im home|arrive|get to work|leave home|leave work|leave the house|\
                         get to the office|at the office",
        ),
        (Beyond::Message, "get an email|receive an email|calls me|texts me|emails me"),
    ],
    marks: "remind|me|the|at|on|in|every|when|if|to|tomorrow|today|and|of|my|monday|tuesday|wednesday|\
             thursday|friday|saturday|sunday|minutes|hour|hours|day|days|week|month|tell|is|each|night|\
             morning|let|set|about|that|for|with|next|wake|from|until|run|alert|notify",
};
