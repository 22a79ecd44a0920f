//! Agreements as they lie in a file: JSON that stays readable for people and for later versions.
//!
//! The shell reads and writes the file (`trust.json` in the state folder); here is only its shape. What is not
//! understood is refused as a whole, because half a list of agreements would be another list.

use std::path::PathBuf;

use sarai_sandbox::Root;
use serde::{Deserialize, Serialize};

use crate::consent::{Trust, TrustedProgram, Trusts};
use crate::content::ContentDigest;
use crate::manifest::{DataPath, Generate};

/// The shape that this version writes, and the only one that it reads.
const FORMAT: u32 = 1;

/// The whole file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustFile {
    format: u32,
    trusted: Vec<Row>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    folder: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    program: Option<ProgramRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramRow {
    command: Vec<String>,
    root: RootRow,
    reads: Vec<String>,
    writes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generate: Option<GenerateRow>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RootRow {
    Empty,
    System,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GenerateRow {
    tokens_per_call: u32,
    calls_per_minute: u32,
}

/// Why a file is no list of agreements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustFileError {
    #[error("format {0} is not format {FORMAT}")]
    Format(u32),
    #[error("{what} {text:?} is none")]
    Value { what: &'static str, text: String },
}

impl From<&Trusts> for TrustFile {
    fn from(trusts: &Trusts) -> Self {
        Self { format: FORMAT, trusted: trusts.iter().map(Row::from).collect() }
    }
}

impl From<&Trust> for Row {
    fn from(trust: &Trust) -> Self {
        Self {
            name: trust.name.to_string(),
            folder: trust.folder.clone(),
            program: trust.program.as_ref().map(ProgramRow::from),
            content: trust.content.map(|digest| digest.to_string()),
        }
    }
}

impl From<&TrustedProgram> for ProgramRow {
    fn from(program: &TrustedProgram) -> Self {
        let texts = |paths: &[DataPath]| paths.iter().map(DataPath::to_string).collect();
        let root = match program.root {
            Root::Empty => RootRow::Empty,
            Root::System => RootRow::System,
        };
        let generate = program
            .generate
            .map(|Generate { tokens_per_call, calls_per_minute }| GenerateRow { tokens_per_call, calls_per_minute });
        let (reads, writes) = (texts(&program.reads), texts(&program.writes));
        Self { command: program.command.clone(), root, reads, writes, generate }
    }
}

impl TryFrom<TrustFile> for Trusts {
    type Error = TrustFileError;

    fn try_from(file: TrustFile) -> Result<Self, TrustFileError> {
        if file.format != FORMAT {
            return Err(TrustFileError::Format(file.format));
        }
        let mut trusts = Self::default();
        for row in file.trusted {
            trusts.add(Trust::try_from(row)?);
        }
        Ok(trusts)
    }
}

impl TryFrom<Row> for Trust {
    type Error = TrustFileError;

    fn try_from(row: Row) -> Result<Self, TrustFileError> {
        let wrong = |what, text: &str| TrustFileError::Value { what, text: text.to_owned() };
        let name = row.name.parse().map_err(|_| wrong("the name", &row.name))?;
        let content = row.content.map(|text| ContentDigest::from_hex(&text).ok_or_else(|| wrong("the digest", &text)));
        let program = row.program.map(TrustedProgram::try_from).transpose()?;
        Ok(Self { name, folder: row.folder, program, content: content.transpose()? })
    }
}

impl TryFrom<ProgramRow> for TrustedProgram {
    type Error = TrustFileError;

    fn try_from(row: ProgramRow) -> Result<Self, TrustFileError> {
        let paths = |texts: Vec<String>| {
            let paths = texts
                .into_iter()
                .map(|text| DataPath::read(&text).ok_or(TrustFileError::Value { what: "the path", text }));
            paths.collect::<Result<Vec<_>, _>>()
        };
        let root = match row.root {
            RootRow::Empty => Root::Empty,
            RootRow::System => Root::System,
        };
        let generate = row
            .generate
            .map(|GenerateRow { tokens_per_call, calls_per_minute }| Generate { tokens_per_call, calls_per_minute });
        Ok(Self { command: row.command, root, reads: paths(row.reads)?, writes: paths(row.writes)?, generate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
  "format": 1,
  "trusted": [
    {
      "name": "notes",
      "folder": "/home/ana/p/.agents/skills/notes",
      "content": "0101010101010101010101010101010101010101010101010101010101010101"
    },
    {
      "name": "sums",
      "folder": "/home/ana/.agents/skills/sums",
      "program": {
        "command": [
          "python3",
          "main.py"
        ],
        "root": "system",
        "reads": [
          "~/a"
        ],
        "writes": [],
        "generate": {
          "tokens_per_call": 5,
          "calls_per_minute": 6
        }
      }
    }
  ]
}"#;

    #[test]
    fn what_is_written_is_read_and_looks_like_this() {
        let file: TrustFile = serde_json::from_str(FILE).unwrap();
        let trusts = Trusts::try_from(file).unwrap();
        assert_eq!(trusts.iter().count(), 2);
        assert_eq!(serde_json::to_string_pretty(&TrustFile::from(&trusts)).unwrap(), FILE);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (from, to) in [
            ("\"format\": 1", "\"format\": 2"),
            ("\"notes\"", "\"Notes\""),
            ("0101", "01"),
            ("\"~/a\"", "\"../a\""),
            ("\"system\"", "\"everything\""),
            ("\"writes\"", "\"wrote\""),
        ] {
            let text = FILE.replacen(from, to, 1);
            assert_ne!(text, FILE);
            let read = serde_json::from_str::<TrustFile>(&text).map(Trusts::try_from);
            assert!(!matches!(read, Ok(Ok(_))), "{from} → {to}");
        }
    }
}
