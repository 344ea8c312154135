//! A stream of server-sent events, as browsers read it (HTML, 9.2.6).

/// An event that a browser would dispatch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) data: String,
}

/// The events of a whole stream. What an unfinished event says is lost.
pub(crate) fn read(stream: &[u8]) -> Vec<Event> {
    let text = std::str::from_utf8(stream).expect("an event stream is UTF-8");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let (mut kind, mut id, mut data) = (String::new(), String::new(), None::<String>);
    for line in text.split_inclusive('\n') {
        let Some(line) = line.strip_suffix('\n') else {
            break;
        };
        if line.is_empty() {
            let kind = std::mem::take(&mut kind);
            let id = id.clone();
            events.extend(data.take().map(|data| Event { kind, id, data }));
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut kind),
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            "data" => {
                data = Some(match data {
                    Some(before) => before + "\n" + value,
                    None => value.to_owned(),
                });
            }
            _ => {}
        }
    }
    events
}
