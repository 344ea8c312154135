//! What a client says on a WebSocket: it is answered in frames that a client understands, or told why not.

use leyline_axum::{CloseCode, ProblemType};
use leyline_core::TaskId;
use serde_json::{Value, json};

use super::Target;
use crate::reference::frames::{self, CONTINUATION, Frame, PING, TEXT};
use crate::reference::responses;
use crate::service::{Service, with};
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "socket",
    run,
    words: &[
        "\u{1}",
        "\0",
        "{\"watch\":[",
        "\"01890a5d-ac96-774b-bcce-b302099a8057\"",
        "]}",
        "{\"unwatch\":[]}",
        "{\"list\":true}",
        "{\"list\":false}",
        ",",
        "{",
        "null",
        "xxxxxxxxxxxxxxxx",
        "\u{e9}",
    ],
    tries: 250,
};

fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let told = with(async |service| {
        let task = service.task().await.id;
        let (frames, expected) = match source.below(3) {
            // Whatever it is, as it is.
            0 => (source.rest().to_vec(), None),
            // One text, whatever it says.
            1 => (frames::write(TEXT, true, source.rest()), None),
            _ => spoken(&mut source, task),
        };
        let told = talk(service, &frames).await;
        service.forget(task).await;
        (told, expected)
    });
    let (told, expected) = told;
    for frame in &told {
        check(frame);
    }
    if let Some(expected) = expected {
        let errors = told.iter().filter_map(error).collect::<Vec<_>>();
        assert_eq!(errors, expected, "{told:?}");
        assert!(
            !told.iter().any(|frame| matches!(frame, Frame::Close(_))),
            "{told:?}"
        );
    }
}

/// Opens a socket, says this on it, and hears what is answered up to its end.
async fn talk(service: &Service, said: &[u8]) -> Vec<Frame> {
    let handshake = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let answer = service.talk(&[handshake.as_bytes(), said]).await;
    // The frames of a server are no responses, so the reading of responses ends with the first.
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let (opening, frames) = answer.split_at(end.expect("a handshake is answered") + 4);
    let (heard, _) = responses::read(opening);
    assert_eq!(heard[0].status, 101);
    frames::read(frames)
}

/// What the server may say, whatever it is told.
fn check(frame: &Frame) {
    match frame {
        Frame::Pong(_) | Frame::Close(None) => {}
        Frame::Close(Some(code)) => {
            let known = CloseCode::ALL.iter().any(|known| known.code() == *code);
            // Or it repeats what the client closed with.
            assert!(
                known || (3000..5000).contains(code) || (1000..1015).contains(code),
                "{code}"
            );
        }
        Frame::Text(text) => {
            let said: Value = serde_json::from_str(text).expect("a text is JSON");
            let members = said.as_object().expect("and an object").len();
            let word = said["error"].as_str();
            let is_error = |word| ProblemType::ALL.iter().any(|known| known.word() == word);
            let known = word.map_or(said["list_changed"].is_u64() && members == 1, |word| {
                is_error(word) && said["id"].is_string() && members == 2
            });
            assert!(known || said["revision"].is_u64(), "{text}");
        }
    }
}

fn error(frame: &Frame) -> Option<Value> {
    let Frame::Text(text) = frame else { return None };
    let said: Value = serde_json::from_str(text).ok()?;
    said.get("error").is_some().then_some(said)
}

/// Messages as clients send them, in frames cut anywhere, with pings in between. Gives the errors that are to come.
fn spoken(source: &mut Source<'_>, task: TaskId) -> (Vec<u8>, Option<Vec<Value>>) {
    let (mut frames, mut errors) = (Vec::new(), Vec::new());
    while !source.is_empty() && frames.len() < 20_000 {
        let ids: Vec<String> = (0..source.below(4)).map(|_| id(source, task)).collect();
        let message = match source.below(4) {
            0 => json!({ "unwatch": ids }),
            1 => json!({ "list": source.flag() }),
            _ => {
                let unknown = ids.iter().filter(|id| **id != task.to_string());
                errors.extend(unknown.map(|id| json!({ "error": "task-not-found", "id": id })));
                json!({ "watch": ids })
            }
        };
        let message = message.to_string().into_bytes();
        let cut = source.below(message.len() + 1);
        let (begin, end) = message.split_at(cut);
        frames.extend(frames::write(TEXT, false, begin));
        frames.extend(frames::write(PING, true, source.take(3)));
        frames.extend(frames::write(CONTINUATION, true, end));
    }
    (frames, Some(errors))
}

fn id(source: &mut Source<'_>, task: TaskId) -> String {
    match source.below(3) {
        0 => task.to_string(),
        1 => TaskId::from_bytes([source.byte(); 16]).to_string(),
        _ => source.text(40),
    }
}
