# What the front door answers to whoever calls.

api-busy = Too many requests are waiting. Try again in a moment.
api-stopping = SARAi is stopping. Try again once it is running again.
api-not-answering = SARAi takes too long to say how it is. Try again; if that does not help, run `sarai doctor`.
api-internal = Something inside SARAi went wrong. Try again; if it happens again, look at the log and run `sarai doctor`.
api-broken-off = The answer broke off halfway. Ask again.

api-body-too-large = The request is too large: { $max } MiB fit. Send less text.
api-body-cut = The request arrived incomplete. Send it again.
api-body-not-utf8 = The request is not UTF-8: byte { $position } is wrong. Send it as UTF-8.
api-body-not-json = The request is not valid JSON: look at line { $line }, column { $column }.
api-body-not-object = The request has to be a JSON object, with each field only once.
api-no-route = There is nothing here. Check the address; those of the API start with /v1/.
api-no-method = This address does not take that HTTP method. Check whether it wants GET or POST.

api-param-missing = The field `{ $param }` is missing. Add it to the request.
api-param-type = The field `{ $param }` has the wrong type. Check whether it is a text, a number, a list or an object.
api-param-range = `{ $param }` has to be between { $min } and { $max }.
api-param-positive = `{ $param }` has to be 1 or more; leave it out for no limit.
api-too-many = `{ $param }` has too many elements: { $max } fit.
api-messages-empty = `{ $param }` is empty. Send at least one message.
api-role = There is no such role: use `system`, `developer`, `user`, `assistant` or `tool`.
api-tool-calls-role = Only a message of `assistant` can have `tool_calls`.
api-text-only = Only text is understood. Take out images, audio and files.
api-item-type = That type of item is not understood: use `message`, `function_call` or `function_call_output`.
api-functions-only = Only tools of type `function` are understood.
api-tool-name = The name of `{ $param }` will not do: it has to be unique, of 1 to { $max } letters a–z, digits, `_` or `-`.
api-tool-choice = `tool_choice` has to be `auto`, `none`, `required` (with at least one tool) or the name of a tool in the list.
api-stop = `stop` takes up to { $max } texts, none of them empty.
api-n = There is one answer to a request: leave `n` at 1, and repeat the request for more.
api-top-logprobs = `top_logprobs` goes from 0 to { $max }, and only together with `logprobs`.
api-priority = `priority` has to be `interactive`, `task` or `background`.
api-format-type = The type of format has to be `text`, `json_object` or `json_schema`.
api-schema-name = The name of the schema has to have 1 to { $max } letters a–z, digits, `_` or `-`.
api-grammar-kind = `grammar.kind` has to be `json-schema`, `gbnf`, `lark` or `regex`.
api-grammar-length = `{ $param }` is empty, or longer than { $max } bytes.
api-two-forms = `grammar` and `{ $param }` both say what the answer looks like. Leave out one of the two.
api-speculation = `speculation` has to be `auto`, `off`, `acceptance`, or `fixed:1` to `fixed:{ $max }`.
api-not-stored = Answers are not stored here. Send the whole conversation in `input`.
api-no-background = There are no background answers here. Leave `background` out and wait for the answer.
api-no-truncation = A conversation is never cut here. Leave `truncation` at `disabled` and send less text.
api-text-too-long = The text is too long: it has { $len } bytes and { $max } fit. Shorten it.
api-model-unknown = There is no model `{ $model }`. See which there are with `sarai model list`.
api-dimensions = The model decides how long its vectors are. Leave `dimensions` out.
api-encoding-format = `encoding_format` has to be `float` or `base64`.
api-embed-input = `input` has to be a text or a list of 1 to { $max } texts, none of them empty.

api-unauthorized = The key is missing or wrong. In a browser, pair the page with the code in the terminal; in a program, send the key as `Authorization: Bearer`.
api-host = SARAi does not answer to that name. Come in by http://localhost, or add the name to `server.allowed_hosts` in the configuration.
api-origin = Another web page tried to use SARAi and was refused. Open SARAi itself in the browser.
api-too-many-attempts = Too many failed attempts. Wait { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
} and try with the right key.
api-pair-wrong-code = The code is wrong. Copy it as the terminal shows it; after five mistakes you need a new one.
api-pair-no-code = That code is no longer valid. Get a new one with `sarai pair`.
api-pair-file = The pairing could not be kept: { $error }. Check the space and the permissions of the state folder.

api-client-address = `{ $address }` is not the address of a server. Write it like http://127.0.0.1:8080.
api-client-not-running = Nobody answers at { $address }. Start SARAi with `sarai up`.
api-client-refused = { $message }
api-client-broken = The connection broke before the end. Try again; if it happens again, run `sarai doctor`.
api-client-strange = The server answered something that makes no sense. Check that the address is that of a compatible server and that the versions match.

api-skill-name = The name of a skill has 1 to 64 characters out of a–z, 0–9 and “-”; or say “auto” or “none”.
api-skill-arguments = “skill_arguments” go with a skill that is named in “skill”.
api-hook-name = The name of a webhook has no blanks and at most { $max } characters.
api-messages-number = A whole number belongs here.
