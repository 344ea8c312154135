//! `GET /ws/{task_id}`: one task on one socket.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use leyline_core::hub::{Update, Watch};

use super::close::CloseCode;
use super::link::{self, End, Link, Terms};
use super::message::Notice;
use crate::auth::Action;
use crate::gate::{Api, Named};
use crate::problem::Problem;
use crate::urls;

/// Longest message. None is understood here, but pings and closes come too.
const MAX_MESSAGE_BYTES: usize = 4 * 1024;

/// Watch one task over a WebSocket.
///
/// The first frame is the current snapshot, then come newer ones, and after the terminal one the socket closes with 1000. A
/// task that is deleted ends with `{"gone":"<id>"}`.
#[utoipa::path(
    get,
    path = urls::SOCKET,
    tag = "watching",
    params(("task_id" = String, Path, description = "The task")),
    responses(
        (status = 101, description = "The socket is open"),
        (status = 403, description = "A page of a foreign origin"),
        (status = 404, description = "No such task"),
        (status = 426, description = "Not a WebSocket handshake"),
    )
)]
pub(crate) async fn watch_socket(
    State(api): State<Api>,
    id: Named,
    mut parts: Parts,
) -> Result<Response, Problem> {
    let principal = api.identify(&parts, Action::Watch).await?;
    let watch = api.watch(&parts, Action::Watch, &principal, id).await?;
    let upgrade = link::upgrade(&mut parts).await?;
    let terms = Terms::new(&api, &parts, &principal, MAX_MESSAGE_BYTES);
    Ok(link::carry(upgrade, terms, |mut link| async {
        let end = tell(&mut link, watch).await.unwrap_or_else(|end| end);
        (link, end)
    }))
}

async fn tell(link: &mut Link, mut watch: Watch) -> Result<End, End> {
    loop {
        tokio::select! {
            biased;
            message = link.message() => return Ok(message.map_or_else(|end| end, |_| End::Close(CloseCode::NotUnderstood))),
            update = watch.next() => match update {
                Some(Update::Event(event)) => link.send_json(event.json()).await?,
                Some(Update::Gone(gone)) => link.send_json(Notice::Gone { gone }.json()).await?,
                None => return Ok(End::Close(CloseCode::Normal)),
            }
        }
    }
}
