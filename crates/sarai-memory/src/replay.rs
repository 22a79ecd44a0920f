//! Plays a conversation into a memory, for tests from outside: what is said, what others say, what is asked.
//!
//! It goes the way of a real turn without generating an answer. The lines of JSON are made and read where files are;
//! here is only what they mean.

use sarai_types::Language;

use crate::extract::{Message, Speaker};
use crate::memory::{Answer, Memory, Store, Told};
use crate::time::Moment;

/// One line of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Say {
        text: String,
        at: Option<Moment>,
        language: Option<Language>,
    },
    /// Somebody else's words, which store nothing.
    Heard {
        text: String,
        speaker: Speaker,
    },
    Ask {
        text: String,
        at: Option<Moment>,
        language: Option<Language>,
    },
    /// The program ends and starts again: what is remembered stays, what the conversation was about is gone.
    Restart,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Played {
    Told(Told),
    Answered(Answer),
    Restarted,
}

/// Time that passes between steps that do not say when they are.
const PAUSE_MS: i64 = 60_000;

/// A conversation being played.
#[derive(Debug)]
pub struct Replay<S> {
    memory: Memory<S>,
    now: Moment,
}

impl<S: Store> Replay<S> {
    /// Begins at `start`, which counts until a step says when it is.
    pub fn new(store: S, start: Moment) -> Self {
        Self { memory: Memory::new(store), now: start }
    }

    /// Plays one step.
    ///
    /// # Errors
    /// The store failed.
    pub fn play(&mut self, step: &Step) -> Result<Played, S::Error> {
        match step {
            Step::Say { text, at, language } => {
                let at = self.tick(*at);
                let message = Message { text, at, speaker: Speaker::Owner, language: *language };
                self.memory.say(message).map(Played::Told)
            }
            Step::Heard { text, speaker } => {
                let at = self.tick(None);
                self.memory.say(Message { text, at, speaker: *speaker, language: None }).map(Played::Told)
            }
            Step::Ask { text, at, language } => {
                let at = self.tick(*at);
                self.memory.ask_further(text, at, *language).map(Played::Answered)
            }
            Step::Restart => {
                self.memory.new_conversation();
                Ok(Played::Restarted)
            }
        }
    }

    fn tick(&mut self, at: Option<Moment>) -> Moment {
        self.now = at.unwrap_or_else(|| Moment::new(self.now.utc_ms + PAUSE_MS, self.now.offset_minutes));
        self.now
    }

    #[must_use]
    pub const fn memory(&self) -> &Memory<S> {
        &self.memory
    }

    #[must_use]
    pub fn into_store(self) -> S {
        self.memory.into_store()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::InMemory;

    /// Said, asked, and what the answer must hold; nothing in a fact where it is to be quoted.
    const ASKED: &[(&str, &str, &str)] = &[
        ("manejo un Corsa modelo 2010", "que auto tengo", "Corsa 2010"),
        ("I'm a sparky by trade", "what do I do", "sparky"),
        ("The plumber comes this Friday between 10 and 12", "on what date does the plumber come?", "(13 March 2026)"),
        ("ayer adopté una perrita, se llama Chayote", "¿cuándo adopté a Chayote?", "9 de marzo de 2026"),
        ("en tres semanas me operan de la vesícula", "¿cuándo me operan?", "31 de marzo de 2026"),
        ("Mi suegra, la señora Rosaura, vive con nosotros", "¿cómo se llama mi suegra?", "Rosaura"),
        ("no soy alérgico a ningún medicamento, solo al polen", "¿a qué soy alérgico?", "polen"),
        ("Mi compañera Nuria me ha dicho: «soy celíaca»", "¿quién es celíaca?", "Mi compañera Nuria"),
        ("Viví en Bilbao de 2015 a 2021, y en 2021 me vine a Málaga", "¿dónde vivo?", "Málaga"),
        ("No tengo hijos, pero sí que tengo tres sobrinos", "¿cuántos sobrinos tengo?", "tres sobrinos"),
        ("Era vegano pero ya no soy vegano", "¿soy vegano?", "ya no"),
        (
            "My locker at the gym is number 208 and the wifi at home is called CasaVerde",
            "what's the number of my gym locker?",
            "208",
        ),
        (
            "viví en Lima hasta 2019, después en Cusco hasta 2022, ahora en Arequipa",
            "¿dónde vivo?",
            "Vives en Arequipa.",
        ),
        ("viví en Lima hasta 2019, después en Cusco hasta 2022, ahora en Arequipa", "dónde vivía en 2020", "Cusco"),
        (
            "I worked at Ford from 2010 to 2014, then at Tesla until 2020, and now at Rivian",
            "where did I work in 2016?",
            "You worked at Tesla.",
        ),
        ("my daughter Lucía is allergic to nuts", "is my daughter allergic to anything?", "Yes."),
        ("mi hija es alérgica a las nueces", "¿es alérgica a algo mi hija?", "Sí."),
        ("tengo 34 pirulos", "cuantos años tengo", "34"),
        ("Soy diabético tipo 1", "qué enfermedad tengo", "diabético tipo 1"),
        ("I'm type 1 diabetic", "what condition do I have", "type 1 diabetic"),
        ("me mudo a Zaragoza el mes que viene", "¿Adónde me mudo?", "Zaragoza (desde abril de 2026)"),
        ("me mudé a Lugo en 2019", "¿adónde me mudé?", "Lugo (desde 2019)"),
        ("vivo con dos roomies, Sofi y Dani", "con quién vivo", "dijiste: «vivo con dos roomies, Sofi y Dani»"),
        ("estoy a régimen sin sal", "qué dieta sigo", "sin sal"),
        ("my passport expires in March 2029", "when does my passport expire", "March 2029"),
        ("quedé con Pablo el viernes a las 8", "cuándo quedé con Pablo", "el viernes a las 8"),
        ("vivo en Bogotá hace seis años, trabajo en Alpina", "en qué empresa trabajo", "Trabajas en Alpina."),
        ("vivo en Bogotá hace seis años, trabajo en Alpina", "desde cuándo vivo en Bogotá", "(desde 2020)"),
        ("tengo dos hijos, Thiago de 9 y Malena de 5", "cuántos años tiene Malena", "5"),
        ("I've two kids, Poppy (4) and Jude (7)", "how old is Jude?", "7"),
        ("tengo dos hijas, Sol y Luz, y un gato que se llama Pancho", "cómo se llama el gato", "Pancho"),
        ("I have a sister who lives in Leeds and a brother who works at Tesco", "where does my brother work", "Tesco"),
        ("El pediatra de Lucas, mi hijo, es el doctor Baena", "quién es el pediatra de mi hijo", "Baena"),
        ("Llevo un Seat León, con matrícula 4821 KBD", "qué coche tengo", "Seat León"),
        ("The GP's put me on sertraline", "what tablets am I on?", "sertraline"),
        ("the new manager is called Margaret", "what's my manager's name?", "Margaret"),
        ("El cumple de mi hija Noa es el 14 de octubre", "¿qué día cumple años la niña?", "14 de octubre"),
        ("Calzo un 43", "¿qué número de pie tengo?", "43"),
        ("Llevo un Seat León, con matrícula 4821 KBD", "¿qué matrícula tiene mi coche?", "4821"),
        ("I'm 47 by the way, if that helps with the pension", "how old am I", "47"),
        ("El suegro murió hace años, se llamaba Leoncio", "¿cómo se llamaba mi suegro?", "Leoncio"),
        ("The vet is Mr Hargreaves over in Skipton", "who's our vet?", "Hargreaves"),
        ("dentist is this friday, with Dr Okafor", "when's the dentist?", "13 March"),
        ("uncle Ray has diabetes", "what illness does my uncle have?", "diabetes"),
        ("Si ganara la beca me iría a Montreal. Por ahora sigo en Cali", "¿en qué ciudad estoy?", "Cali"),
        ("I'm Marguerite Dupree, but everybody calls me Margo", "what's my last name?", "Dupree"),
        ("I'm Marguerite Dupree, but everybody calls me Margo", "what nickname do people use for me?", "Margo"),
        ("los niños van al colegio San José", "¿a qué colegio van mis hijos?", "«los niños van al colegio San José»"),
        ("I moved to Regina in 2023", "¿desde qué año vivo aquí?", "2023"),
        ("La placa de mi moto es QTV 61E", "¿qué placa tiene mi moto?", "QTV 61E"),
        (
            "El cumple de mi madre es el 14 de mayo. Perdona, me he liado: el de mi madre es el 24 de mayo, no el 14",
            "¿cuándo cumple años mi madre?",
            "24 de mayo",
        ),
        ("I'm vegetarian, give me a week of dinners as bullet points", "what's my diet?", "vegetarian"),
        ("soy del grupo 0 negativo", "¿qué grupo sanguíneo tengo?", "0 negativo"),
        ("we're moving to Porto in September", "where am I moving to?", "September 2026"),
        ("I take my coffee black", "How do I like my coffee?", "you said: “I take my coffee black”"),
        ("Estudio Ingeniería Naval en Ferrol", "¿en qué ciudad estudio?", "Ferrol"),
        ("Mi hermana Sara trabajó en Indra. Ahora está en Telefónica", "¿dónde trabaja Sara?", "Telefónica"),
        ("Mañana a las 9 tengo cita con la dermatóloga", "¿a qué hora es la dermatóloga?", "09:00"),
        ("dentist on Thursday at 3:15 pm", "when is the dentist?", "3:15 pm"),
        ("tomo enalapril de 10 para la tensión", "¿para qué tomo el enalapril?", "para la tensión"),
        ("I've packed in the running because of my knee", "why did I stop running?", "because of my knee"),
        ("me han quitado el enalapril porque me daba tos", "¿por qué me quitaron el enalapril?", "me daba tos"),
        ("I quit smoking on 14 February", "when did I stop smoking?", "until 14 February 2026"),
        ("mi peluquera es Rosa", "¿quién me corta el pelo?", "Rosa"),
        ("My landlady is Mrs Okafor", "who do I rent from?", "Mrs Okafor"),
        ("Gano 1450 euros al mes", "how much do I earn?", "1450"),
        ("Living in Fitzroy these days", "where do I live?", "Fitzroy"),
        ("My daughter Ella is allergic to peanuts", "does Ella have any allergies?", "peanuts"),
        ("Mi hermana tiene un perro, se llama Toby", "¿cómo se llama el perro de mi hermana?", "Toby"),
        ("Callum is my brother. His wife is Freya and they've got a girl, Isla", "what's my niece called?", "Isla"),
        ("Víctor es mi hermano. Víctor encontró trabajo de camarero", "¿en qué trabaja Víctor?", "camarero"),
        ("Trabajo en Correos, soy cartera en Mérida", "¿en qué empresa trabajo?", "Trabajas en Correos."),
        ("me mude a Vigo", "¿dónde vivo?", "Vives en Vigo."),
        ("Estoy jubilado", "¿en qué trabajo?", "Estás jubilado."),
    ];

    #[test]
    fn what_was_told_answers_what_is_asked() {
        for (said, question, expected) in ASKED.iter().copied() {
            let start = Moment::parse("2026-03-10T10:00:00Z").unwrap();
            let mut replay = Replay::new(InMemory::new(), start);
            replay.play(&Step::Say { text: said.to_owned(), at: None, language: None }).unwrap();
            let ask = Step::Ask { text: question.to_owned(), at: None, language: None };
            let Ok(Played::Answered(answer)) = replay.play(&ask) else { panic!("{question}") };
            assert!(answer.text.contains(expected), "{question}: {}", answer.text);
        }
    }

    /// What was said of others, of other things or not at all is no answer.
    #[test]
    fn what_is_near_is_no_answer() {
        for (said, question) in [
            ("mi dirección es calle Rosell 12", "¿cuál es la dirección de mi oficina?"),
            ("Ahora hago pilates los lunes", "¿dónde hago pilates?"),
            (
                "Tomo enalapril de 10 mg a las 8 de la mañana y la metformina con la cena.",
                "¿de cuántos miligramos es la metformina?",
            ),
            ("We're flying to Lisbon on 5 May", "when do we fly back from Lisbon?"),
            ("We're flying to Lisbon on 5 May", "which hotel are we staying at in Lisbon?"),
            ("Le debo 300 euros a Ramón", "¿cuánto me debe a mí Ramón?"),
            ("mi novio Esteban es chef", "en qué restaurante trabaja Esteban"),
            ("My wife's name is Meera", "what does Meera keep?"),
            ("soy talla 32 de pantalón", "qué talla de zapatos uso"),
            ("se me cayó el café encima", "a qué soy alérgico"),
            ("wish I had a dog", "what pets do I have?"),
            ("Llevo un Seat León", "¿con qué compañía tengo asegurado el coche?"),
            ("My cousin Sam is a vet", "what does Sam from work do?"),
            ("my mobile's 0412 555 093", "what's my number at work?"),
            ("Estoy de novia con Ramiro. Ya no estoy con Ramiro", "¿tengo novio?"),
            ("I wear size 9 shoes", "what size shirt do I take?"),
            ("the wifi at home is called CasaVerde", "what's the wifi password at home?"),
            ("I drive a Toyota Yaris", "what colour is my car?"),
            ("my address is Storgatan 14 in Uppsala", "what's my postcode?"),
            ("soy alérgico al polen", "¿soy alérgico a algún medicamento?"),
            ("Tengo un gato, Roco. Ya no tengo a Roco", "¿qué gatos tengo?"),
            ("tomo enalapril para la tensión", "¿qué tomo para el colesterol?"),
            ("I take magnesium", "how much magnesium do I take?"),
            ("I take 20 mg of citalopram", "how much vitamin D do I take?"),
            ("I do a pottery class on Wednesdays", "what do I do on Saturdays?"),
            ("soy alérgica al camarón", "¿a qué medicina soy alérgica?"),
            ("My address is 5 Mill Street", "what was my old address?"),
            ("Kirsty's locker code is 6162", "what's the code for my locker?"),
            ("Mi amigo Rubén paga 900 de alquiler", "¿cuánto pago de alquiler?"),
            ("my brother's scan got moved to 10 June", "when is my scan?"),
            ("I'm a nurse", "what shift am I on?"),
            ("Busco trabajo de programador", "¿en qué trabajo?"),
        ] {
            let start = Moment::parse("2026-03-10T10:00:00Z").unwrap();
            let mut replay = Replay::new(InMemory::new(), start);
            replay.play(&Step::Say { text: said.to_owned(), at: None, language: None }).unwrap();
            let ask = Step::Ask { text: question.to_owned(), at: None, language: None };
            let Ok(Played::Answered(answer)) = replay.play(&ask) else { panic!("{question}") };
            assert!(answer.facts.is_empty(), "{question}: {}", answer.text);
        }
    }

    /// What is answered to a question behind some messages.
    fn told(said: &[&str], question: &str) -> Answer {
        let mut replay = Replay::new(InMemory::new(), Moment::parse("2026-03-10T10:00:00Z").unwrap());
        for text in said {
            replay.play(&Step::Say { text: (*text).to_owned(), at: None, language: None }).unwrap();
        }
        let ask = Step::Ask { text: question.to_owned(), at: None, language: None };
        let Ok(Played::Answered(answer)) = replay.play(&ask) else { panic!("{question}") };
        answer
    }

    /// What was told, what is asked of it, and what the answer must hold: the last message is of something else, or of more.
    const UNMOVED: &[(&[&str], &str, &str)] = &[
        (
            &["Mi hijo va al colegio San Fermín", "este curso mi hijo va al colegio Cervantes"],
            "¿a qué colegio va mi hijo?",
            "Cervantes",
        ),
        (
            &["Vivo en Lugo", "¿Te dije ya que vivo en Lugo?", "Vivo en Lugo y me gusta"],
            "¿dónde vivo?",
            "Vives en Lugo.",
        ),
        (&["I live in Boise", "My friend Hank just moved to Denver"], "where do I live?", "Boise"),
        // Each of several medicines has its own time, and keeps it with another dose.
        (
            &["I take levothyroxine in the morning and metformin with dinner"],
            "what do I take with dinner?",
            "You take metformin with dinner.",
        ),
        (
            &["Tomo enalapril de 10 mg a las 8 y la metformina con la cena", "Me han subido el enalapril a 20 mg"],
            "¿a qué hora tomo el enalapril?",
            "20 mg a las 8",
        ),
        // What is asked of a thing is told by the sentence behind its fact.
        (&["Juego al pádel los domingos con mi amiga Rocío"], "¿con quién juego al pádel?", "Rocío"),
        (&["We're flying to Lisbon on 5 May with my cousin Priya."], "who's going to Lisbon with us?", "Priya"),
        (&["We're flying to Lisbon on 5 May", "Hang on, it's 12 May."], "when are we flying to Lisbon?", "12 May"),
        (&["We're off to Madeira on 4 May", "We're going to Malta instead"], "where are we going in May?", "Malta"),
        (
            &[
                "Tengo cita con la fisio Marga el lunes 16 a las 17:30",
                "Me ha escrito Marga: la cita pasa al miércoles 18",
            ],
            "¿qué día tengo la fisio?",
            "miércoles 18",
        ),
        (&["My work email is a@b.com and my personal one is c@d.com"], "what's my work email?", "a@b.com"),
        (&["I owe Pauline 25, and Walter owes me 60 pounds"], "how much does Walter owe me?", "60"),
        (
            &["My favourite dinner is shepherd's pie", "Actually no, scrap that, my favourite dinner is lasagne."],
            "what's my favourite dinner?",
            "lasagne",
        ),
        (&["I go to yoga on Mondays", "Scrap the gym, it's too dear"], "when do I go to yoga?", "Mondays"),
        (&["Tomo metformina", "A mi padre le han subido el enalapril a 20"], "¿qué tomo?", "Tomas metformina."),
        (
            &["Tomo metformina", "Mi madre toma enalapril", "Se lo han subido a 20"],
            "¿qué toma mi madre?",
            "enalapril 20",
        ),
        (&["Tomo metformina", "Me han subido la renta a 900"], "¿qué tomo?", "Tomas metformina."),
        (&["I take citalopram 20 mg", "It's 15 degrees now"], "what do I take?", "citalopram 20 mg"),
        (
            &["I take levothyroxine 75 mcg", "I take levothyroxine 30 to 60 minutes before breakfast"],
            "what do I take?",
            "75 mcg",
        ),
        (
            &["Tengo la boda de Ana el 20 de junio", "Perdona, tengo una cita el viernes"],
            "¿cuándo es la boda de Ana?",
            "20 de junio",
        ),
        (
            &["El taller de mi primo queda en Getafe", "Uy no, me confundí, el taller queda en Leganés"],
            "¿dónde queda el taller de mi primo?",
            "Leganés",
        ),
        (
            &["I have a dentist appointment on 12 June", "Sorry, I've got the dentist on Friday too"],
            "when is my dentist appointment?",
            "12 June",
        ),
        (&["I live in Hull", "My wife has two brothers. They live in Paris"], "where do I live?", "Hull"),
        (&["I live in Bath", "My brother moved out. Living in Leeds now."], "where do I live?", "Bath"),
        (&["My husband is Pedro", "I had a boyfriend called Tom at school"], "who is my husband?", "Pedro"),
        (&["My salary is 3000 a month", "They pay my wife 12 an hour"], "what's my salary?", "3000"),
        (&["I earn 2500 a month", "I'm proud of my son, he makes 40k a year"], "how much do I earn?", "2500"),
        (
            &["Mi madre tiene dentista el 20 de marzo", "Se lo han cambiado al 23"],
            "¿cuándo tiene mi madre dentista?",
            "23 de marzo",
        ),
        (
            &["I have the dentist on 12 June", "They moved my dentist appointment to 15 June for my son's exam"],
            "when is my dentist appointment?",
            "15 June",
        ),
        (
            &["Mi hermana vive en Madrid", "Me he mudado a Vigo"],
            "¿dónde vive mi hermana?",
            "Tu hermana vive en Madrid.",
        ),
        (
            &["My sister works at Tesco", "Quit my job last week"],
            "where does my sister work?",
            "Your sister works at Tesco.",
        ),
        (&["My dentist is Dr Wong", "I have a dentist and a new car"], "who is my dentist?", "Dr Wong"),
        (&["Mi dirección es Calle 2 de Mayo 15", "No, perdona, es el número 17"], "¿cuál es mi dirección?", "Mayo 17"),
        (
            &["Trabajo los lunes y martes", "Tengo mucho trabajo el jueves y el viernes"],
            "¿qué días trabajo?",
            "lunes y martes",
        ),
        (&["Los lunes ceno con Ana", "Ahora los jueves ceno con Luis"], "¿con quién ceno los lunes?", "Ana"),
        (&["I want to run a marathon", "I want to learn Japanese next year"], "what are my goals?", "run a marathon"),
        (
            &["Mi dirección es calle Mayor 5", "Me he mudado a la calle Luna 7", "Borra mi dirección antigua"],
            "¿cuál es mi dirección?",
            "Luna 7",
        ),
    ];

    /// What is told of others, of other things or of the past takes nothing away from what is known.
    #[test]
    fn nothing_is_taken_by_what_speaks_of_something_else() {
        for (said, question, expected) in UNMOVED {
            let answer = told(said, question);
            assert!(answer.text.contains(expected), "{said:?} {question}: {}", answer.text);
        }
    }

    /// Orders to forget reach what they name, and nothing of what is.
    #[test]
    fn orders_reach_what_they_name() {
        // What speaks of a file orders nothing of a memory.
        let kept = told(&["My bike lock code is 3915", "delete the code in main.py"], "what's my bike lock code?");
        assert!(kept.text.contains("3915"), "{}", kept.text);
        // An order that breaks off names nothing.
        let kept = told(&["I am 34 years old", "Delete everything related to"], "how old am I?");
        assert!(kept.text.contains("34"), "{}", kept.text);
        for (said, question) in [
            (&["I am 34 years old", "Forget how old I am"][..], "how old am I?"),
            (&["Me han subido el enalapril a 20. No lo guardes"], "¿qué tomo?"),
            (&["Pago 700 por el piso", "Olvida mi alquiler"], "¿cuánto pago de alquiler?"),
            (&["Trabajo de noche", "Olvida mi turno"], "¿qué turno hago?"),
            (&["Tengo cita con el dentista el 30 de mayo", "Olvida lo del dentista"], "¿cuándo es el dentista?"),
            (
                &[
                    "Tengo una revisión con la cardióloga el 30 de mayo",
                    "Olvida que tengo la revisión con la cardióloga, al final no hace falta que lo guardes.",
                ],
                "¿cuándo tengo la revisión?",
            ),
            (
                &["My bike lock code is 3915", "on second thoughts delete the bike lock code please, I'd rather not"],
                "what's my bike lock code?",
            ),
            (
                &["The side gate code is 7730", "They've changed the keypad, so forget the side gate code."],
                "what's the side gate code?",
            ),
        ] {
            let answer = told(said, question);
            assert!(answer.facts.is_empty(), "{said:?} {question}: {}", answer.text);
        }
    }
}
