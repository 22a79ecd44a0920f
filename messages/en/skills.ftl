# Skills: their manifests, what they ask for, and why they are chosen.
skills-grant-missing = { $name }: { $path } is not there. Create it, or take it out of what the skill asks for.
skills-grant-name-taken = { $name }: { $path } would be called { $inside } inside, like another path. Give it another name with "as".
skills-grant-protected = { $name }: { $path } touches { $protected }, which no skill may see.
skills-leads-out = { $path } leads out of the skill's folder, to { $target }. Put the file inside.
skills-link-leads-out = { $path } is a link that leads out, to { $target }, and is not followed.
skills-name-differs = { $file } says that the skill is called "{ $said }"; what counts is "{ $name }", its folder's name.
skills-name-taken = { $place }: what "{ $key }" names would be called inside like another path. Add "as" with another name.
skills-needs-command = { $place }: "{ $key }" is only for a skill with "command".
skills-needs-system-root = { $place }: "{ $key }" is only for a skill with root = "system".
skills-needs-no-command = { $place }: "{ $key }" is only for a skill without "command", where the model answers.
skills-new-content = Something in its folder has changed since you agreed.
skills-new-generates = It may ask the model for words: { $tokens } tokens each time, { $calls } times a minute.
skills-new-reads = It reads { $path }.
skills-new-runs = It runs { $command }.
skills-new-skill = The skill { $name }, from { $folder }, is new.
skills-new-system = It sees the computer's programs and libraries, and cannot change them.
skills-new-writes = It reads and writes { $path }.
skills-no-skill-file = { $folder } has a manifest but no SKILL.md, so it is no skill.
skills-not-text = { $file } is not UTF-8 text.
skills-pool-busy = { $child } has to wait until other skills make room. Try again in a few seconds.
skills-pool-crowded = Too many questions wait for { $child } already. Try again in a few seconds.
skills-pool-failed = { $child } did not start. The log says why.
skills-pool-too-big = { $child } needs { $needs } MB of memory, and { $free } MB are left for skills. Lower its limit or raise runtime.ram_budget.
skills-pool-unknown = There is nothing called { $child }.
skills-program-missing = { $file } is not there. Build the skill's program.
skills-program-not-a-file = { $file } is not a file.
skills-program-not-executable = { $file } cannot be run. Allow it: chmod +x
skills-route-avoided = "{ $word }" speaks against it.
skills-route-database = it names the database "{ $name }"
skills-route-keyword = it says "{ $keyword }"
skills-route-named = you named it
skills-route-sign-code = it brings code
skills-route-sign-databases = it asks about what your databases hold
skills-route-sign-formula = it brings a calculation
skills-route-sign-passage = it brings a text to work on
skills-route-sign-schema = it brings a JSON schema
skills-route-statement = It tells something and asks for nothing.
skills-route-talk = "{ $phrase }" is small talk.
skills-route-weak = Nothing speaks clearly enough for any skill.
skills-route-words = it is like its examples: { $words }
skills-shadowed = There are two skills "{ $name }": the one in { $wins } counts, not the one in { $left }.
skills-syntax = { $place }: not TOML: { $detail }
skills-too-big = { $file } is too large; at most { $max }.
skills-too-many = There are more than { $max } in { $folder }; the rest is not looked at.
skills-unknown-key = { $place }: there is no key "{ $key }".
skills-unknown-key-nearest = { $place }: there is no key "{ $key }"; perhaps "{ $nearest }" is meant.
skills-unreadable = { $file } cannot be read: { $cause }
skills-wrong-choice = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} one of these words: { $choices }.
skills-wrong-command = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a list of 1 to { $max } words, the first one a program.
skills-wrong-data-path = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a path from the root or from your home folder, such as ~/accounts.db.
skills-wrong-grammar-file = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a file of the folder that ends in .gbnf, .lark, .json or .regex.
skills-wrong-inner-path = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a path inside the skill's folder, without "..".
skills-wrong-name = { $file }: "{ $said }" cannot be the name of a skill: 1 to { $max } characters out of a–z, 0–9 and "-".
skills-wrong-network = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} an empty list: no jail has a network.
skills-wrong-paths = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a list of at most { $max } paths.
skills-wrong-root-for-command = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} "system", because the program is the computer's and not the folder's.
skills-wrong-section = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a section with its keys.
skills-wrong-size = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a size from { $min } to { $max }, such as "64 MB".
skills-wrong-text = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a text of at most { $length } characters.
skills-wrong-texts = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a list of at most { $max } texts of up to { $length } characters.
skills-wrong-time = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a time from { $min } to { $max }, such as "5 s".
skills-wrong-version = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a version such as "1.0.0".
skills-wrong-whole = { $place }: "{ $key }" { $given ->
    [yes] is "{ $value }", but it must be
   *[no] is missing: it must be
} a whole number from { $min } to { $max }.
