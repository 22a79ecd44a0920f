//! What says that something is no more: words of ending, in both languages, and what ends what.

use crate::fact::Predicate;
use crate::text::Token;
use crate::words::lists::FORMER;

/// What this sentence speaks of is no more. `*` stands for any ending.
const OVER: &[&str] = &[
    "ya no",
    "no longer",
    "anymore",
    "any more",
    "deje de",
    "he dejado de",
    "hemos dejado de",
    "se acabo",
    "stopped",
    "quit",
    "gave up",
    "given up",
    "got rid",
    "called off",
    "came off",
    "broke up",
    "dropped out",
    "i have dropped the",
    "we have dropped the",
    "dropped my",
    "used to",
    "vendi",
    "vendimos",
    "he vendido",
    "hemos vendido",
    "have sold",
    "he roto con",
    "hemos roto",
    "lo he dejado",
    "lo hemos dejado",
    "split up",
    "got divorced",
    "i sold",
    "we sold",
    "he dejado la carrera",
    "he dejado el trabajo",
    "he dejado el curso",
    "he dejado el gimnasio",
    "he dejado los estudios",
    "he dejado las clases",
    "dado de baja",
    "me he borrado",
    "me borre",
    "desapuntado",
    "packed in",
    "han robado",
    "robaron",
    "was stolen",
    "been stolen",
    "got stolen",
    "stole my",
    "jacked in",
    "me ha quitado",
    "me han quitado",
    "me quito",
    "me quitaron",
    "me saco el",
    "took me off",
    "taken me off",
    "i cancelled",
    "i canceled",
    "have cancelled",
    "ve cancelled",
    "he cancelado",
    "la cancele",
    "lo cancele",
];

/// What an older message spoke of is no more, or something else.
const CHANGED: &[&str] = &[
    "he dejado",
    "hemos dejado",
    "lo deje",
    "lo dejamos",
    "ha dejado",
    "se termino",
    "giving up",
    "dropped",
    "come off",
    "broken up",
    "split",
    "fell through",
    "sold",
    "vend*",
    "romp*",
    "han roto",
    "he roto",
    "hemos roto",
    "cancel*",
    "perdi",
    "he perdido",
    "lost",
    "laid off",
    "fired",
    "sacked",
    "retired",
    "divorc*",
    "separ*",
    "despid*",
    "despedi*",
    "jubil*",
    "borrado",
    "me borre",
    "de baja",
    "echado",
    "echaron",
    "left",
    "me fui",
    "me he ido",
    "murio",
    "ha muerto",
    "fallec*",
    "died",
    "passed away",
    "instead",
    "en vez",
    "en lugar",
    "cambi*",
    "changed",
    "switched",
    "now",
    "ahora",
    "moved",
    "mud*",
    "relocat*",
    "traslad*",
    "no es cierto",
    "no era cierto",
    "not true",
    "never true",
    "mentira",
    "is off",
    "quitado",
    "quitaron",
    "swapped",
    "brought forward",
    "adelantado",
    "retrasado",
    "aplazado",
    "postponed",
    "pushed back",
    "been moved",
    "from now on",
    "a partir de ahora",
    "se ha vuelto",
    "adelgazado",
    "engordado",
    "sali de",
    "he salido de",
    "ya estoy",
    "ya soy",
    "ya tengo",
    "ya cobro",
    "ya llevo",
    "ya es",
    "ya peso",
    "gone",
    "took over",
    "taken over",
    "in charge",
    "replaced",
    "down to",
    "up to",
    "gone down",
    "gone up",
    "handed in",
    "gave up",
    "given up",
    "given away",
    "turns out",
    "resulta",
    "ya no",
    "no longer",
    "any more",
    "anymore",
    "subido",
    "bajado",
    "subieron",
    "bajaron",
    "transferred",
    "renamed",
    "renewed",
    "renov*",
    "reset",
    "regal*",
    "cerro",
    "cerrado",
    "closed",
    "shut",
    "these days",
    "nowadays",
    "sustituye",
    "sustituido",
    "reemplaz*",
    "nuevo",
    "nueva",
    "new",
    "packed in",
    "off sick",
    "devuelto",
    "devolvio",
    "paid back",
    "repainted",
    "pint*",
    "rescheduled",
    "extended",
];

/// What stands now in the place of something.
const REPLACED: &[&str] = &[
    "now",
    "ahora",
    "instead",
    "switched",
    "switch",
    "cambi*",
    "changed",
    "moved",
    "mud*",
    "up to",
    "down to",
    "took over",
    "taken over",
    "in charge",
    "these days",
    "nowadays",
    "new",
    "nuevo",
    "nueva",
    "swapped",
    "subieron",
    "bajaron",
    "subido",
    "bajado",
    "gone up",
    "gone down",
    "replaced",
    "sustituye",
    "from now on",
    "a partir de ahora",
    "ya estoy",
    "ya soy",
    "ya cobro",
    "ya es",
    "actually",
    "en realidad",
    "resulta",
    "turns out",
];

/// What ends what a predicate says, though it shares no word with it.
pub(super) const ENDINGS: &[(Predicate, &str)] = &[
    (
        Predicate::LivesIn,
        "mudado mude mudamos mudo moved relocated trasladado traslade moving shifted instalados instalado",
    ),
    (Predicate::Address, "mudado mude mudamos mudo moved relocated trasladado traslade moving cambiamos shifted"),
    (Predicate::WorksAt, "echaron echado echada botaron corrieron despacharon"),
    (Predicate::KeptIn, "moved movido moví mover cambiado cambie"),
    (Predicate::ShoeSize, "size zapato zapatos shoes talla numero feet"),
    (Predicate::ClothesSize, "size talla dress dresses camisa camisas shirts trousers"),
    (Predicate::Favourite, "favourite favorite favorito favorita preferido preferida"),
    (
        Predicate::WorksAt,
        "despedido despidieron despidio jubilado jubilada jubile retired fired sacked laid job trabajo curro",
    ),
    (
        Predicate::Role,
        "despedido despidieron despidio jubilado jubilada jubile retired fired sacked laid job trabajo curro promoted ascendieron \
         ascendido ascendida promotion",
    ),
    (
        Predicate::Relative,
        "divorciado divorciada divorcie separado separada rompimos roto divorced separated broke split",
    ),
    (
        Predicate::MaritalStatus,
        "divorciado divorciada divorcie separado separada rompimos roto divorced separated broke split",
    ),
    (Predicate::LivesWith, "divorciado divorciada rompimos roto divorced separated broke split mudado mude moved"),
    (Predicate::Studies, "carrera uni graduado graduada licenciado graduated dropped finished terminado acabado"),
    (
        Predicate::StudiesAt,
        "carrera uni graduado graduada licenciado graduated dropped finished terminado acabado transferred cambiado cambie",
    ),
    (Predicate::Weight, "kilos kilo down up peso pounds scales bascula pese weight stone lbs"),
];

/// Words that end what predicates say only beside another.
const BESIDE: &[&str] = &[
    "job",
    "trabajo",
    "curro",
    "carrera",
    "uni",
    "kilos",
    "kilo",
    "down",
    "up",
    "peso",
    "pounds",
    "size",
    "talla",
    "numero",
    "scales",
    "bascula",
    "stone",
    "lbs",
    "weight",
    "favourite",
    "favorite",
    "favorito",
    "favorita",
    "preferido",
    "preferida",
];
const NEW: &[&str] = &[
    "now", "ahora", "ya", "these", "instead", "new", "nuevo", "nueva", "left", "dejado", "deje", "dropped", "down",
    "started", "empezado", "empece",
];

fn stands(said: &[Token], at: usize, phrase: &str) -> bool {
    phrase.split(' ').enumerate().all(|(i, word)| {
        said.get(at + i).is_some_and(|token| match word.strip_suffix('*') {
            Some(stem) => token.fold.starts_with(stem),
            None => token.is(word),
        })
    })
}

/// Whether what is said here is no more.
pub(super) fn is_over(said: &[Token]) -> bool {
    (0..said.len()).any(|at| OVER.iter().any(|phrase| stands(said, at, phrase)))
}

/// Whether something is said here to be no more, or to be otherwise now.
pub(super) fn changes(said: &[Token]) -> bool {
    is_over(said) || (0..said.len()).any(|at| CHANGED.iter().any(|phrase| stands(said, at, phrase)))
}

/// Whether it tells how something was.
pub(super) fn speaks_of_before(said: &[Token]) -> bool {
    const BEFORE: &[&str] = &[
        "before",
        "antes",
        "was",
        "were",
        "era",
        "eran",
        "used",
        "solia",
        "tenia",
        "vivia",
        "trabajaba",
        "fue",
        "had",
    ];
    said.iter().map(|token| token.fold.as_str()).any(|word| BEFORE.contains(&word) || FORMER.contains(&word))
}

/// Whether it says what there is in the place of something.
pub(super) fn replaces(said: &[Token]) -> bool {
    (0..said.len()).any(|at| REPLACED.iter().any(|phrase| stands(said, at, phrase)))
}

/// Whether it ends what the predicate says of whomever.
pub(super) fn ends_topic(said: &[Token], topic: Predicate) -> bool {
    let endings = ENDINGS.iter().filter(|(of, _)| *of == topic).flat_map(|(_, words)| words.split(' '));
    let is_new = said.iter().any(|token| NEW.contains(&token.fold.as_str()));
    endings.into_iter().any(|word| said.iter().any(|token| token.is(word)) && (is_new || !BESIDE.contains(&word)))
}

/// Where what no longer holds begins: "on Fridays instead of Tuesdays", «se llama Rosaura, no Rosalía».
pub(super) fn instead(said: &[Token]) -> usize {
    const INSTEAD: &[&str] = &["instead of", "rather than", "en vez de", "en lugar de"];
    const CONTRAST_MAX: usize = 4;
    let contrast = |at: usize| {
        said[at].is(",")
            && said.get(at + 1).is_some_and(|token| token.is("no") || token.is("not"))
            && said.len() - at <= CONTRAST_MAX
    };
    (1..said.len())
        .find(|&at| INSTEAD.iter().any(|phrase| stands(said, at, phrase)) || contrast(at))
        .unwrap_or(said.len())
}
