# Las habilidades: sus manifiestos, qué piden y por qué se eligen.
skills-grant-missing = { $name }: { $path } no está. Créalo, o quítalo de los permisos que pide.
skills-grant-name-taken = { $name }: { $path } se llamaría { $inside } por dentro, como otra ruta. Ponle otro nombre con «as».
skills-grant-protected = { $name }: { $path } toca { $protected }, que ninguna habilidad puede ver.
skills-leads-out = { $path } sale de la carpeta de la habilidad, hacia { $target }. Pon el archivo dentro.
skills-link-leads-out = { $path } es un enlace que lleva fuera, a { $target }, y no se sigue.
skills-name-differs = { $file } dice que la habilidad se llama «{ $said }»; vale «{ $name }», el nombre de su carpeta.
skills-name-taken = { $place }: lo que nombra «{ $key }» se llamaría por dentro como otra ruta. Añade «as» con otro nombre.
skills-needs-command = { $place }: «{ $key }» solo sirve en una habilidad con «command».
skills-needs-system-root = { $place }: «{ $key }» solo sirve en una habilidad con root = "system".
skills-needs-no-command = { $place }: «{ $key }» solo sirve en una habilidad sin «command», en la que responde el modelo.
skills-new-content = Algo de su carpeta ha cambiado desde que la aceptaste.
skills-new-generates = Puede pedirle palabras al modelo: { $tokens } tokens cada vez, { $calls } veces por minuto.
skills-new-reads = Lee { $path }.
skills-new-runs = Ejecuta { $command }.
skills-new-skill = La habilidad { $name }, de { $folder }, es nueva.
skills-new-system = Ve los programas y las bibliotecas del ordenador, sin poder cambiarlos.
skills-new-writes = Lee y escribe { $path }.
skills-no-skill-file = { $folder } tiene un manifiesto, pero le falta SKILL.md; así no es una habilidad.
skills-not-text = { $file } no es texto UTF-8.
skills-pool-busy = { $child } tiene que esperar a que otras habilidades dejen sitio. Vuelve a intentarlo en unos segundos.
skills-pool-crowded = Ya esperan demasiadas preguntas por { $child }. Vuelve a intentarlo en unos segundos.
skills-pool-failed = { $child } no ha arrancado. El registro dice por qué.
skills-pool-too-big = { $child } necesita { $needs } MB de memoria y para las habilidades quedan { $free } MB. Baja su límite o sube runtime.ram_budget.
skills-pool-unknown = No hay nada que se llame { $child }.
skills-program-missing = { $file } no está. Construye el programa de la habilidad.
skills-program-not-a-file = { $file } no es un archivo.
skills-program-not-executable = { $file } no se puede ejecutar. Dale permiso: chmod +x
skills-route-avoided = «{ $word }» habla en contra.
skills-route-database = nombra la base de datos «{ $name }»
skills-route-keyword = dice «{ $keyword }»
skills-route-named = la has nombrado
skills-route-sign-code = trae código
skills-route-sign-databases = pregunta por lo que guardan tus bases de datos
skills-route-sign-formula = trae una cuenta
skills-route-sign-passage = trae un texto con el que trabajar
skills-route-sign-schema = trae un esquema JSON
skills-route-statement = Cuenta algo y no pide nada.
skills-route-talk = «{ $phrase }» es charla.
skills-route-weak = Nada habla lo bastante a favor de ninguna habilidad.
skills-route-words = se parece a sus ejemplos: { $words }
skills-shadowed = Hay dos habilidades «{ $name }»: vale la de { $wins } y no la de { $left }.
skills-syntax = { $place }: no es TOML: { $detail }
skills-too-big = { $file } es demasiado grande; el máximo es { $max }.
skills-too-many = En { $folder } hay más de { $max }; el resto no se mira.
skills-unknown-key = { $place }: no existe la clave «{ $key }».
skills-unknown-key-nearest = { $place }: no existe la clave «{ $key }»; quizá sea «{ $nearest }».
skills-unreadable = { $file } no se puede leer: { $cause }
skills-wrong-choice = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una de estas palabras: { $choices }.
skills-wrong-command = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una lista de 1 a { $max } palabras, la primera un programa.
skills-wrong-data-path = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una ruta desde la raíz o desde tu carpeta personal, por ejemplo ~/cuentas.db.
skills-wrong-grammar-file = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} un archivo de la carpeta que acabe en .gbnf, .lark, .json o .regex.
skills-wrong-inner-path = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una ruta dentro de la carpeta de la habilidad, sin «..».
skills-wrong-name = { $file }: «{ $said }» no puede ser el nombre de una habilidad: de 1 a { $max } caracteres de a–z, 0–9 y «-».
skills-wrong-network = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una lista vacía: ninguna jaula tiene red.
skills-wrong-paths = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una lista de { $max } rutas como mucho.
skills-wrong-root-for-command = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} "system", porque el programa es del ordenador y no de la carpeta.
skills-wrong-section = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una sección con sus claves.
skills-wrong-size = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} un tamaño de { $min } a { $max }, por ejemplo "64 MB".
skills-wrong-text = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} un texto de { $length } caracteres como mucho.
skills-wrong-texts = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una lista de { $max } textos como mucho, de hasta { $length } caracteres.
skills-wrong-time = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} un tiempo de { $min } a { $max }, por ejemplo "5 s".
skills-wrong-version = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} una versión como "1.0.0".
skills-wrong-whole = { $place }: «{ $key }» { $given ->
    [yes] vale «{ $value }», pero tiene que ser
   *[no] falta: tiene que ser
} un número entero de { $min } a { $max }.
