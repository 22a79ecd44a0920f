agent-too-many-tools = The request offers { $count } tools, and the most is { $max }. Leave out those that are not needed and send it again.
agent-unknown-tool = The request demands the tool “{ $tool }”, which is not in its list of tools. Add it to the list, or name another.
agent-no-tools = The request demands a tool call and offers no tool. Add one, or do not demand it.
agent-tool-schema = The arguments of the tool “{ $tool }” cannot be held to their schema: { $detail }. Change the schema, or leave out “strict”.
agent-grammar-beside-tools = An answer of a given form and tools do not go together: a tool call has a form of its own. Leave out one of the two.
agent-grammars-off = Grammars are switched off in the config. Set phoenix.grammar_constraints: true, or ask without a form and without “strict”.
agent-engine-out-of-order = The model answered in a way that SARAi does not understand. Ask again; if it happens once more, run “sarai doctor”.
