# Settings and folders.
# $place is "file:line", the name of an environment variable, or a flag of the command line.

config-unreadable = I cannot read { $file } ({ $cause }). Check that it exists and that your user may read it.
config-too-big = { $file } is larger than { $max } MiB, too much for a file of settings. Is it the file you meant?
config-not-text = { $file } is not UTF-8 text. Save it with that encoding and try again.
config-syntax = { $place }: this is not valid YAML. Check the indentation, the quotes, and that each setting is "key: value".
config-feature = { $place }: "{ $feature }" is not allowed among the settings. Write the value itself.
config-twice = { $place }: "{ $key }" is in line { $line } already. Keep only one of the two.
config-unknown-key = { $place }: there is no setting "{ $key }". "sarai config show" lists all there are.
config-unknown-key-nearest = { $place }: there is no setting "{ $key }". Did you mean "{ $nearest }"?

config-wrong-address = { $place }: "{ $key }" is "{ $value }", but it must be an IP address, such as 127.0.0.1.
config-wrong-whole = { $place }: "{ $key }" is "{ $value }", but it must be { $auto ->
    [yes] "auto" or{" "}
   *[no] {""}
}a whole number from { $min } to { $max }.
config-wrong-size = { $place }: "{ $key }" is "{ $value }", but it must be { $auto ->
    [yes] "auto" or{" "}
   *[no] {""}
}a size with its unit from { $min } to { $max }, such as 6GB.
config-wrong-time = { $place }: "{ $key }" is "{ $value }", but it must be a time with its unit (ms, s, m, h, d) from { $min } to { $max }, such as 10s.
config-wrong-choice = { $place }: "{ $key }" is "{ $value }", but it must be one of these words: { $auto ->
    [yes] auto,{" "}
   *[no] {""}
}{ $choices }.
config-wrong-model = { $place }: "{ $key }" is "{ $value }", but it must be { $auto ->
    [yes] "auto" or{" "}
   *[no] {""}
}the name of a model in the catalogue: at most { $max } letters, digits, dots and dashes. "sarai model list" shows them.
config-wrong-embedding = { $place }: "{ $key }" is "{ $value }", but it must be "none" or the name of a model: at most { $max } letters, digits, dots and dashes. "sarai model list" shows them.
config-wrong-draft = { $place }: "{ $key }" is "{ $value }", but it must be "none", "auto" or the name of a model in the catalogue: at most { $max } letters, digits, dots and dashes. "sarai model list" shows them.
config-wrong-speculation = { $place }: "{ $key }" is "{ $value }", but it must be "auto", "off", "acceptance", or "fixed:1" to "fixed:{ $max }".
config-wrong-hosts = { $place }: "{ $key }" is "{ $value }", but it must be a list of at most { $max } host names without ports, such as [sarai.home, 192.168.1.5].
config-wrong-section = { $place }: "{ $key }" is "{ $value }", but it is a section: write its settings below it, each on an indented line of its own.

config-open-to-network = { $place }: "server.bind" is { $address }, which the network can reach, and the connection is not encrypted. If that is what you want, set "server.insecure: true" too; if not, use 127.0.0.1.
config-no-effect-yet = { $place }: "{ $key }" is right, but has no effect yet: that part of SARAi is not built.

config-origin-default = default
config-origin-file = { $place }
config-origin-environment = variable { $variable }
config-origin-flag = flag { $place }

config-folder-no-home = I do not know where to keep my files. Set HOME to your home folder, or SARAI_HOME to the folder you want for SARAi, as a full path (it starts with "/").
config-folder-create = I cannot use the folder { $folder } ({ $cause }). Check its permissions, or choose another with SARAI_HOME.
config-folder-not-a-folder = { $path } should be a folder and is not. Move it away, or choose another folder with SARAI_HOME.
config-folder-foreign = The folder { $folder } belongs to user { $owner }, and user { $own } runs this program. Change its owner with "chown", or choose another with SARAI_HOME.
config-folder-writable-by-others = Other users can write in the folder { $folder }. Stop that with "chmod go-w", and try again.
config-folder-socket-path-too-long = The path { $path } has { $len } bytes, and the system allows only { $max } for a socket. Choose a folder with a shorter path by SARAI_HOME.
config-file-write = I cannot write { $file } ({ $cause }). Check the permissions and the free space; what was there is as it was.
config-wrong-paths = { $place }: "{ $key }" is "{ $value }", but it must be a list of at most { $max } paths, each from the root or from your home folder, without commas or brackets, such as [~/accounts.db].
config-wrong-target = { $place }: "{ $key }" is "{ $value }", but it must be "none" or an address that starts with http:// or https://, without a user or a password.
config-wrong-mailbox = { $place }: "{ $key }" is "{ $value }", but it must be "none" or one address of e-mail, such as ana@example.org.
config-wrong-mail-server = { $place }: "{ $key }" is "{ $value }", but it must be smtps://USER@HOST:PORT or smtp://HOST, where USER and PORT may be left out. A password does not belong here but in the file smtp-password.
