//! The routes as a client meets them: over TCP, with real processors behind.

mod app;
mod client;
mod processors;
mod sse;
mod troubled;
mod users;
mod ws;

mod asked;
mod bad_files;
mod bad_forms;
mod bad_ids;
mod bad_params;
mod bad_wire;
mod contract;
mod disconnects;
mod document;
mod downloads;
mod events;
mod golden;
mod lists;
mod logs;
mod nesting;
mod origins;
mod overload;
mod shutdown;
mod slow;
mod smuggling;
mod socket;
mod socket_ends;
mod sockets;
mod storage;
mod two_users;
mod uploads;
mod verbs;
mod waiting;
