# The conversation in the terminal.

chat-welcome = Ask whatever you like. "/help" shows what else you can do; Ctrl-D leaves.
chat-help =
    /new              start another conversation
    /model [NAME]     show the models, or change the model
    /save FILE        save the conversation in a file
    /stats            show how much was written, and how fast
    /quit             leave, like Ctrl-D
    A line that ends in "\" goes on in the next one. Ctrl-C stops the answer.
chat-thinking = Thinking...
chat-stopped = Answer stopped.
chat-new = A new conversation: the one before is forgotten.
chat-model-chosen = Now "{ $model }" answers.
chat-model-unknown = "{ $model }" is not running. You can choose one of: { $models }.
chat-save-where = Say into which file, such as: /save talk.md
chat-saved = Conversation saved in "{ $file }".
chat-save-exists = There is a file "{ $file }" already. Choose another name.
chat-save-failed = I cannot write "{ $file }" ({ $cause }). Try another folder.
chat-speaker-you = You
chat-stats = { $answers ->
    [one] 1 answer
   *[other] { $answers } answers
}, { $tokens ->
    [one] 1 token
   *[other] { $tokens } tokens
}, { $speed } a second; the first one after { $first } s on average.
chat-unknown = I do not know "{ $command }". "/help" shows what there is; if it was a question, put a blank before it.
chat-bye = Goodbye!
# $kind is “tell”, “suggest” or “report”.
chat-news =
    { $kind ->
        [suggest] ● Suggestion: { $text }
        [report] ● Attention: { $text }
       *[tell] ● Reminder: { $text }
    }
