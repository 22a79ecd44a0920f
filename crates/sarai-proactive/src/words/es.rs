//! The words of Spanish: of Spain and of America, «tú», «vos» and «usted».

use jiff::civil::Weekday;
use sarai_types::Language;

use super::lexicon::{Beyond, Chore, DayGroup, Edge, Half, Lexicon, Measure, Nth, Part, Topic, Unit, Verb, Which};
use crate::rule::Channel;

pub(super) const SPANISH: Lexicon = Lexicon {
    language: Language::Spanish,
    units_of_number: &[
        (0, "cero"),
        (1, "un|uno|una"),
        (2, "dos"),
        (3, "tres"),
        (4, "cuatro"),
        (5, "cinco"),
        (6, "seis"),
        (7, "siete"),
        (8, "ocho"),
        (9, "nueve"),
        (10, "diez"),
        (11, "once"),
        (12, "doce"),
        (13, "trece"),
        (14, "catorce"),
        (15, "quince"),
        (16, "dieciseis"),
        (17, "diecisiete"),
        (18, "dieciocho"),
        (19, "diecinueve"),
        (21, "veintiun|veintiuno|veintiuna"),
        (22, "veintidos"),
        (23, "veintitres"),
        (24, "veinticuatro"),
        (25, "veinticinco"),
        (26, "veintiseis"),
        (27, "veintisiete"),
        (28, "veintiocho"),
        (29, "veintinueve"),
        (100, "cien"),
    ],
    tens: &[
        (20, "veinte"),
        (30, "treinta"),
        (40, "cuarenta"),
        (50, "cincuenta"),
        (60, "sesenta"),
        (70, "setenta"),
        (80, "ochenta"),
        (90, "noventa"),
    ],
    tens_join: "y",
    half: "media|medio",
    quarter: "un cuarto de|cuarto de",
    couple: "un par de|par de",
    and_half: "y media|y medio",
    and_quarter: "y cuarto|y un cuarto",
    roughly: "unos|unas|como|mas o menos|aproximadamente|cosa de|solo",
    ordinals: &[
        (Nth::Number(1), "primer|primero|primera|primeros"),
        (Nth::Number(2), "segundo|segunda|segundos"),
        (Nth::Number(3), "tercer|tercero|terceros"),
        (Nth::Number(4), "cuarto|cuartos"),
        (Nth::Number(5), "quinto"),
        (Nth::Last, "ultimo|ultima|ultimos"),
    ],
    ordinal_suffixes: "º|ª|er|ro|do|to|o",
    units: &[
        (Unit::Seconds(1), "segundo|segundos|seg|segs"),
        (Unit::Seconds(60), "minuto|minutos|minutito|minutitos|min|mins"),
        (Unit::Seconds(3600), "hora|horas|horita|horitas"),
        (Unit::Days(1), "dia|dias"),
        (Unit::Days(7), "semana|semanas"),
        (Unit::Days(15), "quincena|quincenas"),
        (Unit::Months(1), "mes|meses"),
        (Unit::Months(2), "bimestre"),
        (Unit::Months(3), "trimestre|trimestres"),
        (Unit::Months(6), "semestre|semestres"),
        (Unit::Months(12), "ano|anos"),
    ],
    short_units: &[
        (Unit::Seconds(1), "s"),
        (Unit::Seconds(60), "m"),
        (Unit::Seconds(3600), "h|hs|hrs"),
        (Unit::Days(1), "d"),
    ],
    weekdays: &[
        (Weekday::Monday, "lunes|lun"),
        (Weekday::Tuesday, "martes"),
        (Weekday::Wednesday, "miercoles|mie"),
        (Weekday::Thursday, "jueves|jue"),
        (Weekday::Friday, "viernes|vie"),
        (Weekday::Saturday, "sabado|sab"),
        (Weekday::Sunday, "domingo|dom"),
    ],
    weekdays_plural: &[(Weekday::Saturday, "sabados"), (Weekday::Sunday, "domingos")],
    day_groups: &[
        (
            DayGroup::Workdays,
            "dias laborables|dia laborable|dias laborales|dia laboral|laborables|laborable|\
                              dias habiles|dia habil|dias de trabajo|dia de trabajo|dias de diario|\
                              dias de entre semana|dias entre semana|dia de entre semana|entre semana|\
                              entresemana",
        ),
        (DayGroup::Every, "dias de la semana|dia de la semana|santos dias|santo dia|dias|dia"),
        (DayGroup::Weekend, "fines de semana|fin de semana|findes|finde"),
    ],
    months: &[
        (1, "enero|ene"),
        (2, "febrero|feb"),
        (3, "marzo"),
        (4, "abril|abr"),
        (5, "mayo"),
        (6, "junio|jun"),
        (7, "julio|jul"),
        (8, "agosto|ago"),
        (9, "septiembre|setiembre|sep|sept"),
        (10, "octubre|oct"),
        (11, "noviembre|nov"),
        (12, "diciembre|dic"),
    ],
    named_days: &[
        ((12, 25), "navidad"),
        ((12, 24), "nochebuena"),
        ((12, 31), "nochevieja|fin de ano"),
        ((1, 1), "ano nuevo"),
        ((1, 6), "reyes|dia de reyes"),
        ((2, 14), "san valentin"),
        ((12, 28), "dia de los inocentes"),
    ],
    relative_days: &[
        (0, "hoy|hoy mismo|el dia de hoy"),
        (1, "manana|mnn|el dia de manana|al dia siguiente|manana mismo"),
        (2, "pasado manana"),
        (-1, "ayer|anoche"),
        (-2, "anteayer|antes de ayer"),
    ],
    edges: &[
        (
            Edge::End,
            "a final de|a finales de|al final de|al final del|al finalizar el|al terminar el|\
                     al acabar el|a fin de|a fines de|fin de|final de|el fin de|el final de|el ultimo dia de|\
                     el ultimo dia del|ultimo dia de|ultimo dia del|ultimos de|a ultimos de",
        ),
        (
            Edge::Start,
            "a principio de|a principios de|al principio de|al principio del|al inicio de|\
                       al inicio del|a inicios de|al comienzo de|al comenzar el|al empezar el|a comienzos de|\
                       a primeros de|principio de|principios de|primeros de|el primer dia de|\
                       el primer dia del|primer dia de|primer dia del|el primero de",
        ),
        (Edge::Middle, "a mediados de|a mitad de|a mediado de|mediados de"),
        (
            Edge::FirstWorkday,
            "el primer dia habil de|el primer dia habil del|el primer dia laborable de|\
                              el primer dia laborable del|primer dia habil de|primer dia habil del|\
                              primer dia laborable de|primer dia laborable del",
        ),
        (
            Edge::LastWorkday,
            "el ultimo dia habil de|el ultimo dia habil del|el ultimo dia laborable de|\
                             el ultimo dia laborable del|ultimo dia habil de|ultimo dia habil del|\
                             ultimo dia laborable de|ultimo dia laborable del",
        ),
    ],
    weeks: &[
        (
            Which::Next,
            "la semana que viene|la proxima semana|la semana proxima|la semana siguiente|\
                       la siguiente semana|la semana entrante|semana que viene|proxima semana",
        ),
        (Which::This, "esta semana"),
        (Which::Last, "la semana pasada"),
    ],
    weekends: &[
        (Which::This, "este fin de semana|el fin de semana|el finde|este finde"),
        (
            Which::Next,
            "el proximo fin de semana|el fin de semana que viene|el finde que viene|\
                       el proximo finde",
        ),
        (Which::Last, "el fin de semana pasado"),
    ],
    of_months: &[
        (Which::This, "este mes"),
        (Which::Plain, "el mes|mes"),
        (
            Which::Next,
            "el mes que viene|mes que viene|el proximo mes|proximo mes|el mes proximo|mes proximo|\
                       el siguiente mes|el mes siguiente|mes siguiente|mes entrante|el mes entrante",
        ),
        (Which::Every, "cada mes|todos los meses"),
        (Which::Last, "mes pasado|el mes pasado"),
    ],
    of_years: &[
        (Which::This, "este ano"),
        (Which::Plain, "el ano|ano"),
        (Which::Next, "el ano que viene|ano que viene|el proximo ano|proximo ano"),
        (Which::Every, "cada ano|todos los anos"),
        (Which::Last, "el ano pasado|ano pasado"),
    ],
    which_before: &[
        (Which::Plain, "el"),
        (Which::This, "este|este mismo"),
        (Which::Next, "el proximo|proximo|el siguiente"),
        (Which::Last, "el pasado"),
    ],
    which_after: &[(Which::Next, "que viene|que viene de|proximo|siguiente|entrante"), (Which::Last, "pasado")],
    at: "cuando sean las|cuando sea la|cuando den las|a las|a la|para las|para la|sobre las|sobre la|hacia las|hacia la|a eso de las|a eso de la|\
          alrededor de las|tipo|a partir de las|en punto de las|como a las|como a la",
    named_times: &[
        (Part::Noon, "al mediodia|a mediodia|a medio dia|al medio dia|mediodia|medio dia"),
        (Part::Midnight, "a medianoche|a la medianoche|a media noche|medianoche"),
    ],
    halves: &[
        (Half::Am, "am"),
        (Half::Pm, "pm"),
        (Half::Of(Part::Morning), "de la manana|por la manana|en la manana"),
        (Half::Of(Part::EarlyMorning), "de la madrugada|de madrugada"),
        (Half::Of(Part::Afternoon), "de la tarde|por la tarde|en la tarde"),
        (Half::Of(Part::Night), "de la noche|por la noche|en la noche|de noche"),
        (Half::Of(Part::Noon), "del mediodia|del medio dia|de mediodia"),
    ],
    parts: &[
        (
            Part::Morning,
            "x la manana|por la manana|en la manana|a la manana|de la manana|por las mananas|en las mananas|\
                         a primera hora|a primera hora de la manana|temprano|tempranito|a media manana",
        ),
        (Part::EarlyMorning, "la madrugada del|la madrugada de este|de madrugada|por la madrugada|en la madrugada"),
        (
            Part::Afternoon,
            "x la tarde|por la tarde|en la tarde|a la tarde|por las tardes|en las tardes|a media tarde|\
                           a primera hora de la tarde",
        ),
        (Part::Evening, "a ultima hora de la tarde|a ultima hora"),
        (
            Part::Night,
            "la noche del|la noche de este|x la noche|por la noche|en la noche|a la noche|por las noches|en las noches|de noche",
        ),
    ],
    parts_today: &[
        (Part::Morning, "esta manana"),
        (Part::Afternoon, "esta tarde"),
        (Part::Night, "esta noche"),
        (Part::EarlyMorning, "esta madrugada"),
        (Part::Noon, "este mediodia"),
    ],
    part_names: &[
        (Part::Morning, "manana|mananas"),
        (Part::Afternoon, "tarde|tardes"),
        (Part::Night, "noche|noches"),
        (Part::EarlyMorning, "madrugada|madrugadas"),
        (Part::Noon, "mediodia|mediodias"),
        (Part::Midnight, "medianoche"),
    ],
    oclock: "en punto|clavadas|y pico|o asi|mas o menos",
    hours_written: "h|hs|hrs|horas",
    hints: &[
        (Half::Am, "desayunar|desayuno|levantarme|despertarme|madrugar"),
        (Half::Pm, "cenar|cena|merendar|merienda"),
    ],
    each: "cada|cada uno de los",
    every_plural: "todo los|toda las|todos los|todas las|todos|todas|toditos los",
    other: "alternos|alternas|alterno|alterna",
    adverbs: &[
        (Unit::Days(1), "diariamente|a diario"),
        (Unit::Days(7), "semanalmente"),
        (Unit::Days(15), "quincenalmente"),
        (Unit::Months(1), "mensualmente"),
        (Unit::Months(2), "bimestralmente"),
        (Unit::Months(3), "trimestralmente"),
        (Unit::Months(6), "semestralmente"),
        (Unit::Months(12), "anualmente"),
    ],
    times: "veces|vez",
    once_twice: &[],
    per: &[
        (Unit::Days(1), "al dia|por dia|cada dia|diarias"),
        (Unit::Days(7), "a la semana|por semana|cada semana"),
        (Unit::Months(1), "al mes|por mes"),
        (Unit::Months(12), "al ano|por ano"),
        (Unit::Seconds(3600), "por hora|a la hora"),
    ],
    except: "excepto|salvo|menos|pero no|quitando|exceptuando|a excepcion de|excepto en|salvo en",
    within: "cuando pasen|cuando pase|cuando hayan pasado|cuando haya pasado|cuando transcurran|en|dentro de|de aqui a|de aca a|al cabo de|pasados|pasadas|pasado|pasada|tras|despues de|\
              de hoy en|en cosa de",
    from_now: "a partir de ahora|desde ahora|mas tarde|despues|contando desde ahora",
    ahead: "antes|de antes|anterior|de antelacion|de anticipacion|de adelanto",
    ago: "hace",
    between: "entre las|entre la|entre",
    from: "desde las|desde la|de las|de la|desde|de",
    to: "hasta las|hasta la|a las|a la|y las|y la|hasta|a|y",
    and: "y|e|o|y tambien|y luego|y despues",
    starting: "a partir de|a partir del|desde|empezando|comenzando|a contar de|a contar desde|empezando por|\
                empezando el|comenzando el",
    until: "hasta|hasta el|hasta que sea|hasta que llegue",
    during: "durante|durante los proximos|durante las proximas|los proximos|las proximas|durante la proxima|\
              durante el proximo",
    zone_before: "hora de|hora del|horario de|en horario de|en hora de|en la hora de",
    zone_after: "hora local",
    zone_names: &[
        ("America/New_York", "nueva york"),
        ("Europe/London", "londres"),
        ("Asia/Tokyo", "tokio"),
        ("America/Mexico_City", "ciudad de mexico|mexico"),
        ("America/Argentina/Buenos_Aires", "argentina"),
        ("America/Bogota", "colombia"),
        ("America/Santiago", "chile"),
        ("America/Lima", "peru"),
        ("America/Caracas", "venezuela"),
        ("Atlantic/Canary", "canarias"),
        ("Europe/Madrid", "espana|peninsular|la peninsula|barcelona"),
        ("Asia/Shanghai", "pekin"),
        ("Europe/Moscow", "moscu"),
        ("Europe/Berlin", "berlin"),
        ("Europe/Rome", "roma"),
        ("Europe/Lisbon", "lisboa"),
        ("UTC", "utc|gmt"),
    ],
    verbs: &[
        (
            Verb::Tell,
            "avisame|avisadme|aviseme|avisarme|me avisas|me avise|me avises|avisa|avisas|avise|\
                      avises|avisar|avisenme|dame un aviso|dame un toque|darme un toque|me das un toque|me des un toque|\
                      me das un aviso|me des un aviso|pegame un toque|me pegas un toque|echame un toque|\
                      me mandas un aviso|me mandas un recordatorio|me haces acordar|me hagas acordar|\
                      me pones un recordatorio|me pones un aviso|me pones una alarma|hazme un recordatorio|haceme un recordatorio|me recordaras|me avisaras|\
                      me recordases|me avisases|me puedes recordar|me podrias recordar|me podes recordar|\
                      me puedes avisar|me podrias avisar|me podes avisar|tengo que acordarme de|\
                      necesito acordarme de|tengo que acordarme|ponme el despertador|pon el despertador|pon alarma|\
                      ponme alarma|programame un aviso|programame una alarma|ponme la alarma|pon la alarma|\
                      poneme la alarma|pegame un grito|dame un grito|me pegas un grito|me recuerda|m avisas|me salte un aviso|recuerdma|recuerame|abisame|avizame|alarma|mandame un aviso|enviame un aviso|\
                      mandame un recordatorio|enviame un recordatorio|mandame un mensaje|enviame un mensaje|\
                      mandame una notificacion|enviame una notificacion|mandame una alerta|recuerdame|\
                      recuerdamelo|recordame|recordamelo|recuerdeme|recordarme|me recuerdas|me recuerdes|\
                      me recuerde|me recordas|me recordes|me lo recuerdas|me lo recuerdes|recuerda|\
                      recuerdanos|recordarnos|acuerdame|acordame|acuerdate de avisarme|\
                      acuerdate de recordarme|acordate de avisarme|hazme acordar|haceme acordar|\
                      hazme recordar|no me dejes olvidar|no dejes que me olvide|no dejes que se me olvide|\
                      que no se me olvide|que no me olvide|no quiero olvidarme|no quiero olvidar|dime|dimelo|\
                      decime|decimelo|digame|digamelo|me dices|me lo dices|me lo digas|me digas|decirme|di|\
                      notificame|notifiqueme|notificarme|notifica|alertame|alertarme|hazmelo saber|\
                      hacemelo saber|hazme saber|haceme saber|ponme un recordatorio|poneme un recordatorio|\
                      pon un recordatorio|poner un recordatorio|pongame un recordatorio|crea un recordatorio|\
                      creame un recordatorio|anade un recordatorio|agrega un recordatorio|\
                      agregame un recordatorio|programa un recordatorio|programame un recordatorio|\
                      quiero un recordatorio|necesito un recordatorio|recordatorio|ponme una alarma|\
                      poneme una alarma|pon una alarma|programa una alarma|ponme un aviso|pon un aviso|\
                      programa un aviso|crea un aviso|ponme una alerta|crea una alerta",
        ),
        (Verb::Timer, "ponme un temporizador|poneme un temporizador|temporizador|pon un temporizador"),
        (Verb::Wake, "despiertame|despertame|despierteme|me despiertas|me despiertes|despertarme"),
        (Verb::Run, "ejecuta|ejecutame|ejecute|ejecutes|ejecutar|lanza|lanzar|lances|corre|corras|correr"),
        (
            Verb::Ask,
            "pregunta al asistente|preguntale al asistente|preguntar al asistente|pidele al asistente|\
                     pedile al asistente|pide al asistente|dile al asistente|decile al asistente|\
                     haz que el asistente|que el asistente|preguntale al modelo|pregunta al modelo|\
                     pidele al modelo|pedile al modelo|pide al modelo|dile al modelo|decile al modelo|\
                     haz que el modelo|que el modelo|pidele a sarai|pedile a sarai|dile a sarai|\
                     preguntale a sarai|pidele a la ia|pedile a la ia|\
                     preguntale a la ia|dile a la ia|que la ia",
        ),
        (
            Verb::Do,
            "mandame|enviame|resume|resumeme|resumime|hazme|haceme|dame|preparame|escribeme|escribe|\
                    escribime|genera|generame|redacta|redactame|cuentame|contame|buscame|traduce|propon|\
                    proponme|sugiereme",
        ),
    ],
    polite: "que no se te olvide|no se te olvide|queria que|xfa|xfavor|plis|cuando sea|cuando falten|cuando falte|desde ahora|asi que|por eso|por lo tanto|te pido que|lo que te pido es que|haz que|hace que|haga que|asegurate de que|\
              acuerdate de|acordate de|acuerdese de|no te olvides de|no olvides|si es tan amable|si eres tan amable|si puede|\
              si puedes|si podes|si no te importa|si no es molestia|por favor|porfa|porfi|porfavor|hola|oye|oiga|che|eh|buenas|buenos dias|buenas tardes|\
              buenas noches|sarai|puedes|podes|podrias|puede|podria|me puedes|me podes|me podrias|quiero que|\
              quisiera que|querria que|me gustaria que|necesito que|haz el favor de|te importa|te importaria|\
              gracias|muchas gracias|vale|venga|entonces|anda|tienes que|tenes que|hay que|quiero|necesito|\
              a ver|ahora",
    questions: "que|quien|cuando|donde|como|cual|cuanto|cuantos|cuanta|cuantas|por que|a que|en que|de que",
    correcting: "no|no mejor|mejor|mejor dicho|no mejor dicho|digo|quiero decir|perdon|no perdon|no espera|espera no",
    bound: "un|una|el|la|mi|su|otra|esa|le|les|te|os|se|que|si|para|de|a|al|nos|va|van|vas|debe|deberia|siempre|nunca",
    tell_whom: "avisa|recuerda|notifica|avise|recuerde|avisar|recordar|di",
    whose: "mi|mis|tu|tus|su|sus|nuestro|nuestra|los|las|el|la|todos|todas|ellos|ella",
    withdrawn: "olvidalo|olvidate|dejalo|da igual|dejalo estar|no nada|nada dejalo|mejor no|no mejor no|no hace falta",
    unless: "a menos que|a no ser que|salvo que|salvo si|excepto si|excepto cuando|salvo cuando",
    places: "hospital|plaza|calle|avenida|metro|estacion|colegio|instituto|parque|paseo|puente|barrio|teatro",
    reasons: "porque|pues|ya que|puesto que|dado que|antes de que|para que no|no sea que|, que|que se",
    looking: "mirar|mira|comprobar|comprueba|ver|revisar|revisa|preguntar|pregunta|averiguar|confirmar|decidir|\
              consultar|mires|compruebe",
    negating: "no|nunca|deje|deja|dejen|sigue|siga|sigan|todavia|aun|tampoco",
    elsewhere: "movil|telefono|celular|tableta|servidor|nube|datos|usb|externo|web|router",
    counted: "euros|euro|dolares|dolar|pesos|grados|personas|kilos|km|kilometros|gramos|mg|ml|paginas|veces",
    framing: "te digo|le digo|no hace falta|no hace falta que|no tienes que|no tenes que|no tiene que|ojala|me encantaria que|estaria bien que|estaria bien si|como pongo|como se pone|como hago|\
              como puedo|como podria|como se programa|como programo|como creo|como configuro|se puede|puedo|\
              es posible|hay forma de|hay manera de|por que|traduce|traduceme|traducime|traduccion|corrige|\
              corrigeme|corregime|reescribe|reescribeme|resume|resumeme|mejora|acorta|analiza|explica|explicame|\
              como se dice|como se escribe|que significa|que quiere decir|dijo|dijeron|dice|dicen|decia|dije|pidio|\
              pidieron|pide que|pedi|escribio|escribi|mando decir|comento|gracias por|te olvidaste|olvidaste|\
              se te olvido|si hubiera|si hubieras|si me hubieras|si hubiese|deberias haber|la frase|esta frase|el texto|este texto|\
              el mensaje|este mensaje|las palabras|imagina|imaginate|supon|habia una vez|erase una vez|\
              en la pelicula|en el libro|en la cancion|escribe|escribeme|escribime|redacta|redactame|cuentame|contame",
    negations: "no|nunca|ya no|deja de|deje de|dejes de|para de|no quiero que|tampoco",
    complements: "de que|que|para que|a que",
    glue: ",|a|de|del|en|el|y|por|que|los|las|la|.|:|siempre|ya|pero|-|–|—",
    trim_start: "de que|de|del|que|para que|para|a|sobre|y|e|,|:|.|;|-|–|—|tengo que|tenga que|debo|he de|\
                  lo de|diciendo|con el texto|con el mensaje|con|¿|¡|en|siempre|por favor|porfa|entonces|\
                  acerca de|lo|me|eso|esto",
    trim_end: ",|.|:|;|?|!|-|–|—|y|de|del|que|a|en|el|la|los|las|por|para|por favor|porfa|gracias|\
                muchas gracias|vale|¿|¡|siempre|¿vale|o",
    attributive: "de|del",
    channels: &[
        (Channel::Email, "por correo electronico|por correo|por email|por mail|por e mail|con un correo"),
        (Channel::Ntfy, "en el movil|al movil|en el telefono|al telefono|en el celular|al celular|por ntfy"),
        (Channel::Slack, "por slack|en slack"),
        (Channel::Desktop, "en el escritorio"),
        (Channel::Terminal, "en la terminal|en el terminal|por la terminal"),
        (Channel::Page, "en la pagina|en la web"),
        (Channel::Webhook, "por webhook"),
    ],
    skill_words: "la habilidad|habilidad|la skill|skill|el skill|una habilidad|una skill",
    with: "con|con los argumentos|con argumentos|para",
    chores: &[
        (
            Chore::Backup,
            "hagame una copia de seguridad|haga una copia de seguridad|\
                         hazme una copia de seguridad|haceme una copia de seguridad|haga un respaldo|respalda todo|respaldar todo|respalda mis datos|\
                         hagame un respaldo|haz una copia de seguridad|haz copia de seguridad|hacer una copia de seguridad|\
                         haz un backup|hace un backup|hace una copia de seguridad|haz un respaldo|\
                         hace un respaldo|guarda una copia de seguridad",
        ),
        (
            Chore::FreeMemory,
            "libera memoria|libera la memoria|libera ram|libera la ram|limpia la memoria|\
                             limpia las caches|limpia la cache|vacia la cache|vacia las caches",
        ),
        (
            Chore::RotateLogs,
            "rota los registros|rota los logs|limpia los registros|limpia los logs|\
                             borra los registros viejos",
        ),
        (Chore::Vacuum, "compacta las bases de datos|compacta la base de datos|haz vacuum|haz un vacuum"),
        (
            Chore::HealthSweep,
            "comprueba que todo funciona|comprueba que todo funcione|\
                              revisa que todo funcione|haz una revision de salud|comprueba la salud",
        ),
    ],
    whenever: "a menos que|a no ser que|salvo que|salvo si|excepto si|excepto cuando|salvo cuando|cuando|si|en cuanto|cada vez que|siempre que|tan pronto como|en caso de que|apenas|ni bien|\
                una vez que|nada mas|como|a la que|en el momento en que|tras|despues de",
    topics: &[
        (Topic::Disk, "disco|disco duro|ssd|almacenamiento|espacio|particion"),
        (Topic::Memory, "memoria|ram"),
        (Topic::File, "archivo|fichero|carpeta|directorio|documento"),
        (
            Topic::Idle,
            "inactivo|inactiva|inactividad|ausente|sin usar|sin tocar|sin actividad|sin hacer nada|\
                       sin moverme|sin teclear|parado|parada|sin moverse|sin que nadie|nadie toque|nadie toca|\
                       nadie use|nadie usa|nadie este|nadie haya tocado|nadie haya usado|no haya nadie|no toque|no toco|no use|no uso|no haga nada",
        ),
        (Topic::Skill, "habilidad|skill"),
        (Topic::Webhook, "webhook"),
        (Topic::Fact, "dato|hecho|recuerdo|algo nuevo|aprendas|te cuente algo"),
    ],
    measures: &[
        (
            Measure::Below,
            "menos de|menos del|por debajo de|por debajo del|debajo de|inferior a|inferior al|\
                          menor de|menor del|menor que|menor a|baje|baja|caiga|cae|solo queden|solo quede|solo quedan|\
                          no llegue|<",
        ),
        (
            Measure::Above,
            "mas de|mas del|por encima de|por encima del|por arriba de|superior a|superior al|\
                          mayor de|mayor del|mayor que|mayor a|pase|pasa|sobrepase|sobrepasa|supere|supera|suba|sube|\
                          exceda|excede|rebase|rebasa|llegue|llega|alcance|alcanza|>",
        ),
        (Measure::Free, "libre|libres|quede|queden|queda|quedan|disponible|disponibles|espacio"),
        (Measure::Used, "usado|usada|ocupado|ocupada|ocupados|en uso|uso|consumo|lleno|llena|ocupe|uses|use"),
        (
            Measure::Scarce,
            "sin espacio|sin memoria|me quedo sin|me quede sin|se esta acabando|va justo|casi lleno|casi llena|este lleno|esta lleno|se llene|se llena|se este llenando|\
                           se acabe|se este acabando|se agote|poco|poca|falte",
        ),
    ],
    changes: "altere|altera|modifica|edita|actualiza|borra|guarda|toca|escriba en|escribe en|cambie|cambia|cambien|cambian|cambios|se modifique|se modifica|modifique|modifiquen|modificado|\
               se actualice|actualice|actualicen|se edite|edite|editen|toque|toquen|se guarde|guarde|aparezca|\
               se cree|borre|se borre|haya cambios|haya algo nuevo",
    failures: "ande mal|anda mal|vaya mal|va mal|tire error|tire errores|deje de ir|no esta sana|no este sana|no esta bien|falle|falla|fallen|se caiga|se cae|caiga|deje de funcionar|deja de funcionar|\
                deje de responder|deja de responder|no responda|no responde|no funcione|este mal|esta mal|\
                enferme|se rompa|no este sana|este enferma|muera|se cuelgue|se cuelga|no este bien|de error|\
                de errores",
    news: "nuevo|nueva|anada|anadas|anades|se anada|guardes|guarde|se guarde|aprendas|aprenda|agregue|\
            agregues|registres|haya|recuerdes|entre|memorices",
    about: "sobre|acerca de|de",
    on_disk: "en",
    percent: "%|por ciento|porciento",
    bytes: &[
        (1_000_000_000, "gb|g|giga|gigas|gigabyte|gigabytes"),
        (1 << 30, "gib"),
        (1_000_000, "mb|mega|megas|megabyte|megabytes"),
        (1 << 20, "mib"),
        (1_000_000_000_000, "tb|tera|teras|terabytes"),
        (1 << 40, "tib"),
        (1000, "kb"),
    ],
    any: "una|alguna|cualquier|cualquiera|un|algun|la|el|mi|del|de",
    beyond: &[
        (
            Beyond::Holidays,
            "festivos|los festivos|dias festivos|feriados|los feriados|dias feriados|\
                            vacaciones|puentes|dias de fiesta|fiestas",
        ),
        (Beyond::Sun, "al amanecer|al anochecer|al atardecer|amanezca|anochezca|salga el sol|se ponga el sol"),
        (Beyond::Weather, "llueva|llueve|nieve|haga frio|haga calor|haga sol"),
        (
            Beyond::Place,
            "llegue a casa|llegue al trabajo|llegue a la oficina|salga de casa|salga del trabajo|\
                         este en casa|vuelva a casa|pase por",
        ),
        (
            Beyond::Message,
            "me llame|me escriba|reciba un correo|reciba un mensaje|llegue un correo|\
                           me llegue un correo",
        ),
    ],
    marks: "avisame|recuerdame|recordame|cada|cuando|los|las|el|la|de|del|que|en|dentro|manana|hoy|todos|\
             todas|si|para|por|y|lunes|martes|miercoles|jueves|viernes|sabado|domingo|minutos|hora|horas|dia|\
             dias|semana|mes|dime|dimelo|un|una|al|con|me|mi|pasado|esta|noche|tarde|a",
};
