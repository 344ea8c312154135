//! A node behind the proxy, as bare as can be, and a client in front of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came in, with what is left of its connection.
pub(crate) struct Request {
    /// The request line and the header, line by line.
    pub(crate) head: String,
    pub(crate) stream: BufReader<TcpStream>,
}

impl Request {
    fn read(mut stream: BufReader<TcpStream>) -> Option<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        Some(Self { head, stream })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// Bytes of the body.
    pub(crate) fn body(&mut self, length: usize) -> String {
        hear(&mut self.stream, length)
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Takes the body and answers with this text.
    fn answer(&mut self, text: &str) {
        let length = self
            .header("Content-Length")
            .map_or(0, |length| length.parse().unwrap());
        self.body(length);
        self.say(&format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        ));
    }
}

/// A node that keeps the heads of the requests it got.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Node {
    /// One that answers with its name.
    pub(crate) fn named(name: &'static str) -> Self {
        Self::that(move |request| request.answer(name))
    }

    /// One that treats each request so, and then waits for the next one of the connection.
    pub(crate) fn that(treat: impl Fn(&mut Request) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (treat, heads) = (treat.clone(), Arc::clone(&heads));
                thread::spawn(move || {
                    let mut stream = BufReader::new(stream);
                    while let Some(mut request) = Request::read(stream) {
                        heads.lock().unwrap().push(request.head.clone());
                        treat(&mut request);
                        stream = request.stream;
                    }
                });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// An address at which nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Sends a request as it is, and gives the connection.
pub(crate) fn send(to: SocketAddr, request: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    BufReader::new(stream)
}

/// The head of an answer.
pub(crate) fn head(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "it ended after {head:?}");
    }
    head
}

/// Asks with an empty body, and gives status and body of the answer.
pub(crate) fn ask(to: SocketAddr, method: &str, path: &str) -> (u16, String) {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: leyline.example:3000\r\nContent-Length: 0\r\n\r\n");
    let mut stream = send(to, &request);
    let head = head(&mut stream);
    let length = header(&head, "Content-Length")
        .expect("a length")
        .parse()
        .unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, hear(&mut stream, length))
}

pub(crate) fn hear(stream: &mut BufReader<TcpStream>, length: usize) -> String {
    let mut heard = vec![0; length];
    stream.read_exact(&mut heard).unwrap();
    String::from_utf8(heard).unwrap()
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
}
