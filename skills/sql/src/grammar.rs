//! The grammar of the questions that one database can answer: a SELECT that SQLite runs.
//!
//! A grammar cannot know which tables a query reads before it has come to its FROM, but it can try all of them at once.
//! So each way to read the database, a table or some that are linked, has rules of its own ([`Scope`]), with only its
//! columns, and columns only where their kind makes sense: sums of numbers, texts beside texts, dates as dates. A name
//! that does not exist cannot be said, nor can a join on the wrong columns.
//!
//! Left out, because small models get it wrong more often than they need it: WITH, UNION, window functions, queries
//! inside FROM, subqueries that look outside, aliases.

use std::fmt::Write as _;

use crate::schema::{Kind, Link, Schema, Table, identifier};

/// Ways to read a database that get rules of their own. What comes behind cannot be asked in one query.
const SCOPES_MAX: usize = 20;

/// A table, or tables that are linked.
#[derive(Debug)]
struct Scope<'a> {
    tables: Vec<&'a Table>,
    /// What may stand behind FROM.
    from: Vec<String>,
}

/// The grammar, in llama.cpp's language.
#[must_use]
pub fn gbnf(schema: &Schema) -> String {
    let scopes = scopes(schema);
    let mut grammar = Grammar::default();
    let roots: Vec<String> = (0..scopes.len()).map(|scope| format!("query-{scope}")).collect();
    grammar.rule("root", &[format!("({}) \";\"?", roots.join(" | "))]);
    for (number, scope) in scopes.iter().enumerate() {
        grammar.scope(number, scope);
    }
    // Queries inside expressions read one table.
    let singles = || scopes.iter().enumerate().filter(|(_, scope)| scope.tables.len() == 1).map(|(number, _)| number);
    let inner = |rule: &str| singles().map(|number| format!("{rule}-{number}")).collect::<Vec<_>>();
    grammar.rule("scalar", &inner("scalar"));
    grammar.rule("list", &inner("list"));
    grammar.text + LEAVES
}

/// What does not depend on the database.
const LEAVES: &str = r#"compare ::= " = " | " <> " | " < " | " <= " | " > " | " >= "
and ::= " AND " | " OR "
sign ::= " + " | " - " | " * " | " / "
direction ::= " ASC" | " DESC"
limit ::= " LIMIT " [1-9] [0-9]{0,2}
moment ::= "julianday('now')" | "strftime('%Y', 'now')"
number ::= "-"? ("0" | [1-9] [0-9]{0,11}) ("." [0-9]{1,6})?
text ::= "'" ([^'\x00-\x1F\x7F] | "''")+ "'"
year ::= [12] [0-9]{3}
month ::= "0" [1-9] | "1" [0-2]
date ::= year "-" month "-" ("0" [1-9] | [12] [0-9] | "3" [01])
day ::= "'" date "'" | "date('now'" (", '" shift "'"){0,3} ")"
now ::= "'now'" (", '" shift "'"){0,2}
shift ::= [-+] [1-9] [0-9]{0,3} (" days" | " months" | " years") | "start of month" | "start of year" | "weekday " [0-6]
beginning ::= "'" year ("-" month)? "-%'"
"#;

/// Dates by a part of them: the format, and what it is compared with.
const PARTS: [(&str, &str); 5] =
    [("%Y-%m", "year \"-\" month"), ("%Y", "year"), ("%m", "month"), ("%d", "[0-3] [0-9]"), ("%w", "[0-6]")];

/// Tables first, then pairs, then what is linked through a third, as far as there is room.
fn scopes(schema: &Schema) -> Vec<Scope<'_>> {
    let single = |table| Scope { tables: vec![table], from: vec![identifier(&table.name)] };
    let mut scopes: Vec<Scope<'_>> = schema.tables.iter().map(single).collect();
    scopes.extend(schema.links.iter().filter_map(|link| joined(schema, &[link])));
    for (at, first) in schema.links.iter().enumerate() {
        scopes.extend(schema.links[at + 1..].iter().filter_map(|second| joined(schema, &[first, second])));
    }
    scopes.truncate(SCOPES_MAX);
    scopes
}

/// One link, or two that meet in a table. A table that would be there twice needs aliases, and is left out.
fn joined<'a>(schema: &'a Schema, links: &[&Link]) -> Option<Scope<'a>> {
    let mut names: Vec<&str> = Vec::new();
    for name in links.iter().flat_map(|link| [link.child.as_str(), link.parent.as_str()]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() != links.len() + 1 {
        return None;
    }
    let tables = names.iter().map(|name| schema.table(name)).collect::<Option<Vec<_>>>()?;
    let mut from = Vec::new();
    for start in &names {
        from.extend(chains(start, links, &[]));
    }
    Some(Scope { tables, from })
}

/// The ways to write the joins from a table on: each link joins a table that is not there yet to one that is.
fn chains(start: &str, links: &[&Link], there: &[&str]) -> Vec<String> {
    let there: Vec<&str> = there.iter().copied().chain([start]).collect();
    let written = identifier(start);
    if links.is_empty() {
        return vec![written];
    }
    let mut found = Vec::new();
    for (at, link) in links.iter().enumerate() {
        let ends = [link.child.as_str(), link.parent.as_str()];
        let Some(next) = ends.into_iter().find(|end| !there.contains(end)) else { continue };
        if !ends.into_iter().any(|end| there.contains(&end)) {
            continue;
        }
        let rest: Vec<&Link> =
            links.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, link)| *link).collect();
        let on: Vec<String> = link.columns.iter().map(|(child, parent)| on(link, child, parent)).collect();
        for chain in chains(next, &rest, &there) {
            let (table, behind) = chain.split_at(identifier(next).len());
            for join in ["JOIN", "LEFT JOIN"] {
                // Rows of a child always have their parent, or are wanted only then.
                if join == "JOIN" || next == link.child {
                    found.push(format!("{written} {join} {table} ON {}{behind}", on.join(" AND ")));
                }
            }
        }
    }
    found
}

fn on(link: &Link, child: &str, parent: &str) -> String {
    let [child_table, parent_table] = [&link.child, &link.parent].map(|name| identifier(name));
    format!("{child_table}.{} = {parent_table}.{}", identifier(child), identifier(parent))
}

/// The columns of a scope, as they may be written, by what may be done with them.
#[derive(Debug, Default)]
struct Columns {
    any: Vec<String>,
    numbers: Vec<String>,
    texts: Vec<String>,
    days: Vec<String>,
    moments: Vec<String>,
}

impl Columns {
    fn of(scope: &Scope<'_>) -> Self {
        let mut columns = Self::default();
        let tables = || scope.tables.iter();
        for (table, column) in tables().flat_map(|table| table.columns.iter().map(move |column| (table, column))) {
            let bare = identifier(&column.name);
            let is_alone = tables().filter(|other| other.column(&column.name).is_some()).count() == 1;
            let mut spellings = if is_alone { vec![bare.clone()] } else { Vec::new() };
            if scope.tables.len() > 1 {
                spellings.push(format!("{}.{bare}", identifier(&table.name)));
            }
            let kinds: &mut [&mut Vec<String>] = match column.kind {
                Kind::Number => &mut [&mut columns.numbers],
                Kind::Text => &mut [&mut columns.texts],
                Kind::Day => &mut [&mut columns.days],
                Kind::Moment => &mut [&mut columns.moments],
                Kind::Mixed => &mut [&mut columns.numbers, &mut columns.texts],
                Kind::Blob => &mut [],
            };
            kinds.iter_mut().for_each(|kind| kind.extend(spellings.iter().map(|name| quoted(name))));
            columns.any.extend(spellings.iter().map(|name| quoted(name)));
        }
        columns
    }
}

/// A literal of the grammar.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[derive(Debug, Default)]
struct Grammar {
    text: String,
}

impl Grammar {
    /// A rule of alternatives. Without any there is none, and nobody may name it.
    fn rule(&mut self, name: &str, alternatives: &[String]) {
        if !alternatives.is_empty() {
            let _ = writeln!(self.text, "{name} ::= {}", alternatives.join(" | "));
        }
    }

    fn scope(&mut self, n: usize, scope: &Scope<'_>) {
        let columns = Columns::of(scope);
        for (name, columns) in [
            ("any", &columns.any),
            ("num", &columns.numbers),
            ("txt", &columns.texts),
            ("day", &columns.days),
            ("mom", &columns.moments),
        ] {
            self.rule(&format!("{name}-{n}"), columns);
        }
        let has = Has {
            numbers: !columns.numbers.is_empty(),
            texts: !columns.texts.is_empty(),
            days: !columns.days.is_empty(),
            moments: !columns.moments.is_empty(),
        };
        self.values(n, &has);
        self.tests(n, &has);
        let from: Vec<String> = scope.from.iter().map(|from| quoted(&format!(" FROM {from}"))).collect();
        self.rule(&format!("from-{n}"), &[format!("({}) (\" WHERE \" where-{n})?", from.join(" | "))]);
        self.queries(n);
    }

    /// What may be selected, grouped and ordered.
    fn values(&mut self, n: usize, has: &Has) {
        let when = || [(has.days, "day"), (has.moments, "mom")].into_iter().filter(|(there, _)| *there);
        let mut fields: Vec<String> = has.numbers.then(|| format!("num-{n}")).into_iter().collect();
        fields.extend(has.texts.then(|| format!("\"LENGTH(\" txt-{n} \")\"")));
        fields.extend(when().map(|(_, kind)| format!("\"julianday(\" {kind}-{n} \")\"")));
        self.rule(&format!("field-{n}"), &fields);
        // What a calculation is made of; one with a column in it is what a test begins with.
        let mut terms = vec!["number".to_owned(), "moment".to_owned(), format!("\"(\" calc-{n} \")\"")];
        terms.extend((!fields.is_empty()).then(|| format!("field-{n}")));
        self.rule(&format!("term-{n}"), &terms);
        self.rule(&format!("calc-{n}"), &[format!("term-{n} (sign term-{n}){{0,3}}")]);
        if !fields.is_empty() {
            let start =
                format!("(moment sign)? (field-{n} | \"(\" (moment sign)? field-{n} (sign term-{n}){{0,2}} \")\")");
            self.rule(&format!("amount-{n}"), &[format!("{start} (sign term-{n}){{0,3}}")]);
        }

        let mut totals = vec!["\"COUNT(*)\"".to_owned(), format!("\"COUNT(\" \"DISTINCT \"? any-{n} \")\"")];
        if has.numbers || has.days || has.moments {
            totals.push(format!("(\"SUM(\" | \"AVG(\" | \"MIN(\" | \"MAX(\") calc-{n} \")\""));
        }
        totals.push(format!("\"SUM(CASE WHEN \" where-{n} \" THEN \" term-{n} \" ELSE 0 END)\""));
        totals.extend(has.texts.then(|| format!("\"GROUP_CONCAT(\" \"DISTINCT \"? txt-{n} \")\"")));
        totals.extend(has.texts.then(|| format!("(\"MIN(\" | \"MAX(\") txt-{n} \")\"")));
        totals.extend(when().map(|(_, kind)| format!("(\"MIN(\" | \"MAX(\") {kind}-{n} \")\"")));
        self.rule(&format!("plain-{n}"), &totals);
        self.rule(
            &format!("total-{n}"),
            &[
                format!("plain-{n} (sign (plain-{n} | number)){{0,2}}"),
                format!("\"ROUND(\" plain-{n} (sign (plain-{n} | number)){{0,2}} (\", \" [0-4])? \")\""),
            ],
        );

        let mut keys = vec![format!("any-{n}")];
        for (_, kind) in when() {
            keys.push(format!(
                "\"strftime('\" (\"%Y-%m\" | \"%Y\" | \"%m\" | \"%d\" | \"%w\") \"', \" {kind}-{n} \")\""
            ));
        }
        keys.extend(has.moments.then(|| format!("\"date(\" mom-{n} \")\"")));
        self.rule(&format!("key-{n}"), &keys);

        let mut items = vec![format!("key-{n}"), format!("total-{n}"), format!("calc-{n}")];
        items.push(format!("\"ROUND(\" calc-{n} (\", \" [0-4])? \")\""));
        items.extend(has.texts.then(|| format!("txt-{n} (\" || ' ' || \" txt-{n}){{1,2}}")));
        self.rule(&format!("item-{n}"), &items);
    }

    /// What may stand behind WHERE.
    fn tests(&mut self, n: usize, has: &Has) {
        let mut tests =
            vec![format!("any-{n} \" IS \" \"NOT \"? \"NULL\""), format!("\"NOT \"? \"(\" where-{n} \")\"")];
        if has.numbers || has.texts || has.days || has.moments {
            tests.push(format!("amount-{n} compare (calc-{n} | \"(\" scalar \")\")"));
        }
        if has.numbers {
            tests.push(format!("num-{n} \" BETWEEN \" number \" AND \" number"));
            tests.push(format!("num-{n} \" NOT\"? \" IN (\" (number (\", \" number){{0,7}} | list) \")\""));
        }
        if has.texts {
            tests.push(format!("txt-{n} (\" = \" | \" <> \") (text | \"(\" scalar \")\")"));
            tests.push(format!("txt-{n} \" NOT\"? \" LIKE \" text"));
            tests.push(format!("txt-{n} \" NOT\"? \" IN (\" (text (\", \" text){{0,7}} | list) \")\""));
        }
        if has.days {
            tests.push(format!("day-{n} compare (day | \"(\" scalar \")\")"));
            tests.push(format!("day-{n} \" BETWEEN \" day \" AND \" day"));
        }
        if has.moments {
            tests.push(format!("\"date(\" mom-{n} \")\" (compare day | \" BETWEEN \" day \" AND \" day)"));
            tests.push(format!("mom-{n} ((\" >= \" | \" < \") day | \" = (\" scalar \")\")"));
        }
        for (_, kind) in [(has.days, "day"), (has.moments, "mom")].into_iter().filter(|(there, _)| *there) {
            tests.push(format!("{kind}-{n} \" LIKE \" beginning"));
            for (format, value) in PARTS {
                let side = format!("(\"'\" {value} \"'\" | \"strftime('{format}', \" now \")\")");
                let texts = format!("\" IN ('\" {value} (\"', '\" {value}){{0,5}} \"')\"");
                tests.push(format!("\"strftime('{format}', \" {kind}-{n} \")\" (compare {side} | {texts})"));
            }
        }
        self.rule(&format!("test-{n}"), &tests);
        self.rule(&format!("where-{n}"), &[format!("test-{n} (and test-{n}){{0,5}}")]);
    }

    /// Whole queries, and those inside others.
    fn queries(&mut self, n: usize) {
        let having = format!("(\" HAVING \" total-{n} compare (number | \"(\" scalar \")\"))?");
        self.rule(&format!("group-{n}"), &[format!("\" GROUP BY \" key-{n} (\", \" key-{n}){{0,2}} {having}")]);
        // A number alone would be the number of a column; totals are of groups.
        let by = format!("(key-{n} | term-{n} (sign term-{n}){{1,3}}) direction?");
        self.rule(&format!("order-{n}"), &[format!("\" ORDER BY \" {by} (\", \" {by}){{0,2}}")]);
        let rank = format!("(key-{n} | total-{n}) direction?");
        self.rule(&format!("rank-{n}"), &[format!("\" ORDER BY \" {rank} (\", \" {rank}){{0,2}}")]);
        let items = format!("(\"*\" | item-{n} (\", \" item-{n}){{0,5}})");
        self.rule(
            &format!("query-{n}"),
            &[format!("\"SELECT \" \"DISTINCT \"? {items} from-{n} (group-{n} rank-{n}? | order-{n}?) limit?")],
        );
        self.rule(
            &format!("scalar-{n}"),
            &[
                format!("\"SELECT \" total-{n} from-{n}"),
                format!("\"SELECT \" any-{n} from-{n} (order-{n} \" LIMIT 1\")?"),
            ],
        );
        self.rule(&format!("list-{n}"), &[format!("\"SELECT \" \"DISTINCT \"? any-{n} from-{n} group-{n}?")]);
    }
}

/// Which kinds of columns a scope has.
#[derive(Debug)]
struct Has {
    numbers: bool,
    texts: bool,
    days: bool,
    moments: bool,
}
