# The memory: what is kept, what is forgotten, and what stands in the way.
memory-added = Stored as number { $id }.
memory-ambiguous = That says something of somebody whom I cannot tell from another. Tell me in a conversation whom you mean.
memory-asks-nothing = Say what you want to know: sarai memory recall "where does my sister live?"
memory-behind = The memory is behind, so the answer came without it. If it happens again, run “sarai doctor”.
memory-confirm-everything = This erases everything I remember of you, for good. If that is what you want, say it again with --yes.
memory-damaged = The memory's file is damaged. At the next start I set it aside and put the last good backup in its place.
memory-date = “{ $text }” is no date. Write a year, a month or a day: 2019, 2019-05 or 2019-05-03.
memory-dropped = Suggestion { $id } dropped. I will not make it again.
memory-ended = No longer so: { $text }
memory-erased = { $count ->
    [one] One thing erased for good.
   *[other] { $count } things erased for good.
}
memory-file = I cannot use the memory's file: { $cause }
memory-forget-what = Say what to forget: a number, --person, --verb, --words, --source, --since or --everything.
memory-forgotten = { $facts ->
    [0] No facts to forget
    [one] One fact forgotten
   *[other] { $facts } facts forgotten
}; { $messages ->
    [0] no message erased.
    [one] one message erased.
   *[other] { $messages } messages erased.
}
memory-forgotten-before = You had that forgotten. If you want it back, tell me in a conversation.
memory-full = The disk is full, so nothing was kept. Free some room.
memory-hints = Something that you said may tell:
memory-import-bad = Line { $line }: { $why }
memory-import-large = While SARAi runs, { $max } MB fit. Stop it and repeat the command: then there is no limit.
memory-import-refused = Nothing was imported. Mend those lines, or use --skip-bad to import the others.
memory-imported = Imported: { $facts } facts and { $messages } messages. Known already: { $known }. Forgotten before, so left out: { $forgotten }.
memory-limit = Ask for 1 to { $max } facts.
memory-line = Line { $line }: { $detail }
memory-locked = Another program is using the memory's file. Close it and try again.
memory-message = Your own words, on { $recorded }: “{ $text }”
memory-newer = The memory is of a newer version ({ $found }) than this program ({ $known }). Update SARAi.
memory-no-fact = There is no fact with the number { $id }.
memory-no-suggestion = There is no suggestion with the number { $id }. To see them: sarai memory suggestions
memory-no-suggestions = No suggestions. When nothing else runs, I read again what I did not understand, and put here what I find.
memory-nothing = Nothing that is stored fits.
memory-off = The memory is switched off. To switch it on: phoenix.entity_memory_skill: true
memory-ready = Remembers; it takes { $size } kB.
memory-secret = Passwords, PINs and card numbers are not kept.
memory-source = “{ $name }” is no source. It is said, entered, accepted, imported or proposed.
memory-stats = { $facts } facts, { $entities } people and things, { $messages } messages, { $forgotten } forgotten; they take { $size } MB.
memory-stats-proposals = Read again when nothing else ran: { $proposed } proposals, { $kept } kept, { $suggested } suggested, { $refused } refused ({ $reasons }). { $waiting ->
    [0] No suggestion waits.
    [one] One suggestion waits: sarai memory suggestions
   *[other] { $waiting } suggestions wait: sarai memory suggestions
}
memory-stored = Stored: { $text }
memory-suggestion = { $text } You said: “{ $words }”
memory-term = “{ $name }” takes 1 to 1024 bytes, without control characters.
memory-trouble = The memory took no part: { $detail }
memory-vacuumed = File written anew: { $freed } kB less.
memory-backed-up = Copy in { $file }.
memory-verb = I do not know the verb “{ $verb }”. There are: { $known }
