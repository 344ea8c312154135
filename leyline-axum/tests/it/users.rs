//! Two users and an operator.

use async_trait::async_trait;
use axum::http::request::Parts;
use leyline_axum::{Action, Authorizer, Denied, HttpOptions, Principal, Subject};

/// The header `x-user` says who asks: `alice` and `bob` see their own tasks, the `operator` everyone's.
pub(crate) struct Users;

#[async_trait]
impl Authorizer for Users {
    async fn authorize(
        &self,
        request: &Parts,
        _: Action,
        _: Option<Subject<'_>>,
    ) -> Result<Principal, Denied> {
        match request
            .headers
            .get("x-user")
            .map(axum::http::HeaderValue::as_bytes)
        {
            Some(b"alice") => Ok(Principal::owner("alice")),
            Some(b"bob") => Ok(Principal::owner("bob")),
            Some(b"operator") => Ok(Principal::all("operator")),
            _ => Err(Denied::unauthenticated()),
        }
    }
}

pub(crate) fn users() -> HttpOptions {
    HttpOptions::authorized_by(Users)
}
