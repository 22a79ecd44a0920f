# Ajustes y carpetas.
# $place es «archivo:línea», el nombre de una variable de entorno o una opción de la línea de órdenes.

config-unreadable = No puedo leer «{ $file }» ({ $cause }). Comprueba que existe y que tu usuario puede leerlo.
config-too-big = «{ $file }» ocupa más de { $max } MiB, demasiado para un archivo de ajustes. ¿Es el archivo que querías?
config-not-text = «{ $file }» no es texto en UTF-8. Guárdalo con esa codificación y vuelve a intentarlo.
config-syntax = { $place }: esto no es YAML válido. Revisa la sangría, las comillas y que cada ajuste sea «clave: valor».
config-feature = { $place }: «{ $feature }» no se admite en los ajustes. Escribe el valor directamente.
config-twice = { $place }: «{ $key }» ya está en la línea { $line }. Deja solo una de las dos.
config-unknown-key = { $place }: no existe el ajuste «{ $key }». «sarai config show» muestra todos los que hay.
config-unknown-key-nearest = { $place }: no existe el ajuste «{ $key }». ¿Querías decir «{ $nearest }»?

config-wrong-address = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser una dirección IP, por ejemplo 127.0.0.1.
config-wrong-whole = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser { $auto ->
    [yes] «auto» o{" "}
   *[no] {""}
}un número entero entre { $min } y { $max }.
config-wrong-size = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser { $auto ->
    [yes] «auto» o{" "}
   *[no] {""}
}un tamaño con su unidad entre { $min } y { $max }, por ejemplo 6GB.
config-wrong-time = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser un tiempo con su unidad (ms, s, m, h, d) entre { $min } y { $max }, por ejemplo 10s.
config-wrong-choice = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser una de estas palabras: { $auto ->
    [yes] auto,{" "}
   *[no] {""}
}{ $choices }.
config-wrong-model = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser { $auto ->
    [yes] «auto» o{" "}
   *[no] {""}
}el nombre de un modelo del catálogo: como mucho { $max } letras, cifras, puntos y guiones. «sarai model list» los muestra.
config-wrong-embedding = { $place }: «{ $key }» es «{ $value }», pero tiene que ser «none» o el nombre de un modelo: como mucho { $max } letras, cifras, puntos y guiones. «sarai model list» los muestra.
config-wrong-draft = { $place }: «{ $key }» es «{ $value }», pero tiene que ser «none», «auto» o el nombre de un modelo del catálogo: como mucho { $max } letras, cifras, puntos y guiones. «sarai model list» los muestra.
config-wrong-speculation = { $place }: «{ $key }» es «{ $value }», pero tiene que ser «auto», «off», «acceptance», o de «fixed:1» a «fixed:{ $max }».
config-wrong-hosts = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser una lista de { $max } nombres de equipo como mucho, sin puerto, por ejemplo [sarai.casa, 192.168.1.5].
config-wrong-section = { $place }: «{ $key }» vale «{ $value }», pero es una sección: escribe sus ajustes debajo, cada uno en su línea y con sangría.

config-open-to-network = { $place }: «server.bind» es { $address }, que se ve desde la red, y la conexión no va cifrada. Si es lo que quieres, pon también «server.insecure: true»; si no, usa 127.0.0.1.
config-no-effect-yet = { $place }: «{ $key }» es correcto, pero todavía no tiene efecto: esa parte de SARAi aún no está hecha.

config-origin-default = valor de fábrica
config-origin-file = { $place }
config-origin-environment = variable { $variable }
config-origin-flag = opción { $place }

config-folder-no-home = No sé dónde guardar mis archivos. Pon en HOME tu carpeta personal, o en SARAI_HOME la carpeta que quieras para SARAi, con su ruta completa (empieza por «/»).
config-folder-create = No puedo usar la carpeta «{ $folder }» ({ $cause }). Comprueba sus permisos, o elige otra con SARAI_HOME.
config-folder-not-a-folder = «{ $path }» tendría que ser una carpeta y no lo es. Muévelo a otro sitio, o elige otra carpeta con SARAI_HOME.
config-folder-foreign = La carpeta «{ $folder }» es del usuario { $owner } y este programa lo ejecuta el usuario { $own }. Cambia su dueño con «chown», o elige otra con SARAI_HOME.
config-folder-writable-by-others = Otros usuarios pueden escribir en la carpeta «{ $folder }». Impídelo con «chmod go-w», y vuelve a intentarlo.
config-folder-socket-path-too-long = La ruta «{ $path }» tiene { $len } bytes y el sistema solo admite { $max } en un socket. Elige con SARAI_HOME una carpeta de ruta más corta.
config-file-write = No puedo escribir «{ $file }» ({ $cause }). Comprueba los permisos y el espacio libre; lo que había sigue como estaba.
config-wrong-paths = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser una lista de { $max } rutas como mucho, cada una desde la raíz o desde tu carpeta personal, sin comas ni corchetes, por ejemplo [~/cuentas.db].
config-wrong-target = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser «none» o una dirección que empiece por http:// o https://, sin usuario ni contraseña.
config-wrong-mailbox = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser «none» o una sola dirección de correo, como ana@example.org.
config-wrong-mail-server = { $place }: «{ $key }» vale «{ $value }», pero tiene que ser smtps://USUARIO@SERVIDOR:PUERTO o smtp://SERVIDOR; el usuario y el puerto se pueden omitir. La contraseña no va aquí, sino en el archivo smtp-password.
