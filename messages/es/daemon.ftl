# Lo que dice el programa en marcha: el modelo, las peticiones que no salen y cómo está cada parte.
daemon-model-checking = Compruebo el modelo.
daemon-model-loading = El modelo { $model } se está cargando. Espera un momento y vuelve a intentarlo.
daemon-model-restarting = El modelo { $model } se ha parado y está arrancando otra vez. Vuelve a intentarlo en unos segundos.
daemon-model-crashes = El modelo { $model } se ha parado varias veces seguidas. Mira el registro y ejecuta «sarai doctor».
daemon-model-died = El modelo { $model } se ha parado a mitad de la respuesta y ya está arrancando otra vez. Repite la pregunta.
daemon-model-unknown = No hay ningún modelo llamado «{ $model }». Usa «sarai» o uno de los que están aquí: { $served }. Con «sarai model list» puedes ver otros.
daemon-model-too-large = El modelo { $model } necesita { $needed } GB de memoria y quedan { $available } GB. Cierra otros programas, baja runtime.n_ctx o elige un modelo más pequeño con «sarai model list».
daemon-no-default = El catálogo no dice qué modelo responde. Pon uno en model.default; «sarai model list» los enseña.
daemon-prompt-too-long = La conversación ocupa { $tokens } tokens y caben { $max }, con al menos uno para responder. Acórtala, empieza otra o sube runtime.n_ctx.
daemon-prompt-empty = No hay nada que responder: el texto está vacío.
daemon-template = El modelo no admite esta conversación: { $detail }
daemon-text-too-long = Uno de los textos es demasiado largo para convertirlo en un vector. Divídelo en partes.
daemon-request-refused = La petición no es válida para el modelo. Revisa sus parámetros.
daemon-busy = Ya hay demasiadas peticiones esperando. Prueba otra vez dentro de { $seconds ->
    [one] { $seconds } segundo
   *[other] { $seconds } segundos
}.
daemon-grammar = No se puede ceñir una respuesta a ese formato: { $detail }
daemon-vectors-not-served = Los vectores vienen de «{ $served }», no de «{ $model }». Pide «{ $served }» o «sarai», o cambia model.embedding en la configuración.
daemon-vectors-not-loaded = No se pudo cargar el modelo que pone model.embedding; el registro dice por qué. Pon otro, o «none», y arranca de nuevo.
daemon-draft-waits = Espera al modelo que responde.
daemon-draft-is-model = El modelo { $model } no puede adelantarse a sí mismo. Pon en model.draft uno más pequeño, o none.
daemon-no-draft = El catálogo no dice qué modelo se adelanta. Pon model.draft; «sarai model list» los muestra.
daemon-cancelled = La petición se ha cancelado.
daemon-stopping = El programa se está cerrando.
daemon-internal = Algo ha fallado por dentro. El registro dice qué; si se repite, ejecuta «sarai doctor».
daemon-health-ready = { $model } responde.
daemon-health-draft = { $model } se adelanta.
daemon-health-named = Responde a quien lo nombra.
daemon-health-resting = { $model } descansa para dejar memoria libre; la próxima pregunta lo despierta.
daemon-health-serve = Recibe peticiones.
daemon-state-held = Otro SARAi (proceso { $pid }) ya usa esta carpeta de estado. Páralo o pon otra carpeta en SARAI_HOME.
daemon-port-in-use = Otro programa ocupa el puerto { $port }. Páralo o elige otro puerto: --set server.port=8081
daemon-bind-failed = No puedo escuchar en { $address }: { $cause }
daemon-exposed = { $address } es una dirección de red: cualquiera que llegue a ella podría leer lo que pasa por el cable. Si lo aceptas, pon server.insecure: true.
daemon-io = El sistema no lo permite: { $cause }
daemon-watch-failed = No puedo vigilar los cambios de la configuración: { $cause }
daemon-model-no-jail = El modelo no arranca porque no se le puede encerrar: { $detail }. «sarai doctor» dice cómo arreglarlo.
daemon-skill-unknown = No hay ninguna habilidad «{ $skill }». «sarai skill list» enseña las que hay.
daemon-skill-untrusted = Aún no has dicho que la habilidad «{ $skill }» pueda usarse. Mira qué pide y decide: sarai skill trust { $skill }
daemon-skill-no-jail = La habilidad { $skill } no arranca porque no se la puede encerrar: { $detail }. «sarai doctor» dice cómo arreglarlo.
daemon-skill-crashes = La habilidad { $skill } se ha parado varias veces seguidas. Mira el registro, o pruébala con «sarai skill test { $skill }».
daemon-skill-died = La habilidad { $skill } se ha parado a mitad de la respuesta y ya está arrancando otra vez. Repite la pregunta.
daemon-skill-late = La habilidad { $skill } no ha respondido a tiempo.
daemon-skill-failed = La habilidad { $skill } ha fallado. El registro dice por qué.
daemon-skill-refuses = La habilidad { $skill } no acepta lo que se le pide. Revisa el texto y los argumentos.
daemon-skill-busy = La habilidad { $skill } ya tiene demasiado que hacer. Vuelve a intentarlo en unos segundos.
daemon-skill-reload = La habilidad { $skill } sigue como estaba: sus archivos nuevos no valen. { $detail }
daemon-skill-prompt-reload = La habilidad { $skill } no tiene un proceso que pueda volver a leer sus archivos; los lee SARAi cuando cambian.
daemon-health-skill = Lista.
daemon-health-skill-starting = Está arrancando.
daemon-loop-ready =
    { $rules ->
        [one] El bucle vigila una regla.
       *[other] El bucle vigila { $rules } reglas.
    }
daemon-loop-degraded = El bucle está en marcha, pero algo no va bien: { $detail }
daemon-loop-silent = El bucle no responde; «sarai up» lo vuelve a arrancar.
daemon-rules-choice = Elige un número del 1 al { $max }.
daemon-rules-long = Es demasiado largo para una regla: como mucho { $max } caracteres.
daemon-loop-busy = El bucle tiene demasiado pendiente. Vuelve a intentarlo dentro de un momento.
daemon-loop-store = No puedo leer los avisos ahora.
daemon-arrange-question = ¿Lo guardo? Responde «sí» o «no».
daemon-arrange-choose = Puede querer decir varias cosas. Responde con el número de la que quieres.
daemon-arrange-kept = Hecho, te avisaré. Para quitarlo: sarai rules remove { $rule }
daemon-arrange-dropped = De acuerdo, no lo guardo.
daemon-arrange-over = Ese momento ya ha pasado. Dímelo otra vez con uno que esté por venir.
