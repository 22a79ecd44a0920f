# La página web.

page-noscript = Esta página necesita JavaScript. Actívalo para esta dirección, o usa «sarai chat» en el terminal.

page-new = Conversación nueva
page-untitled = Sin título
page-conversations = Conversaciones
page-conversations-none = Aquí verás tus conversaciones. Se guardan solo en este navegador.
page-side-open = Abrir el panel
page-side-close = Cerrar el panel
page-rename = Cambiar el título
page-rename-label = Título nuevo
page-delete = Borrar
page-delete-question = ¿Borrar «{ $title }»? No se puede deshacer.
page-clear = Borrar todo
page-clear-question = ¿Borrar todas las conversaciones de este navegador? No se puede deshacer.
page-export = Exportar
page-cancel = Cancelar
page-accept = Aceptar
page-close = Cerrar

page-welcome = ¿En qué te ayudo?
page-private = Funciono en este ordenador. Nada de lo que escribas sale de él.
page-examples = Ejemplos
page-example-one = Explícame qué es el interés compuesto, con un ejemplo sencillo.
page-example-two = Escribe un correo amable para cambiar una cita de día.
page-example-three = Haz una función en Python que ordene una lista de fechas.

page-ask = Tu pregunta
page-ask-placeholder = Pregunta lo que quieras…
page-ask-hint = Intro envía · Mayús+Intro, línea nueva
page-send = Enviar
page-stop = Parar
page-to-end = Ir al final
page-talk = Conversación
page-you = Tú
page-sarai = SARAi
page-reading = Leyendo tu pregunta…
page-answered = Respuesta completa.
page-stopped = Respuesta detenida.
page-length = La respuesta llegó a su límite. Escribe «sigue» para que continúe.
page-copy = Copiar
page-copied = Copiado
page-copy-failed = El navegador no deja copiar. Selecciona el texto y cópialo tú.
page-copy-code = Copiar el código
page-edit = Editar
page-edit-label = Edita tu pregunta
page-resend = Enviar de nuevo
page-again = Otra respuesta
page-retry = Reintentar
page-code = Código
page-new-tab = (se abre en otra pestaña)
page-figures = { $speed } tokens/s · primera palabra en { $first } s
page-figures-label = Velocidad de la respuesta
page-skill = Ha respondido la habilidad { $skill }

page-status = Estado de SARAi
page-status-ready = Lista
page-status-starting = Arrancando
page-status-degraded = Con problemas
page-status-stopping = Parándose
page-status-unreachable = Sin conexión
page-status-version = Versión { $version }
page-status-restarts = Reinicios: { $count }
page-status-memory = Memoria: { $size } MB
page-model = Modelo: { $model }
page-model-none = Ningún modelo cargado

page-language-other = English
page-theme-system = Tema del sistema
page-theme-light = Tema claro
page-theme-dark = Tema oscuro
page-keys = Atajos de teclado
page-keys-send = Enviar la pregunta
page-keys-line = Línea nueva
page-keys-stop = Parar la respuesta
page-keys-focus = Ir al cuadro de la pregunta
page-keys-edit = Editar la última pregunta
page-key-enter = Intro
page-key-shift-enter = Mayús + Intro
page-key-escape = Esc
page-key-slash = /
page-key-up = ↑

page-pair-title = Conecta este navegador
page-pair-text = Escribe el código que SARAi muestra en el terminal. Si ha caducado, «sarai pair» te da otro.
page-pair-label = Código de ocho letras y cifras
page-pair-button = Conectar
page-pair-lost = Este navegador ya no está conectado. Escribe un código nuevo para seguir; tus conversaciones siguen aquí.

page-error-title = No ha podido ser
page-error-unreachable = No llego a SARAi. Comprueba que sigue en marcha («sarai up» en el terminal) y reinténtalo.
page-error-broken = La respuesta se ha cortado a medias. Reinténtalo.
page-error-storage = El navegador no tiene sitio para guardar más. Exporta y borra alguna conversación.
page-error-roles = Una conversación se compone de preguntas y respuestas («user» y «assistant»), y la última tiene que ser una pregunta.
page-error-messages = La conversación tiene { $count } mensajes y el límite es { $max }. Empieza una conversación nueva.
page-error-render = Hay demasiado texto que mostrar de una vez: { $count } bytes, y el límite es { $max }. Empieza una conversación nueva.

page-news = Avisos de tus reglas
page-news-tell = Aviso
page-news-suggest = Propuesta
page-news-report = Atención
page-news-seen = Entendido
page-news-dismiss = Descartar
