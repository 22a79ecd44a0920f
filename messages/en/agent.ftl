agent-too-many-tools = The request offers { $count } tools, and the most is { $max }. Leave out those that are not needed and send it again.
agent-unknown-tool = The request demands the tool “{ $tool }”, which is not in its list of tools. Add it to the list, or name another.
agent-no-tools = The request demands a tool call and offers no tool. Add one, or do not demand it.
agent-engine-out-of-order = The model answered in a way that SARAi does not understand. Ask again; if it happens once more, run “sarai doctor”.
