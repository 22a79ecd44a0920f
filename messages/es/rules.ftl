# Reglas: lo que SARAi hace por su cuenta.

# Una regla, dicha de vuelta. Los trozos que empiezan por { " " } o por una coma se pegan a lo que va delante.
rules-said = { $what } { $when }{ $if }{ $channel }.
rules-list = { $first } y { $last }
rules-only-if = , solo si { $conditions }
rules-by-channel =
    { $channel ->
        [terminal] , en la terminal
        [page] , en la página
        [desktop] , en el escritorio
        [ntfy] , en el móvil
        [webhook] , por webhook
        [email] , por correo
        [slack] , por Slack
       *[other] , por { $channel }
    }

# Lo que hace
rules-do-tell = Te avisaré
rules-do-tell-text = Te recordaré «{ $text }»
rules-do-suggest = Te propondré «{ $text }»
rules-do-skill = Ejecutaré la habilidad «{ $skill }»
rules-do-skill-with = Ejecutaré la habilidad «{ $skill }» con «{ $arguments }»
rules-do-ask = Le pediré al modelo «{ $prompt }» (como mucho { $tokens } tokens)
rules-do-free-memory = Liberaré memoria
rules-do-rotate-logs = Borraré los registros de hace más de { $days } días
rules-do-vacuum = Compactaré las bases de datos
rules-do-backup = Haré una copia de seguridad
rules-do-health-sweep = Comprobaré que todo funciona
rules-do-warm-skill = Tendré lista la habilidad «{ $skill }»

# Cuándo
rules-times = { $schedules }{ $from }{ $until }{ $zone }
rules-in-zone = , hora de { $zone }
rules-from = , desde el { $date }
rules-until = , hasta el { $date }
rules-moment = { $date } a { $time }
rules-date = { $weekday } { $day } de { $month } de { $year }
rules-clock = las { $time }
rules-clock-one = la { $time }
rules-at = a { $times }
rules-steps = cada { $minutes } minutos, de { $from } a { $to }
rules-each-day = cada día { $at }
rules-each-workday = de lunes a viernes { $at }
rules-each-weekend = cada sábado y domingo { $at }
rules-each-week = cada { $days } { $at }
rules-each-month =
    { $n ->
        [one] el día { $days } de cada mes { $at }
       *[other] los días { $days } de cada mes { $at }
    }
rules-each-month-end = el último día de cada mes { $at }
rules-each-nth = { $days } de cada mes { $at }
rules-each-year = cada { $day } de { $month } { $at }
rules-day-number = { $day }
rules-nth =
    { $nth ->
        [n1] el primer { $day }
        [n2] el segundo { $day }
        [n3] el tercer { $day }
        [n4] el cuarto { $day }
        [n5] el quinto { $day }
       *[last] el último { $day }
    }
rules-weekday =
    { $day ->
        [mon] lunes
        [tue] martes
        [wed] miércoles
        [thu] jueves
        [fri] viernes
        [sat] sábado
       *[sun] domingo
    }
rules-month =
    { $month ->
        [m1] enero
        [m2] febrero
        [m3] marzo
        [m4] abril
        [m5] mayo
        [m6] junio
        [m7] julio
        [m8] agosto
        [m9] septiembre
        [m10] octubre
        [m11] noviembre
       *[m12] diciembre
    }
rules-once = el { $date } a { $time }
rules-cron = cuando lo diga el cron «{ $cron }»
rules-series = { $every } a { $time }, empezando el { $date }
rules-every-days =
    { $n ->
        [one] cada día
       *[other] cada { $n } días
    }
rules-every-weeks =
    { $n ->
        [one] cada { $day }
       *[other] cada { $n } semanas, el { $day },
    }
rules-every-months =
    { $n ->
        [one] el día { $day } de cada mes (o el último, si no lo hay)
       *[other] cada { $n } meses, el día { $day },
    }
rules-every-years =
    { $n ->
        [one] cada { $day } de { $month }
       *[other] cada { $n } años, el { $day } de { $month },
    }
rules-span = cada { $length } a partir del { $date } a { $time }
rules-hours =
    { $n ->
        [one] { $form ->
            [each] hora
           *[plain] una hora
        }
       *[other] { $n } horas
    }
rules-minutes =
    { $n ->
        [one] { $form ->
            [each] minuto
           *[plain] un minuto
        }
       *[other] { $n } minutos
    }
rules-seconds =
    { $n ->
        [one] { $form ->
            [each] segundo
           *[plain] un segundo
        }
       *[other] { $n } segundos
    }

# Qué tiene que pasar
rules-when = cuando { $what }
rules-when-idle = cuando lleves { $length } sin usar el ordenador
rules-when-file = cuando cambie «{ $path }»
rules-when-skill = cuando la habilidad «{ $skill }» deje de funcionar
rules-when-any-skill = cuando una habilidad deje de funcionar
rules-when-webhook = cuando llegue el webhook «{ $name }»
rules-when-fact = cuando guarde un dato nuevo
rules-when-fact-about = cuando guarde un dato nuevo sobre «{ $about }»
rules-memory-above = la memoria usada pase de { $amount }
rules-memory-below = queden menos de { $amount } de memoria
rules-disk-above = el disco{ $place } pase de { $amount } ocupado
rules-disk-below = queden menos de { $amount } de disco{ $place }
rules-on-path = { " " }en { $path }
rules-idle = llevas { $length } sin usar el ordenador
rules-between = son entre { $from } y { $to }
rules-on-days = es { $days }

# Lo que puede querer decir dos cosas
rules-which-today-or-next =
    { $day ->
        [mon] Hoy es lunes. ¿Hoy o el lunes que viene?
        [tue] Hoy es martes. ¿Hoy o el martes que viene?
        [wed] Hoy es miércoles. ¿Hoy o el miércoles que viene?
        [thu] Hoy es jueves. ¿Hoy o el jueves que viene?
        [fri] Hoy es viernes. ¿Hoy o el viernes que viene?
        [sat] Hoy es sábado. ¿Hoy o el sábado que viene?
       *[sun] Hoy es domingo. ¿Hoy o el domingo que viene?
    }
rules-which-next =
    { $day ->
        [mon] ¿El lunes de esta semana o el de la que viene?
        [tue] ¿El martes de esta semana o el de la que viene?
        [wed] ¿El miércoles de esta semana o el de la que viene?
        [thu] ¿El jueves de esta semana o el de la que viene?
        [fri] ¿El viernes de esta semana o el de la que viene?
        [sat] ¿El sábado de esta semana o el de la que viene?
       *[sun] ¿El domingo de esta semana o el de la que viene?
    }
rules-which-weekend = ¿Este fin de semana o el siguiente?
rules-which-day = ¿Qué día?
rules-which-one = ¿Cuál de ellos?
rules-which-deadline = ¿Te aviso a esa hora?
rules-which-days = ¿Qué días de la semana? Esta es solo una propuesta.
rules-which-times = ¿A qué horas? Esta es solo una propuesta.
rules-which-midnight = ¿La medianoche con la que empieza ese día o aquella con la que acaba?
rules-which-leap = ¿Solo en los años bisiestos, o el último día de cada febrero?
rules-which-month-first = ¿«{ $first }/{ $second }» es { $first } del mes { $second } o { $second } del mes { $first }?
rules-which-nth-or-weeks = ¿Una vez cada { $n } semanas o el número { $n } de cada mes?
rules-which-once-or-monthly = ¿Una sola vez o todos los meses?
rules-which-short-month = Hay meses sin día { $day }. ¿Entonces el último del mes o ninguno?

# Lo que no existe
rules-past = Eso ya ha pasado. Di un momento que esté por venir.
rules-no-such-time = «{ $time }» no es una hora.
rules-no-such-day = Ningún mes tiene día { $day }.
rules-no-such-date = Esa fecha no existe.
rules-no-such-day-of-month =
    { $month ->
        [m1] Enero no tiene día { $day }.
        [m2] Febrero no tiene día { $day }.
        [m3] Marzo no tiene día { $day }.
        [m4] Abril no tiene día { $day }.
        [m5] Mayo no tiene día { $day }.
        [m6] Junio no tiene día { $day }.
        [m7] Julio no tiene día { $day }.
        [m8] Agosto no tiene día { $day }.
        [m9] Septiembre no tiene día { $day }.
        [m10] Octubre no tiene día { $day }.
        [m11] Noviembre no tiene día { $day }.
       *[m12] Diciembre no tiene día { $day }.
    }
rules-weekday-mismatch =
    El { $date } no cae en { $said ->
        [mon] lunes
        [tue] martes
        [wed] miércoles
        [thu] jueves
        [fri] viernes
        [sat] sábado
       *[sun] domingo
    }, sino en { $is ->
        [mon] lunes
        [tue] martes
        [wed] miércoles
        [thu] jueves
        [fri] viernes
        [sat] sábado
       *[sun] domingo
    }.
rules-zone-unknown = No hay ninguna zona horaria llamada «{ $zone }». Se escriben como Europe/Madrid.
rules-window-empty = Entre el principio y el fin que dices no hay ningún momento.
rules-no-such-share = Esa cantidad no existe: un porcentaje va de más de 0 a menos de 100.
rules-idle-too-long = Se puede esperar hasta una semana de inactividad.

# Lo que no es una regla, o SARAi no sabe hacer
rules-empty = No has dicho nada.
rules-too-long = Es demasiado largo para una regla.
rules-no-time = Falta decir cuándo. Por ejemplo: «mañana a las 9», «cada lunes», «cuando queden menos de 5 GB de disco».
rules-no-verb = No parece un encargo. Empieza por «avísame», «recuérdame», «ejecuta la habilidad…» o «pregunta al asistente…».
rules-question = Parece una pregunta, no un encargo.
rules-stop = Para dejar de recibir avisos usa `sarai rules pause` o `sarai rules remove`.
rules-run-what = No sé qué ejecutar. Di «ejecuta la habilidad» y su nombre.
rules-ask-what = No sé qué preguntar. Dilo detrás de «pregunta al asistente».
rules-unknown-event = No puedo vigilar eso. Sí puedo: memoria, disco, un archivo, una habilidad, un webhook, un dato nuevo o tu inactividad.
rules-level-without-amount = Falta la cantidad: por ejemplo «menos de 5 GB» o «más del 80 %».
rules-event-and-time = Eso pasa en un instante; no puedo esperar a la vez a una hora. Haz dos reglas.
rules-how-often = No puedo repetir algo así. Di cada cuánto o a qué horas.
rules-too-uneven = Esas horas son demasiado irregulares para una regla. Elige un intervalo que quepa en la hora.
rules-beyond-holidays = No sé qué días son festivos, así que no puedo dejarlos fuera.
rules-beyond-sun = No sé cuándo sale ni se pone el sol. Di una hora.
rules-beyond-weather = No sé qué tiempo hace.
rules-beyond-place = No sé dónde estás.
rules-beyond-message = No leo tus mensajes ni tus llamadas.
rules-beyond-before = No puedo contar hacia atrás desde otra cosa. Di la hora del aviso.
rules-beyond-negated = Solo puedo avisar de lo que pasa, no de lo que no pasa.
rules-beyond-two = Cada regla vigila una sola cosa. Haz dos.
rules-beyond-elsewhere = Solo vigilo este ordenador.
rules-beyond-others = Solo puedo avisarte a ti, a nadie más.
rules-beyond-several = Aquí hay más de un momento y no sé cómo van juntos. Haz una regla para cada uno.
rules-beyond-single-days = No puedo dejar fuera días ni horas sueltos, solo días de la semana.
rules-beyond-lasting = No puedo medir cuánto dura; solo el momento en que se cruza.
rules-beyond-level = Solo puedo avisar cuando algo se llena, no cuando se vacía.

# Lo que está mal escrito en un archivo de reglas
rules-form-unknown = { $place }: «{ $key }»: no hay ninguna clave con ese nombre
rules-form-unknown-nearest = { $place }: «{ $key }»: no hay ninguna clave con ese nombre. ¿Querías decir «{ $nearest }»?
rules-form-too-long = { $place }: «{ $key }»: el texto es demasiado largo: caben { $max } caracteres
rules-form-one = { $place }: «{ $key }»: aquí va un solo texto, no una lista
rules-form-choice = { $place }: «{ $key }»: «{ $value }» no vale. Se puede poner: { $choices }
rules-form-number = { $place }: «{ $key }»: «{ $value }» no vale. Se espera un número entero de { $min } a { $max }
rules-form-moment = { $place }: «{ $key }»: «{ $value }» no es un momento. Escríbelo así: 2026-11-30T08:00:00Z
rules-form-watch = { $place }: «{ $key }»: «{ $value }» no es algo que se pueda vigilar. Por ejemplo: memory used > 80%, disk free < 5GB on /home, idle 30m, file changed RUTA, skill unhealthy NOMBRE, webhook NOMBRE, fact added
rules-form-condition = { $place }: «{ $key }»: «{ $value }» no es una condición. Por ejemplo: memory used > 80%, idle 30m, between 09:00 and 18:00, on mon-fri
rules-form-times = { $place }: «{ $key }»: «{ $value }» no dice cuándo ({ $detail }). Por ejemplo: "0 9 * * MON", @daily, 2026-12-01T09:00, every 2h from 2026-12-01T09:00
rules-form-never = { $place }: «{ $key }»: con esas horas no se cumpliría nunca
rules-form-too-many-times = { $place }: «{ $key }»: una regla tiene de 1 a 16 horarios
rules-form-too-many-conditions = { $place }: «{ $key }»: una regla tiene como mucho { $max } condiciones
rules-form-no-trigger = { $place }: «{ $key }»: falta decir cuándo: pon `at` (un horario) o `when` (algo que vigilar)
rules-form-two-triggers = { $place }: «{ $key }»: una regla tiene `at` o `when`, no los dos: haz dos reglas
rules-form-no-action = { $place }: «{ $key }»: falta decir qué hacer: pon una de estas claves: { $actions }
rules-form-two-actions = { $place }: «{ $key }»: una regla hace una sola cosa: haz dos reglas. Acciones: { $actions }
rules-form-empty = { $place }: «{ $key }»: falta el texto
rules-form-zone = { $place }: «{ $key }»: no hay ninguna zona horaria llamada «{ $zone }». Se escriben como Europe/Madrid
rules-form-zone-nearest = { $place }: «{ $key }»: no hay ninguna zona horaria llamada «{ $zone }». ¿Querías decir «{ $nearest }»?
rules-form-window = { $place }: «{ $key }»: el fin tiene que venir después del principio
rules-form-quiet = { $place }: «{ $key }»: «{ $value }» no son horas. Escríbelas así: 22:30-07:30
rules-form-name = { $place }: «{ $key }»: el nombre de una regla lleva de 1 a 48 letras minúsculas sin acento, cifras, «-» y «_»
rules-form-not-a-rule = { $place }: «{ $key }»: debajo de cada nombre van las claves de su regla
rules-form-too-many-rules = { $place }: «{ $key }»: hay demasiadas reglas: caben { $max }

# Por qué una regla actuó o no
rules-some-moment = otro momento
rules-decided-fired = Le tocaba, y nada se lo impedía.
rules-decided-asked = Lo pediste tú.
rules-decided-held = Son horas de silencio: espera hasta el { $until }.
rules-decided-condition = No se cumple su condición: { $condition }.
rules-decided-unmeasured = No se puede saber si se cumple su condición: { $condition }.
rules-decided-budget-hour =
    { $scope ->
        [rule] Ya ha actuado { $limit } veces en una hora, que es su límite.
       *[all] Entre todas las reglas ya hay { $limit } avisos en una hora, que es el límite.
    }
rules-decided-budget-day =
    { $scope ->
        [rule] Ya ha actuado { $limit } veces en un día, que es su límite.
       *[all] Entre todas las reglas ya hay { $limit } avisos en un día, que es el límite.
    }
rules-decided-repeat = Ya te lo dije el { $last }; no lo repito en 24 horas.
rules-decided-dismissed =
    { $count ->
        [one] Descartaste su último aviso sin leerlo: calla hasta el { $until }.
       *[other] Descartaste sus { $count } últimos avisos sin leerlos: calla hasta el { $until }.
    }
rules-decided-merged =
    { $count ->
        [one] Se junta con otro igual que ya hay.
       *[other] { $count } veces se juntan en una.
    }
rules-decided-missed =
    { $count ->
        [one] Se pasó su hora, el { $last }, sin que SARAi estuviera en marcha.
       *[other] Se pasaron { $count } de sus horas, del { $first } al { $last }, sin que SARAi estuviera en marcha.
    } { $then ->
        [run_once] Se hace una vez, ahora.
        [report] Se te avisa.
       *[skip] No se recupera.
    }
rules-decided-already-done = Esto ya se hizo antes de que el reloj se atrasara.
rules-decided-clock-back = El reloj se ha atrasado desde el { $from }; la regla sigue con la hora que marca ahora.
rules-decided-started =
    { $attempt ->
        [one] Empieza.
       *[other] Empieza el intento { $attempt }.
    }
rules-decided-again = No ha salido ({ $detail }); se vuelve a intentar el { $at }.
rules-decided-cut-off = Se cortó a la mitad; se hace otra vez.
rules-decided-done = Hecho.
rules-decided-done-detail = Hecho: { $detail }
rules-decided-failed = No ha salido, y no se intenta más: { $detail }
rules-decided-unknown = Se cortó a la mitad y no se sabe qué llegó a hacer; no se repite.
rules-decided-dropped = Ya no hace falta: la regla se quitó o se paró.
rules-decided-put-away = Descartaste su aviso sin leerlo.
rules-decided-seen = Viste su aviso.
rules-decided-full = Hay demasiadas tareas pendientes; esta no cabe.
rules-decided-other = { $word }

# Lo que se le cuenta a su dueño de una regla
rules-told-missed =
    { $count ->
        [one] No pude cumplirlo el { $last }, porque no estaba en marcha: { $what }.
       *[other] No pude cumplirlo { $count } veces, del { $first } al { $last }, porque no estaba en marcha: { $what }.
    }
rules-told-failed = No me sale, y no volveré a decírtelo hasta que funcione: { $what }. { $detail }
rules-told-cut-off = Se cortó a la mitad y no sé qué llegó a hacer; no lo repito: { $what }.

# Lo que dice una regla
rules-say-late =
    { $missed ->
        [0] { $text } (era para el { $at })
       *[other] { $text } (era para el { $at }, y hubo más veces que se pasaron: { $missed })
    }
rules-say-time = Es la hora: { $at }.
rules-say-level = Atención: { $what }.
rules-say-idle = Llevas un rato sin usar el ordenador.
rules-say-file = Ha cambiado «{ $path }».
rules-say-skill = La habilidad «{ $skill }» ha dejado de funcionar.
rules-say-webhook = Ha llegado el webhook «{ $name }».
rules-say-fact = He guardado un dato nuevo: { $fact }
rules-say-forgotten = algo que ya está olvidado
rules-say-short = { $what }: he liberado { $mb } MB, y no basta. Cierra algún programa.

# Lo que hizo
rules-done-logs =
    { $count ->
        [0] ningún registro era tan antiguo
        [one] un registro borrado
       *[other] { $count } registros borrados
    }
rules-done-vacuum = { $kb } kB recuperados
rules-done-backup = copia en { $files }
rules-done-healthy =
    { $parts ->
        [one] una parte, y funciona
       *[other] { $parts } partes, y todas funcionan
    }
rules-done-ill = Algo no funciona: { $parts }
rules-done-ill-revived = Algo no funciona y se le ha pedido que vuelva a arrancar: { $parts }
rules-done-memory = { $mb } MB liberados
rules-done-warm = la habilidad «{ $skill }» está lista
rules-done-answer =
    { $tokens ->
        [one] respuesta de un token
       *[other] respuesta de { $tokens } tokens
    }
rules-done-no-skill = «{ $skill }» no es el nombre de una habilidad
rules-done-too-slow = sin respuesta en { $minutes } minutos

# El bucle
rules-loop-running = Ya hay un bucle en marcha en esta carpeta: el proceso { $pid }.
rules-loop-io = El bucle de las reglas no puede seguir: { $cause }.
rules-store-locked = Otro programa está escribiendo en el archivo de las reglas. Vuelve a intentarlo.
rules-store-superseded = Otro bucle se ha hecho cargo de las reglas; este termina.
rules-store-full = No queda sitio en el disco para el archivo de las reglas. Libera espacio.
rules-store-damaged = El archivo de las reglas está dañado.
rules-store-newer = El archivo de las reglas es de una versión más nueva ({ $found }) que este programa ({ $known }). Actualiza SARAi.
rules-store-many = No cabe más ({ $what }). Quita alguna regla, o espera a que el bucle atienda lo que hay.
rules-unknown = No hay ninguna regla llamada «{ $rule }». «sarai rules list» las muestra.
rules-in-file = La regla «{ $rule }» está en «{ $file }»: cámbiala ahí. Para pararla, pon en ella «status: paused».
rules-builtin = La regla «{ $rule }» viene con SARAi. Para cambiarla, copia las que vienen en «{ $file }» y edítalas ahí.
rules-state-waits = espera a que acaben las horas de silencio
rules-state-ready = a punto
rules-state-working = en ello
rules-told-undelivered = No consigo enviar los avisos por { $channel } ({ $detail }), y no volveré a decírtelo hasta que funcione. Los avisos siguen aquí.
