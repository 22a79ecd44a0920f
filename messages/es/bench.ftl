# Medir: `sarai bench`.

# La ayuda
bench-about-decode = Mide el modelo solo: velocidad de lectura y de escritura, primer token, lotes de n tokens y memoria. No hace falta que SARAi esté en marcha
bench-about-chat = Mide conversaciones de seis turnos con SARAi en marcha y, si quieres, con otro servidor a la vez
bench-about-load = Mide a varios clientes preguntando al mismo tiempo
bench-help-model = El modelo que se mide. Si no lo dices, el que responde por defecto
bench-help-duration = Segundos, como 60 o 60s. En load, cuánto tiempo se pregunta (30 si no lo dices); en los demás, a partir de cuándo no empieza otra ronda
bench-help-rounds = Cuántas veces se mide cada cosa
bench-help-clients = Cuántos clientes preguntan a la vez
bench-help-against = Otro servidor compatible con OpenAI que se mide igual, como http://127.0.0.1:8081
bench-help-against-model = El nombre del modelo en el otro servidor. Si no lo dices, el primero de su lista
bench-help-against-token-file = Un archivo con la clave del otro servidor
bench-value-model = MODELO
bench-value-duration = SEGUNDOS
bench-value-rounds = N
bench-value-clients = N
bench-value-url = URL
bench-value-name = NOMBRE
bench-value-file = ARCHIVO

# Mientras mide
bench-loading = Cargo { $model }…
bench-batches = Mido lotes y lectura…
bench-round = Ronda { $round } de { $rounds }…
bench-conversation = Ronda { $round } de { $rounds }: conversación «{ $conversation }» con { $model }…
bench-load = Durante { $seconds } segundos, { $clients } clientes preguntan a { $model }…

# Lo que impide medir
bench-no-memory = { $model } necesita { $needed } de memoria y quedan { $available }. Cierra otros programas, baja runtime.n_ctx o elige un modelo más pequeño con --model.
bench-worker-fell = El proceso del modelo { $model } se ha caído al cargarlo. Mira por qué con «SARAI_LOG=debug» y ejecuta «sarai doctor».
bench-stopped = La medición se ha parado. No hay resultado.
bench-model-not-served = SARAi no tiene cargado el modelo «{ $model }». Elige el que responde o cambia model.default y vuelve a arrancar.
bench-no-model-served = SARAi está en marcha, pero todavía no tiene ningún modelo cargado. Espera a que «sarai status» diga que está listo.
bench-against-no-model = El servidor de { $url } no dice qué modelos tiene. Nombra uno con --against-model.
bench-token-unreadable = No se puede leer la clave en { $file }: { $cause }

# El resultado
bench-heading = { $model } en { $cpu } ({ $cores } núcleos, Linux { $kernel }), { $date }, carga previa { $load }
bench-column-what = Qué
bench-column-figure = Cuánto
bench-column-batch = Tokens por lote
bench-column-ms = ms
bench-column-ratio = Razón
bench-column-ours = SARAi
bench-column-theirs = El otro
bench-column-turn = Turno
bench-column-prompt-tokens = Tokens leídos
bench-column-cached-ours = En caché, SARAi
bench-column-cached-theirs = En caché, el otro
bench-column-first-ours = Primer token (ms), SARAi
bench-column-first-theirs = Primer token (ms), el otro
bench-column-component = Parte
bench-column-resident = Memoria
bench-row-start = Arranque hasta servir (ms)
bench-row-prompt = Lectura (tokens/s)
bench-row-decode = Escritura (tokens/s)
bench-row-cold = Primer token en frío (ms)
bench-row-warm = Primer token en caliente (ms)
bench-row-resident-loaded = Memoria tras cargar
bench-row-resident-after = Memoria al acabar
bench-row-build = llama.cpp
bench-row-requests = Respuestas por segundo
bench-row-tokens = Tokens por segundo
bench-row-p50 = Primer token, percentil 50 (ms)
bench-row-p90 = Primer token, percentil 90 (ms)
bench-row-p99 = Primer token, percentil 99 (ms)
bench-row-answered = Respuestas
bench-row-errors = Errores
