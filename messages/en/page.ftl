# The web page.

page-noscript = This page needs JavaScript. Allow it for this address, or use “sarai chat” in the terminal.

page-new = New conversation
page-untitled = Untitled
page-conversations = Conversations
page-conversations-none = Your conversations will be here. They are kept in this browser only.
page-side-open = Open the panel
page-side-close = Close the panel
page-rename = Rename
page-rename-label = New title
page-delete = Delete
page-delete-question = Delete “{ $title }”? This cannot be undone.
page-clear = Delete all
page-clear-question = Delete every conversation in this browser? This cannot be undone.
page-export = Export
page-cancel = Cancel
page-accept = OK
page-close = Close

page-welcome = How can I help?
page-private = I run on this computer. Nothing you write leaves it.
page-examples = Examples
page-example-one = Explain compound interest to me with a simple example.
page-example-two = Write a friendly email to move an appointment to another day.
page-example-three = Write a Python function that sorts a list of dates.

page-ask = Your question
page-ask-placeholder = Ask anything…
page-ask-hint = Enter sends · Shift+Enter, new line
page-send = Send
page-stop = Stop
page-to-end = Go to the end
page-talk = Conversation
page-you = You
page-sarai = SARAi
page-reading = Reading your question…
page-answered = Answer complete.
page-stopped = Answer stopped.
page-length = The answer reached its limit. Write “go on” and it continues.
page-copy = Copy
page-copied = Copied
page-copy-failed = The browser does not allow copying. Select the text and copy it yourself.
page-copy-code = Copy the code
page-edit = Edit
page-edit-label = Edit your question
page-resend = Send again
page-again = Another answer
page-retry = Try again
page-code = Code
page-new-tab = (opens in another tab)
page-figures = { $speed } tokens/s · first word in { $first } s
page-figures-label = Speed of the answer
page-skill = The skill { $skill } answered

page-status = How SARAi is
page-status-ready = Ready
page-status-starting = Starting
page-status-degraded = In trouble
page-status-stopping = Stopping
page-status-unreachable = Not connected
page-status-version = Version { $version }
page-status-restarts = Restarts: { $count }
page-status-memory = Memory: { $size } MB
page-model = Model: { $model }
page-model-none = No model loaded

page-language-other = Español
page-theme-system = System theme
page-theme-light = Light theme
page-theme-dark = Dark theme
page-keys = Keyboard shortcuts
page-keys-send = Send the question
page-keys-line = New line
page-keys-stop = Stop the answer
page-keys-focus = Go to the question box
page-keys-edit = Edit the last question
page-key-enter = Enter
page-key-shift-enter = Shift + Enter
page-key-escape = Esc
page-key-slash = /
page-key-up = ↑

page-pair-title = Connect this browser
page-pair-text = Type the code that SARAi shows in the terminal. If it has expired, “sarai pair” gives you another.
page-pair-label = Code of eight letters and digits
page-pair-button = Connect
page-pair-lost = This browser is no longer connected. Type a new code to go on; your conversations are still here.

page-error-title = That did not work
page-error-unreachable = I cannot reach SARAi. Check that it is still running (“sarai up” in the terminal) and try again.
page-error-broken = The answer broke off in the middle. Try again.
page-error-storage = The browser has no room to keep more. Export and delete a conversation.
page-error-roles = A conversation is made of questions and answers (“user” and “assistant”), and the last one has to be a question.
page-error-messages = The conversation has { $count } messages and the limit is { $max }. Start a new conversation.
page-error-render = That is too much text to show at once: { $count } bytes, and the limit is { $max }. Start a new conversation.

page-news = Messages of your rules
page-news-tell = Reminder
page-news-suggest = Suggestion
page-news-report = Attention
page-news-seen = Got it
page-news-dismiss = Put away
