# La memoria: qué se guarda, qué se olvida y qué lo impide.
memory-added = Guardado con el número { $id }.
memory-ambiguous = Eso habla de alguien a quien no distingo de otra persona. Dime en una conversación a quién te refieres.
memory-asks-nothing = Escribe qué quieres saber: sarai memory recall "¿dónde vive mi hermana?"
memory-behind = La memoria va con retraso y la respuesta ha salido sin ella. Si se repite, ejecuta «sarai doctor».
memory-confirm-everything = Esto borra todo lo que recuerdo de ti, sin vuelta atrás. Si es lo que quieres, repítelo con --yes.
memory-damaged = El archivo de la memoria está dañado. Al volver a arrancar lo aparto y pongo en su lugar la última copia buena.
memory-date = «{ $text }» no es una fecha. Escribe un año, un mes o un día: 2019, 2019-05 o 2019-05-03.
memory-dropped = Sugerencia { $id } descartada. No volveré a hacerla.
memory-ended = Ya no vale: { $text }
memory-erased = { $count ->
    [one] Un recuerdo borrado para siempre.
   *[other] { $count } recuerdos borrados para siempre.
}
memory-file = No puedo usar el archivo de la memoria: { $cause }
memory-forget-what = Di qué quieres que olvide: un número, --person, --verb, --words, --source, --since o --everything.
memory-forgotten = { $facts ->
    [0] No había datos que olvidar
    [one] Un dato olvidado
   *[other] { $facts } datos olvidados
}; { $messages ->
    [0] ningún mensaje borrado.
    [one] un mensaje borrado.
   *[other] { $messages } mensajes borrados.
}
memory-forgotten-before = Eso lo olvidaste a propósito. Si lo quieres de vuelta, dímelo en una conversación.
memory-full = El disco está lleno y no he podido guardar nada. Libera sitio.
memory-hints = Puede que lo diga algo de lo que contaste:
memory-import-bad = Línea { $line }: { $why }
memory-import-large = Con SARAi en marcha caben { $max } MB. Páralo y repite la orden: así no hay límite.
memory-import-refused = No he importado nada. Corrige esas líneas, o usa --skip-bad para importar las demás.
memory-imported = Importado: { $facts } datos y { $messages } mensajes. Ya los tenía: { $known }. Olvidados antes, y por eso fuera: { $forgotten }.
memory-limit = Pide entre 1 y { $max } datos.
memory-line = Línea { $line }: { $detail }
memory-locked = Otro programa está usando el archivo de la memoria. Ciérralo y vuelve a intentarlo.
memory-message = Lo dijiste así, el { $recorded }: «{ $text }»
memory-newer = La memoria es de una versión más nueva ({ $found }) que este programa ({ $known }). Actualiza SARAi.
memory-no-fact = No hay ningún dato con el número { $id }.
memory-no-suggestion = No hay ninguna sugerencia con el número { $id }. Para verlas: sarai memory suggestions
memory-no-suggestions = No hay sugerencias. Cuando no hay nada más que hacer, releo lo que no entendí y dejo aquí lo que encuentro.
memory-nothing = No hay nada guardado que encaje.
memory-off = La memoria está apagada. Para encenderla: phoenix.entity_memory_skill: true
memory-ready = Recuerda; ocupa { $size } kB.
memory-secret = Las contraseñas, los PIN y los números de tarjeta no se guardan.
memory-source = «{ $name }» no es una procedencia. Vale said, entered, accepted, imported o proposed.
memory-stats = { $facts } datos, { $entities } personas y cosas, { $messages } mensajes, { $forgotten } olvidos; ocupan { $size } MB.
memory-stats-proposals = Releído cuando no había nada más que hacer: { $proposed } propuestas, { $kept } guardadas, { $suggested } sugeridas, { $refused } rechazadas ({ $reasons }). { $waiting ->
    [0] No espera ninguna sugerencia.
    [one] Espera una sugerencia: sarai memory suggestions
   *[other] Esperan { $waiting } sugerencias: sarai memory suggestions
}
memory-stored = Guardado: { $text }
memory-suggestion = { $text } Dijiste: «{ $words }»
memory-term = En «{ $name }» pon entre 1 y 1024 bytes, sin caracteres de control.
memory-trouble = La memoria no ha participado: { $detail }
memory-vacuumed = Archivo reescrito: { $freed } kB menos.
memory-backed-up = Copia en { $file }.
memory-verb = No conozco el verbo «{ $verb }». Los que hay: { $known }
