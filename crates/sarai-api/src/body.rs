//! Reads a JSON body, bounded, and says which field is wrong.

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use sarai_types::Notice;
use serde::de::DeserializeOwned;

use crate::error::Problem;

/// The longest body, in bytes.
pub(crate) const BODY_MAX: usize = 8 << 20;

/// The longest body that is read only to say that it is too long.
const DROPPED_MAX: usize = 64 << 20;

/// A JSON body of at most [`BODY_MAX`] bytes. The content type is not asked for: clients that send none are common, and
/// what a foreign page could send is stopped by the origin check.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|len| len > DROPPED_MAX) {
            return Err(Problem::BodyTooLarge { max: BODY_MAX });
        }
        let bytes = read(request.into_body()).await?;
        parse(&bytes).map(Self)
    }
}

/// A body that is too long is read to its end all the same, and dropped: a client that is still sending does not listen.
async fn read(mut body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    let (mut bytes, mut seen) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| not_json("invalid_body", Notice::new("api-body-cut")))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen > DROPPED_MAX {
            break;
        } else if seen > BODY_MAX {
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&data);
        }
    }
    if seen > BODY_MAX { Err(Problem::BodyTooLarge { max: BODY_MAX }) } else { Ok(bytes) }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| not_json("invalid_utf8", Notice::new("api-body-not-utf8").arg("position", e.valid_up_to() + 1)))?;
    // Serde would read a list as the fields of an object, in their order.
    if text.trim_start().starts_with('[') {
        return Err(not_json("invalid_type", Notice::new("api-body-not-object")));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| match error.inner().classify() {
        serde_json::error::Category::Data => wrong_type(&error.path().to_string()),
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof | serde_json::error::Category::Io => {
            not_json_at(error.inner())
        }
    })?;
    reader.end().map_err(|error| not_json_at(&error))?;
    Ok(value)
}

fn wrong_type(path: &str) -> Problem {
    if path == "." {
        return not_json("invalid_type", Notice::new("api-body-not-object"));
    }
    let notice = Notice::new("api-param-type").arg("param", path);
    Problem::Invalid { param: Some(path.to_owned()), code: "invalid_type", notice }
}

fn not_json_at(error: &serde_json::Error) -> Problem {
    let notice = Notice::new("api-body-not-json").arg("line", error.line()).arg("column", error.column());
    not_json("invalid_json", notice)
}

fn not_json(code: &'static str, notice: Notice) -> Problem {
    Problem::Invalid { param: None, code, notice }
}
