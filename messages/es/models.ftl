# Modelos: el catálogo, de dónde vienen y qué le pasa a un archivo.

# El catálogo
models-catalog-unreadable = No se puede leer tu catálogo de modelos: { $reason }. Revisa los permisos del archivo.
models-catalog-syntax = Tu catálogo de modelos no es TOML válido: { $reason }
models-catalog-entry = En tu catálogo de modelos, la entrada «{ $model }» está mal: { $reason }. Corrígela y prueba otra vez.
models-unknown = No hay ningún modelo llamado «{ $model }». Con `sarai model list` puedes ver los que hay.
models-not-here = El modelo «{ $model }» todavía no está en este ordenador. Descárgalo con `sarai model pull { $model }`.

# Una fuente que se deja
models-source-unreachable = No se puede llegar a { $place }. Revisa la conexión o el proxy.
models-source-forbidden = { $place } no nos deja entrar. Puede que antes tengas que aceptar sus condiciones; después, pon tu clave de acceso en HF_TOKEN.
models-source-refused = { $place } responde con el error { $status }.
models-source-cut = { $place } se corta una y otra vez. Los { $got } que han llegado se guardan; el próximo intento seguirá desde ahí.
models-source-odd = { $place } envía algo que no es el modelo: { $reason }.
models-no-pip = No se sabe qué índice de paquetes usar porque pip no responde. Instálalo (en Debian: sudo apt install python3 python3-pip) o define PIP_INDEX_URL.
models-bad-address = El ajuste { $setting } no es una dirección que empiece por http:// o https://. Corrígelo o quítalo.
models-size-wrong = El archivo de { $place } tiene { $actual } bytes en lugar de { $expected }. No se usará.
models-checksum-wrong = Lo que ha enviado { $place } no es el modelo que describe el catálogo: la suma de comprobación no coincide. No se usará, pero queda guardado en { $file } por si quieres mirarlo.
models-file-unreadable = No se puede leer el archivo: { $reason }.

# Una descarga que se rinde
models-no-source = Ninguna fuente de «{ $model }» ha funcionado. Revisa la conexión y repite `sarai model pull { $model }`; lo que ha llegado no se pierde.
models-no-space = No queda sitio en { $folder }: hacen falta { $needed } y hay { $free } libres. Libera espacio y prueba otra vez.
models-disk-full = El disco está lleno. Libera espacio y prueba otra vez; lo que ha llegado no se pierde.
models-disk = El disco no lo permite: { $reason }.
models-in-use = Otro proceso está trabajando con «{ $model }». Espera a que termine.
models-bad-name = Ningún modelo puede llamarse como { $file }. Cámbiale el nombre usando letras sin acentos, cifras, puntos y guiones, y que acabe en .gguf.
models-name-taken = Ya hay otro modelo llamado { $file }. Cambia el nombre del tuyo y prueba otra vez.

# Un archivo que no sirve
models-file-wrong = { $file } no es el archivo que el catálogo conoce como «{ $model }»; puede que esté dañado. Con `sarai model pull { $model }` se descarga de nuevo y este se guarda aparte.
models-gguf-unreadable = No se puede leer { $file }: { $reason }.
models-gguf-magic = { $file } no es un modelo GGUF. Descarga la versión GGUF del modelo.
models-gguf-version = { $file } usa la versión { $version } de GGUF y SARAi entiende la 2 y la 3. Busca una versión más reciente del modelo.
models-gguf-truncated = { $file } está cortado: tiene { $actual } bytes y necesita { $needed }. Descárgalo de nuevo.
models-gguf-broken = { $file } está dañado: { $reason }. Descárgalo de nuevo.
models-gguf-tensor-type = { $file } guarda sus pesos de una forma que SARAi no conoce (tipo { $type }). Busca el modelo en otro formato, por ejemplo Q4_K_M.
models-gguf-split = { $file } es uno de los { $count } trozos de un modelo. Busca el modelo en un solo archivo.
