//! How the admin API says no: a status, a word for programs and a sentence for people.

use std::fmt::Display;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::spec::OutOfRange;

/// The body of every answer of the admin API that isn't a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// A sentence for people.
    pub error: String,
    /// A word for programs.
    pub code: String,
}

/// An answer that says no.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    body: ErrorBody,
}

impl Problem {
    /// A problem of any kind.
    pub(super) fn new(status: StatusCode, code: &str, error: impl Display) -> Self {
        Self { status, body: ErrorBody { error: error.to_string(), code: code.to_owned() } }
    }

    /// What came cannot be read.
    pub(super) fn malformed(error: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", error)
    }

    /// What came can be read, and has a value that isn't allowed.
    pub(super) fn out_of_range(error: impl Display) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "out-of-range", error)
    }
}

impl From<OutOfRange> for Problem {
    fn from(error: OutOfRange) -> Self {
        Self::out_of_range(error)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::NotActive(_) => StatusCode::NOT_FOUND,
            Refusal::Stopped(_) => StatusCode::LOCKED,
            _ => StatusCode::CONFLICT,
        };
        Self::new(status, refusal.code(), refusal)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
