//! The skill as the daemon sees it: on a socket, with a model that follows a script.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and tables are long"
)]

mod common;

use std::path::Path;

use sarai_proto::skill::v1::infer_reply::Outcome;
use sarai_skill_sdk::testing::{Rig, Scripted, request};
use sarai_skill_sdk::{Call, Failure, Folder, LoadError, Request, Skill};
use sarai_skill_sql::skill::Sql;
use serde_json::{Value, json};

/// The skill with its data where the test has put them: below its own folder instead of in the environment.
struct InTest(Sql);

impl Skill for InTest {
    const NAME: &'static str = Sql::NAME;
    const VERSION: &'static str = Sql::VERSION;

    fn load(folder: &Folder) -> Result<Self, LoadError> {
        Sql::over(folder.path().join("data"), folder).map(Self)
    }

    async fn infer(&self, request: Request, call: &mut Call) -> Result<sarai_skill_sdk::Outcome, Failure> {
        self.0.infer(request, call).await
    }
}

/// Makes a database at a path.
type Make = fn(&Path) -> rusqlite::Connection;

/// A folder of the skill with these databases.
fn folder(databases: &[(&str, Make)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("prompt.toml"), include_str!("../prompt.toml")).unwrap();
    fs_err::create_dir(folder.path().join("data")).unwrap();
    for (name, make) in databases {
        drop(make(&folder.path().join("data").join(name)));
    }
    folder
}

fn says(query: &str) -> Scripted {
    Scripted::Says(query.split_inclusive(' ').map(str::to_owned).collect())
}

/// What a skill over `casa.db` says to a question.
async fn check(
    script: impl IntoIterator<Item = Scripted>,
    question: &str,
    arguments: Value,
    expect: Result<&str, &str>,
) {
    let folder = folder(&[("casa.db", common::spanish)]);
    let rig = Rig::start::<InTest>(folder.path(), script).await.unwrap();
    let reply = rig.infer(request(question, arguments.to_string())).await.unwrap();
    let found = match reply.outcome.unwrap() {
        Outcome::Answer(answer) => Ok(answer.text),
        Outcome::Declined(declined) => Err(declined.sentence),
    };
    assert_eq!(found.as_deref().map_err(|sentence| sentence.as_str()), expect);
    rig.stop().await.unwrap();
}

fn footer(query: &str) -> String {
    format!("\n\nLa consulta, en «casa»:\n\n```sql\n{query}\n```\n")
}

#[tokio::test]
async fn a_question_becomes_an_answer() {
    let query = "SELECT COUNT(*) FROM libros WHERE leido = 0";
    let expect = format!("El resultado es **6**.{}", footer(query));
    check([says(query)], "¿Cuántos libros no he leído?", json!({}), Ok(&expect)).await;
}

#[tokio::test]
async fn texts_are_found_in_another_spelling() {
    let expect = format!(
        "Hay 2 filas:\n\n| titulo |\n| --- |\n| Ficciones |\n| El Aleph |{}",
        footer("SELECT titulo FROM libros WHERE autor LIKE '%Borges%' ORDER BY anio")
    );
    let written = "SELECT titulo FROM libros WHERE autor = 'Borges' ORDER BY anio;";
    check([says(written)], "libros de Borges", json!({}), Ok(&expect)).await;

    let written = "SELECT COUNT(*) FROM gastos WHERE categoria = 'alimentacion'";
    let ran = "SELECT COUNT(*) FROM gastos WHERE categoria = 'Alimentación'";
    let expect = format!("El resultado es **72**.{}", footer(ran));
    check([says(written)], "¿cuántas compras de alimentacion?", json!({}), Ok(&expect)).await;
}

#[tokio::test]
async fn an_error_is_told_to_the_model_once() {
    let good = "SELECT COUNT(*) FROM libros";
    let expect = format!("El resultado es **12**.{}", footer(good));
    check([says("SELECT nada FROM libros"), says(good)], "¿cuántos libros?", json!({}), Ok(&expect)).await;
    let expect = "No he sabido convertir tu pregunta en una consulta que funcione. Prueba a nombrar lo que buscas: en \
                  «casa» hay gastos, lecturas, libros, personas, prestamos.";
    check([says("SELECT nada FROM libros"), says("DELETE FROM libros"), says(good)], "¿y?", json!({}), Err(expect))
        .await;
    check([Scripted::CutOff(vec!["SELECT ".into()]), says(good)], "¿y?", json!({}), Err(expect)).await;
}

#[tokio::test]
async fn what_the_model_is_asked() {
    let folder = folder(&[("casa.db", common::spanish)]);
    let script = [says("SELECT nada FROM libros"), says("SELECT COUNT(*) FROM libros")];
    let rig = Rig::start::<InTest>(folder.path(), script).await.unwrap();
    rig.ask("¿Cuántos libros hay?").await.unwrap();
    let asked = rig.asked();
    let [first, second] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(first.messages[0].text.contains("  genero TEXT, -- 'Novela', 'Cuento', 'Ensayo', 'Poesía'\n"));
    assert_eq!(first.messages.last().unwrap().text, "¿Cuántos libros hay?");
    assert!(first.grammar.as_ref().is_some_and(|grammar| grammar.source.starts_with("root ::= ")));
    assert_eq!(first.messages[..], second.messages[..first.messages.len()], "what was read is read again");
    assert!(second.messages.last().unwrap().text.starts_with("SQLite responde: no such column: nada."));
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn a_query_of_the_persons_own() {
    let none: [Scripted; 0] = [];
    let query = "SELECT MAX(paginas) FROM libros";
    let expect = format!("El resultado es **1106**.{}", footer(query));
    check(none.clone(), "", json!({ "query": query }), Ok(&expect)).await;
    let expect = format!(
        "No hay ninguna fila que cumpla lo que pides.{}",
        footer("SELECT titulo FROM libros WHERE autor = 'Borges'")
    );
    let query = json!({ "query": "SELECT titulo FROM libros WHERE autor = 'Borges'", "database": "CASA" });
    check(none.clone(), "", query, Ok(&expect)).await;
    let expect = "Solo puedo leer tus datos con una única consulta SELECT, y esta quería hacer otra cosa (not \
                  authorized).";
    check(none.clone(), "", json!({ "query": "DROP TABLE libros" }), Err(expect)).await;
    let expect = "La consulta no es correcta: no such table: nada";
    check(none.clone(), "", json!({ "query": "SELECT * FROM nada" }), Err(expect)).await;
    let expect = "No hay ninguna base de datos llamada «otra». Tengo estas: casa.";
    check(none.clone(), "x", json!({ "database": "otra" }), Err(expect)).await;
    check(none, " ", json!({}), Err("¿Qué quieres saber de tus datos?")).await;
}

#[tokio::test]
async fn data_for_programs() {
    let folder = folder(&[("home.db", common::english)]);
    let rig =
        Rig::start::<InTest>(folder.path(), [says("SELECT name, city FROM people WHERE city = 'york'")]).await.unwrap();
    let data: Value = serde_json::from_str(&rig.ask("who lives in York?").await.unwrap().data).unwrap();
    let expect = json!({
        "database": "home", "query": "SELECT name, city FROM people WHERE city = 'York'",
        "columns": ["name", "city"], "rows": [["David Smith", "York"]], "truncated": false,
    });
    assert_eq!(data, expect);
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn which_database() {
    let folder = folder(&[("casa.db", common::spanish), ("home.db", common::english)]);
    fs_err::write(folder.path().join("data/rota.db"), "esto no es una base de datos".repeat(40)).unwrap();
    let count = || says("SELECT COUNT(*) FROM personas");
    let rig = Rig::start::<InTest>(folder.path(), [count(), says("SELECT COUNT(*) FROM films")]).await.unwrap();
    let of = |question: &'static str| async { rig.ask(question).await.map(|answer| answer.text) };
    assert!(of("¿Cuántas personas hay?").await.unwrap().contains("«casa»"));
    assert!(of("how many films are there?").await.unwrap().contains("«home»"));
    let undecided = of("¿y eso?").await.unwrap_err();
    assert_eq!(
        undecided.message(),
        "No sé en cuál de tus bases de datos mirar: casa, home, rota. Di su nombre en la pregunta."
    );
    let reply = rig.infer(request("x", r#"{"database": "rota"}"#)).await.unwrap();
    let expect = "«rota» no es una base de datos de SQLite, o está cifrada. Comprueba que es el archivo que querías.";
    assert!(format!("{reply:?}").contains(expect), "{reply:?}");
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn databases_and_what_is_in_them() {
    let folder = folder(&[("home.db", common::english)]);
    fs_err::write(folder.path().join("data/rota.db"), "esto no es una base de datos".repeat(40)).unwrap();
    let rig = Rig::start_ungranted::<InTest>(folder.path()).await.unwrap();
    let reply = rig.infer(request("", r#"{"show": "databases"}"#)).await.unwrap();
    let Outcome::Answer(answer) = reply.outcome.unwrap() else { panic!() };
    let expect = "Puedo consultar:\n\n- **home**: bills, films, meter\\_readings, people, viewings, monthly\\_bills\n- «rota» \
                  no es una base de datos de SQLite, o está cifrada. Comprueba que es el archivo que querías.\n";
    assert_eq!(answer.text, expect);
    let found: Value = serde_json::from_str(&answer.data).unwrap();
    assert_eq!(found[0]["name"], "home");
    assert_eq!(found[0]["tables"]["people"], json!(["person_id", "name", "birthday", "city"]));
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn without_databases_or_without_a_model() {
    let empty = folder(&[]);
    let rig = Rig::start_ungranted::<InTest>(empty.path()).await.unwrap();
    let sentence = rig.ask("¿Cuántos libros hay?").await.unwrap_err();
    assert!(sentence.message().starts_with("No tengo ninguna base de datos que consultar."), "{sentence}");
    rig.stop().await.unwrap();

    let house = folder(&[("casa.db", common::spanish)]);
    let rig = Rig::start_ungranted::<InTest>(house.path()).await.unwrap();
    assert_eq!(rig.ask("¿Cuántos libros hay?").await.unwrap_err().code(), tonic::Code::PermissionDenied);
    let reply = rig.infer(request("", r#"{"query": "SELECT COUNT(*) FROM libros"}"#)).await.unwrap();
    assert!(format!("{reply:?}").contains("**12**"), "{reply:?}");
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn a_bad_prompt_keeps_the_one_before() {
    let house = folder(&[("casa.db", common::spanish)]);
    let count = says("SELECT COUNT(*) FROM libros");
    let rig = Rig::start::<InTest>(house.path(), [count.clone(), count]).await.unwrap();
    fs_err::write(house.path().join("prompt.toml"), "[es]\n").unwrap();
    let status = rig.reload().await.unwrap();
    assert!(status.reload_error.starts_with("prompt.toml: "), "{}", status.reload_error);
    assert_eq!(status.generation, 1);
    rig.ask("¿Cuántos libros hay?").await.unwrap();
    let changed = include_str!("../prompt.toml").replace("Eres un experto", "Eres una experta");
    fs_err::write(house.path().join("prompt.toml"), changed).unwrap();
    assert_eq!(rig.reload().await.unwrap().generation, 2);
    rig.ask("¿Cuántos libros hay?").await.unwrap();
    assert!(rig.asked()[1].messages[0].text.starts_with("Eres una experta"));
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn what_there_is_to_ask_needs_no_model() {
    let none: [Scripted; 0] = [];
    let tables = "Puedo consultar:\n\n- **casa**: gastos, lecturas, libros, personas, prestamos\n";
    check(none.clone(), "¿Qué tablas hay?", json!({}), Ok(tables)).await;
    let columns =
        "Las tablas tienen estas columnas:\n\n- **libros** (casa): id, titulo, autor, genero, anio, paginas, leido\n";
    check(none, "¿Qué columnas tiene la tabla libros?", json!({}), Ok(columns)).await;

    // A table called like the question's own words is asked as any other.
    let folder = folder(&[("club.db", |path| {
        let db = rusqlite::Connection::open(path).unwrap();
        db.execute_batch("CREATE TABLE tablas (id INTEGER, madera TEXT); INSERT INTO tablas VALUES (1, 'pino');")
            .unwrap();
        db
    })]);
    let rig = Rig::start::<InTest>(folder.path(), [says("SELECT madera FROM tablas")]).await.unwrap();
    let reply = rig.infer(request("¿Qué tablas hay?", "")).await.unwrap();
    let Outcome::Answer(answer) = reply.outcome.unwrap() else { panic!("declined") };
    assert!(answer.text.contains("pino"), "{}", answer.text);
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn a_long_list_says_what_it_leaves_out() {
    let folder = folder(&[("wide.db", |path| {
        let db = rusqlite::Connection::open(path).unwrap();
        let columns: Vec<String> = (0..63).map(|n| format!("c{n} TEXT")).collect();
        db.execute_batch(&format!("CREATE TABLE wide ({})", columns.join(", "))).unwrap();
        db
    })]);
    let rig = Rig::start::<InTest>(folder.path(), []).await.unwrap();
    let reply = rig.infer(request("Show me the schema", "")).await.unwrap();
    let Outcome::Answer(answer) = reply.outcome.unwrap() else { panic!("declined") };
    assert!(answer.text.trim_end().ends_with("c59, … (+3)"), "{}", answer.text);
    let data: Value = serde_json::from_str(&answer.data).unwrap();
    assert_eq!(data[0]["tables"]["wide"].as_array().unwrap().len(), 63);
    rig.stop().await.unwrap();
}
