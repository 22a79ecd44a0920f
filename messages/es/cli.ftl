# La línea de órdenes: ayuda, quejas sobre su uso y lo que dice cada orden.

cli-about = SARAi: tu asistente privado, en tu ordenador y sin conexión.
cli-about-up = Arranca SARAi y lo mantiene en marcha hasta que pulses Ctrl-C
cli-about-serve = Arranca SARAi sin nadie que lo vigile (para systemd o contenedores)
cli-about-pair = Da un enlace de un solo uso para entrar en la página con un navegador
cli-about-chat = Conversa en el terminal
cli-about-ask = Hace una pregunta y escribe la respuesta
cli-about-model = Muestra, descarga y borra modelos
cli-about-model-list = Muestra los modelos que hay y los que puede haber
cli-about-model-pull = Trae un modelo del catálogo o de un archivo GGUF tuyo
cli-about-model-rm = Borra el archivo de un modelo
cli-about-model-info = Cuenta lo que se sabe de un modelo y si cabe en la memoria
cli-about-status = Dice si SARAi está en marcha y cómo está cada parte
cli-about-doctor = Busca qué impide que SARAi funcione bien y dice cómo arreglarlo
cli-about-config = Comprueba y muestra los ajustes
cli-about-config-check = Busca errores en los ajustes
cli-about-config-show = Muestra cada ajuste con su valor y de dónde sale
cli-about-config-path = Dice dónde está el archivo de ajustes
cli-about-grammar = Comprueba textos con gramáticas, sin modelo
cli-about-grammar-check = Dice si una gramática acepta cada texto, o en qué byte deja de aceptarlo
cli-about-bench = Mide la velocidad en este ordenador
cli-about-completion = Escribe el código para que tu intérprete de órdenes complete las de sarai

cli-heading-usage = Uso:
cli-heading-commands = Órdenes
cli-heading-arguments = Argumentos
cli-heading-options = Opciones
cli-value-command = ORDEN
cli-value-options = [OPCIONES]
cli-value-setting = CLAVE=VALOR
cli-value-text = TEXTO
cli-value-model = MODELO
cli-value-model-or-file = MODELO|ARCHIVO
cli-value-file = ARCHIVO
cli-value-grammar = GRAMÁTICA
cli-value-grammar-kind = json-schema|gbnf|lark|regex
cli-value-shell = bash|zsh|fish

cli-help-help = Muestra esta ayuda
cli-help-version = Muestra la versión
cli-help-set = Cambia un ajuste solo esta vez, por ejemplo server.port=8081; se puede repetir
cli-help-json = Escribe JSON, para programas
cli-help-ask-text = La pregunta; sin ella se lee de la entrada estándar
cli-help-ask-model = El modelo que responde; sin él, el de los ajustes
cli-help-ask-system = Instrucciones para el asistente, además de las suyas
cli-help-ask-max-tokens = La longitud máxima de la respuesta, en tokens
cli-help-ask-temperature = De 0 (siempre lo más probable) a 2 (lo más variado)
cli-help-ask-schema = Un archivo con el esquema JSON que debe cumplir la respuesta («-»: la entrada estándar)
cli-help-ask-grammar = Un archivo con la gramática de la respuesta: .gbnf, .lark, .regex o .json (un esquema); «-» lee GBNF de la entrada estándar
cli-help-ask-speculation = Cuántos tokens adelantar; cambia lo que tarda, no lo que dice
cli-help-ask-seed = El mismo número con la misma pregunta da la misma respuesta
cli-help-model-pull = Un modelo del catálogo o un archivo GGUF; sin él, el modelo de los ajustes
cli-help-model-id = El nombre del modelo, como lo muestra «sarai model list»
cli-help-config-file = El archivo que se comprueba; sin él, todo lo que contaría al arrancar
cli-help-doctor-fix = Arregla los permisos y quita los restos que estorban
cli-help-grammar-kind = El lenguaje en que está escrita la gramática
cli-help-grammar-file = El archivo con la gramática, o - para la entrada estándar
cli-help-grammar-text = Un texto que comprobar; pueden ser varios
cli-help-grammar-pairs = Un archivo con muchas comprobaciones, un objeto JSON por línea con kind, grammar y text; - para la entrada estándar
cli-help-completion-shell = El intérprete de órdenes: bash, zsh o fish

cli-usage-unknown = No existe la opción «{ $arg }».
cli-usage-unknown-nearest = No existe la opción «{ $arg }». ¿Querías decir «{ $nearest }»?
cli-usage-command = No existe la orden «{ $command }».
cli-usage-command-nearest = No existe la orden «{ $command }». ¿Querías decir «{ $nearest }»?
cli-usage-value = «{ $value }» no vale para { $arg }.
cli-usage-value-missing = A { $arg } le falta su valor.
cli-usage-choice = «{ $value }» no vale para { $arg }. Puede ser: { $choices }.
cli-usage-missing = Falta { $arg }.
cli-usage-conflict = { $arg } no se puede usar así, o está repetido.
cli-usage-other = No entiendo esta orden.
cli-usage-hint = Añade --help para ver qué se puede hacer.

cli-unexpected = Ha pasado algo que no esperaba: { $cause }
cli-file-missing = No existe el archivo «{ $file }». Comprueba el nombre y la carpeta.
cli-input-not-utf8 = La entrada no es texto en UTF-8. Conviértela y vuelve a intentarlo.
cli-input-too-long = La entrada es demasiado larga: caben { $max } MiB.
cli-worker-missing = No encuentro el programa que ejecuta los modelos, «{ $file }». Compílalo con «make build» o di en { $variable } dónde está.
cli-not-running = SARAi no está en marcha. Arráncalo con «sarai up» en otro terminal.
cli-not-ready = SARAi está en marcha, pero ahora no puede responder. { $detail }
cli-loading = Cargando el modelo…
cli-loading-too-long = El modelo sigue sin estar listo después de { $minutes } minutos. Mira «sarai status» y «sarai doctor».
cli-yes = sí
cli-no = no

cli-ask-nothing = Falta la pregunta. Escríbela detrás, por ejemplo: sarai ask «¿Por qué el cielo es azul?»
cli-grammar-unknown-kind = El nombre de { $file } no dice qué clase de gramática es. Haz que termine en .gbnf, .lark, .regex o .json.
cli-grammar-unreadable = No puedo leer { $file } ({ $cause }). Comprueba la ruta y los permisos.
cli-grammar-nothing = Falta la gramática: «-» la lee de la entrada estándar, por ejemplo: cat lista.gbnf | sarai ask --grammar - "…"
cli-schema-no-json = { $file } no es JSON válido: mira la línea { $line }, columna { $column }.
cli-schema-no-object = { $file } no es un esquema JSON: tiene que ser un objeto.
cli-answer-cut = La respuesta se ha cortado al llegar al máximo de tokens.
cli-figures-short = { $tokens ->
    [one] 1 token
   *[other] { $tokens } tokens
}, a los { $first } s
cli-figures = { $tokens } tokens, { $speed } por segundo; el primero, a los { $first } s

cli-pair = Abre este enlace en tu navegador. Sirve una vez, durante diez minutos:

cli-up-page = Página:
cli-up-chat = Terminal:
cli-up-api = API de OpenAI:
cli-up-token = Clave de la API:
cli-up-ready = Listo en { $seconds } s. Para terminar, pulsa Ctrl-C.
cli-up-model-restarts = El modelo se ha parado y arranca otra vez (van { $count }).
cli-up-serve-restarts = SARAi se ha parado sin querer y arranca otra vez. El registro dice por qué.
cli-up-never-started = SARAi no ha podido arrancar. { $reason }
cli-up-stopping = Terminando: dejo acabar las respuestas en curso.
cli-up-stopped = SARAi se ha detenido.

cli-status-head = SARAi { $version }:
cli-status-restarts = { $count ->
    [one] 1 reinicio
   *[other] { $count } reinicios
}
cli-standing-ready = listo
cli-standing-starting = arrancando
cli-standing-degraded = no puede responder
cli-standing-stopping = terminando

cli-config-fine = Los ajustes están bien.

cli-model-ready = aquí, { $size }
cli-model-partial = a medias, { $done } de { $total }
cli-model-absent = sin descargar, { $size }
cli-model-absent-unknown = sin descargar
cli-model-default = el que responde
cli-model-unchecked = sin probar aquí
cli-model-own = Un archivo tuyo: el catálogo no lo conoce.
cli-model-source = Lo busco en: { $source }
cli-model-downloading = Descargando
cli-model-checking = Comprobando
cli-model-pulled = El modelo está en «{ $file }» ({ $size }).
cli-model-removed = Borrado «{ $model }»: { $freed } libres.

cli-info-file = Archivo
cli-info-title = Nombre
cli-info-licence = Licencia
cli-info-terms = Condiciones
cli-info-parameters = Parámetros
cli-info-sha256 = SHA-256
cli-info-architecture = Arquitectura
cli-info-quantisation = Cuantización
cli-info-context = Contexto de entrenamiento
cli-info-layers = Capas
cli-info-vocabulary = Vocabulario
cli-info-template = Plantilla de conversación
cli-info-memory = Memoria
cli-info-memory-parts = De ella
cli-info-memory-fits = { $needed } con { $context } tokens de contexto; cabe, hay { $available }
cli-info-memory-too-big = { $needed } con { $context } tokens de contexto; no cabe, hay { $available }
cli-info-memory-of = { $weights } de pesos, { $context } de contexto
cli-skill-answered = Ha respondido la habilidad { $skill }: { $why }
cli-about-skill = Las habilidades: cuáles hay, qué pueden hacer y usarlas
cli-about-skill-list = Enseña las habilidades que hay
cli-about-skill-show = Dice todo de una habilidad: qué ejecuta, qué pide y qué límites tiene
cli-about-skill-run = Pregunta a una habilidad
cli-about-skill-route = Dice qué habilidad respondería a un texto, y por qué
cli-about-skill-reload = Hace que una habilidad en marcha vuelva a leer sus archivos
cli-about-skill-trust = Dice qué pide una habilidad y guarda si lo aceptas
cli-about-skill-test = Comprueba que una habilidad cumple el contrato, dentro de su jaula
cli-about-skill-new = Crea una habilidad por la que empezar
cli-help-skill-name = El nombre de la habilidad
cli-help-skill-arguments = Un objeto JSON con lo que la habilidad espera además del texto
cli-help-skill-yes = Acepta sin preguntar
cli-help-skill-revoke = Retira lo que aceptaste
cli-help-skill-sample = Un texto al que la habilidad responde
cli-help-skill-says = Lo que oye aquí, cada vez, una habilidad que pregunte al modelo
cli-skill-test-words = Buenos días. Esto es lo que podría decir un modelo.
cli-help-skill-language = En qué se escribe
cli-help-skill-folder = La carpeta en la que se crea; si no, la de tus habilidades
cli-value-skill = HABILIDAD
cli-value-folder = CARPETA
cli-skill-arguments = Los argumentos tienen que ser un objeto JSON, por ejemplo {"{"}"query": "SELECT 1"{"}"}.
cli-skill-reloaded = La habilidad { $skill } ha vuelto a leer sus archivos; van { $generation } veces.
cli-skill-granted = lista
cli-skill-asks = espera tu permiso
cli-skill-refused = no puede usarse
cli-skill-trust-damaged = La lista de habilidades aceptadas está dañada: { $detail }. Bórrala para empezar de nuevo; no se aceptará ninguna hasta que lo digas.
cli-skill-revoked = La habilidad { $skill } ya no tiene tu permiso ({ $count ->
    [0] no lo tenía
    [one] lo tenía una vez
   *[other] lo tenía { $count } veces
}).
cli-skill-trusted-already = La habilidad { $skill } ya puede usarse; no pide nada nuevo.
cli-skill-trusted = La habilidad { $skill } puede usarse.
cli-skill-not-trusted = La habilidad { $skill } sigue sin permiso. Para aceptar sin preguntas: sarai skill trust --yes { $skill }
cli-skill-trust-question = ¿Lo aceptas? [s/N]
cli-skill-test-prompt = La habilidad { $skill } no tiene un proceso que probar: responde el modelo con sus instrucciones.
cli-skill-new-exists = Ya hay algo en { $folder }. Elige otro nombre u otra carpeta.
cli-skill-new-no-sdk = Una habilidad en Rust se construye con los fuentes de SARAi, y este programa no está donde se construyó. Prueba con --language python.
cli-skill-new-rust = Está en { $folder }. Constrúyela con «./build.sh» dentro de su carpeta, y después: sarai skill trust { $skill }; sarai skill test { $skill }
cli-skill-new-python = Está en { $folder }. Prepárala con «./setup.sh» dentro de su carpeta, y después: sarai skill trust { $skill }; sarai skill test { $skill }
cli-skill-route-none = Respondería el modelo solo ({ $score }): { $why }
cli-skill-route-skill = Respondería la habilidad { $skill } ({ $score }): { $why }
cli-about-skill-bench = Mide una habilidad en su jaula: arranques, salud, llamadas y memoria
cli-about-skill-image = Hace una imagen de contenedor de una habilidad, desde cero, para Docker o Podman
cli-help-skill-image-run = Además la pone en marcha, con el mismo rigor que en su jaula, hasta que se interrumpa
cli-help-skill-image-probe = Acaba en cuanto su salud dice SERVING
cli-help-skill-image-model = El modelo para la imagen «draft»
cli-skill-image-made = { $image }: { $size }, entregada a { $engine }
cli-skill-image-serves = { $image } responde: SERVING a los { $ms } ms, en { $socket }
cli-skill-image-until = Con Ctrl-C se para.
cli-skill-image-engine = La imagen necesita Docker o Podman. { $detail }
cli-skill-image-failed = { $image } no funciona: { $detail }
cli-skill-image-serve = La imagen «serve» se pone en marcha con sus vecinas: mira deploy/compose.
cli-skill-image-silent = { $image } no llega a responder. Lo último que dijo: { $detail }
cli-skill-image-ended = { $image } ha acabado por su cuenta.
cli-skill-image-prompt = La habilidad { $skill } no tiene ningún programa que meter en una imagen: responde el modelo con sus instrucciones.
cli-skill-image-system = La habilidad { $skill } usa los programas de este ordenador, y una imagen no tiene ninguno. Nombra los que necesita en su manifiesto, bajo [image], por ejemplo programs = ["python3"].
cli-skill-image-program = En este ordenador no hay ningún programa { $program } que meter en la imagen. Instálalo y repite la orden.
cli-skill-image-no-model = Di con --model qué modelo ha de adivinar; «sarai model list» los enseña.
cli-about-jail = Ejecuta programas en la jaula de las habilidades
cli-about-jail-seccomp = Escribe las llamadas al sistema que puede hacer una habilidad, como perfil de seccomp para motores de contenedores
cli-about-jail-run = Ejecuta un programa encerrado; su salida y su código de salida son los de esta orden
cli-help-jail-backend = Quién hace la jaula: local, docker o disabled (nadie)
cli-help-jail-policy = Un archivo TOML que dice qué puede ver y gastar; si no, lo de una habilidad que no pide nada
cli-help-jail-report = Dice al final, capa por capa, qué se ha cumplido
cli-help-jail-program = El programa y sus argumentos
cli-value-backend = QUIÉN
cli-value-program = PROGRAMA
cli-jail-failed = No se puede hacer la jaula: { $detail }
cli-jail-backend = La jaula
cli-jail-no-report = La jaula no llegó a hacerse.
cli-about-memory = Lo que se recuerda de ti
cli-about-memory-add = Guarda un dato a mano
cli-about-memory-export = Escribe todo lo que se recuerda, una línea de JSON por cosa
cli-about-memory-forget = Borra algo de la memoria, del todo y para siempre
cli-about-memory-import = Toma lo que escribió «export»
cli-about-memory-recall = Responde una pregunta con la memoria, o muestra los datos que encajan
cli-about-memory-replay = Reproduce una conversación en una memoria aparte, para pruebas
cli-about-memory-show = Muestra un dato y el mensaje del que salió
cli-about-memory-stats = Dice cuánto se recuerda
cli-about-memory-vacuum = Quita lo repetido y reescribe el archivo sin huecos
cli-help-memory-everything = Todo; pide --yes
cli-help-memory-export = El archivo, que no debe existir; si no, la salida
cli-help-memory-from = Desde cuándo: 2019, 2019-05 o 2019-05-03
cli-help-memory-id = El número del dato
cli-help-memory-import = El archivo, o «-» para la entrada
cli-help-memory-limit = Cuántos como mucho (100)
cli-help-memory-object = El valor: dónde vive, cómo se llama…
cli-help-memory-past = También lo que ya no vale
cli-help-memory-person = Todo lo de esta persona
cli-help-memory-question = Una pregunta, como «¿dónde vive mi hermana?»; sin nada, todos los datos
cli-help-memory-replay = Un archivo con un objeto JSON por línea, o «-» para la entrada
cli-help-memory-since = Lo guardado desde este día
cli-help-memory-skip-bad = Salta las líneas que no valen en vez de no importar nada
cli-help-memory-source = Lo que viene de ahí: said, entered, accepted o imported
cli-help-memory-subject = De quién; vacío, de ti
cli-help-memory-to = Hasta cuándo
cli-help-memory-verb = Qué se dice: lives_in, relative:sister, likes…
cli-help-memory-words = Aquello de lo que tratan estas palabras
cli-help-yes = No pregunta
cli-value-date = FECHA
cli-value-name = NOMBRE
cli-help-no-memory = No usa lo que recuerda de ti ni guarda nada
