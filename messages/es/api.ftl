# Lo que la puerta de entrada responde a quien llama.

api-busy = Hay demasiadas peticiones en espera. Vuelve a intentarlo dentro de un momento.
api-stopping = SARAi se está deteniendo. Vuelve a intentarlo cuando haya arrancado de nuevo.
api-not-answering = SARAi tarda demasiado en decir cómo está. Vuelve a intentarlo; si sigue igual, ejecuta «sarai doctor».
api-internal = Algo ha fallado dentro de SARAi. Vuelve a intentarlo; si se repite, mira el registro y ejecuta «sarai doctor».
api-broken-off = La respuesta se ha cortado a la mitad. Vuelve a preguntar.

api-body-too-large = La petición es demasiado grande: caben { $max } MiB. Envía menos texto.
api-body-cut = La petición ha llegado incompleta. Envíala otra vez.
api-body-not-utf8 = La petición no está en UTF-8: falla el byte { $position }. Envíala en UTF-8.
api-body-not-json = La petición no es JSON válido: revisa la línea { $line }, columna { $column }.
api-body-not-object = La petición tiene que ser un objeto JSON, con cada campo una sola vez.
api-no-route = Aquí no hay nada. Comprueba la dirección; las de la API empiezan por /v1/.
api-no-method = Esta dirección no admite ese método HTTP. Comprueba si va con GET o con POST.

api-param-missing = Falta el campo «{ $param }». Añádelo a la petición.
api-param-type = El campo «{ $param }» no es del tipo que toca. Comprueba si va como texto, número, lista u objeto.
api-param-range = «{ $param }» tiene que estar entre { $min } y { $max }.
api-param-positive = «{ $param }» tiene que ser 1 o más; quítalo si no quieres límite.
api-too-many = «{ $param }» tiene demasiados elementos: caben { $max }.
api-messages-empty = «{ $param }» está vacío. Envía al menos un mensaje.
api-role = Ese papel no existe: usa «system», «developer», «user», «assistant» o «tool».
api-tool-calls-role = Solo un mensaje de «assistant» puede llevar «tool_calls».
api-text-only = Solo se admite texto. Quita las imágenes, el audio y los archivos.
api-item-type = Ese tipo de elemento no se admite: usa «message», «function_call» o «function_call_output».
api-functions-only = Solo se admiten herramientas de tipo «function».
api-tool-name = El nombre de «{ $param }» no vale: tiene que ser único, de 1 a { $max } letras sin acentos, cifras, «_» o «-».
api-tool-choice = «tool_choice» tiene que ser «auto», «none», «required» (con alguna herramienta) o el nombre de una herramienta de la lista.
api-stop = «stop» admite hasta { $max } textos, ninguno vacío.
api-n = Solo se da una respuesta por petición: deja «n» en 1 y repite la petición si quieres más.
api-top-logprobs = «top_logprobs» va de 0 a { $max }, y solo junto con «logprobs».
api-priority = «priority» tiene que ser «interactive», «task» o «background».
api-format-type = El tipo de formato tiene que ser «text», «json_object» o «json_schema».
api-schema-name = El nombre del esquema tiene que tener de 1 a { $max } letras a–z, cifras, «_» o «-».
api-grammar-kind = «grammar.kind» tiene que ser «json-schema», «gbnf», «lark» o «regex».
api-grammar-length = «{ $param }» está vacío o pasa de { $max } bytes.
api-two-forms = «grammar» y «{ $param }» dicen los dos cómo es la respuesta. Deja solo uno.
api-speculation = «speculation» tiene que ser «auto», «off», «acceptance», o de «fixed:1» a «fixed:{ $max }».
api-not-stored = Aquí no se guardan respuestas. Envía la conversación entera en «input».
api-no-background = Aquí no hay respuestas en segundo plano. Quita «background» y espera la respuesta.
api-no-truncation = Aquí nunca se recorta una conversación. Deja «truncation» en «disabled» y envía menos texto.
api-text-too-long = El texto es demasiado largo: tiene { $len } bytes y caben { $max }. Acórtalo.
api-model-unknown = No hay ningún modelo «{ $model }». Mira los que hay con «sarai model list».
api-dimensions = El tamaño de los vectores lo decide el modelo. Quita «dimensions».
api-encoding-format = «encoding_format» tiene que ser «float» o «base64».
api-embed-input = «input» tiene que ser un texto o una lista de 1 a { $max } textos, ninguno vacío.

api-unauthorized = Falta la clave o no es correcta. En el navegador, empareja la página con el código del terminal; en un programa, envía la clave en «Authorization: Bearer».
api-host = SARAi no atiende por ese nombre. Entra por http://localhost o añade el nombre a «server.allowed_hosts» en la configuración.
api-origin = Otra página web ha intentado usar SARAi y se ha rechazado. Abre SARAi directamente en el navegador.
api-too-many-attempts = Demasiados intentos fallidos. Espera { $seconds ->
    [one] { $seconds } segundo
   *[other] { $seconds } segundos
} y prueba con la clave correcta.
api-pair-wrong-code = El código no es correcto. Cópialo tal como sale en el terminal; tras cinco fallos hay que pedir uno nuevo.
api-pair-no-code = Ese código ya no vale. Pide uno nuevo con «sarai pair».
api-pair-file = No se ha podido guardar el emparejamiento: { $error }. Comprueba el espacio y los permisos de la carpeta de estado.

api-client-address = «{ $address }» no es la dirección de un servidor. Escríbela como http://127.0.0.1:8080.
api-client-not-running = Nadie responde en { $address }. Arranca SARAi con «sarai up».
api-client-refused = { $message }
api-client-broken = La conexión se ha cortado antes de terminar. Vuelve a intentarlo; si se repite, ejecuta «sarai doctor».
api-client-strange = El servidor ha respondido algo que no se entiende. Comprueba que la dirección es la de un servidor compatible y que las versiones coinciden.

api-skill-name = El nombre de una habilidad tiene de 1 a 64 caracteres de a–z, 0–9 y «-»; o bien «auto» o «none».
api-skill-arguments = «skill_arguments» acompaña a una habilidad nombrada en «skill».
api-hook-name = El nombre de un webhook no lleva espacios y tiene como mucho { $max } caracteres.
api-messages-number = Aquí va un número entero.
