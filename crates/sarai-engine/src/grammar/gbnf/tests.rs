//! What the importer accepts and refuses, and that its result accepts the same texts as the source.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, InferenceCapabilities};
use llguidance::{Matcher, ParserFactory};
use proptest::prelude::*;

use super::super::{COMPILE_STACK_BYTES, GrammarError};
use super::CHAIN_MAX;

fn to_lark(source: &str) -> Result<String, GrammarError> {
    super::to_lark_with(source, &|_| None)
}

/// A checker for a grammar, one byte at a time.
fn matcher(source: &str) -> Matcher {
    let lark = to_lark(source).unwrap_or_else(|e| panic!("{e}\n{source}"));
    let env = ApproximateTokEnv::single_byte_env();
    let mut factory = ParserFactory::new(&env, InferenceCapabilities::default(), &[]).unwrap();
    factory.quiet();
    let matcher = Matcher::new(factory.create_parser(TopLevelGrammar::from_lark(lark.clone())));
    assert!(!matcher.is_error(), "{:?}\n{source}\n{lark}", matcher.get_error());
    matcher
}

fn accepts(matcher: &Matcher, text: &str) -> bool {
    let mut matcher = matcher.deep_clone();
    let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
    matcher.try_consume_tokens(&tokens).unwrap() == tokens.len() && matcher.is_accepting().unwrap()
}

/// Checks texts that a grammar must accept and texts that it must not.
fn check(source: &str, good: &[&str], bad: &[&str]) {
    let matcher = matcher(source);
    for text in good {
        assert!(accepts(&matcher, text), "{text:?} is not accepted\n{source}\n{}", to_lark(source).unwrap());
    }
    for text in bad {
        assert!(!accepts(&matcher, text), "{text:?} is accepted\n{source}\n{}", to_lark(source).unwrap());
    }
}

#[test]
fn every_construct_means_what_it_means_in_llama_cpp() {
    check(r#"root ::= "ab" | "c" "d""#, &["ab", "cd"], &["", "a", "abc", "abcd", "c"]);
    // The longest match is not always the right one.
    check(r#"root ::= "a" "b" | "ab" "c""#, &["ab", "abc"], &["a", "b", "ac"]);
    check(
        "root ::= x \"bc\" y\nx ::= \"a\" | \"ab\"\ny ::= \"(\" y \")\" | \"!\"",
        &["abc!", "abbc(!)"],
        &["abc", "abb!"],
    );
    check("root ::= a a\na ::= [a-z]+ | \"(\" a \")\"", &["ab", "a(b)", "(ab)c"], &["a", "", "(a)", "()a"]);
    check(
        "root ::= x* \"abc\"\nx ::= [a-c] | \"(\" root \")\"",
        &["abc", "aabc", "ababc", "(abc)abc"],
        &["ab", "abca"],
    );

    check(r#"root ::= "\x41\u00e9\U0001F600\t\r\n\\\"\[\]\-""#, &["Aé😀\t\r\n\\\"[]-"], &["Aé😀"]);
    check(r#"root ::= "é" | [à-ü] "!" | "è?""#, &["é", "é!", "è!", "è?"], &["è", "ê", "\u{fd}!"]);
    check("root ::= [a-c0-9_]", &["a", "c", "5", "_"], &["d", "", "ab", "-"]);
    check("root ::= [a-]", &["a", "-"], &["b"]);
    check("root ::= [-a]", &["a", "-"], &["b"]);
    check(r"root ::= [\]\-\\\x30]", &["]", "-", "\\", "0"], &["x", "1"]);
    check("root ::= [^a-c]", &["d", "\n", "é", "😀", "^"], &["a", "b", "", "dd"]);
    check(r"root ::= [^\n]+ ", &["d é 😀"], &["a\n", "\n", ""]);
    check("root ::= [a^]", &["a", "^"], &["b"]);
    check("root ::= [あ-ん]{2}", &["あい", "んん"], &["あ", "ア", "ああ\u{3094}"]);
    check("root ::= . \"!\"", &["a!", "é!", "\n!", "!!", "😀!"], &["!", "ab!"]);

    check(r#"root ::= "ab"*"#, &["", "ab", "abab"], &["a", "aba", "abb"]);
    check(r#"root ::= "ab"+"#, &["ab", "ababab"], &["", "abb"]);
    check(r#"root ::= "a" "b"? "c""#, &["abc", "ac"], &["abbc", "a"]);
    check(r#"root ::= "a"{3}"#, &["aaa"], &["aa", "aaaa"]);
    check(r#"root ::= "a"{2,}"#, &["aa", "aaaaa"], &["a", ""]);
    check(r#"root ::= "a"{ 1 , 3 } "b""#, &["ab", "aaab"], &["b", "aaaab"]);
    check(r#"root ::= "a"{0,2} "b""#, &["b", "aab"], &["aaab"]);
    check(r#"root ::= "x" "a"{0} "b"{0,0}"#, &["x"], &["xa", "xb"]);
    check(r#"root ::= "a"{2}* "b"{2}{2}"#, &["bbbb", "aabbbb"], &["abbbb", "bb", "bbbbbb"]);
    check("root ::= (\"(\" root \")\"){2,3} | \"x\"", &["x", "(x)(x)", "(x)(x)((x)(x))"], &["(x)", "(x)(x)(x)(x)"]);
    check(r#"root ::= ("a" | "b" "c")+ "d""#, &["ad", "bcad"], &["d", "bd"]);
    check(r#"root ::= ("a"?)* "b""#, &["b", "aaab"], &["", "a"]);
    check(r#"root ::= "" | "a" ("" | "b")"#, &["", "a", "ab"], &["b"]);
    check("root ::= | \"a\"\n", &["", "a"], &["aa"]);
    check("root ::= (\"x\" |) \"y\" ()", &["y", "xy"], &["x"]);
}

#[test]
fn lines_and_comments_are_read_as_in_llama_cpp() {
    check(
        "# first\n\n  root ::= # why\n  \"a\" | # or\n  \"b\" ( # group\n  \"c\"\n\n | \"d\" ) # end\r\nx-1 ::= \"y\"\r\n# last",
        &["a", "bc", "bd"],
        &["b", "y"],
    );
    check("root ::= a-B-2\ra-B-2::=\"x\"", &["x"], &["a"]);
    check("root ::= (\"a\"\n*\n\"b\"{\n2\n,\n}\n)? \"c\"", &["c", "abbc"], &["abc"]);
    assert!(to_lark("root ::= \"a\"{\n2}").is_err());
    check("root ::= \"#\" [#] # comment", &["##"], &["#"]);
}

#[test]
fn recursion_to_the_right_becomes_repetition() {
    check("root ::= \"[\" ws \"]\"\nws ::= ([ \\t\\n] ws)?", &["[]", "[ \n\t]"], &["[", "[x]"]);
    check("root ::= \"a\" root | \"b\" root | \"c\"", &["c", "abac"], &["", "ab"]);
    check("root ::= \"a\" (\"b\" root | \"c\" | )", &["a", "ac", "aba", "ababac"], &["ab", "aca"]);
    check("root ::= \"(\" root \")\" root | \"x\"", &["x", "(x)x", "((x)x)x"], &["(x)", "(x"]);
    assert!(to_lark("root ::= \"a\" root | \"b\"").unwrap().contains("L0"), "one lexeme");
}

#[test]
fn nesting_is_not_regular() {
    let json = r#"
        root   ::= value
        value  ::= object | array | string | number | ("true" | "false" | "null") ws
        object ::= "{" ws (member ("," ws member)*)? "}" ws
        member ::= string ":" ws value
        array  ::= "[" ws (value ("," ws value)*)? "]" ws
        string ::= "\"" ([^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt/] | "u" [0-9a-fA-F]{4}))* "\"" ws
        number ::= "-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]+)? ([eE] [-+]? [0-9]{1,15})? ws
        ws     ::= | " " | "\n" [ \t]{0,20}"#
        .replace("\n        ", "\n");
    let good = [
        "{}",
        "[]",
        "\"a\\u00e9\\n\"",
        "-0.5e+3",
        "[1,2, 3]",
        "{\"a\": [true, null ], \"ß\":{\"\":0}}\n",
        "[[[[]]]]",
        "0",
    ];
    let bad =
        ["", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "\"\n\"", "\"\\x\"", "[1 2]", "truefalse", "nul", "[[]"];
    check(&json, &good, &bad);
    // Strings and numbers are read whole.
    assert!(to_lark(&json).unwrap().lines().filter(|line| line.starts_with('L')).count() < 20);
}

#[test]
fn the_grammars_of_this_repository_are_read_in_large_lexemes() {
    // A rule that can no longer be read whole shows as many more rules: each character of it has its place in some.
    let grammars = [
        ("json", include_str!("../../../../../grammars/json.gbnf"), 15),
        ("python", include_str!("../../../../../grammars/python.gbnf"), 300),
        ("sql", include_str!("../../../../../grammars/sql.gbnf"), 80),
        ("markdown", include_str!("../../../../../grammars/markdown.gbnf"), 2),
    ];
    for (name, source, most) in grammars {
        let lark = to_lark(source).unwrap();
        let rules = lark.lines().filter(|line| !line.starts_with('L')).count();
        assert!(rules <= most, "{name}: {rules} rules");
    }
}

#[test]
fn tokens_keep_their_names_and_numbers() {
    let lark = to_lark("root ::= <think> !<[7]>* </think> <[12]>{2} | \"x\"").unwrap();
    assert!(lark.contains("<think> <[^7]>* </think> <[12]>{2}"), "{lark}");
    assert!(to_lark("root ::= !<think>").unwrap_err().0.contains("no token `<think>`"));
    let named = super::to_lark_with("root ::= !<think>", &|name| (name == "<think>").then_some(5)).unwrap();
    assert!(named.contains("<[^5]>"), "{named}");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let cases: &[(&str, &str)] = &[
        ("", "line 1, column 1: no rule is called `root`"),
        ("rot ::= \"a\"", "no rule is called `root`"),
        ("root ::= \"a\"\n  b c", "line 2, column 5: expected `::=` after `b`"),
        ("root ::= x\n", "line 1, column 10: the rule `x` is not defined"),
        ("root ::= \"a\"\nroot ::= \"b\"", "line 2, column 1: the rule `root` was defined in line 1"),
        ("root ::= \"a", "line 1, column 10: the text that begins here has no closing quote"),
        ("root ::= [a", "line 1, column 10: the class that begins here has no closing `]`"),
        ("root ::= [a-", "no closing `]`"),
        ("root ::= [^", "no closing `]`"),
        ("root ::= \"\\q\"", "line 1, column 11: unknown escape `\\q`"),
        ("root ::= \"\\", "the grammar ends inside an escape"),
        ("root ::= \"\\x4\"", "expected 2 hexadecimal digits"),
        ("root ::= \"\\u+123\"", "expected 4 hexadecimal digits"),
        ("root ::= \"\\uD800\"", "U+D800 is not a character"),
        ("root ::= \"\\U00110000\"", "U+110000 is not a character"),
        ("root ::= []", "the class holds nothing"),
        ("root ::= [z-a]", "line 1, column 11: the range runs backwards"),
        ("root ::= [^\\x00-\\U0010FFFF]", "no character is in the class"),
        ("root ::= (\"a\"", "expected `)`"),
        ("root ::= \"a\")", "line 1, column 13: expected the end of the line"),
        ("root ::= \"a\"\n | \"b\"", "line 2, column 2: expected the name of a rule"),
        ("root ::= a_b", "line 1, column 11: expected the end of the line"),
        ("root ::= *", "line 1, column 10: nothing stands before `*`"),
        ("root ::= \"a\" | +", "nothing stands before `+`"),
        ("root ::= \"a\"{,3}", "at most n times is `{0,n}`"),
        ("root ::= \"a\"{3,2}", "asks for more than it allows"),
        ("root ::= \"a\"{2", "expected `}`"),
        ("root ::= \"a\"{2001}", "2001 repetitions; at most 2000"),
        ("root ::= \"a\"{0,99999999999}", "at most 2000"),
        ("root ::= \"a\"?????????", "more than 8 repetitions of one another"),
        ("root ::= <[x]>", "expected a number between `<[` and `]>`"),
        ("root ::= <[99999999999]>", "expected a number"),
        ("root ::= <a b>", "a token is named without spaces"),
        ("root ::= <>", "a token is named"),
        ("root ::= <think", "no closing `>`"),
        ("root ::= !think", "expected a token"),
        ("root ::= root \"a\" | \"b\"", "left recursion, a rule that begins with itself: `root` → `root`"),
        ("root ::= \"x\" | a\na ::= b? c\nb ::= \"y\"\nc ::= (a | \"z\")", "`a` → `c` → `a`"),
        ("root ::= \"x\"{0,3} root | \"b\"", "`root` → `root`"),
        ("root ::= \"a\" root", "the rule `root` never ends"),
        ("root ::= \"a\" | b\nb ::= \"c\" d\nd ::= \"e\" b", "line 2, column 1: the rule `b` never ends"),
        ("root ::= ((\"a\"{2000}){2000}){2000}", "the shortest text has more than 100000 characters"),
    ];
    for (source, expected) in cases {
        let error = to_lark(source).expect_err(source).0;
        assert!(error.contains(expected), "{source}: {error}");
    }
    let deep = format!("root ::= {}\"a\"{}", "(".repeat(51), ")".repeat(51));
    assert!(to_lark(&deep).unwrap_err().0.contains("more than 50 parentheses"));
}

#[test]
fn what_is_large_is_read_or_refused_but_never_hangs() {
    // Doubling: 2^40 characters.
    let mut doubling = "root ::= r0 \n".to_owned();
    for n in 0..40 {
        let _ = writeln!(doubling, "r{n} ::= r{} r{}", n + 1, n + 1);
    }
    assert!(to_lark(&format!("{doubling}r40 ::= \"a\"\n")).unwrap_err().0.contains("shortest text"));
    // The same without a lower bound is a small grammar, though not a small expression.
    check(&format!("{doubling}r40 ::= \"a\"?\n"), &["", "a", "aaa"], &["b"]);

    let words: Vec<String> = (0..3000).map(|n| format!("\"w{}\"", n * 7919 % 100_003)).collect();
    check(&format!("root ::= {}", words.join(" | ")), &["w0", "w7919"], &["w", "w1", "w00"]);
    check(&format!("root ::= \"(\" root \")\" | {}", words.join(" | ")), &["w0", "((w7919))"], &["(w0", "w1", "w00"]);

    let mut chain = "root ::= r0\n".to_owned();
    for n in 0..3000 {
        let _ = writeln!(chain, "r{n} ::= \"(\" r{} \")\" | \"a\"", n + 1);
    }
    let short = chain.lines().take(CHAIN_MAX - 2).collect::<Vec<_>>().join("\n");
    let short = format!("{short}\nr{} ::= \"a\"\n", CHAIN_MAX - 3);
    let work = move || check(&short, &["a", "((a))"], &["(a"]);
    std::thread::Builder::new().stack_size(COMPILE_STACK_BYTES).spawn(work).unwrap().join().unwrap();
    let refused = to_lark(&format!("{chain}r3000 ::= \"a\"\n")).unwrap_err().0;
    assert!(refused.contains("lead from one to the next"), "{refused}");
}

/// A grammar for comparison, over an alphabet that shares bytes between characters.
#[derive(Debug, Clone)]
enum Ast {
    Text(String),
    Class(Vec<(char, char)>, bool),
    Any,
    Rule(usize),
    Seq(Vec<Ast>),
    Alt(Vec<Ast>),
    Repeat(Box<Ast>, u32, Option<u32>),
}

const ALPHABET: [char; 4] = ['a', 'b', 'é', 'è'];
const RULES: usize = 3;
const CASES: u32 = 150;

impl Ast {
    fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) => {
                let _ = write!(out, "\"{text}\"");
            }
            Self::Class(ranges, negated) => {
                out.push_str(if *negated { "[^" } else { "[" });
                ranges.iter().for_each(|(low, high)| {
                    let _ = if low == high { write!(out, "{low}") } else { write!(out, "{low}-{high}") };
                });
                out.push(']');
            }
            Self::Any => out.push('.'),
            Self::Rule(rule) => out.push_str(["root", "x", "y"][*rule]),
            Self::Seq(all) => Self::join(all, " ", out),
            Self::Alt(all) => Self::join(all, " | ", out),
            Self::Repeat(inner, min, max) => {
                out.push('(');
                inner.write(out);
                out.push(')');
                match (min, max) {
                    (0, None) => out.push('*'),
                    (1, None) => out.push('+'),
                    (0, Some(1)) => out.push('?'),
                    (min, None) => write!(out, "{{{min},}}").unwrap(),
                    (min, Some(max)) => write!(out, "{{{min},{max}}}").unwrap(),
                }
            }
        }
    }

    fn join(all: &[Self], sign: &str, out: &mut String) {
        out.push('(');
        for (at, part) in all.iter().enumerate() {
            out.push_str(if at > 0 { sign } else { "" });
            part.write(out);
        }
        out.push(')');
    }

    /// Where a text of this may end that begins at `from`, given the same for each rule.
    fn ends(&self, text: &[char], from: usize, rules: &HashMap<(usize, usize), BTreeSet<usize>>) -> BTreeSet<usize> {
        let one = |matches: bool| if matches { BTreeSet::from([from + 1]) } else { BTreeSet::new() };
        match self {
            Self::Text(literal) => {
                let literal: Vec<char> = literal.chars().collect();
                let found = text[from..].starts_with(&literal);
                if found { BTreeSet::from([from + literal.len()]) } else { BTreeSet::new() }
            }
            Self::Class(ranges, negated) => one(text
                .get(from)
                .is_some_and(|c| ranges.iter().any(|(low, high)| (low..=high).contains(&c)) != *negated)),
            Self::Any => one(from < text.len()),
            Self::Rule(rule) => rules.get(&(*rule, from)).cloned().unwrap_or_default(),
            Self::Alt(all) => all.iter().flat_map(|part| part.ends(text, from, rules)).collect(),
            Self::Seq(all) => all.iter().fold(BTreeSet::from([from]), |starts, part| {
                starts.into_iter().flat_map(|start| part.ends(text, start, rules)).collect()
            }),
            Self::Repeat(inner, min, max) => {
                let mut ends = BTreeSet::new();
                let mut starts = BTreeSet::from([from]);
                // More rounds than there are characters change nothing but the count.
                let rounds = max.unwrap_or(u32::MAX).min(min + u32::try_from(text.len()).unwrap() + 1);
                for round in 0..=rounds {
                    if round >= *min {
                        ends.extend(starts.iter().copied());
                    }
                    starts = starts.into_iter().flat_map(|start| inner.ends(text, start, rules)).collect();
                }
                ends
            }
        }
    }
}

/// Whether the first rule matches the whole text: the smallest answer that the rules agree on.
fn reference(rules: &[Ast], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut known: HashMap<(usize, usize), BTreeSet<usize>> = HashMap::new();
    loop {
        let mut grown = false;
        for from in 0..=text.len() {
            for (rule, body) in rules.iter().enumerate() {
                let ends = body.ends(&text, from, &known);
                let entry = known.entry((rule, from)).or_default();
                grown |= !ends.is_subset(entry);
                entry.extend(ends);
            }
        }
        if !grown {
            return known[&(0, 0)].contains(&text.len());
        }
    }
}

fn letters() -> impl Strategy<Value = char> {
    prop::sample::select(ALPHABET.to_vec())
}

/// A body without rules but those that stand behind a letter, so that few begin with themselves.
fn ast() -> impl Strategy<Value = Ast> {
    let word = || prop::collection::vec(letters(), 1..3).prop_map(|text| Ast::Text(text.into_iter().collect()));
    let rule = || (0..RULES).prop_map(Ast::Rule);
    let leaf = prop_oneof![
        3 => word(),
        1 => Just(Ast::Text(String::new())),
        3 => (prop::collection::vec((letters(), letters()), 1..3), any::<bool>()).prop_map(|(ranges, negated)| {
            Ast::Class(ranges.into_iter().map(|(a, b)| (a.min(b), a.max(b))).collect(), negated)
        }),
        1 => Just(Ast::Any),
        4 => (word(), rule()).prop_map(|(word, rule)| Ast::Seq(vec![word, rule])),
        2 => (word(), rule(), word()).prop_map(|(word, rule, end)| Ast::Seq(vec![word, rule, end])),
        1 => rule(),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(Ast::Seq),
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(Ast::Alt),
            2 => (inner, 0..3u32, prop::option::of(0..3u32))
                .prop_map(|(inner, min, more)| Ast::Repeat(Box::new(inner), min, more.map(|more| min + more))),
        ]
    })
}

/// A rule that ends, and half of the time recurses in its middle, so that it is not regular.
fn rule() -> impl Strategy<Value = Ast> {
    (ast(), letters(), prop::option::of((letters(), ast()))).prop_map(|(body, end, middle)| {
        let mut ways = vec![body, Ast::Text(end.into())];
        ways.extend(middle.map(|(open, middle)| Ast::Seq(vec![Ast::Text(open.into()), Ast::Rule(1), middle])));
        Ast::Alt(ways)
    })
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(letters(), 0..7).prop_map(|text| text.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn the_import_accepts_what_the_source_accepts(
        rules in prop::collection::vec(rule(), RULES),
        texts in prop::collection::vec(text(), 30),
    ) {
        let mut source = String::new();
        for (name, rule) in ["root", "x", "y"].iter().zip(&rules) {
            let _ = write!(source, "{name} ::= ");
            rule.write(&mut source);
            source.push('\n');
        }
        match to_lark(&source) {
            // Random rules often begin with themselves or never end.
            Err(error) => {
                prop_assert!(error.0.contains("recursion") || error.0.contains("never ends"), "{}", error);
            }
            Ok(lark) => {
                let matcher = matcher(&source);
                for text in &texts {

                    prop_assert_eq!(
                        accepts(&matcher, text), reference(&rules, text), "{:?}\n{}\n{}", text, source, lark
                    );
                }
            }
        }
    }

    #[test]
    fn no_source_makes_it_panic(source in "(root|x|::=|[\"|()*+?{}<>!\\[\\]\\\\^.,a-c0-2#\n -]){0,40}") {
        let _ = to_lark(&source);
        let _ = to_lark(&format!("root ::= {source}"));
    }
}
