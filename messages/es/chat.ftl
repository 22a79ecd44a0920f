# La conversación en el terminal.

chat-welcome = Pregunta lo que quieras. «/ayuda» muestra qué más se puede hacer; Ctrl-D termina.
chat-help =
    /nueva              empieza otra conversación
    /modelo [NOMBRE]    muestra los modelos, o cambia de modelo
    /guardar ARCHIVO    guarda la conversación en un archivo
    /datos              muestra cuánto se ha escrito y a qué velocidad
    /salir              termina, igual que Ctrl-D
    Una línea que acaba en «\» sigue en la siguiente. Ctrl-C detiene la respuesta.
chat-thinking = Pensando…
chat-stopped = Respuesta detenida.
chat-new = Conversación nueva: he olvidado la anterior.
chat-model-chosen = Ahora responde «{ $model }».
chat-model-unknown = «{ $model }» no está en marcha. Puedes elegir entre: { $models }.
chat-save-where = Di en qué archivo, por ejemplo: /guardar charla.md
chat-saved = Conversación guardada en «{ $file }».
chat-save-exists = Ya existe «{ $file }». Elige otro nombre.
chat-save-failed = No puedo escribir «{ $file }» ({ $cause }). Prueba en otra carpeta.
chat-speaker-you = Tú
chat-stats = { $answers ->
    [one] 1 respuesta
   *[other] { $answers } respuestas
}, { $tokens ->
    [one] 1 token
   *[other] { $tokens } tokens
}, { $speed } por segundo; el primero, a los { $first } s de media.
chat-unknown = No conozco «{ $command }». «/ayuda» muestra lo que hay; si era una pregunta, pon un espacio delante.
chat-bye = ¡Hasta luego!
# $kind es «tell», «suggest» o «report».
chat-news =
    { $kind ->
        [suggest] ● Propuesta: { $text }
        [report] ● Atención: { $text }
       *[tell] ● Aviso: { $text }
    }
